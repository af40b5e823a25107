package evidence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/app/paper"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// Subject is everything that is kept about one tenancy (GDPR Art. 15 and 20).
type Subject struct {
	Head
	Settings   desk.Settings      `json:"settings"`
	Home       string             `json:"home"`
	Tenancy    desk.TenancyView   `json:"tenancy"`
	Epoch      uint16             `json:"epoch"`
	Erased     string             `json:"erased,omitempty"` // the day on which it will be; "" while the tenancy runs
	Tags       []SubjectTag       `json:"tags"`
	MovingDay  []SubjectMoving    `json:"moving_day"` // places in the queue of a moving day, while there is one
	Objections []SubjectObjection `json:"objections"`
	// Withheld names stored columns that are left out, with the reason.
	Withheld []Withheld `json:"withheld"`
}

// SubjectTag is a tag of a tenancy with everything that is kept about it.
type SubjectTag struct {
	desk.TagView
	Locator   byte           `json:"locator"` // version of the key by which the site's tags are recognised
	Slots     []SubjectSlot  `json:"slots"`
	Writes    []SubjectWrite `json:"writes"`
	Campaigns []string       `json:"campaigns,omitempty"` // that ended the tag
}

// SubjectSlot is what stands on a tag for one door.
type SubjectSlot struct {
	Slot    int    `json:"slot"`
	ZoneID  string `json:"zone_id"` // Z3
	Version byte   `json:"key_version"`
	desk.SlotView
}

// SubjectWrite is that a tag was written or made blank.
type SubjectWrite struct {
	Kind    store.PlanKind `json:"kind"`
	Steps   []string       `json:"steps"`
	Done    int            `json:"done"`
	Outcome string         `json:"outcome"`
	Started string         `json:"started"`
}

// SubjectMoving is a place in the queue of a moving day.
type SubjectMoving struct {
	Number  int64            `json:"number"`
	Label   string           `json:"label"`
	State   store.BatchState `json:"state"`
	Tag     string           `json:"tag,omitempty"` // that is or was written for it
	Printed bool             `json:"printed"`
	Begun   string           `json:"begun"`
}

// SubjectObjection is an objection, without reasons.
type SubjectObjection struct {
	Made    string        `json:"made"`
	Outcome store.Outcome `json:"outcome"`
	Decided string        `json:"decided,omitempty"`
}

// Withheld is a stored column that an answer leaves out.
type Withheld struct {
	Column string `json:"column"`
	Why    string `json:"why"`
}

const (
	whyKey  = "keys are made from it; whoever has it could be helped to copy the tag"
	whyBook = "the program's own bookkeeping, which says nothing about a person"
)

// withheld are the columns kept with a tenancy that its tenant is not shown.
var withheld = []Withheld{
	{"tags.number", whyKey},
	{"tags.number_lookup", whyKey},
	{"tags.was", whyKey},
	{"tags.was_lookup", whyKey},
	{"plans.number", whyKey},
	{"tags.end_change", whyBook},
	{"plans.id", whyBook},
	{"plans.desk", whyBook},
	{"plans.step_count", whyBook},
	{"objections.id", whyBook},
	{"tenancies.row_version", whyBook},
	{"tags.row_version", whyBook},
	{"objections.row_version", whyBook},
	{"batch.done", whyBook},
	{"batch.taken", whyBook},
	{"batch.desk", whyBook},
	{"batch.row_version", whyBook},
}

// NewSubject reads everything about a tenancy: R12, or BUILDING/HOME for the one
// that is running there.
func NewSubject(ctx context.Context, d *desk.Desk, tenancy string) (Subject, error) {
	var s Subject
	err := d.Look(ctx, func(tx *store.Tx) (err error) {
		s, err = subject(d, tx, tenancy)
		return err
	})
	if err != nil {
		return Subject{}, fmt.Errorf("reading everything about tenancy %s: %w", tenancy, err)
	}
	return s, nil
}

func subject(d *desk.Desk, tx *store.Tx, name string) (Subject, error) {
	h, err := head(d, tx)
	if err != nil {
		return Subject{}, err
	}
	t, err := desk.FindTenancy(tx, name)
	if err != nil {
		return Subject{}, err
	}
	settings, err := tx.Settings()
	if err != nil {
		return Subject{}, err
	}
	s := Subject{
		Head: h, Settings: desk.ViewSettings(settings), Tenancy: desk.ViewTenancy(t), Epoch: t.Epoch,
		Tags: []SubjectTag{}, MovingDay: []SubjectMoving{}, Objections: []SubjectObjection{}, Withheld: withheld,
	}
	if t.End != 0 {
		s.Erased = (t.End + keytag.Day(settings.RetentionDays) + 1).String()
	}
	if s.Home, err = desk.HomeName(tx, t.Home); err != nil {
		return s, err
	}
	tags, err := tx.TagsOfTenancy(t.ID)
	if err != nil {
		return s, err
	}
	for _, tag := range tags {
		v, err := subjectTag(tx, tag)
		if err != nil {
			return s, err
		}
		s.Tags = append(s.Tags, v)
	}
	if s.MovingDay, err = subjectMoving(tx, t, tags); err != nil {
		return s, err
	}
	objections, err := tx.ObjectionsOfTenancy(t.ID)
	for _, o := range objections {
		s.Objections = append(s.Objections, SubjectObjection{o.Made.String(), o.Outcome, dayOrNone(o.Decided)})
	}
	return s, err
}

func subjectTag(tx *store.Tx, t store.Tag) (SubjectTag, error) {
	_, view, err := desk.LookTag(tx, "T"+strconv.FormatInt(t.ID, 10))
	if err != nil {
		return SubjectTag{}, err
	}
	v := SubjectTag{TagView: view, Locator: t.Locator, Slots: []SubjectSlot{}, Writes: []SubjectWrite{}}
	for i, c := range t.Slots {
		z, err := tx.Zone(c.Zone)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return v, err
		}
		v.Slots = append(v.Slots, SubjectSlot{
			Slot: i, ZoneID: "Z" + strconv.FormatUint(uint64(c.Zone), 10), Version: c.Version,
			SlotView: desk.SlotView{Zone: z.Name, Epoch: c.Epoch, Seat: c.Seat, Generation: c.Generation, NotAfter: dayOrNone(c.NotAfter)},
		})
	}
	plans, err := tx.PlansOfTag(t.ID)
	if err != nil {
		return v, err
	}
	for _, p := range plans {
		v.Writes = append(v.Writes, SubjectWrite{p.Kind, p.Steps, p.Done, p.Outcome, p.Started.String()})
	}
	campaigns, err := tx.CampaignsOfTag(t.ID)
	for _, id := range campaigns {
		v.Campaigns = append(v.Campaigns, "C"+strconv.FormatInt(id, 10))
	}
	return v, err
}

// subjectMoving are the places in the queue for a tenancy's tags, and those that
// wait for its home while it runs.
func subjectMoving(tx *store.Tx, t store.Tenancy, tags []store.Tag) ([]SubjectMoving, error) {
	queue, err := tx.BatchTags()
	all := []SubjectMoving{}
	for _, b := range queue {
		its := slices.ContainsFunc(tags, func(tag store.Tag) bool { return tag.ID == b.Tag })
		if !its && (b.Home != t.Home || t.End != 0 || b.State == store.BatchWritten) {
			continue
		}
		m := SubjectMoving{Number: b.ID, Label: b.Label, State: b.State, Printed: b.Printed, Begun: b.Begun.String()}
		if its {
			m.Tag = "T" + strconv.FormatInt(b.Tag, 10)
		}
		all = append(all, m)
	}
	return all, err
}

func dayOrNone(d keytag.Day) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// JSON is the answer for machines.
func (s Subject) JSON() ([]byte, error) { return document(s) }

// PDF is the answer for the person, in the language that the person wants.
func (s Subject) PDF(lang string) ([]byte, error) {
	w := wordsOf(lang)
	d := w.begin(s.Head, w.t("subject.title", "tenancy", s.Tenancy.ID), w.t("subject.kicker"), true)
	d.Title(w.t("subject.below", "site", s.Site, "day", w.Date(s.Day)))
	d.Heading(w.t("subject.tenancy"))
	end, erased := w.t("subject.end.none"), w.t("subject.erased.none", "days", s.Settings.RetentionDays)
	if s.Tenancy.End != "" {
		end, erased = w.Date(s.Tenancy.End), w.Date(s.Erased)
	}
	d.Facts(0.3,
		paper.Fact{Name: w.t("subject.home"), Value: s.Home},
		paper.Fact{Name: w.t("subject.reference"), Value: s.Tenancy.Reference},
		paper.Fact{Name: w.t("subject.start"), Value: w.Date(s.Tenancy.Start)},
		paper.Fact{Name: w.t("subject.end"), Value: end},
		paper.Fact{Name: w.t("subject.choice"), Value: w.t("receipt.fact.choice.value",
			"choice", w.t("choice."+string(s.Tenancy.Choice)), "day", w.Date(s.Tenancy.ChoiceSince))},
		paper.Fact{Name: w.t("subject.epoch"), Value: fmt.Sprint(s.Epoch)},
		paper.Fact{Name: w.t("subject.erased"), Value: erased})
	s.tags(d, w)
	s.moving(d, w)
	s.objections(d, w)
	d.Heading(w.t("subject.not"))
	d.Text(w.t("subject.not.text"))
	d.Heading(w.t("subject.rights"))
	d.Text(w.t("receipt.rights"))
	d.Text(w.t("subject.whom", "site", s.Site,
		"controller", w.or(flat(s.Settings.Controller, s.Settings.ControllerContact)), "officer", w.or(flat(s.Settings.Officer, s.Settings.OfficerContact))))
	return d.Bytes()
}

// flat puts texts of several lines into one.
func flat(texts ...string) string { return strings.ReplaceAll(lines(texts...), "\n", ", ") }

func (s Subject) tags(d *paper.Document, w writer) {
	d.Heading(w.t("subject.tags"))
	if len(s.Tags) == 0 {
		d.Text(w.t("subject.tags.none"))
		return
	}
	var tags, claims, writes [][]string
	for _, t := range s.Tags {
		tags = append(tags, []string{t.ID, t.Label, w.t("state." + string(t.State)), w.Date(t.Since), t.Chip + ", " + w.t("genuine."+t.Genuine)})
		for _, x := range t.Slots {
			claims = append(claims, []string{
				t.ID, x.Zone + " (" + x.ZoneID + ")", fmt.Sprint(x.Epoch), fmt.Sprint(x.Seat), fmt.Sprint(x.Generation), w.Date(x.NotAfter),
			})
		}
		for _, x := range t.Writes {
			writes = append(writes, []string{t.ID, w.t("plan." + string(x.Kind)), w.Date(x.Started), w.t("done." + x.Outcome)})
		}
	}
	d.Table([]paper.Column{
		{Head: w.t("subject.tag"), Share: 0.12},
		{Head: w.t("subject.label"), Share: 0.2},
		{Head: w.t("subject.state"), Share: 0.18},
		{Head: w.t("subject.since"), Share: 0.2},
		{Head: w.t("subject.chip"), Share: 0.3},
	}, tags)
	d.SmallHeading(w.t("subject.claims"))
	d.Table([]paper.Column{
		{Head: w.t("subject.tag"), Share: 0.12},
		{Head: w.t("subject.door"), Share: 0.34},
		{Head: w.t("subject.epoch"), Share: 0.1, Right: true},
		{Head: w.t("subject.seat"), Share: 0.1, Right: true},
		{Head: w.t("subject.generation"), Share: 0.14, Right: true},
		{Head: w.t("subject.until"), Share: 0.2},
	}, claims)
	d.SmallHeading(w.t("subject.writes"))
	d.Table([]paper.Column{
		{Head: w.t("subject.tag"), Share: 0.12},
		{Head: w.t("subject.kind"), Share: 0.34},
		{Head: w.t("subject.day"), Share: 0.27},
		{Head: w.t("subject.outcome"), Share: 0.27},
	}, writes)
}

func (s Subject) moving(d *paper.Document, w writer) {
	if len(s.MovingDay) == 0 {
		return
	}
	var rows [][]string
	for _, m := range s.MovingDay {
		made := w.t("batch.unprinted")
		if m.Printed {
			made = w.t("batch.printed")
		}
		rows = append(rows, []string{m.Tag, m.Label, w.t("batch." + string(m.State)), made, w.Date(m.Begun)})
	}
	d.Heading(w.t("subject.moving"))
	d.Table([]paper.Column{
		{Head: w.t("subject.tag"), Share: 0.12},
		{Head: w.t("subject.label"), Share: 0.22},
		{Head: w.t("subject.state"), Share: 0.24},
		{Head: w.t("subject.paper"), Share: 0.22},
		{Head: w.t("subject.begun"), Share: 0.2},
	}, rows)
}

func (s Subject) objections(d *paper.Document, w writer) {
	d.Heading(w.t("subject.objections"))
	if len(s.Objections) == 0 {
		d.Text(w.t("subject.objections.none"))
		return
	}
	var rows [][]string
	for _, o := range s.Objections {
		rows = append(rows, []string{w.Date(o.Made), w.t("outcome." + string(o.Outcome)), w.Date(o.Decided)})
	}
	d.Table([]paper.Column{
		{Head: w.t("subject.made"), Share: 0.34},
		{Head: w.t("subject.outcome"), Share: 0.33},
		{Head: w.t("subject.decided"), Share: 0.33},
	}, rows)
}
