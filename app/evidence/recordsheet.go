package evidence

import (
	"fmt"
	"strings"

	"sleutelbord/app/paper"
)

// ODS is the record of processing as a spreadsheet: who and why, what is stored
// by category, every stored column, and what is still to be judged.
func (r Record) ODS(lang string) ([]byte, error) {
	w := officeWords(lang)
	args := r.args(w)
	return paper.Spreadsheet(w.meta(r.Head, w.t("record.title"), "", false),
		paper.Sheet{Name: w.t("record.who"), Widths: []float64{6, 16}, Rows: r.factRows(w, args)},
		paper.Sheet{Name: w.t("record.col.category"), Widths: []float64{8, 7, 7, 6, 3}, Rows: r.categoryRows(w, args)},
		paper.Sheet{Name: w.t("record.col.column"), Widths: []float64{7, 12, 8, 3}, Rows: r.columnRows(w, args)},
		paper.Sheet{Name: w.t("question"), Widths: []float64{14, 12}, Rows: [][]any{
			{w.t("question"), w.t("answer")},
			{w.t("record.ask.processors"), ""},
			{w.t("record.ask.basis"), ""},
			{w.t("record.ask.retention", args...), ""},
		}})
}

func (r Record) factRows(w writer, args []any) [][]any {
	s := r.Settings
	rows := [][]any{
		{w.t("record.title"), ""},
		{w.t("record.site"), r.Site},
		{w.t("record.day"), w.Date(r.Day)},
		{w.t("record.controller"), w.or(lines(s.Controller, s.ControllerContact))},
		{w.t("record.officer"), w.or(lines(s.Officer, s.OfficerContact))},
		{w.t("record.processors"), w.or(s.Processors)},
		{w.t("record.extent"), w.t("record.extent.value", args...)},
	}
	for _, n := range []string{"1", "2", "3"} {
		rows = append(rows, []any{w.t("record.purposes"), w.t("record.purpose." + n)})
	}
	for _, part := range []string{"subjects", "recipients", "not"} {
		rows = append(rows, []any{w.t("record." + part), w.t("record." + part + ".text")})
	}
	for _, n := range []string{"1", "2", "3", "4"} {
		rows = append(rows, []any{w.t("record.security"), w.t("record.security." + n)})
	}
	return rows
}

func (r Record) categoryRows(w writer, args []any) [][]any {
	rows := [][]any{{
		w.t("record.col.category"), w.t("record.col.basis"), w.t("record.col.retention"), w.t("record.col.readers"), w.t("record.col.columns"),
	}}
	for _, g := range r.groups() {
		rows = append(rows, []any{
			w.t("category." + string(g.category)), w.t("basis." + string(g.basis)), w.t("retention."+string(g.retention), args...),
			w.t("readers." + string(g.readers)), g.columns,
		})
	}
	return rows
}

func (r Record) columnRows(w writer, args []any) [][]any {
	rows := [][]any{{w.t("record.col.column"), w.t("record.col.purpose"), w.t("record.col.retention"), w.t("record.col.sealed")}}
	for _, c := range r.Columns {
		sealed := w.t("no")
		if c.Sealed {
			sealed = w.t("yes")
		}
		rows = append(rows, []any{c.Table + "." + c.Name, c.Purpose, w.t("retention."+string(c.Retention), args...), sealed})
	}
	return rows
}

// Annex is the annex of an impact assessment as data, in one language.
type Annex struct {
	Head
	Points []AnnexPoint `json:"points"`
}

// AnnexPoint is one of the seventeen points.
type AnnexPoint struct {
	Part     string `json:"part"`
	Point    string `json:"point"`
	Facts    string `json:"facts"`
	Question string `json:"to_be_judged"` // by people; the program has no answer
}

// Annex is the annex of an impact assessment in a language.
func (r Record) Annex(lang string) Annex {
	w := officeWords(lang)
	args := r.args(w)
	a := Annex{Head: r.Head}
	for _, part := range parts {
		for n := part.first; n <= part.last; n++ {
			key := fmt.Sprintf("annex.%d", n)
			a.Points = append(a.Points, AnnexPoint{w.t("annex.part." + part.name), w.t(key), w.t(key+".facts", args...), w.t(key + ".ask")})
		}
	}
	return a
}

// AnnexJSON is the annex of an impact assessment for machines.
func (r Record) AnnexJSON(lang string) ([]byte, error) { return document(r.Annex(lang)) }

// AnnexODS is the annex of an impact assessment as a spreadsheet, with room for
// what people judge.
func (r Record) AnnexODS(lang string) ([]byte, error) {
	w := officeWords(lang)
	points := [][]any{{w.t("annex.part"), w.t("annex.point"), w.t("annex.facts"), w.t("question"), w.t("answer")}}
	for _, p := range r.Annex(lang).Points {
		points = append(points, []any{p.Part, p.Point, p.Facts, p.Question, ""})
	}
	rollouts, documents := r.rolloutRows(w)
	sheets := []paper.Sheet{
		{Name: w.t("annex.point"), Widths: []float64{4, 5, 12, 8, 8}, Rows: points},
		{Name: w.t("annex.rollout"), Widths: []float64{5, 4, 5, 4, 4, 3, 6}, Rows: append([][]any{rolloutHead(w)}, rollouts...)},
	}
	if len(documents) > 0 {
		sheets = append(sheets, paper.Sheet{
			Name: w.t("annex.documents"), Widths: []float64{5, 8, 4, 16}, Rows: append([][]any{documentHead(w)}, documents...),
		})
	}
	return paper.Spreadsheet(w.meta(r.Head, w.t("annex.title"), "", false), sheets...)
}

func rolloutHead(w writer) []any {
	var head []any
	for _, name := range []string{"building", "stage", "assessment", "review", "heard", "without", "due"} {
		head = append(head, w.t("annex.rollout."+name))
	}
	return head
}

func documentHead(w writer) []any {
	return []any{w.t("annex.rollout.building"), w.t("annex.documents.name"), w.t("annex.documents.kind"), w.t("annex.documents.hash")}
}

// rolloutRows are how far each building is, and its documents.
func (r Record) rolloutRows(w writer) (rollouts, documents [][]any) {
	for _, o := range r.Rollouts {
		due := make([]string, 0, len(o.Reminders))
		for _, x := range o.Reminders {
			due = append(due, w.t("remind."+string(x)))
		}
		rollouts = append(rollouts, []any{
			o.Building, w.t("stage." + string(o.Stage)), dated(w, o.Assessment, o.Assessed), w.Date(o.Review), w.Date(o.Consulted),
			o.Unassessed, strings.Join(due, ", "),
		})
		for _, doc := range o.Documents {
			documents = append(documents, []any{o.Building, doc.Name, w.t("kind." + string(doc.Kind)), doc.SHA256})
		}
	}
	return rollouts, documents
}
