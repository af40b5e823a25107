package evidence_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/store"
)

// lived is a campus in which a little has happened.
func lived(t testing.TB) *campus {
	c := newCampus(t, 60)
	for i, choice := range []store.Choice{store.ChoiceTag, store.ChoiceTag, store.ChoiceApp, store.ChoiceBoth, store.ChoiceOwnLock, store.ChoiceTag, store.ChoiceTag} {
		_, err := c.desk.MoveIn(c.ctx, fmt.Sprintf("Boulevard 3/1%02d", i+1), fmt.Sprintf("HK-%d", i), choice)
		noErr(t, err)
	}
	c.handOut(home101, "rood koord")
	c.handOut("Boulevard 3/102", "")
	noErr(t, c.desk.Object(c.ctx, home101, store.ObjectionOpen))
	_, err := c.desk.MoveOut(c.ctx, "Boulevard 3/102")
	noErr(t, err)
	_, err = c.desk.SetRollout(c.ctx, "Boulevard 3", desk.RolloutStep{
		Stage: desk.StageAssessed, Assessment: "1.2", Review: c.now.AddDate(1, 0, 0),
	})
	noErr(t, err)
	_, err = c.desk.AddDocument(c.ctx, "Boulevard 3", store.DocumentAssessment, "DPIA Boulevard 1.2.pdf", strings.NewReader("x"))
	noErr(t, err)
	return c
}

func TestRecord(t *testing.T) {
	c := lived(t)
	r, err := evidence.NewRecord(c.ctx, c.desk)
	noErr(t, err)
	site, err := c.desk.Site(c.ctx)
	noErr(t, err)
	want := evidence.Extent{
		Buildings: 6, Homes: site.Homes, Locks: site.Locks, Running: 6, Ended: 1, Tags: 2, Live: 1, Operators: 1,
		Objections: 1, OpenObjections: 1, Unassessed: 2,
	}
	if r.Extent != want {
		t.Errorf("extent %+v, not %+v", r.Extent, want)
	}
	for _, lang := range assets.OfficeLanguages() {
		t.Run(lang, func(t *testing.T) {
			pdf, err := r.PDF(lang)
			noErr(t, err)
			shown(t, pdf, 0)
			text := read(t, pdf)
			has(t, text, "Stichting Campuswonen Twente", "mr. J. de Vries", "Slotenmaker Oost", assets.Office(lang).Date("2026-11-21"))
			// A long name is broken at the end of a line, which a reader shows as a space.
			solid := strings.ReplaceAll(text, " ", "")
			for _, column := range store.Register() {
				for _, part := range []string{column.Table + "." + column.Name, column.Purpose} {
					if !strings.Contains(solid, strings.ReplaceAll(part, " ", "")) {
						t.Errorf("%q is missing", part)
					}
				}
			}
			filled(t, text)
		})
		t.Run(lang+" annex", func(t *testing.T) {
			pdf, err := r.AnnexPDF(lang)
			noErr(t, err)
			shown(t, pdf, 0)
			text := read(t, pdf)
			for n := 1; n <= 17; n++ {
				has(t, text, assets.Office(lang).T(fmt.Sprintf("annex.%d", n), nil), assets.Office(lang).T(fmt.Sprintf("annex.%d.ask", n), nil))
			}
			has(t, text, "1.2, "+assets.Office(lang).Date("2026-11-21"), "DPIA Boulevard 1.2.pdf", "Calslaan 12")
			filled(t, text)
		})
	}
	checkCSV(t, r)
}

// filled checks that every text was found and filled in.
func filled(t *testing.T, text string) {
	t.Helper()
	for _, rest := range []string{"{", "}", "annex.", "record.", "evaluation.", "basis.", "category.", "%!"} {
		if strings.Contains(text, rest) {
			i := strings.Index(text, rest)
			t.Errorf("something is not filled in: %q", text[max(0, i-30):min(len(text), i+40)])
		}
	}
}

func checkCSV(t *testing.T, r evidence.Record) {
	b, err := r.CSV()
	noErr(t, err)
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	noErr(t, err)
	if len(rows) != len(store.Register())+1 {
		t.Errorf("%d rows for %d columns", len(rows), len(store.Register()))
	}
	for i, c := range store.Register() {
		if rows[i+1][0] != c.Table || rows[i+1][1] != c.Name || rows[i+1][2] != c.Purpose || rows[i+1][5] != string(c.Retention) {
			t.Errorf("row %d is %v, not %+v", i+1, rows[i+1], c)
		}
	}
}

func TestChanged(t *testing.T) {
	c := newCampus(t, 3)
	old, err := evidence.NewRecord(c.ctx, c.desk)
	noErr(t, err)
	b, err := old.JSON()
	noErr(t, err)
	parsed, err := evidence.ParseRecord(b)
	noErr(t, err)
	c.now = c.now.Add(48 * time.Hour)
	now, err := evidence.NewRecord(c.ctx, c.desk)
	noErr(t, err)
	if got := evidence.Changed(parsed, now); len(got.Columns) != 0 || got.From != "2026-11-21" || got.To != "2026-11-23" {
		t.Errorf("nothing changed: %+v", got)
	}
	changed := parsed
	changed.Columns = append([]store.Column(nil), parsed.Columns[1:]...)
	changed.Columns[0].Purpose = "something else"
	changed.Columns = append(changed.Columns, store.Column{Table: "old", Name: "thing"})
	got := evidence.Changed(changed, now)
	kinds := map[string]string{}
	for _, x := range got.Columns {
		kinds[x.Column] = x.Kind
	}
	first, second := parsed.Columns[0], parsed.Columns[1]
	if len(kinds) != 3 || kinds["old.thing"] != "gone" || kinds[first.Table+"."+first.Name] != "new" || kinds[second.Table+"."+second.Name] != "changed" {
		t.Errorf("changes: %+v", got)
	}
	for _, bad := range [][]byte{nil, []byte("{}"), bytes.Replace(b, []byte("label"), []byte("lable"), 1), append(bytes.Clone(b), b...), []byte(`{"x":1}`)} {
		if _, err := evidence.ParseRecord(bad); !errors.Is(err, desk.ErrEvidence) {
			t.Errorf("a record that was changed: %v", err)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	b, err := json.Marshal(evidence.Record{Columns: []store.Column{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := evidence.ParseRecord(b)
		if err != nil {
			return
		}
		if _, err := r.JSON(); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}

func TestEvaluation(t *testing.T) {
	c := lived(t)
	e, err := evidence.NewEvaluation(c.ctx, c.desk)
	noErr(t, err)
	for _, lang := range assets.OfficeLanguages() {
		pdf, err := e.PDF(lang)
		noErr(t, err)
		shown(t, pdf, 1)
		text := read(t, pdf)
		has(t, text, "Boulevard 3", "Calslaan 12", "·", assets.Office(lang).T("evaluation.few", map[string]any{"small": 5}))
		filled(t, text)
	}
	b, err := json.Marshal(e)
	noErr(t, err)
	for _, secret := range []string{"HK-", "101", "rood", "T1"} {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("the evaluation tells %q: %s", secret, b)
		}
	}
	// Six tenancies run in one building and none elsewhere.
	total := e.Choices.Cells[len(e.Choices.Rows)][len(e.Choices.Columns)]
	if total != nil && *total != 6 {
		t.Errorf("%d tenancies", *total)
	}
}
