package shares

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The shape of a share's text.
const (
	Lines     = 6 // of a text
	Groups    = 4 // of a line
	groupSize = 4
	lineSize  = Groups * groupSize
	// content is how many symbols of a line are not checks.
	content = lineSize - checkSize
)

// alphabet has no letters that are taken for others: Crockford's base32.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// symbols are the values of what people type; 0xFF is nothing of ours.
var symbols = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xFF
	}
	for v, c := range alphabet {
		t[c], t[c|0x20] = byte(v), byte(v)
	}
	for typed, meant := range map[byte]byte{'O': '0', 'I': '1', 'L': '1', 'U': 'V'} {
		t[typed], t[typed|0x20] = t[meant], t[meant]
	}
	return t
}()

// TypingError is a line, or a text, that is not what stands on the paper. It
// says where to look again, and what the paper may say, and shows nothing else of the share.
type TypingError struct {
	// Line is the line to look at, 1 to 6; 0 is the text as a whole.
	Line int
	// Group is the group of the line, 1 to 4; 0 is not known.
	Group int
	// Belongs is the number of the line that was typed instead; 0 is none.
	Belongs int
	// Have is how many characters there are, if it is that which is wrong: of
	// the line, or lines of the text.
	Have int
	// Suggestion is what the line would be if one slip explains it, in groups;
	// "" unless there is only one way. It is part of the secret.
	Suggestion string
}

// Error says where to look, and not what was typed.
func (e *TypingError) Error() string {
	switch {
	case e.Line == 0 && e.Have > 0:
		return fmt.Sprintf("the share has %d lines of %d", e.Have, Lines)
	case e.Line == 0:
		return "the lines are not of one share"
	case e.Belongs > 0:
		return fmt.Sprintf("this is line %d, not line %d", e.Belongs, e.Line)
	case e.Group > 0:
		return fmt.Sprintf("line %d, group %d: look again", e.Line, e.Group)
	case e.Have > 0:
		return fmt.Sprintf("line %d has %d characters of %d: look again", e.Line, e.Have, lineSize)
	}
	return fmt.Sprintf("line %d: look again", e.Line)
}

// Line is one checked line of a share.
type Line struct {
	number  int
	symbols [lineSize]byte
}

// Format hides the line.
func (l Line) Format(s fmt.State, _ rune) { _, _ = fmt.Fprintf(s, "[line %d of a share]", l.number) }

// ParseLine reads one line, whose number, 1 to [Lines], is known. What is wrong
// is a [*TypingError].
func ParseLine(number int, text string) (Line, error) {
	if number < 1 || number > Lines {
		return Line{}, fmt.Errorf("a share has lines 1 to %d", Lines)
	}
	text = withoutNumber(number, text)
	typed, bad := read(text)
	if len(bad) > 0 {
		e := &TypingError{Line: number, Group: min(bad[0]/groupSize+1, Groups)}
		if len(typed) == lineSize && len(bad) == 1 {
			e.Suggestion = suggestAt(number, typed, bad[0])
		}
		return Line{}, e
	}
	if len(typed) != lineSize {
		return Line{}, wrongLength(number, text, typed)
	}
	code := withNumber(number, typed)
	s := syndromes(&code)
	if s == [checkSize]byte{} {
		return Line{number, [lineSize]byte(typed)}, nil
	}
	return Line{}, mistyped(number, code, s)
}

// withoutNumber leaves the line's own number out, which stands before it on paper.
func withoutNumber(number int, text string) string {
	words := strings.Fields(text)
	if len(words) == Groups+1 && strings.TrimRight(words[0], ".:)") == strconv.Itoa(number) {
		return strings.Join(words[1:], " ")
	}
	return text
}

// read gives the symbols of a text, and the places of those that are none.
func read(text string) (typed []byte, bad []int) {
	for _, r := range text {
		switch {
		case strings.ContainsRune(" \t\r\n-\u00a0\u2010\u2011\u2012\u2013\u2014", r):
		case r < 0x80 && symbols[r] != 0xFF:
			typed = append(typed, symbols[r])
		default:
			bad = append(bad, len(typed))
			typed = append(typed, 0)
		}
	}
	return typed, bad
}

func withNumber(number int, typed []byte) (code [codeSize]byte) {
	code[0] = byte(number)
	copy(code[1:], typed)
	return code
}

// mistyped finds out what is wrong with a line of the right length.
func mistyped(number int, code [codeSize]byte, s [checkSize]byte) *TypingError {
	e := &TypingError{Line: number}
	at, add, ok := locate(s)
	switch {
	case ok && at == 0:
		// All characters fit each other; it is the number that does not.
		if other := int(code[0] ^ add); other >= 1 && other <= Lines {
			e.Belongs = other
		}
		return e
	case ok:
		e.Group = (at-1)/groupSize + 1
		code[at] ^= add
		e.Suggestion = grouped(code[1:])
		return e
	}
	var fits [][codeSize]byte
	for i := 1; i+1 < codeSize; i++ {
		swapped := code
		swapped[i], swapped[i+1] = code[i+1], code[i]
		if syndromes(&swapped) == [checkSize]byte{} {
			fits, e.Group = append(fits, swapped), (i-1)/groupSize+1
		}
	}
	if len(fits) == 1 {
		e.Suggestion = grouped(fits[0][1:])
	} else {
		e.Group = 0
	}
	return e
}

// suggestAt is the line with the character put right that was none.
func suggestAt(number int, typed []byte, at int) string {
	var only string
	for v := range byte(fieldSize) {
		code := withNumber(number, typed)
		code[1+at] = v
		if syndromes(&code) == [checkSize]byte{} {
			only = grouped(code[1:]) // three checks leave no choice of one symbol
		}
	}
	return only
}

// wrongLength is a line with a character too few or too many, or more.
func wrongLength(number int, text string, typed []byte) *TypingError {
	e := &TypingError{Line: number, Have: len(typed), Group: oddGroup(text)}
	fits := map[string]bool{}
	try := func(line []byte) {
		code := withNumber(number, line)
		if syndromes(&code) == [checkSize]byte{} {
			fits[grouped(line)] = true
		}
	}
	switch len(typed) {
	case lineSize - 1:
		for at := range lineSize {
			for v := range byte(fieldSize) {
				try(append(append(append([]byte{}, typed[:at]...), v), typed[at:]...))
			}
		}
	case lineSize + 1:
		for at := range typed {
			try(append(append([]byte{}, typed[:at]...), typed[at+1:]...))
		}
	}
	if len(fits) == 1 {
		for e.Suggestion = range fits {
		}
	}
	return e
}

// oddGroup is the only group of a line that has not four characters, if there
// are four groups; 0 otherwise.
func oddGroup(text string) int {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' || r == '\t' || r == '\r' })
	odd := 0
	for i, w := range words {
		if len(w) != groupSize {
			if odd > 0 {
				return 0
			}
			odd = i + 1
		}
	}
	if len(words) != Groups {
		return 0
	}
	return odd
}

// grouped writes symbols in groups of four.
func grouped(symbols []byte) string {
	var b strings.Builder
	for i, s := range symbols {
		if i > 0 && i%groupSize == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(alphabet[s])
	}
	return b.String()
}

// IsTyping tells whether err is one of typing, and which.
func IsTyping(err error) (*TypingError, bool) {
	var e *TypingError
	ok := errors.As(err, &e)
	return e, ok
}
