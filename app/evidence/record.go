package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

// Record is the record of processing activities (GDPR Art. 30) with the facts for
// the annex of an impact assessment: what is stored, why, how long, and how much.
type Record struct {
	Head
	Settings desk.Settings      `json:"settings"`
	Extent   Extent             `json:"extent"`
	Rollouts []desk.RolloutView `json:"rollouts"`
	Columns  []store.Column     `json:"columns"`
	// Digest is a fingerprint of Columns: two records with the same digest store
	// the same.
	Digest string `json:"digest"`
}

// Extent is how much there is, in numbers.
type Extent struct {
	Buildings      int `json:"buildings"`
	Homes          int `json:"homes"`
	Locks          int `json:"locks"`
	Running        int `json:"running_tenancies"`
	Ended          int `json:"ended_tenancies"` // still known
	Tags           int `json:"tags"`            // known
	Live           int `json:"live_tags"`
	Operators      int `json:"operators"`
	Objections     int `json:"objections"`
	OpenObjections int `json:"open_objections"`
	Erased         int `json:"erased_tenancies"` // so far
	Unassessed     int `json:"unassessed_tags"`  // handed out without an assessment
}

// NewRecord reads the record of processing as it is now.
func NewRecord(ctx context.Context, d *desk.Desk) (Record, error) {
	var r Record
	err := d.Look(ctx, func(tx *store.Tx) (err error) {
		r, err = record(d, tx)
		return err
	})
	if err != nil {
		return Record{}, fmt.Errorf("making the record of processing: %w", err)
	}
	return r, nil
}

func record(d *desk.Desk, tx *store.Tx) (Record, error) {
	h, err := head(d, tx)
	if err != nil {
		return Record{}, err
	}
	r := Record{Head: h, Columns: store.Register()}
	r.Digest = digest(r.Columns)
	s, err := tx.Settings()
	if err != nil {
		return r, err
	}
	r.Settings = desk.ViewSettings(s)
	today, err := d.Today()
	if err != nil {
		return r, err
	}
	if r.Rollouts, err = desk.Rollouts(tx, today); err != nil {
		return r, err
	}
	for _, o := range r.Rollouts {
		r.Extent.Unassessed += o.Unassessed
	}
	return r, r.Extent.count(tx)
}

func (e *Extent) count(tx *store.Tx) error {
	homes, err := tx.HomeSummaries()
	if err != nil {
		return err
	}
	e.Homes = len(homes)
	for ended, n := range map[bool]*int{false: &e.Running, true: &e.Ended} {
		all, err := tx.CountTenancies(ended)
		if err != nil {
			return err
		}
		for _, c := range all {
			*n += c.N
		}
	}
	tags, err := tx.CountTags()
	if err != nil {
		return err
	}
	for _, c := range tags {
		e.Tags += c.N
		if c.Kind == store.TagIssued {
			e.Live += c.N
		}
	}
	return e.countRest(tx)
}

func (e *Extent) countRest(tx *store.Tx) error {
	buildings, err := tx.Buildings()
	if err != nil {
		return err
	}
	locks, err := tx.Locks()
	if err != nil {
		return err
	}
	operators, err := tx.Operators()
	if err != nil {
		return err
	}
	objections, err := tx.Objections()
	if err != nil {
		return err
	}
	erasures, err := tx.Erasures()
	if err != nil {
		return err
	}
	e.Buildings, e.Locks, e.Objections = len(buildings), len(locks), len(objections)
	for _, o := range operators {
		if o.Revoked == 0 {
			e.Operators++
		}
	}
	for _, o := range objections {
		if o.Outcome == store.ObjectionOpen {
			e.OpenObjections++
		}
	}
	for _, x := range erasures {
		e.Erased += x.Tenancies
	}
	return nil
}

// digest is the fingerprint of a list of columns, in whatever order it stands.
func digest(columns []store.Column) string {
	rows := make([]string, 0, len(columns))
	for _, c := range columns {
		rows = append(rows, strings.Join(row(c), "\x00"))
	}
	slices.Sort(rows)
	sum := sha256.Sum256([]byte(strings.Join(rows, "\n")))
	return hex.EncodeToString(sum[:])
}

var csvHead = []string{"table", "column", "purpose", "category", "basis", "retention", "readers", "sealed"}

func row(c store.Column) []string {
	return []string{
		c.Table, c.Name, c.Purpose, string(c.Category), string(c.Basis), string(c.Retention), string(c.Readers), fmt.Sprint(c.Sealed),
	}
}

// CSV is every stored column as a table for a spreadsheet: UTF-8, commas.
func (r Record) CSV() ([]byte, error) {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	if err := w.Write(csvHead); err != nil {
		return nil, fmt.Errorf("writing the record of processing: %w", err)
	}
	for _, c := range r.Columns {
		if err := w.Write(row(c)); err != nil {
			return nil, fmt.Errorf("writing the record of processing: %w", err)
		}
	}
	w.Flush()
	return buf.Bytes(), w.Error()
}

// JSON is the record for machines, and what [Changed] compares.
func (r Record) JSON() ([]byte, error) { return document(r) }

// document is a JSON document with a line for each field.
func document(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing a document: %w", err)
	}
	return append(b, '\n'), nil
}

// ParseRecord reads a record that [Record.JSON] wrote, and checks its fingerprint.
func ParseRecord(b []byte) (Record, error) {
	var r Record
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Record{}, fmt.Errorf("reading a record of processing: %w: %w", desk.ErrEvidence, err)
	}
	if dec.More() || r.Digest != digest(r.Columns) {
		return Record{}, fmt.Errorf("reading a record of processing: %w: its list of columns was changed", desk.ErrEvidence)
	}
	return r, nil
}
