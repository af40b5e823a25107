package evidence

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/app/paper"
	"sleutelbord/store"
)

// Change is what became of a stored column, a setting or a roll-out between two
// records.
type Change struct {
	Kind string `json:"kind"` // "new", "gone" or "changed"
	// One of these says of what.
	Column   string   `json:"column,omitempty"` // table.column
	Setting  string   `json:"setting,omitempty"`
	Building string   `json:"building,omitempty"`
	Fields   []string `json:"fields,omitempty"`
}

// Name is what the change is about.
func (c Change) Name() string { return c.Column + c.Setting + c.Building }

// Changes are the differences between two records.
type Changes struct {
	Head
	From     string   `json:"from"` // days of the two
	To       string   `json:"to"`
	Columns  []Change `json:"columns"`
	Settings []Change `json:"settings"`
	Rollouts []Change `json:"rollouts"`
}

// Changed says what changed from an older record to a newer one: in what is stored,
// in whom residents can ask and the periods, and in the roll-outs.
func Changed(from, to Record) Changes {
	return Changes{
		Head: to.Head, From: from.Day, To: to.Day, Columns: changedColumns(from, to),
		Settings: changedSettings(from.Settings, to.Settings), Rollouts: changedRollouts(from.Rollouts, to.Rollouts),
	}
}

// changedColumns is what changed in what is stored.
func changedColumns(from, to Record) []Change {
	all := []Change{}
	old := make(map[string]store.Column, len(from.Columns))
	for _, x := range from.Columns {
		old[x.Table+"."+x.Name] = x
	}
	for _, x := range to.Columns {
		name := x.Table + "." + x.Name
		was, known := old[name]
		delete(old, name)
		if !known {
			all = append(all, Change{Kind: "new", Column: name})
			continue
		}
		if was == x {
			continue
		}
		change := Change{Kind: "changed", Column: name}
		before, after := row(was), row(x)
		for i, field := range csvHead {
			if before[i] != after[i] {
				change.Fields = append(change.Fields, fmt.Sprintf("%s: %s → %s", field, before[i], after[i]))
			}
		}
		all = append(all, change)
	}
	for name := range old {
		all = append(all, Change{Kind: "gone", Column: name})
	}
	slices.SortFunc(all, func(a, b Change) int { return strings.Compare(a.Column, b.Column) })
	return all
}

// changedSettings is what changed in whom residents can ask, and in the periods.
func changedSettings(from, to desk.Settings) []Change {
	all := []Change{}
	before, after := fieldsOf(from), fieldsOf(to)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] != after[name] {
			all = append(all, Change{Kind: "changed", Setting: name, Fields: []string{before[name] + " → " + after[name]}})
		}
	}
	return all
}

// changedRollouts is what changed in how far each building is.
func changedRollouts(from, to []desk.RolloutView) []Change {
	all := []Change{}
	old := make(map[string]desk.RolloutView, len(from))
	for _, x := range from {
		old[x.Building] = x
	}
	for _, x := range to {
		was, known := old[x.Building]
		delete(old, x.Building)
		if !known {
			all = append(all, Change{Kind: "new", Building: x.Building})
			continue
		}
		before, after := fieldsOf(was), fieldsOf(x)
		change := Change{Kind: "changed", Building: x.Building}
		for _, name := range slices.Sorted(maps.Keys(merged(before, after))) {
			if before[name] != after[name] {
				change.Fields = append(change.Fields, fmt.Sprintf("%s: %s → %s", name, before[name], after[name]))
			}
		}
		if len(change.Fields) > 0 {
			all = append(all, change)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		all = append(all, Change{Kind: "gone", Building: name})
	}
	return all
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// fieldsOf are the fields of something by their names in JSON, each in one line.
func fieldsOf(v any) map[string]string {
	b, err := json.Marshal(v)
	raw := map[string]json.RawMessage{}
	if err == nil {
		err = json.Unmarshal(b, &raw)
	}
	if err != nil {
		panic(fmt.Errorf("comparing records: %w", err)) // both are made of texts and numbers
	}
	out := make(map[string]string, len(raw))
	for name, value := range raw {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		out[name] = strings.ReplaceAll(text, "\n", ", ")
	}
	return out
}

// JSON is what changed for machines.
func (c Changes) JSON() ([]byte, error) { return document(c) }

// PDF is what changed on paper. Names are as the schema has them.
func (c Changes) PDF(lang string) ([]byte, error) {
	w := officeWords(lang)
	d := w.begin(c.Head, w.t("changes.title", "day", w.Date(c.From)), w.t("changes.kicker"), false)
	d.Title(w.t("changes.below", "from", w.Date(c.From), "to", w.Date(c.To)))
	for _, part := range []struct {
		name string
		list []Change
	}{{"columns", c.Columns}, {"settings", c.Settings}, {"rollouts", c.Rollouts}} {
		d.Heading(w.t("changes." + part.name))
		if len(part.list) == 0 {
			d.Text(w.t("changes." + part.name + ".none"))
			continue
		}
		var rows [][]string
		for _, x := range part.list {
			rows = append(rows, []string{w.t("changes." + x.Kind), x.Name(), strings.Join(x.Fields, "; ")})
		}
		d.Table([]paper.Column{
			{Head: w.t("changes.kind"), Share: 0.15},
			{Head: w.t("changes.name"), Share: 0.3},
			{Head: w.t("changes.how"), Share: 0.55},
		}, rows)
	}
	return d.Bytes()
}
