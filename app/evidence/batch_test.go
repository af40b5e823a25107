package evidence_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/app/paper"
	"sleutelbord/assets"
)

// TestReceiptsOfMany makes the receipts of several tags in one file: each is as
// long, and says the same, as by itself.
func TestReceiptsOfMany(t *testing.T) {
	c := newCampus(t, 30)
	var tags []string
	for _, home := range []string{home101, "Boulevard 3/102", home101} {
		tags = append(tags, c.handOut(home, "").Tag.ID)
	}
	all, err := evidence.NewReceipts(c.ctx, c.desk, tags)
	noErr(t, err)
	for _, lang := range assets.PaperLanguages() {
		pdf, err := all.PDF(lang)
		noErr(t, err)
		shown(t, pdf, 3)
		text := read(t, pdf)
		has(t, text, tags...)
		for _, tag := range tags {
			one, err := evidence.NewReceipt(c.ctx, c.desk, tag)
			noErr(t, err)
			alone, err := one.PDF(lang)
			noErr(t, err)
			if !strings.Contains(text, read(t, alone)) {
				t.Errorf("%s: the receipt of %s is another one among many", lang, tag)
			}
		}
	}
	if _, err := (evidence.Receipts{}).PDF("nl"); !errors.Is(err, desk.ErrNotHandedOut) {
		t.Errorf("no receipts: %v", err)
	}
	if _, err := evidence.NewReceipts(c.ctx, c.desk, []string{"T1", "T99"}); desk.Explain(err).Code != desk.CodeNoTagRecord {
		t.Errorf("of a tag that is not there: %v", err)
	}
}

// TestLabels puts nothing on a label that leads to a door.
func TestLabels(t *testing.T) {
	c := newCampus(t, 30)
	texts := map[string]bool{ // text, and whether it stands on the label
		"rood koord": true, "": true, "sleutel 1": true, "BOULEVARD": false, "boulevard 3, links": false, "kamer 101": false, "101": false, "Bóulevard": false,
	}
	site, err := c.desk.Site(c.ctx)
	noErr(t, err)
	texts["van "+site.Name] = false
	var tags, held []string
	want := map[string]string{}
	for _, label := range slices.Sorted(maps.Keys(texts)) {
		home := home101
		if len(tags) == desk.DefaultSeatsPerHome { // it has no more places
			home = "Boulevard 3/102"
		}
		id := c.handOut(home, label).Tag.ID
		tags = append(tags, id)
		if want[id] = label; !texts[label] {
			want[id] = ""
			held = append(held, id)
		}
	}
	l, err := evidence.NewLabels(c.ctx, c.desk, tags)
	noErr(t, err)
	for i, label := range l.Labels {
		if label != (paper.Label{Name: tags[i], Below: want[tags[i]]}) {
			t.Errorf("%s has the label %+v, want %q", tags[i], label, want[tags[i]])
		}
	}
	if !slices.Equal(l.Held, held) {
		t.Errorf("left out of %v, want %v", l.Held, held)
	}
	for _, lang := range assets.PaperLanguages() {
		pdf, err := l.PDF(lang)
		noErr(t, err)
		shown(t, pdf, 1)
		text := read(t, pdf)
		has(t, text, tags...)
		if strings.Contains(text, "101") || strings.Contains(strings.ToLower(text), "oulevard") || strings.Contains(text, site.Name) {
			t.Errorf("the labels say %q", text)
		}
	}
	l.Labels = slices.Repeat(l.Labels, 8) // more than a sheet
	pdf, err := l.PDF("nl")
	noErr(t, err)
	shown(t, pdf, (len(l.Labels)+64)/65)
}
