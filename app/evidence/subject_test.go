package evidence_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/store"
)

// shownColumns says where in an answer a column stands that is kept with a
// tenancy: the path of its JSON field.
var shownColumns = map[string]string{
	"tenancies.id": "tenancy.tenancy", "tenancies.home": "home", "tenancies.reference": "tenancy.reference", "tenancies.epoch": "epoch",
	"tenancies.start_day": "tenancy.start", "tenancies.end_day": "tenancy.end", "tenancies.choice": "tenancy.choice",
	"tenancies.choice_day": "tenancy.choice_since",
	"tags.id":              "tags.tag", "tags.home": "tags.home", "tags.tenancy": "tenancy.tenancy", "tags.ordinal": "tags.ordinal",
	"tags.label": "tags.label", "tags.state": "tags.state", "tags.since_day": "tags.since", "tags.locator": "tags.locator",
	"tags.replaces": "tags.replaces", "tags.chip": "tags.chip", "tags.genuine": "tags.genuine",
	"tag_slots.tag": "tags.tag", "tag_slots.slot": "tags.slots.slot", "tag_slots.zone": "tags.slots.zone_id",
	"tag_slots.key_version": "tags.slots.key_version", "tag_slots.epoch": "tags.slots.epoch", "tag_slots.seat": "tags.slots.seat",
	"tag_slots.generation": "tags.slots.generation", "tag_slots.not_after": "tags.slots.not_after",
	"seats.tag":  "tags.slots.seat",
	"plans.kind": "tags.writes.kind", "plans.tag": "tags.tag", "plans.steps": "tags.writes.steps", "plans.done": "tags.writes.done",
	"plans.outcome": "tags.writes.outcome", "plans.started_day": "tags.writes.started",
	"campaign_tags.campaign": "tags.campaigns", "campaign_tags.tag": "tags.tag",
	"objections.tenancy": "tenancy.tenancy", "objections.made_day": "objections.made", "objections.outcome": "objections.outcome",
	"objections.outcome_day": "objections.decided",
	"batch.id":               "moving_day.number", "batch.home": "home", "batch.label": "moving_day.label", "batch.state": "moving_day.state",
	"batch.tag": "moving_day.tag", "batch.printed": "moving_day.printed", "batch.begun_day": "moving_day.begun",
}

// fields are the paths of all JSON fields of a type.
func fields(typ reflect.Type, path string) []string {
	for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return nil
	}
	var all []string
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous {
			all = append(all, fields(f.Type, path)...)
			continue
		}
		all = append(all, path+name)
		all = append(all, fields(f.Type, path+name+".")...)
	}
	return all
}

// TestSubjectIsComplete makes sure that every column that is kept with a
// tenancy is in the answer, or is named there as withheld.
func TestSubjectIsComplete(t *testing.T) {
	have := fields(reflect.TypeFor[evidence.Subject](), "")
	c := newCampus(t, 3)
	_, err := c.desk.MoveIn(c.ctx, home101, "HK-1", store.ChoiceTag)
	noErr(t, err)
	s, err := evidence.NewSubject(c.ctx, c.desk, home101)
	noErr(t, err)
	columns := 0
	for _, col := range store.Register() {
		if col.Retention != store.WithTenancy && col.Retention != store.WithBatch {
			continue
		}
		columns++
		name := col.Table + "." + col.Name
		path, shown := shownColumns[name]
		withheld := slices.ContainsFunc(s.Withheld, func(w evidence.Withheld) bool { return w.Column == name && w.Why != "" })
		switch {
		case shown == withheld:
			t.Errorf("%s: shown %v, withheld %v", name, shown, withheld)
		case shown && !slices.Contains(have, path):
			t.Errorf("%s: the answer has no field %s", name, path)
		case withheld && !col.Sealed && col.Category != store.Secret && !strings.HasSuffix(name, "row_version") && col.Category != store.Technical && !bookkeeping[name]:
			t.Errorf("%s is withheld and is not a secret", name)
		}
	}
	if columns < 40 {
		t.Errorf("only %d columns", columns)
	}
}

// bookkeeping is what says nothing about a person although it stands beside what does.
var bookkeeping = map[string]bool{"tags.end_change": true, "plans.id": true, "plans.desk": true, "plans.step_count": true, "objections.id": true}

func TestSubject(t *testing.T) {
	c := lived(t)
	_, err := c.desk.RevokeLost(c.ctx, "T1")
	noErr(t, err)
	running, err := evidence.NewSubject(c.ctx, c.desk, home101)
	noErr(t, err)
	list, err := c.desk.Tenancies(c.ctx, "Boulevard 3/102")
	noErr(t, err)
	ended, err := evidence.NewSubject(c.ctx, c.desk, list[0].ID)
	noErr(t, err)
	if running.Erased != "" || ended.Erased != "2027-02-20" || len(running.Objections) != 1 || len(running.Tags) != 1 {
		t.Errorf("running %+v, ended %+v", running, ended)
	}
	tag := running.Tags[0]
	if tag.State != store.TagLost || len(tag.Slots) != 3 || len(tag.Writes) != 1 || tag.Writes[0].Outcome != "done" || tag.Label != "rood koord" {
		t.Errorf("tag %+v", tag)
	}
	for _, lang := range assets.PaperLanguages() {
		for name, s := range map[string]evidence.Subject{"running": running, "ended": ended} {
			t.Run(lang+" "+name, func(t *testing.T) {
				pdf, err := s.PDF(lang)
				noErr(t, err)
				shown(t, pdf, 0)
				text := read(t, pdf)
				has(t, text, s.Tenancy.ID, s.Home, s.Tenancy.Reference, "corridor 1", "Stichting Campuswonen Twente, Campuslaan 1", s.Tags[0].ID)
				filled(t, text)
				for _, rest := range []string{"subject.", "state.", "done.", "plan.", "outcome."} {
					if strings.Contains(text, rest) {
						t.Errorf("%q is not filled in", rest)
					}
				}
			})
		}
	}
	b, err := running.JSON()
	noErr(t, err)
	var back evidence.Subject
	noErr(t, json.Unmarshal(b, &back))
	if !reflect.DeepEqual(back, running) {
		t.Errorf("read back: %+v, not %+v", back, running)
	}
	if _, err := evidence.NewSubject(c.ctx, c.desk, "R99"); desk.Explain(err).Code != desk.CodeNoTenancyRecord {
		t.Errorf("an unknown tenancy: %v", err)
	}
}

// TestSubjectOfMovingDay shows the places of a tenancy in the queue of a moving day, and nobody else's.
func TestSubjectOfMovingDay(t *testing.T) {
	c := lived(t)
	const other = "Boulevard 3/103"
	_, err := c.desk.BeginBatch(c.ctx, []desk.BatchWish{{Home: home101, Label: "blauw koord"}, {Home: home101, Label: "geel koord"}, {Home: other, Label: "van een ander"}})
	noErr(t, err)
	c.lay("")
	next, _, err := c.desk.NextOfBatch(c.ctx)
	noErr(t, err)
	done, err := c.desk.WriteBatch(c.ctx, c.reader, next.Number, nil)
	noErr(t, err)
	noErr(t, c.desk.PrintedBatch(c.ctx, []int64{next.Number}))
	s, err := evidence.NewSubject(c.ctx, c.desk, home101)
	noErr(t, err)
	want := []evidence.SubjectMoving{
		{Number: 1, Label: "blauw koord", State: store.BatchWritten, Tag: done.Tag.ID, Printed: true, Begun: "2026-11-21"},
		{Number: 2, Label: "geel koord", State: store.BatchWaiting, Begun: "2026-11-21"},
	}
	if !reflect.DeepEqual(s.MovingDay, want) {
		t.Errorf("%+v, want %+v", s.MovingDay, want)
	}
	for _, lang := range assets.PaperLanguages() {
		pdf, err := s.PDF(lang)
		noErr(t, err)
		text := read(t, pdf)
		words := assets.Papers(lang)
		has(t, text, words.T("subject.moving", nil), words.T("batch.written", nil), words.T("batch.waiting", nil), words.T("batch.printed", nil), "geel koord")
		filled(t, text)
		if strings.Contains(text, "van een ander") || strings.Contains(text, "batch.") {
			t.Errorf("%s: %s", lang, text)
		}
	}
	// One that has ended has what was written for it, and not what waits for the home.
	list, err := c.desk.Tenancies(c.ctx, "Boulevard 3/102")
	noErr(t, err)
	ended, err := evidence.NewSubject(c.ctx, c.desk, list[0].ID)
	noErr(t, err)
	if len(ended.MovingDay) != 0 {
		t.Errorf("ended: %+v", ended.MovingDay)
	}
}

func TestCertificate(t *testing.T) {
	c := lived(t)
	list, err := c.desk.Tenancies(c.ctx, "Boulevard 3/102")
	noErr(t, err)
	done, err := c.desk.Erase(c.ctx, list[0].ID)
	noErr(t, err)
	c.now = c.now.AddDate(0, 0, 3)
	cert, err := evidence.NewCertificate(c.ctx, c.desk, done.Certificate)
	noErr(t, err)
	if cert.ErasedOn != "2026-11-21" || cert.Day != "2026-11-24" || cert.Tenancies != 1 || cert.Tags != 1 || cert.Reason != store.EraseRequest {
		t.Errorf("%+v", cert)
	}
	for _, lang := range assets.PaperLanguages() {
		pdf, err := cert.PDF(lang)
		noErr(t, err)
		shown(t, pdf, 1)
		text := read(t, pdf)
		has(t, text, assets.Papers(lang).Date("2026-11-21"), assets.Papers(lang).T("certificate.request", nil))
		for _, gone := range []string{"HK-1", "Boulevard 3/102", "T2", "certificate.", "{"} {
			if strings.Contains(text, gone) {
				t.Errorf("%s: the certificate has %q", lang, gone)
			}
		}
	}
	if _, err := evidence.NewCertificate(c.ctx, c.desk, 7); desk.Explain(err).Code != desk.CodeNoCertificate {
		t.Errorf("an unknown number: %v", err)
	}
}

func TestJournal(t *testing.T) {
	c := lived(t)
	c.now = c.now.AddDate(0, 0, 1)
	c.handOut("Boulevard 3/103", "")
	list, err := c.desk.Tenancies(c.ctx, "Boulevard 3/102")
	noErr(t, err)
	_, err = c.desk.Erase(c.ctx, list[0].ID)
	noErr(t, err)
	j, err := evidence.NewJournal(c.ctx, c.desk)
	noErr(t, err)
	counts := map[evidence.JournalAct]bool{}
	sum := 0
	for _, a := range j.Acts {
		counts[a] = true
		sum += a.Count
	}
	for _, want := range []evidence.JournalAct{
		{On: "2026-11-21", Building: "Boulevard 3", Act: "tag issued", Count: 1},
		{On: "2026-11-21", Building: "?", Act: "tag issued", Count: 1},
		{On: "2026-11-22", Building: "Boulevard 3", Act: "tag issued", Count: 1},
		{On: "2026-11-21", Building: "Boulevard 3", Act: "tenancy begun", Count: 7},
		{On: "2026-11-21", Act: "site made", Count: 1},
	} {
		if !counts[want] {
			t.Errorf("no %+v in %+v", want, j.Acts)
		}
	}
	if sum != j.Entries || len(j.LastHash) != 64 {
		t.Errorf("%d acts of %d entries, hash %q", sum, j.Entries, j.LastHash)
	}
	b, err := j.JSON()
	noErr(t, err)
	table, err := j.CSV()
	noErr(t, err)
	var text strings.Builder
	text.WriteString(string(b) + string(table))
	for _, lang := range assets.OfficeLanguages() {
		pdf, err := j.PDF(lang)
		noErr(t, err)
		shown(t, pdf, 0)
		page := read(t, pdf)
		has(t, page, assets.Office(lang).T("act.tag issued", nil), "Boulevard 3", assets.Office(lang).T("journal.erased", nil))
		filled(t, page)
		text.WriteString(page)
	}
	for _, secret := range []string{"HK-", "/10", "T1", "T3", "rood", "caretaker", "custodian"} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("the journal for the council tells %q", secret)
		}
	}
}
