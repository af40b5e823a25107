package evidence

import (
	"context"
	"fmt"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/app/paper"
	"sleutelbord/store"
)

// Head is what every paper says of the site.
type Head struct {
	Site     string `json:"site"`
	Practice bool   `json:"practice"`
	Day      string `json:"day"` // of the paper, YYYY-MM-DD
}

// head reads the head of a paper that is made today.
func head(d *desk.Desk, tx *store.Tx) (Head, error) {
	today, err := d.Today()
	if err != nil {
		return Head{}, err
	}
	site, err := tx.Site()
	return Head{Site: site.Name, Practice: site.Practice, Day: today.String()}, err
}

// Event is what a receipt is for.
type Event string

// Events of a receipt.
const (
	Issued   Event = "issued"
	Replaced Event = "replaced" // handed out in the place of a lost one
	Returned Event = "returned"
	Lost     Event = "lost"
	Ended    Event = "ended" // the tenancy ended, the tag was not returned
)

// Receipt is what a tenant is told about a tag.
type Receipt struct {
	Head
	Event   Event            `json:"event"`
	Tag     desk.TagView     `json:"tag"`
	Tenancy desk.TenancyView `json:"tenancy"`
	Whom    desk.Settings    `json:"settings"`
	Doors   []string         `json:"doors"` // names of the zones that the tag opens
}

// NewReceipt reads what stands on the receipt of a tag, such as T17. A tag that was
// never handed out is [desk.ErrNotHandedOut].
func NewReceipt(ctx context.Context, d *desk.Desk, tag string) (Receipt, error) {
	var r Receipt
	err := d.Look(ctx, func(tx *store.Tx) (err error) {
		r, err = receipt(d, tx, tag)
		return err
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("making the receipt of tag %s: %w", tag, err)
	}
	return r, nil
}

func receipt(d *desk.Desk, tx *store.Tx, name string) (Receipt, error) {
	h, err := head(d, tx)
	if err != nil {
		return Receipt{}, err
	}
	t, view, err := desk.LookTag(tx, name)
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{Head: h, Tag: view, Doors: view.Zones}
	switch t.State {
	case store.TagIssued:
		r.Event = Issued
		if t.Replaces != 0 {
			r.Event = Replaced
		}
	case store.TagReturned:
		r.Event = Returned
	case store.TagLost:
		r.Event = Lost
	case store.TagEnded:
		r.Event = Ended
	default:
		return Receipt{}, fmt.Errorf("%w: it is %s", desk.ErrNotHandedOut, t.State)
	}
	tenancy, err := tx.Tenancy(t.Tenancy)
	if err != nil {
		return Receipt{}, err
	}
	r.Tenancy = desk.ViewTenancy(tenancy)
	s, err := tx.Settings()
	r.Whom = desk.ViewSettings(s)
	return r, err
}

// PDF is the receipt in the language that the tenant wants: one page, unless
// what was typed is too long for that.
func (r Receipt) PDF(lang string) ([]byte, error) {
	w := wordsOf(lang)
	d := r.begin(w)
	r.write(d, w, r.layout(w))
	b, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("making the receipt of tag %s: %w", r.Tag.ID, err)
	}
	return b, nil
}

func (r Receipt) title(w writer) string {
	return w.t("receipt.title", "ordinal", r.Tag.Ordinal, "home", r.Tag.Home)
}

func (r Receipt) begin(w writer) *paper.Document {
	return w.begin(r.Head, r.title(w), w.t("receipt.kicker"), true)
}

// beside puts two parts of a receipt beside or below each other.
type beside func(d *paper.Document, share float64, left, right func())

func inColumns(d *paper.Document, share float64, left, right func()) { d.Columns(share, left, right) }

func inOneColumn(_ *paper.Document, _ float64, left, right func()) { left(); right() }

// layout is columns, if the receipt fits on one page so.
func (r Receipt) layout(w writer) beside {
	d := r.begin(w)
	r.write(d, w, inColumns)
	if d.Pages() > 1 {
		return inOneColumn
	}
	return inColumns
}

func (r Receipt) write(d *paper.Document, w writer, two beside) {
	d.Compact()
	d.Title(w.t("receipt."+string(r.Event), "day", w.Date(r.Tag.Since), "site", r.Site, "old", r.Tag.Replaces))
	two(d, 0.5, func() { r.yours(d, w) }, func() { r.whom(d, w) })
	r.kept(d, w)
	two(d, 0.44, func() { r.check(d, w) }, func() { r.proves(d, w) })
}

func (r Receipt) yours(d *paper.Document, w writer) {
	d.Heading(w.t("receipt.yours"))
	doors := "receipt.fact.doors"
	if r.Event != Issued && r.Event != Replaced {
		doors += ".past"
	}
	until := w.t("receipt.fact.until.none")
	if r.Tag.NotAfter != "" {
		until = w.Date(r.Tag.NotAfter)
	}
	facts := []paper.Fact{{Name: w.t("receipt.fact.tag"), Value: r.Tag.ID}}
	if r.Tag.Label != "" {
		facts = append(facts, paper.Fact{Name: w.t("receipt.fact.label"), Value: r.Tag.Label})
	}
	if r.Tenancy.Reference != "" {
		facts = append(facts, paper.Fact{Name: w.t("receipt.fact.reference"), Value: r.Tenancy.Reference})
	}
	facts = append(facts,
		paper.Fact{Name: w.t(doors), Value: strings.Join(r.Doors, ", ")},
		paper.Fact{Name: w.t("receipt.fact.until"), Value: until},
		paper.Fact{Name: w.t("receipt.fact.chip"), Value: r.Tag.Chip},
		paper.Fact{Name: w.t("receipt.fact.choice"), Value: w.t("receipt.fact.choice.value",
			"choice", w.t("choice."+string(r.Tenancy.Choice)), "day", w.Date(r.Tenancy.ChoiceSince))})
	d.Facts(0.30, facts...)
	d.Text(w.t("receipt.choice"))
	if r.Event != Issued && r.Event != Replaced {
		d.Text(w.t("receipt.choice.gone"))
		return
	}
	d.Heading(w.t("receipt.lostit"))
	d.Text(w.t("receipt.lostit.text"))
}

func (r Receipt) whom(d *paper.Document, w writer) {
	d.Heading(w.t("receipt.whom"))
	d.Facts(0.34,
		paper.Fact{Name: w.t("receipt.whom.desk"), Value: w.or(r.Whom.DeskContact)},
		paper.Fact{Name: w.t("receipt.whom.controller"), Value: w.or(lines(r.Whom.Controller, r.Whom.ControllerContact))},
		paper.Fact{Name: w.t("receipt.whom.officer"), Value: w.or(lines(r.Whom.Officer, r.Whom.OfficerContact))})
	d.Small(w.t("receipt.rights"))
}

// kept says what is kept where, and what is not.
func (r Receipt) kept(d *paper.Document, w writer) {
	d.Heading(w.t("receipt.kept"))
	var rows [][]string
	for _, where := range []string{"tag", "lock", "desk"} {
		key := "receipt.kept." + where
		rows = append(rows, []string{w.t(key), w.t(key+".holds", "days", r.Whom.RetentionDays), w.t(key + ".not")})
	}
	d.Table([]paper.Column{
		{Head: w.t("receipt.kept.where"), Share: 0.14},
		{Head: w.t("receipt.kept.holds"), Share: 0.46},
		{Head: w.t("receipt.kept.not"), Share: 0.40},
	}, rows)
}

// check says how to check the tag.
func (r Receipt) check(d *paper.Document, w writer) {
	d.Heading(w.t("receipt.check"))
	d.List(true, w.t("receipt.check.1"), w.t("receipt.check.2"), w.t("receipt.check.3"), w.t("receipt.check.4"))
	d.Small(w.t("receipt.check.desk"))
}

// proves says what that shows, and what it does not.
func (r Receipt) proves(d *paper.Document, w writer) {
	d.Heading(w.t("receipt.proves"))
	items := []string{
		w.t("receipt.proves.yes"), w.t("receipt.proves.no"),
		w.t("receipt.proves.copy", "genuine", w.t("genuine."+r.Tag.Genuine)), w.t("receipt.proves.stolen"),
	}
	if r.Tag.NotAfter != "" {
		items = append(items, w.t("receipt.proves.end"))
	}
	d.List(false, items...)
}
