package desk

import (
	"bytes"
	"crypto/ecdh"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"sleutelbord/lock/bundle"
	"sleutelbord/store"
)

// Columns of the list of homes and locks, one row per lock. A home row names
// its home. A shared row without a home belongs to every home of its building,
// or of its floor where one is given; one with homes, separated by semicolons
// inside the field or by |, belongs to those. A service row belongs to none.
const (
	colBuilding = "building"
	colFloor    = "floor"
	colHome     = "home"
	colLock     = "lock"
	colZone     = "zone"
	colKind     = "kind"
	colKey      = "public_key"
)

var columns = []string{colBuilding, colFloor, colHome, colLock, colZone, colKind, colKey}

// listColumns are the columns that a list may have, and those that it needs.
type listColumns struct{ all, needed []string }

// Limits of an import: what a person made by hand or a register exported.
const (
	maxImportSize = 256 << 20
	maxNameLen    = 64
)

// row is one lock of the list.
type row struct {
	line     int
	building string
	floor    string
	homes    []string
	lock     bundle.LockName
	zone     string
	kind     store.ZoneKind
	key      *ecdh.PublicKey
}

// parseCSV reads the whole list and checks every row by itself.
func parseCSV(r io.Reader) ([]row, error) {
	c, at, err := openCSV(r, listColumns{columns, columns})
	if err != nil {
		return nil, err
	}
	return readRows(c, at)
}

// openCSV reads a list's header, and gives at which place each column stands.
// Comma and semicolon both separate, as office programs write them.
func openCSV(r io.Reader, want listColumns) (*csv.Reader, map[string]int, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxImportSize+1))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the list: %w", err)
	}
	if len(data) > maxImportSize {
		return nil, nil, fmt.Errorf("%w: it is larger than %d MiB", errImportFile, maxImportSize>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, nil, fmt.Errorf("%w: it is not UTF-8 text", errImportFile)
	}
	c := csv.NewReader(bytes.NewReader(data))
	first, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		c.Comma = ';'
	}
	c.FieldsPerRecord = -1
	header, err := c.Read()
	if err != nil {
		return nil, nil, csvError(err)
	}
	at, err := readHeader(header, want)
	return c, at, err
}

func readHeader(header []string, want listColumns) (map[string]int, error) {
	var bad rowErrors
	at := make(map[string]int)
	for i, h := range header {
		h = strings.ToLower(strings.TrimSpace(h))
		if !slices.Contains(want.all, h) {
			bad.add(1, h, RowColumnUnknown, args{"Columns": strings.Join(want.all, ", ")}, "unknown column; the columns are %s", strings.Join(want.all, ","))
		} else if _, twice := at[h]; twice {
			bad.add(1, h, RowColumnTwice, nil, "the column stands there twice")
		}
		at[h] = i
	}
	for _, c := range want.needed {
		if _, ok := at[c]; !ok {
			bad.add(1, c, RowColumnMissing, nil, "the column is missing")
		}
	}
	return at, bad.err()
}

func readRows(c *csv.Reader, at map[string]int) ([]row, error) {
	var (
		rows []row
		bad  rowErrors
		seen = make(map[string]int) // lock -> line
	)
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := c.FieldPos(0)
		if len(fields) != len(at) {
			bad.add(line, colBuilding, RowFields, args{"Count": len(fields), "Want": len(at)}, "%d fields instead of %d", len(fields), len(at))
			continue
		}
		get := func(col string) string { return strings.TrimSpace(fields[at[col]]) }
		r := parseRow(line, get, &bad)
		id := strings.ToUpper(get(colLock))
		if before, twice := seen[id]; twice && id != "" {
			bad.add(line, colLock, RowLockTwice, args{"Value": get(colLock), "Before": before}, "lock %s stands in line %d already", get(colLock), before)
		}
		seen[id] = line
		rows = append(rows, r)
	}
	if len(rows) == 0 && len(bad) == 0 {
		bad.add(1, colBuilding, RowEmpty, nil, "there are no rows below the header")
	}
	return rows, bad.err()
}

// parseRow reads a row whose fields get gives, without space round them, and
// checks it by itself.
func parseRow(line int, get func(string) string, bad *rowErrors) row {
	r := row{line: line, building: get(colBuilding), floor: get(colFloor), zone: get(colZone), homes: splitHomes(get(colHome))}
	for _, c := range []string{colBuilding, colFloor, colHome, colZone} {
		checkText(line, c, get(c), bad)
	}
	if r.building == "" {
		bad.add(line, colBuilding, RowNoBuilding, nil, "a building is wanted")
	}
	if strings.Contains(r.building, "/") {
		bad.add(line, colBuilding, RowSlash, nil, "a building's name has no slash")
	}
	if r.zone == "" {
		bad.add(line, colZone, RowNoZone, nil, "a zone is wanted: doors of one zone open with the same key")
	}
	r.kind = parseKind(line, get(colKind), len(r.homes), bad)
	var err error
	if r.lock, err = bundle.ParseLockName(get(colLock)); err != nil {
		bad.add(line, colLock, RowLockName, args{"Value": get(colLock)}, "%v", err)
	}
	if r.key, err = bundle.ParsePublicKey(get(colKey)); err != nil {
		bad.addKey(line, err)
	}
	return r
}

func splitHomes(s string) []string {
	var homes []string
	for _, h := range strings.FieldsFunc(s, func(c rune) bool { return c == ';' || c == '|' }) {
		if h = strings.TrimSpace(h); h != "" && !slices.Contains(homes, h) {
			homes = append(homes, h)
		}
	}
	return homes
}

func parseKind(line int, s string, homes int, bad *rowErrors) store.ZoneKind {
	k := store.ZoneKind(strings.ToLower(s))
	switch {
	case k != store.HomeZone && k != store.SharedZone && k != store.ServiceZone:
		bad.add(line, colKind, RowKind, args{"Value": s}, "%q: the kinds are home, shared and service", s)
	case k == store.HomeZone && homes != 1:
		bad.add(line, colHome, RowOneHome, nil, "a home row names exactly one home")
	case k == store.ServiceZone && homes != 0:
		bad.add(line, colHome, RowNoHome, nil, "a service row names no home")
	}
	return k
}

func checkText(line int, column, s string, bad *rowErrors) {
	if utf8.RuneCountInString(s) > maxNameLen && column != colHome || len(s) > 16*maxNameLen {
		bad.add(line, column, RowLong, args{"Most": maxNameLen}, "longer than %d characters", maxNameLen)
	}
	for _, c := range s {
		if c < ' ' || c == 0x7F {
			bad.add(line, column, RowControl, nil, "has a control character")
			return
		}
	}
}

// csvError puts the line into a syntax error of the file.
func csvError(err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		var bad rowErrors
		bad.add(pe.Line, colBuilding, RowUnreadable, nil, "not readable as CSV: %v", pe.Err)
		return bad.err()
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it is empty", errImportFile)
	}
	return fmt.Errorf("%w: %w", errImportFile, err)
}
