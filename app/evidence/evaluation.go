package evidence

import (
	"context"
	"fmt"

	"sleutelbord/app/desk"
	"sleutelbord/app/paper"
	"sleutelbord/store"
)

// Evaluation is the interim evaluation: numbers by building, of which small ones
// are hidden. It has no home, no person and no day but its own.
type Evaluation struct {
	Head
	// SmallCount is the lowest number that is shown.
	SmallCount int    `json:"small_count"`
	Choices    Counts `json:"choices"` // running tenancies by what was chosen
	Tags       Counts `json:"tags"`    // by what became of them
	// Objections is how many are known; nil if there are too few to be shown.
	Objections *int `json:"objections"`
	Erased     int  `json:"erased_tenancies"`
}

var (
	choiceOrder = []store.Choice{store.ChoiceTag, store.ChoiceApp, store.ChoiceBoth, store.ChoiceOwnLock}
	stateOrder  = []store.TagState{store.TagIssued, store.TagLost, store.TagReturned, store.TagEnded}
	stateWords  = []string{"out", "replaced", "returned", "ended"}
)

// NewEvaluation counts what the interim evaluation needs.
func NewEvaluation(ctx context.Context, d *desk.Desk) (Evaluation, error) {
	var e Evaluation
	err := d.Look(ctx, func(tx *store.Tx) (err error) {
		e, err = evaluation(d, tx)
		return err
	})
	if err != nil {
		return Evaluation{}, fmt.Errorf("counting for the evaluation: %w", err)
	}
	return e, nil
}

func evaluation(d *desk.Desk, tx *store.Tx) (Evaluation, error) {
	h, err := head(d, tx)
	if err != nil {
		return Evaluation{}, err
	}
	s, err := tx.Settings()
	if err != nil {
		return Evaluation{}, err
	}
	e := Evaluation{Head: h, SmallCount: s.SmallCount}
	at, names, building, err := places(d, tx)
	if err != nil {
		return e, err
	}
	choices, tags := grid(len(names), len(choiceOrder)), grid(len(names), len(stateOrder))
	tenancies, err := tx.CountTenancies(false)
	if err != nil {
		return e, err
	}
	for _, c := range tenancies {
		add(choices[at[building[c.Home]]], choiceOrder, c.Kind, c.N)
	}
	all, err := tx.CountTags()
	if err != nil {
		return e, err
	}
	for _, c := range all {
		add(tags[at[building[c.Home]]], stateOrder, c.Kind, c.N)
	}
	e.Choices = hide(names, texts(choiceOrder), choices, s.SmallCount)
	e.Tags = hide(names, stateWords, tags, s.SmallCount)
	return e, e.rest(tx)
}

func (e *Evaluation) rest(tx *store.Tx) error {
	objections, err := tx.Objections()
	if err != nil {
		return err
	}
	if n := len(objections); n == 0 || n >= e.SmallCount {
		e.Objections = &n
	}
	erasures, err := tx.Erasures()
	for _, x := range erasures {
		e.Erased += x.Tenancies
	}
	return err
}

// places are the buildings in the order in which people count, the row of each,
// and the building of every home.
func places(d *desk.Desk, tx *store.Tx) (at map[string]int, names []string, building map[int64]string, err error) {
	today, err := d.Today()
	if err != nil {
		return nil, nil, nil, err
	}
	ordered, err := desk.Rollouts(tx, today)
	if err != nil {
		return nil, nil, nil, err
	}
	at = make(map[string]int, len(ordered))
	for i, o := range ordered {
		at[o.Building] = i
		names = append(names, o.Building)
	}
	homes, err := tx.HomeSummaries()
	if err != nil {
		return nil, nil, nil, err
	}
	building = make(map[int64]string, len(homes))
	for _, h := range homes {
		building[h.Home.ID] = h.BuildingName
	}
	return at, names, building, nil
}

func grid(rows, columns int) [][]int {
	g := make([][]int, rows)
	for i := range g {
		g[i] = make([]int, columns)
	}
	return g
}

// add counts n of a kind; kinds that are not counted are left out.
func add[T comparable](row []int, kinds []T, kind T, n int) {
	for i, k := range kinds {
		if k == kind {
			row[i] += n
		}
	}
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

// JSON is the evaluation for machines; a hidden number is null.
func (e Evaluation) JSON() ([]byte, error) { return document(e) }

// PDF is the evaluation on paper.
func (e Evaluation) PDF(lang string) ([]byte, error) {
	w := officeWords(lang)
	d := w.begin(e.Head, w.t("evaluation.title"), w.t("evaluation.kicker"), false)
	d.Title(w.t("evaluation.below", "day", w.Date(e.Day)))
	d.Heading(w.t("evaluation.choices"))
	e.table(d, w, e.Choices, "choice.")
	d.Heading(w.t("evaluation.tags"))
	e.table(d, w, e.Tags, "evaluation.")
	d.Small(w.t("evaluation.hidden", "small", e.SmallCount))
	objections := w.t("evaluation.few", "small", e.SmallCount)
	if e.Objections != nil {
		objections = fmt.Sprint(*e.Objections)
	}
	d.Text(w.t("evaluation.objections", "n", objections, "erased", e.Erased))
	return d.Bytes()
}

func (e Evaluation) table(d *paper.Document, w writer, c Counts, key string) {
	columns := []paper.Column{{Head: w.t("evaluation.building"), Share: 0.3}}
	share := 0.7 / float64(len(c.Columns)+1)
	for _, name := range c.Columns {
		columns = append(columns, paper.Column{Head: w.t(key + name), Share: share, Right: true})
	}
	columns = append(columns, paper.Column{Head: w.t("total"), Share: share, Right: true})
	var rows [][]string
	for i, cells := range c.Cells {
		row := []string{w.t("total")}
		if i < len(c.Rows) {
			row[0] = c.Rows[i]
		}
		for _, n := range cells {
			text := "·"
			if n != nil {
				text = fmt.Sprint(*n)
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	d.Table(columns, rows)
}
