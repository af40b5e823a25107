package shares_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sleutelbord/store/shares"
)

const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// TestOneWrongCharacter: each of the 96 characters is replaced by each of the
// 31 others. Line and group are named, and the only suggestion is right.
func TestOneWrongCharacter(t *testing.T) {
	_, all := split(t, random(t), 3, 5)
	text := all[0].Text()
	tried := 0
	for at, was := range []byte(text) {
		if !strings.ContainsRune(letters, rune(was)) {
			continue
		}
		for _, c := range []byte(letters) {
			if c == was {
				continue
			}
			tried++
			_, err := shares.Parse([]byte(text[:at] + string(c) + text[at+1:]))
			line := strings.Count(text[:at], "\n")
			row := strings.Split(text, "\n")[line]
			group := (at-line*20)/5 + 1
			e, ok := shares.IsTyping(err)
			if !ok || e.Line != line+1 || e.Group != group || e.Suggestion != row {
				t.Fatalf("character %d: %v", at, err)
			}
		}
	}
	if tried != 96*31 {
		t.Errorf("%d mistakes", tried)
	}
}

// TestTwoMistakes: two wrong characters of a line are never taken for a good
// line, and never put right wrongly; nor are two that were exchanged.
func TestTwoMistakes(t *testing.T) {
	_, all := split(t, random(t), 2, 2)
	rows := strings.Split(all[0].Text(), "\n")
	row := strings.ReplaceAll(rows[0], " ", "")
	right, none := 0, 0
	for i := range row {
		for j := i + 1; j < len(row); j++ {
			for shift := 1; shift < 31; shift += 3 {
				b := []byte(row)
				b[i] = letters[(strings.IndexByte(letters, b[i])+shift)%32]
				b[j] = letters[(strings.IndexByte(letters, b[j])+7*shift)%32]
				_, err := shares.ParseLine(1, string(b))
				e, ok := shares.IsTyping(err)
				if !ok || e.Line != 1 || e.Suggestion != "" && e.Suggestion != rows[0] && !oneSlip(string(b), e.Suggestion) {
					t.Fatalf("character %d: %v", i, err)
				}
				none++
			}
		}
		if i+1 < len(row) && row[i] != row[i+1] {
			b := []byte(row)
			b[i], b[i+1] = b[i+1], b[i]
			_, err := shares.ParseLine(1, string(b))
			e, ok := shares.IsTyping(err)
			if !ok || e.Suggestion != "" && e.Suggestion != rows[0] {
				t.Fatalf("character %d: %v", i, err)
			}
			if e.Suggestion == rows[0] {
				right++
			}
		}
	}
	t.Logf("%d pairs; of neighbours exchanged, %d were put right", none, right)
	if right < 8 {
		t.Errorf("only %d exchanges were put right", right)
	}
}

// oneSlip tells whether two neighbours exchanged explain what was typed.
func oneSlip(typed, meant string) bool {
	meant = strings.ReplaceAll(meant, " ", "")
	for i := range len(typed) - 1 {
		if typed[:i]+string(typed[i+1])+string(typed[i])+typed[i+2:] == meant {
			return true
		}
	}
	return false
}

// TestLength: a character was left out or typed twice.
func TestLength(t *testing.T) {
	_, all := split(t, random(t), 2, 2)
	rows := strings.Split(all[1].Text(), "\n")
	suggested := 0
	for line, row := range rows {
		for at := range row {
			if row[at] == ' ' {
				continue
			}
			for _, typed := range []string{row[:at] + row[at+1:], row[:at+1] + row[at:]} {
				_, err := shares.ParseLine(line+1, typed)
				e, ok := shares.IsTyping(err)
				if !ok || e.Line != line+1 || e.Group != at/5+1 || e.Suggestion != "" && e.Suggestion != row {
					t.Fatalf("line %d, character %d: %v", line+1, at, err)
				}
				if e.Suggestion == row {
					suggested++
				}
			}
		}
	}
	if suggested < 180 {
		t.Errorf("%d of 192 were put right", suggested)
	}
	_, err := shares.ParseLine(2, rows[1][:10])
	if e, ok := shares.IsTyping(err); !ok || e.Have != 8 || e.Suggestion != "" || e.Group != 0 {
		t.Error(err)
	}
}

// TestLines: lines that are exchanged, missing, or of another share.
func TestLines(t *testing.T) {
	_, all := split(t, random(t), 2, 2)
	rows, others := strings.Split(all[0].Text(), "\n"), strings.Split(all[1].Text(), "\n")
	for i := range rows {
		for j := range rows {
			if i == j {
				continue
			}
			_, err := shares.ParseLine(i+1, rows[j])
			if e, ok := shares.IsTyping(err); !ok || e.Belongs != j+1 || e.Line != i+1 || e.Suggestion != "" {
				t.Errorf("line %d for %d: %v", j+1, i+1, err)
			}
		}
	}
	for i := range rows {
		mixed := append(append(append([]string{}, rows[:i]...), others[i]), rows[i+1:]...)
		_, err := shares.Parse([]byte(strings.Join(mixed, "\n")))
		if e, ok := shares.IsTyping(err); rows[i] != others[i] && (!ok || e.Line != 0) {
			t.Errorf("line %d of another share: %v", i+1, err)
		}
		_, err = shares.Parse([]byte(strings.Join(append(append([]string{}, rows[:i]...), rows[i+1:]...), "\n")))
		if e, ok := shares.IsTyping(err); !ok || e.Line != 0 || e.Have != 5 {
			t.Errorf("without line %d: %v", i+1, err)
		}
	}
	if _, err := shares.ParseLine(7, rows[0]); err == nil {
		t.Error("line 7")
	}
}

// TestTolerance: what people write instead, and how they set it.
func TestTolerance(t *testing.T) {
	_, all := split(t, random(t), 2, 3)
	for _, s := range all {
		text := s.Text()
		for i, typed := range []string{
			strings.ToLower(text),
			strings.ReplaceAll(text, " ", ""),
			strings.ReplaceAll(text, " ", "-"),
			strings.ReplaceAll(strings.ReplaceAll(text, " ", ""), "\n", ""),
			strings.ReplaceAll(text, "\n", "\r\n") + "\r\n\r\n",
			strings.NewReplacer("0", "O", "1", "I", "V", "U").Replace(text),
			strings.NewReplacer("0", "o", "1", "l", "V", "u").Replace(text),
			strings.ReplaceAll(text, " ", "\u00a0\u2013 "),
			numbered(text, "%d "), numbered(text, " %d.  "),
		} {
			if got, err := shares.Parse([]byte(typed)); err != nil || !got.Same(s) {
				t.Errorf("way %d of writing it: %v", i, err)
			}
		}
	}
	row := strings.Split(all[0].Text(), "\n")[2]
	_, err := shares.ParseLine(3, row[:6]+"?"+row[7:])
	if e, ok := shares.IsTyping(err); !ok || e.Group != 2 || e.Suggestion != row {
		t.Error(err)
	}
}

// numbered puts the line's number before each.
func numbered(text, format string) string {
	var b strings.Builder
	for i, row := range strings.Split(text, "\n") {
		fmt.Fprintf(&b, format+"%s\n", i+1, row)
	}
	return b.String()
}

// TestNoShare: text with right checks that is no share.
func TestNoShare(t *testing.T) {
	_, all := split(t, random(t), 2, 3)
	for name, change := range map[string]func(b []byte){
		"threshold 1":   func(b []byte) { b[0] = 0x11 },
		"threshold > n": func(b []byte) { b[0] = 0x14 },
		"index 0":       func(b []byte) { b[1] = 0x30 },
		"index > n":     func(b []byte) { b[1] = 0x34 },
		"reserved bits": func(b []byte) { b[2] |= 1 },
		"no scalar":     func(b []byte) { b[45] = 0xFF },
	} {
		if _, err := shares.Parse([]byte(shares.Forge(all[0], change).Text())); !errors.Is(err, shares.ErrNoShare) {
			t.Errorf("%s: %v", name, err)
		}
	}
	newer := shares.Forge(all[0], func(b []byte) { b[0] = 0x22 })
	if _, err := shares.Parse([]byte(newer.Text())); !errors.Is(err, shares.ErrVersion) {
		t.Error(err)
	}
	if _, err := shares.Parse(make([]byte, 5000)); !errors.Is(err, shares.ErrNoShare) {
		t.Error(err)
	}
}

// FuzzParse: what is read as a share is written as the same share, and no text
// makes the program stumble.
func FuzzParse(f *testing.F) {
	_, all := split(f, random(f), 3, 5)
	f.Add([]byte(all[0].Text()))
	f.Add([]byte(strings.ReplaceAll(all[1].Text(), "\n", "")))
	f.Add([]byte("1\n2\n3\n4\n5\n6\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := shares.Parse(text)
		if err != nil {
			if len(err.Error()) > 200 {
				t.Error("an error of length", len(err.Error()))
			}
			return
		}
		if again, err := shares.Parse([]byte(s.Text())); err != nil || !again.Same(s) {
			t.Errorf("%v", err)
		}
	})
}

func FuzzParseSet(f *testing.F) {
	set, _ := split(f, random(f), 3, 5)
	f.Add(set.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := shares.ParseSet(b); err == nil && string(s.Bytes()) != string(b) {
			t.Errorf("%x came back as %x", b, s.Bytes())
		}
	})
}
