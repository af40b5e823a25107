package command

import (
	"io"
	"strconv"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

func writeIssued(w io.Writer, got desk.Issued) error {
	t := got.Tag
	if err := say(w, "Ready: take the tag. It is %s, tag %d of %s (%s, %s).\n", t.ID, t.Ordinal, t.Home, t.Chip, t.Genuine); err != nil {
		return err
	}
	if err := say(w, "It opens: %s.\n", strings.Join(t.Zones, ", ")); err != nil {
		return err
	}
	if got.Recovered {
		if err := say(w, "It had been cut off before and is whole now.\n"); err != nil {
			return err
		}
	}
	for _, code := range got.Warnings {
		what, _ := problemWords(code, nil)
		if err := say(w, "Note: %s\n", what); err != nil {
			return err
		}
	}
	if got.Lost == nil {
		return nil
	}
	return writeStatement(w, *got.Lost)
}

func writeRevoked(w io.Writer, got desk.Revoked) error {
	if got.Wiped {
		return say(w, "Tag %s of %s is returned. It is blank now.\n", got.Tag.ID, got.Tag.Home)
	}
	if err := say(w, "Tag %s of %s is revoked.\n", got.Tag.ID, got.Tag.Home); err != nil {
		return err
	}
	return writeStatement(w, got.Statement)
}

// writeStatement says, lock by lock, what a tag that is away can still open.
func writeStatement(w io.Writer, s desk.Statement) error {
	if !s.Opens() {
		return say(w, "Tag %s opens no door any more.\n", s.Tag.ID)
	}
	if err := say(w, "Tag %s at the doors:\n", s.Tag.ID); err != nil {
		return err
	}
	rows := make([][]string, 0, len(s.Doors))
	for _, d := range s.Doors {
		rows = append(rows, []string{"  " + d.Door.Lock, d.Door.Zone, untilWhen(d)})
	}
	return table(w, "", []string{"  LOCK", "ZONE", "TAG"}, rows)
}

// untilWhen says whether a tag is dead at a door, or what ends it there.
func untilWhen(d desk.DoorStatement) string {
	switch {
	case d.Dead:
		return "dead"
	case d.EndsByUse && d.EndsBySync:
		return "opens until the next tag's first use here, or the next bundle"
	case d.EndsByUse:
		return "opens until the next tag's first use here"
	case d.EndsBySync:
		return "opens until the next bundle"
	}
	return "opens"
}

// kinds says what lies on the reader.
var kinds = map[desk.Kind]string{
	desk.KindEmpty:       "No tag lies on the reader.",
	desk.KindBlank:       "A blank tag.",
	desk.KindOurs:        "A tag of this site.",
	desk.KindUnknownOurs: "A tag of this site that these records do not know.",
	desk.KindHalf:        "A half-written tag. It can be finished or made blank.",
	desk.KindOtherSite:   "A tag of another site.",
	desk.KindForeign:     "A DESFire card that belongs to something else.",
	desk.KindUpdateCard:  "An update card of this site: it carries bundles to the locks.",
	desk.KindLocked:      "A DESFire card whose chip key is not ours.",
	desk.KindNotDESFire:  "Not a DESFire tag.",
	desk.KindUnreadable:  "Something lies there, but does not answer sensibly.",
}

// thing is what lies on the reader, as near as it is known.
func thing(got desk.Inspection) string {
	if got.What != "" {
		return words("what."+got.What, nil) + "."
	}
	return kinds[got.Kind]
}

func writeInspection(w io.Writer, got desk.Inspection) error {
	if err := say(w, "%s\n", thing(got)); err != nil {
		return err
	}
	if got.Chip != "" {
		if err := say(w, "Chip: %s, %s.\n", got.Chip, got.Genuine); err != nil {
			return err
		}
	}
	if t := got.Tag; t != nil {
		if err := say(w, "It is %s, tag %d of %s: %s since %s.\n", t.ID, t.Ordinal, t.Home, t.State, t.Since); err != nil {
			return err
		}
	}
	if len(got.Slots) > 0 {
		if err := writeSlots(w, got.Slots); err != nil {
			return err
		}
	}
	if err := writeRenew(w, got); err != nil {
		return err
	}
	if got.Problem == "" {
		return nil
	}
	what, do := problemWords(got.Problem, nil)
	return say(w, "%s\n%s\n", what, do)
}

// reasons says why a tag should be written anew.
var reasons = map[desk.RenewReason]string{
	desk.RenewKeys:    "there are new keys for its doors",
	desk.RenewLocator: "there is a new key to read it",
	desk.RenewDoors:   "its home has other doors now",
}

// writeRenew says whether a tag should be written anew.
func writeRenew(w io.Writer, got desk.Inspection) error {
	var why []string
	for _, r := range got.Renew {
		why = append(why, reasons[r])
	}
	switch {
	case len(why) > 0:
		return say(w, "Write it anew (sleutelbord tag renew): %s.\n", strings.Join(why, ", "))
	case got.RenewWaits:
		return say(w, "It is to be written anew, as soon as its doors have confirmed their new keys.\n")
	}
	return nil
}

func writeSlots(w io.Writer, slots []desk.SlotView) error {
	rows := make([][]string, 0, len(slots))
	for _, s := range slots {
		rows = append(rows, []string{s.Zone, num(s.Epoch), num(s.Seat), num(s.Generation), orDash(s.NotAfter)})
	}
	return table(w, "", []string{"ZONE", "EPOCH", "SEAT", "GENERATION", "LAST DAY"}, rows)
}

func writeChecked(w io.Writer, got checked) error {
	verdict := "check.failed"
	switch {
	case got.Passed:
		verdict = "check.passed"
	case !got.Ours:
		verdict = "check.not-ours"
	}
	err := say(w, "%s\n%s\nChip: %s, %s.\n", words(verdict, nil), words(verdict+".do", nil), got.Chip, got.Genuine)
	if err != nil || !got.Ours {
		return err
	}
	for _, f := range got.Findings {
		mark, key := "ok ", "finding."+f.ID
		if !f.OK {
			mark, key = "NOT", key+".bad"
		}
		if err := say(w, "%s  %s (%s)\n", mark, words(key, nil), f.Detail); err != nil {
			return err
		}
	}
	if err := say(w, "%s:\n", words("check.limits", nil)); err != nil {
		return err
	}
	for _, l := range got.Limits {
		if err := say(w, " -   %s\n", words("limit."+l, nil)); err != nil {
			return err
		}
	}
	return nil
}

func writeTags(w io.Writer, tags []desk.TagView) error {
	rows := make([][]string, 0, len(tags))
	for _, t := range tags {
		rows = append(rows, []string{t.ID, t.Home, strconv.Itoa(t.Ordinal), string(t.State), t.Since, orDash(t.Label)})
	}
	return table(w, "No tag was handed out yet.", []string{"TAG", "HOME", "NO", "STATE", "SINCE", "LABEL"}, rows)
}

func writeHomes(w io.Writer, hooks []desk.Hook) error {
	rows := make([][]string, 0, len(hooks))
	for _, h := range hooks {
		rows = append(rows, []string{h.Ref, orDash(h.Floor), occupied(h), strconv.Itoa(h.Tags), strconv.Itoa(h.Lost), strconv.Itoa(h.Pending)})
	}
	return table(w, "There are no homes yet: sleutelbord import FILE.csv", []string{"HOME", "FLOOR", "TENANT OPENS WITH", "TAGS", "LOST", "PENDING"}, rows)
}

func occupied(h desk.Hook) string {
	if !h.Occupied {
		return "(empty)"
	}
	return string(h.Choice)
}

func writeHome(w io.Writer, h desk.HomeView) error {
	tenant := "empty"
	if t := h.Tenancy; t != nil {
		tenant = "tenancy " + orDash(t.Reference) + " since " + t.Start + ", opens with " + choiceWords(t.Choice)
	}
	if err := say(w, "%s: %s; room for %s\n\n", h.Ref, tenant, count(h.SeatsLeft, "more tag", "more tags")); err != nil {
		return err
	}
	if err := writeDoors(w, h.Doors); err != nil {
		return err
	}
	if err := say(w, "\n"); err != nil {
		return err
	}
	return writeTags(w, h.Tags)
}

func choiceWords(c store.Choice) string {
	if c == store.ChoiceBoth {
		return "tag and app"
	}
	return string(c)
}

func writeDoors(w io.Writer, doors []desk.DoorView) error {
	rows := make([][]string, 0, len(doors))
	for _, d := range doors {
		where := d.Home
		if where == "" {
			where = d.Building
		}
		zone := strings.TrimSpace(d.Zone + " " + strings.Join(d.ZoneIDs, " "))
		rows = append(rows, []string{d.Lock, where, zone, string(d.Kind), strconv.Itoa(d.Shares), carrierWords(d.Carrier), doorState(d)})
	}
	return table(w, "There are no locks.", []string{"LOCK", "AT", "ZONE", "KIND", "LOCKS WITH THIS KEY", "RECEIPT BY", "STATE"}, rows)
}

func carrierWords(c store.Carrier) string {
	if c == store.CarrierUnknown {
		return "-"
	}
	return words("locks.carrier."+string(c), nil)
}

// doorState is a lock's state, since when it has it, and whether it must be
// visited for its tags' sake.
func doorState(d desk.DoorView) string {
	s := string(d.State)
	if d.Since != "" {
		s += " since " + d.Since
	}
	if d.Far != desk.NotFar {
		s += "; " + words("far."+string(d.Far), nil)
	}
	return s
}

func num(n uint16) string { return strconv.Itoa(int(n)) }

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
