package shares

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Limits of a set.
const (
	MinThreshold = 2
	MaxShares    = 15
)

const (
	version   = 1
	setIDSize = 8
	sealSize  = 16
	valueSize = 32
	CheckSize = 3 // bytes of a site's key check value
	setAt     = 3 + CheckSize
	valueAt   = setAt + setIDSize
	bodySize  = valueAt + valueSize
	sumBits   = 5*Lines*content - 8*bodySize // 22
)

// SetID names a set of shares.
type SetID [setIDSize]byte

// String is the id as people compare it: eight characters with a hyphen.
func (id SetID) String() string {
	v := binary.BigEndian.Uint64(id[:])
	var b [9]byte
	for i := range 8 {
		b[i+i/4] = alphabet[v>>(59-5*i)&31]
	}
	b[4] = '-'
	return string(b[:])
}

// Share is one share of a root. It never shows itself but by [Share.Text]. The
// zero Share is none.
type Share struct{ body *[bodySize]byte }

// Threshold is k: how many shares restore the root.
func (s Share) Threshold() int { return int(s.body[0] & 15) }

// Of is n: how many shares the set has.
func (s Share) Of() int { return int(s.body[1] >> 4) }

// Index is which of the set's shares it is, from 1.
func (s Share) Index() int { return int(s.body[1] & 15) }

// Set is the id of the set that it belongs to.
func (s Share) Set() SetID { return SetID(s.body[setAt:]) }

// Check is the site's key check value.
func (s Share) Check() [CheckSize]byte { return [CheckSize]byte(s.body[3:]) }

func (s Share) quotient() byte { return s.body[2] >> 4 }

func (s Share) value() []byte { return s.body[valueAt:] }

// Same tells whether two shares are the same, to the last bit.
func (s Share) Same(o Share) bool { return *s.body == *o.body }

// Wipe overwrites the share, also its copies.
func (s Share) Wipe() {
	if s.body != nil {
		clear(s.body[:])
	}
}

// seal is the share's fingerprint, which is no secret.
func (s Share) seal() (seal [sealSize]byte) {
	b := *s.body
	clear(b[setAt:valueAt])
	sum := sha256.Sum256(append([]byte("sleutelbord share seal"), b[:]...))
	clear(b[:])
	copy(seal[:], sum[:])
	return seal
}

// Text is the share as it stands on paper: six lines of four groups. It is the
// secret itself.
func (s Share) Text() string {
	lines := make([]string, Lines)
	all := s.symbols()
	for i := range lines {
		code := withNumber(i+1, all[i*content:(i+1)*content])
		addChecks(&code)
		lines[i] = grouped(code[1:])
	}
	clear(all)
	return strings.Join(lines, "\n")
}

// symbols are the bits of the share and its check, by five.
func (s Share) symbols() []byte {
	w := make([]byte, 0, Lines*content)
	var have, bits uint
	put := func(v, n uint) {
		for ; n > 0; n-- {
			have = have<<1 | v>>(n-1)&1
			if bits++; bits == 5 {
				w = append(w, byte(have))
				have, bits = 0, 0
			}
		}
	}
	for _, b := range s.body {
		put(uint(b), 8)
	}
	put(s.sum(), sumBits)
	return w
}

func (s Share) sum() uint {
	h := sha256.Sum256(append([]byte("sleutelbord share"), s.body[:]...))
	return uint(binary.BigEndian.Uint32(h[:]) >> (32 - sumBits))
}

// Join puts the six lines of a share together.
func Join(lines []Line) (Share, error) {
	if len(lines) != Lines {
		return Share{}, &TypingError{Have: len(lines)}
	}
	var stream []byte
	for i, l := range lines {
		if l.number != i+1 {
			return Share{}, &TypingError{Line: i + 1, Belongs: l.number}
		}
		stream = append(stream, l.symbols[:content]...)
	}
	defer clear(stream)
	s := Share{new([bodySize]byte)}
	var sum uint
	for i := range 5 * len(stream) {
		bit := stream[i/5] >> (4 - i%5) & 1
		if i < 8*bodySize {
			s.body[i/8] = s.body[i/8]<<1 | bit
		} else {
			sum = sum<<1 | uint(bit)
		}
	}
	if sum != s.sum() {
		s.Wipe()
		return Share{}, &TypingError{}
	}
	return s, s.validate()
}

var (
	// ErrVersion: the share was made by a newer program.
	ErrVersion = errors.New("the share was made by a newer version of this program")
	// ErrNoShare: text that is written like a share and cannot be one.
	ErrNoShare = errors.New("this is not a share")
)

// validate refuses what [Split] does not make.
func (s Share) validate() error {
	b := s.body
	k, n, i := s.Threshold(), s.Of(), s.Index()
	if b[0]>>4 != version {
		return fmt.Errorf("version %d: %w", b[0]>>4, ErrVersion)
	}
	if k < MinThreshold || n < k || i < 1 || i > n || b[2]&15 != 0 {
		return fmt.Errorf("share %d of %d, %d restore: %w", i, n, k, ErrNoShare)
	}
	if _, err := scalar(s.value()); err != nil {
		return fmt.Errorf("its value is no scalar: %w", ErrNoShare)
	}
	return nil
}

// Parse reads a share: six lines, or all of it on one. A typing mistake is a
// [*TypingError]; other errors are [ErrVersion] and [ErrNoShare].
func Parse(text []byte) (Share, error) {
	if len(text) > 4096 {
		return Share{}, fmt.Errorf("%d bytes: %w", len(text), ErrNoShare)
	}
	var rows []string
	for row := range bytes.Lines(text) {
		if len(bytes.TrimSpace(row)) > 0 {
			rows = append(rows, string(row))
		}
	}
	if len(rows) == 1 {
		rows = cut(rows[0])
	}
	if len(rows) != Lines {
		return Share{}, &TypingError{Have: max(len(rows), 1)}
	}
	lines := make([]Line, len(rows))
	for i, row := range rows {
		var err error
		if lines[i], err = ParseLine(i+1, row); err != nil {
			return Share{}, err
		}
	}
	return Join(lines)
}

// cut breaks a share that stands on one line, as far as that can be done.
func cut(row string) []string {
	typed, bad := read(row)
	if len(bad) > 0 || len(typed) != Lines*lineSize {
		return []string{row}
	}
	rows := make([]string, 0, Lines)
	for ; len(typed) > 0; typed = typed[lineSize:] {
		rows = append(rows, grouped(typed[:lineSize]))
	}
	return rows
}

const redacted = "[share]"

// String hides the share.
func (s Share) String() string { return redacted }

// GoString hides the share.
func (s Share) GoString() string { return redacted }

// Format hides the share from every verb of package fmt.
func (s Share) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue hides the share from package slog.
func (s Share) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON refuses: a share has no place in JSON.
func (s Share) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a share cannot be written as JSON")
}
