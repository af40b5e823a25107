package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sleutelbord/app/paper"
	"sleutelbord/assets"
	"sleutelbord/store"
)

// officeWords has the words of a paper for an officer or a council.
func officeWords(lang string) writer { return writer{assets.Office(lang)} }

// args are what the texts of a record are filled with.
func (r Record) args(w writer) []any {
	e := r.Extent
	personal := 0
	for _, c := range r.Columns {
		if c.Personal() {
			personal++
		}
	}
	choices := make([]string, 0, 4)
	for _, c := range []store.Choice{store.ChoiceTag, store.ChoiceApp, store.ChoiceBoth, store.ChoiceOwnLock} {
		choices = append(choices, w.t("choice."+string(c)))
	}
	return []any{
		"day", w.Date(r.Day), "buildings", e.Buildings, "homes", e.Homes, "locks", e.Locks, "running", e.Running, "ended", e.Ended,
		"tags", e.Tags, "live", e.Live, "operators", e.Operators, "objections", e.Objections, "open", e.OpenObjections,
		"erased", e.Erased, "unassessed", e.Unassessed, "days", r.Settings.RetentionDays, "journal", r.Settings.JournalDays,
		"personal", personal, "columns", len(r.Columns), "choices", strings.Join(choices, ", "),
		"controller", w.or(r.Settings.Controller), "officer", w.or(r.Settings.Officer),
		"processors", w.or(strings.ReplaceAll(r.Settings.Processors, "\n", "; ")), "digest", r.Digest[:16],
	}
}

// ask writes a judgement that people have to make.
func ask(d *paper.Document, w writer, text string) { d.Box(paper.Question, w.t("question"), text) }

// PDF is the record of processing on paper.
func (r Record) PDF(lang string) ([]byte, error) {
	w := officeWords(lang)
	args := r.args(w)
	d := w.begin(r.Head, w.t("record.title"), w.t("record.kicker"), false)
	d.Title(w.t("record.below", args...))
	d.Heading(w.t("record.who"))
	s := r.Settings
	d.Facts(0.32,
		paper.Fact{Name: w.t("record.site"), Value: r.Site},
		paper.Fact{Name: w.t("record.controller"), Value: w.or(lines(s.Controller, s.ControllerContact))},
		paper.Fact{Name: w.t("record.officer"), Value: w.or(lines(s.Officer, s.OfficerContact))},
		paper.Fact{Name: w.t("record.processors"), Value: w.or(s.Processors)},
		paper.Fact{Name: w.t("record.extent"), Value: w.t("record.extent.value", args...)})
	ask(d, w, w.t("record.ask.processors"))
	d.Heading(w.t("record.purposes"))
	d.List(false, w.t("record.purpose.1"), w.t("record.purpose.2"), w.t("record.purpose.3"))
	d.Heading(w.t("record.data"))
	r.categories(d, w, args)
	ask(d, w, w.t("record.ask.basis"))
	ask(d, w, w.t("record.ask.retention", args...))
	for _, part := range []string{"subjects", "recipients", "not"} {
		d.Heading(w.t("record." + part))
		d.Text(w.t("record." + part + ".text"))
	}
	d.Heading(w.t("record.security"))
	d.List(false, w.t("record.security.1"), w.t("record.security.2"), w.t("record.security.3"), w.t("record.security.4"))
	r.columns(d, w, args)
	return d.Bytes()
}

// group is a kind of stored columns that are treated alike.
type group struct {
	category  store.Category
	basis     store.Basis
	retention store.Retention
	readers   store.Readers
	columns   int
}

// groups are the kinds of stored columns, those with a legal basis first.
func (r Record) groups() []group {
	var order []group
	at := map[group]int{}
	for _, c := range r.Columns {
		g := group{category: c.Category, basis: c.Basis, retention: c.Retention, readers: c.Readers}
		i, known := at[g]
		if !known {
			i = len(order)
			at[g] = i
			order = append(order, g)
		}
		order[i].columns++
	}
	slices.SortStableFunc(order, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.basis, a.basis), cmp.Compare(a.category, b.category))
	})
	return order
}

// categories is a table of what is stored, a row for each category with its
// period.
func (r Record) categories(d *paper.Document, w writer, args []any) {
	d.Table([]paper.Column{
		{Head: w.t("record.col.category"), Share: 0.25},
		{Head: w.t("record.col.basis"), Share: 0.25},
		{Head: w.t("record.col.retention"), Share: 0.2},
		{Head: w.t("record.col.readers"), Share: 0.17},
		{Head: w.t("record.col.columns"), Share: 0.13, Right: true},
	}, printed(r.categoryRows(w, args)[1:]))
}

// columns lists every stored column, by table.
func (r Record) columns(d *paper.Document, w writer, args []any) {
	d.Heading(w.t("record.columns"))
	d.Text(w.t("record.columns.text", args...))
	var rows [][]string
	for _, c := range r.Columns {
		sealed := ""
		if c.Sealed {
			sealed = w.t("yes")
		}
		rows = append(rows, []string{c.Table + "." + c.Name, c.Purpose, w.t("retention."+string(c.Retention), args...), sealed})
	}
	d.Table([]paper.Column{
		{Head: w.t("record.col.column"), Share: 0.26},
		{Head: w.t("record.col.purpose"), Share: 0.39},
		{Head: w.t("record.col.retention"), Share: 0.24},
		{Head: w.t("record.col.sealed"), Share: 0.11},
	}, rows)
}

// parts of the Dutch government model for impact assessments, with their first
// and last point.
var parts = []struct {
	name        string
	first, last int
}{{"a", 1, 10}, {"b", 11, 15}, {"c", 16, 16}, {"d", 17, 17}}

// AnnexPDF is the annex of an impact assessment: the seventeen points of the
// Dutch government model, facts filled in, judgements left as questions.
func (r Record) AnnexPDF(lang string) ([]byte, error) {
	w := officeWords(lang)
	args := r.args(w)
	d := w.begin(r.Head, w.t("annex.title"), w.t("annex.kicker"), false)
	d.Title(w.t("annex.below", args...))
	for _, part := range parts {
		d.Heading(w.t("annex.part." + part.name))
		for n := part.first; n <= part.last; n++ {
			key := fmt.Sprintf("annex.%d", n)
			d.SmallHeading(w.t(key))
			d.Text(w.t(key+".facts", args...))
			ask(d, w, w.t(key+".ask"))
		}
	}
	r.rollouts(d, w)
	return d.Bytes()
}

// rollouts are tables of how far each building is, and of its documents.
func (r Record) rollouts(d *paper.Document, w writer) {
	d.Heading(w.t("annex.rollout"))
	rollouts, noted := r.rolloutRows(w)
	rows, documents := printed(rollouts), printed(noted)
	d.Table([]paper.Column{
		{Head: w.t("annex.rollout.building"), Share: 0.18},
		{Head: w.t("annex.rollout.stage"), Share: 0.15},
		{Head: w.t("annex.rollout.assessment"), Share: 0.15},
		{Head: w.t("annex.rollout.review"), Share: 0.14},
		{Head: w.t("annex.rollout.heard"), Share: 0.14},
		{Head: w.t("annex.rollout.without"), Share: 0.09, Right: true},
		{Head: w.t("annex.rollout.due"), Share: 0.15},
	}, rows)
	if len(documents) == 0 {
		return
	}
	d.SmallHeading(w.t("annex.documents"))
	d.Table([]paper.Column{
		{Head: w.t("annex.rollout.building"), Share: 0.18},
		{Head: w.t("annex.documents.name"), Share: 0.26},
		{Head: w.t("annex.documents.kind"), Share: 0.14},
		{Head: w.t("annex.documents.hash"), Share: 0.42},
	}, documents)
}

// printed are rows of a spreadsheet as paper has them.
func printed(rows [][]any) [][]string {
	var out [][]string
	for _, row := range rows {
		line := make([]string, len(row))
		for i, x := range row {
			line[i] = fmt.Sprint(x)
		}
		out = append(out, line)
	}
	return out
}

// dated is a version with its day.
func dated(w writer, version, day string) string {
	if version == "" {
		return ""
	}
	return version + ", " + w.Date(day)
}
