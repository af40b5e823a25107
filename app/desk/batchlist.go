package desk

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"sleutelbord/store"
)

// Columns of the list of a moving day, one row per home, or more than one
// where labels differ. Building and home have to be there.
const (
	colTags  = "tags"
	colLabel = "label"
)

var batchColumns = listColumns{all: []string{colBuilding, colHome, colTags, colLabel}, needed: []string{colBuilding, colHome}}

// batchRow is one row of such a list.
type batchRow struct {
	line           int
	building, home string
	tags           int
	label          string
}

// ReadBatchList reads the list of a moving day, and gives the tags that it asks
// for. It changes nothing. What is wrong comes back as *[ImportError] with every
// row that is: homes that are not there, and more tags than a home can have.
func (d *Desk) ReadBatchList(ctx context.Context, r io.Reader) ([]BatchWish, error) {
	rows, err := parseBatch(r)
	if err != nil {
		return nil, fmt.Errorf("reading the moving day's list: %w", err)
	}
	var wishes []BatchWish
	err = d.store.View(ctx, func(tx *store.Tx) (err error) {
		wishes, err = batchWishes(tx, rows)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the moving day's list: %w", err)
	}
	return wishes, nil
}

func batchWishes(tx *store.Tx, rows []batchRow) ([]BatchWish, error) {
	var (
		wishes []BatchWish
		bad    rowErrors
		places = newPlacesLeft(tx)
	)
	for _, r := range rows {
		ref := homeRef(r.building, r.home)
		b, home, err := findHome(tx, ref)
		if errors.Is(err, errNoHome) {
			bad.add(r.line, colHome, RowNoSuchHome, args{"Value": ref}, "there is no home %s", ref)
			continue
		}
		if err != nil {
			return nil, err
		}
		left, ok, err := places.take(home, r.tags)
		if err != nil {
			return nil, err
		}
		if !ok {
			bad.add(r.line, colTags, RowPlaces, args{"Count": r.tags, "Most": left}, "%d more tags, and the home has place for %d", r.tags, left)
			continue
		}
		for range r.tags {
			wishes = append(wishes, BatchWish{Home: homeRef(b.Name, home.Name), Label: r.label})
		}
	}
	return wishes, bad.err()
}

// parseBatch reads the whole list and checks every row by itself.
func parseBatch(r io.Reader) ([]batchRow, error) {
	c, at, err := openCSV(r, batchColumns)
	if err != nil {
		return nil, err
	}
	var (
		rows []batchRow
		bad  rowErrors
	)
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(err)
		}
		if row, ok := parseBatchRow(c, fields, at, &bad); ok {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 && len(bad) == 0 {
		bad.add(1, colBuilding, RowEmpty, nil, "there are no rows below the header")
	}
	return rows, bad.err()
}

func parseBatchRow(c *csv.Reader, fields []string, at map[string]int, bad *rowErrors) (batchRow, bool) {
	line, _ := c.FieldPos(0)
	if len(fields) != len(at) {
		bad.add(line, colBuilding, RowFields, args{"Count": len(fields), "Want": len(at)}, "%d fields instead of %d", len(fields), len(at))
		return batchRow{}, false
	}
	get := func(col string) string {
		if i, ok := at[col]; ok {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	r := batchRow{line: line, building: get(colBuilding), home: get(colHome), label: get(colLabel), tags: 1}
	before := len(*bad)
	for _, col := range batchColumns.all {
		checkText(line, col, get(col), bad)
	}
	switch {
	case r.building == "":
		bad.add(line, colBuilding, RowNoBuilding, nil, "a building is wanted")
	case strings.Contains(r.building, "/"):
		bad.add(line, colBuilding, RowSlash, nil, "a building's name has no slash")
	}
	if r.home == "" {
		bad.add(line, colHome, RowWantsHome, nil, "a home is wanted")
	}
	if utf8.RuneCountInString(r.label) > maxLabel && utf8.RuneCountInString(r.label) <= maxNameLen {
		bad.add(line, colLabel, RowLong, args{"Most": maxLabel}, "longer than %d characters", maxLabel)
	}
	if s := get(colTags); s != "" {
		var err error
		if r.tags, err = strconv.Atoi(s); err != nil || r.tags < 1 || r.tags > DefaultSeatsPerHome {
			bad.add(line, colTags, RowTags, args{"Value": s, "Most": DefaultSeatsPerHome}, "%q is not a number of tags from 1 to %d", s, DefaultSeatsPerHome)
		}
	}
	return r, len(*bad) == before
}
