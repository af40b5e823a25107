package desk

import (
	"errors"
	"fmt"
	"slices"

	"sleutelbord/lock/bundle"
)

// RowCode names what is wrong with a row. The words for it stand in package
// assets under "row.<code>"; what they name is in [RowError.Args].
type RowCode string

// What can be wrong with a row of a list, or with a lock that was typed.
const (
	RowUnreadable    RowCode = "unreadable"
	RowColumnUnknown RowCode = "column-unknown"
	RowColumnTwice   RowCode = "column-twice"
	RowColumnMissing RowCode = "column-missing"
	RowFields        RowCode = "fields" // Count, Want
	RowEmpty         RowCode = "empty"
	RowLong          RowCode = "long"    // Most
	RowControl       RowCode = "control" // a control character
	RowNoBuilding    RowCode = "no-building"
	RowSlash         RowCode = "slash"
	RowNoZone        RowCode = "no-zone"
	RowKind          RowCode = "kind"       // Value
	RowOneHome       RowCode = "one-home"   // of a home row
	RowNoHome        RowCode = "no-home"    // of a service row
	RowFloor         RowCode = "floor"      // Home, Floor
	RowLockName      RowCode = "lock-name"  // Value
	RowLockTwice     RowCode = "lock-twice" // Value, Before: the other line
	RowLockKnown     RowCode = "lock-known" // Value
	RowManyZones     RowCode = "many-zones" // Count, Most
	// The next are about a row of a moving day's list.
	RowNoSuchHome RowCode = "no-such-home" // Value
	RowWantsHome  RowCode = "wants-home"
	RowTags       RowCode = "tags"   // Value, Most
	RowPlaces     RowCode = "places" // Count, Most
	// RowKeyLength and those below are about the public key; Group is the group
	// of eight characters that is mistyped.
	RowKeyLength      RowCode = "key-length" // Length
	RowKeyLengthGroup RowCode = "key-length-group"
	RowKeyLetter      RowCode = "key-letter"
	RowKeyLetterGroup RowCode = "key-letter-group"
	RowKeyDigits      RowCode = "key-digits"
	RowKeyDigitsGroup RowCode = "key-digits-group"
	RowKeyWeak        RowCode = "key-weak"
)

// RowCodes lists every code, so that a test can hold the words against it.
func RowCodes() []RowCode {
	return []RowCode{
		RowUnreadable, RowColumnUnknown, RowColumnTwice, RowColumnMissing, RowFields, RowEmpty, RowLong, RowControl,
		RowNoBuilding, RowSlash, RowNoZone, RowKind, RowOneHome, RowNoHome, RowFloor, RowLockName, RowLockTwice, RowLockKnown,
		RowManyZones, RowNoSuchHome, RowWantsHome, RowTags, RowPlaces, RowKeyLength, RowKeyLengthGroup, RowKeyLetter, RowKeyLetterGroup, RowKeyDigits, RowKeyDigitsGroup, RowKeyWeak,
	}
}

// RowError is what is wrong with one row of an imported file.
type RowError struct {
	Line   int     `json:"line"` // of the file, from 1
	Column string  `json:"column"`
	Code   RowCode `json:"code"`
	Text   string  `json:"text"` // English
	// Args feed the words for Code.
	Args map[string]any `json:"-"`
}

// ImportError is a file that was not imported, with everything that is wrong
// with it.
type ImportError struct{ Rows []RowError }

func (e *ImportError) Error() string {
	r := e.Rows[0]
	return fmt.Sprintf("importing: %d rows are wrong, the first in line %d, column %s: %s", len(e.Rows), r.Line, r.Column, r.Text)
}

// args feed the words of a code.
type args = map[string]any

// rowErrors collects what is wrong with a file.
type rowErrors []RowError

func (e *rowErrors) add(line int, column string, code RowCode, feed args, format string, a ...any) {
	*e = append(*e, RowError{Line: line, Column: column, Code: code, Text: fmt.Sprintf(format, a...), Args: feed})
}

// addKey says what is wrong with the text of a public key, and in which group.
func (e *rowErrors) addKey(line int, err error) {
	var k *bundle.KeyTextError
	if !errors.As(err, &k) {
		k = &bundle.KeyTextError{Fault: bundle.KeyWeak}
	}
	code := map[bundle.KeyFault][2]RowCode{
		bundle.KeyLength: {RowKeyLength, RowKeyLengthGroup},
		bundle.KeyLetter: {RowKeyLetter, RowKeyLetterGroup},
		bundle.KeyDigits: {RowKeyDigits, RowKeyDigitsGroup},
		bundle.KeyWeak:   {RowKeyWeak, RowKeyWeak},
	}[k.Fault][min(k.Group, 1)]
	e.add(line, colKey, code, args{"Group": k.Group, "Length": k.Length}, "%v", err)
}

func (e rowErrors) err() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b RowError) int { return a.Line - b.Line })
	return &ImportError{Rows: e}
}
