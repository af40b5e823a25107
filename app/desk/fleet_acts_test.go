package desk_test

import (
	"fmt"
	"slices"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"pgregory.net/rapid"
)

func (w *fleet) anyChip(rt *rapid.T) *chip { return rapid.SampledFrom(w.chips).Draw(rt, "chip") }

// anyName draws a tag of the records.
func (w *fleet) anyName(rt *rapid.T) string {
	if len(w.records.Tags) == 0 {
		rt.Skip("no tag was ever handed out")
	}
	return desk.TagName(rapid.SampledFrom(w.records.Tags).Draw(rt, "name").ID)
}

// until draws a last day, or none.
func (w *fleet) until(rt *rapid.T) (o desk.IssueOptions) {
	if rapid.IntRange(0, 2).Draw(rt, "ends") == 0 {
		o.NotAfter = w.now.AddDate(0, 0, rapid.IntRange(0, 15).Draw(rt, "last day"))
	}
	return o
}

func (w *fleet) issue(rt *rapid.T) {
	c, at, o := w.anyChip(rt), home(rt), w.until(rt)
	var done desk.Issued
	ok := w.onReader(c, func() (err error) {
		done, err = w.desk.Issue(w.ctx, w.reader, at, o, nil)
		return err
	}, desk.CodeUnknownTag, desk.CodeWrongInput)
	if ok {
		w.wrote(c, done, false)
	}
}

func (w *fleet) replace(rt *rapid.T) {
	c, name, o := w.anyChip(rt), w.anyName(rt), w.until(rt)
	var done desk.Issued
	ok := w.onReader(c, func() (err error) {
		done, err = w.desk.Replace(w.ctx, w.reader, name, o, nil)
		return err
	}, desk.CodeUnknownTag, desk.CodeWrongInput)
	if ok {
		w.wrote(c, done, false)
	}
}

// renew writes a tag anew, sometimes with keys that no receipt has confirmed.
func (w *fleet) renew(rt *rapid.T) {
	c, o := w.anyChip(rt), desk.RenewOptions{Unconfirmed: rapid.IntRange(0, 4).Draw(rt, "unconfirmed") == 0}
	var done desk.Issued
	ok := w.onReader(c, func() (err error) {
		done, err = w.desk.Renew(w.ctx, w.reader, "", o, nil)
		return err
	}, desk.CodeUnknownTag)
	if ok {
		w.wrote(c, done, o.Unconfirmed)
	}
}

func (w *fleet) takeBack(rt *rapid.T) {
	c := w.anyChip(rt)
	if w.onReader(c, func() error {
		_, err := w.desk.Wipe(w.ctx, w.reader, nil)
		return err
	}) {
		c.has = nil
	}
}

func (w *fleet) lose(rt *rapid.T) {
	name := w.anyName(rt)
	w.begun()
	_, err := w.desk.RevokeLost(w.ctx, name)
	w.calmly(err)
}

// move ends a tenancy, begins one, or both.
func (w *fleet) move(rt *rapid.T) {
	at := home(rt)
	w.begun()
	if rapid.IntRange(0, 3).Draw(rt, "moves out") > 0 {
		_, err := w.desk.MoveOut(w.ctx, at)
		if w.calmly(err) {
			// An old copy may believe that the tenancy still runs: its doors know better.
			w.tenancies++
			w.homes[at].runs, w.homes[at].latest = false, w.tenancies
			for _, h := range w.handed {
				h.over = h.over || h.tag.home == at
			}
		}
	}
	if rapid.Bool().Draw(rt, "moves in") {
		_, err := w.desk.MoveIn(w.ctx, at, "", store.ChoiceTag)
		if w.calmly(err) {
			w.moveIn(at)
		}
	}
}

// campaign begins a roll-over, or goes on with one. Where it is ended by force,
// doors that lack the new keys stay shut for good tags until they are synced.
func (w *fleet) campaign(rt *rapid.T) {
	w.begun()
	all := must(w.desk.Campaigns(w.ctx))
	act := rapid.SampledFrom([]string{"start", "pause", "resume", "end", "end", "end"}).Draw(rt, "act")
	if len(all) == 0 || act == "start" {
		kinds := []store.CampaignKind{store.CampaignZone, store.CampaignZone, store.CampaignLocator, store.CampaignSite, store.CampaignSite, store.CampaignLock}
		spec := desk.CampaignSpec{
			Kind: rapid.SampledFrom(kinds).Draw(rt, "kind"),
			Zone: fmt.Sprint("Z", rapid.SampledFrom(w.records.Zones).Draw(rt, "zone").ID),
			Lock: rapid.SampledFrom([]string{"B101", "E2", lateDoor}).Draw(rt, "stolen"),
		}
		_, err := w.desk.StartCampaign(w.ctx, spec)
		w.calmly(err, desk.CodeNoLock)
		return
	}
	c := rapid.SampledFrom(all).Draw(rt, "which")
	var err error
	switch act {
	case "pause":
		_, err = w.desk.PauseCampaign(w.ctx, c.ID)
	case "resume":
		_, err = w.desk.ResumeCampaign(w.ctx, c.ID)
	case "end":
		force := rapid.Bool().Draw(rt, "force")
		_, err = w.desk.EndCampaign(w.ctx, c.ID, force)
		if err == nil && force {
			for _, g := range w.gates {
				g.behind = true
			}
		}
	}
	w.calmly(err)
}

func (w *fleet) importDoor(*rapid.T) {
	w.begun()
	_, err := w.desk.Import(w.ctx, w.base.list(fleetDoors[len(fleetDoors)-1:]))
	w.calmly(err, desk.CodeImportRows) // it was stolen or retired
}

// retire takes a door out of service, now and then.
func (w *fleet) retire(rt *rapid.T) {
	if rapid.IntRange(0, 3).Draw(rt, "retired") > 0 {
		rt.Skip("all doors stay")
	}
	w.begun()
	w.calmly(w.desk.RetireLock(w.ctx, rapid.SampledFrom([]string{"B101", "E2", lateDoor}).Draw(rt, "door")), desk.CodeNoLock)
}

// try holds some tags before some doors.
func (w *fleet) try(rt *rapid.T) {
	w.begun()
	worn := slices.DeleteFunc(slices.Clone(w.chips), func(c *chip) bool { return c.has == nil })
	if len(worn) == 0 {
		worn = w.chips
	}
	c := rapid.SampledFrom(worn).Draw(rt, "chip")
	for _, g := range w.gates {
		if rapid.Bool().Draw(rt, g.id) {
			w.tryAt(c, g)
		}
	}
}

func (w *fleet) tryAll() {
	for _, g := range w.gates {
		for _, c := range w.chips {
			w.tryAt(c, g)
		}
	}
}

// tryAt holds a tag before a door: it must do what the rule says, and what
// people were told.
func (w *fleet) tryAt(c *chip, g *gate) {
	w.Helper()
	c.card.Reset()
	got, err := g.lock.Try(c.card)
	w.must(err)
	ought := g.judge(c.has)
	if got.Open != ought.open {
		w.Errorf("%s at %s: %v, and the rule says %+v", w.who(c.has), g.id, got, ought)
	}
	if !got.Open {
		w.refused++
		if w.mustOpen(c.has, g) {
			w.Errorf("%s is handed out, and %s stays shut: %v", w.who(c.has), g.id, got)
		}
		return
	}
	w.opened++
	switch h := c.has; {
	case h == nil:
		w.Errorf("a blank tag opens %s", g.id)
		return
	case g.mem.kills(h.record.Number):
		w.Errorf("%s is dead at %s, and opens it", w.who(h), g.id)
	case w.expired(h, g):
		w.Errorf("%s has expired, and opens %s", w.who(h), g.id)
	}
	g.used(w, c.has, ought)
}

func (w *fleet) who(h *given) string {
	if h == nil {
		return "a blank tag"
	}
	for id, tag := range w.names {
		if tag == h.tag {
			return fmt.Sprintf("%s of %s", desk.TagName(id), tag.home)
		}
	}
	return "a tag of " + h.tag.home + " that the records have forgotten"
}

// mustOpen tells whether a door has to open for a tag: these records have
// handed it out, it never ended, nobody has lived there since, and the door
// either was synced after that, or has lost nothing that it once knew.
func (w *fleet) mustOpen(h *given, g *gate) bool {
	if h == nil || h.over || g.mem.bundle == nil || g.mem.bundle.foreign || w.homes[h.tag.home].latest != h.tenancy {
		return false
	}
	r, ok := w.record(h.record.Number)
	if !ok || r.State != store.TagIssued {
		return false
	}
	for _, c := range h.record.Slots {
		if c.Zone == g.zone && (c.NotAfter == 0 || uint16(c.NotAfter) >= g.today()) {
			_, there := w.records.Locks[g.id] // not stolen
			return g.mem.live[h.record.Number] || there && !g.behind && !g.shaky && !h.early
		}
	}
	return false
}

// expired tells whether a door has to know that a tag's last day has passed.
func (w *fleet) expired(h *given, g *gate) bool {
	return slices.ContainsFunc(h.record.Slots, func(c claims) bool {
		return c.Zone == g.zone && c.NotAfter != 0 && uint16(c.NotAfter) < dayOf(w.now) && g.clock == rightClock
	})
}

// dayOf counts days from 2020-01-01 UTC.
func dayOf(t time.Time) uint16 {
	return uint16(t.Sub(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
}

// check holds what the desk says about every tag that has ended against what the
// doors would do.
func (w *fleet) check(*rapid.T) {
	if w.checked {
		return
	}
	w.checked = true
	for _, r := range w.records.Tags {
		if r.State.Live() {
			continue
		}
		w.statement(r)
	}
}

func (w *fleet) statement(r store.Tag) {
	w.Helper()
	s, err := w.desk.Statement(w.ctx, desk.TagName(r.ID))
	w.must(err)
	w.statements++
	for _, said := range s.Doors {
		g := w.gates[slices.IndexFunc(w.gates, func(g *gate) bool { return g.id == said.Door.Lock })]
		if g.proved[r.Number] && !said.Dead {
			w.Errorf("%s has confirmed that %s is dead, and the desk says that it opens", g.id, s.Tag.ID)
		}
		for _, c := range w.chips {
			if !said.Dead || g.shaky || c.has == nil || c.has.record.Number != r.Number && c.has.tag != w.names[r.ID] {
				continue
			}
			if ought := g.judge(c.has); ought.open {
				w.Errorf("%s is said to be dead at %s, and opens it: %+v", s.Tag.ID, g.id, ought)
			}
		}
	}
}
