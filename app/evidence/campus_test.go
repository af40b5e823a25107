package evidence_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// campus is a desk with the demo campus.
type campus struct {
	t      testing.TB
	ctx    context.Context
	dir    string
	now    time.Time
	desk   *desk.Desk
	reader *softcard.Reader
	cards  map[string]*softcard.Card
}

func noErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newCampus(t testing.TB, homes int) *campus {
	t.Helper()
	c := &campus{
		t: t, ctx: t.Context(), dir: filepath.Join(t.TempDir(), "records"), now: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC),
		reader: softcard.NewReader("virtual"), cards: map[string]*softcard.Card{},
	}
	var err error
	c.desk, err = desk.Init(c.ctx, desk.InitOptions{
		Options: desk.Options{
			Dir: c.dir, Passphrase: []byte("correct horse battery staple"), Clock: func() time.Time { return c.now },
			Store: store.Options{TestKDF: true},
		},
		Site: "Campus Twente", Practice: true,
	})
	noErr(t, err)
	t.Cleanup(func() { noErr(t, c.desk.Close()) })
	demo, err := desk.NewDemoCampus(homes)
	noErr(t, err)
	_, err = c.desk.Import(c.ctx, bytes.NewReader(demo.CSV))
	noErr(t, err)
	_, err = c.desk.ChangeSettings(c.ctx, func(s *desk.Settings) {
		s.Controller, s.ControllerContact = "Stichting Campuswonen Twente", "Campuslaan 1, 7522 NB Enschede\nprivacy@campuswonen.example"
		s.Officer, s.OfficerContact = "mr. J. de Vries, functionaris gegevensbescherming", "fg@campuswonen.example\n053 000 00 01"
		s.DeskContact = "Huismeesters, Campuslaan 1\nelke werkdag, 053 000 00 00"
		s.Processors = "Slotenmaker Oost B.V., installatie en onderhoud van sloten"
	})
	noErr(t, err)
	return c
}

// handOut hands out a tag of its own for a home.
func (c *campus) handOut(home, label string) desk.Issued {
	c.t.Helper()
	card := c.lay("")
	got, err := c.desk.Issue(c.ctx, c.reader, home, desk.IssueOptions{Label: label}, nil)
	noErr(c.t, err)
	c.cards[got.Tag.ID] = card
	return got
}

// lay puts a known tag on the reader, or a blank one.
func (c *campus) lay(tag string) *softcard.Card {
	c.t.Helper()
	card := c.cards[tag]
	if card == nil {
		var err error
		card, err = softcard.New(softcard.Config{Chip: softcard.EV3})
		noErr(c.t, err)
	}
	c.reader.Take()
	card.Reset()
	c.reader.Lay(card)
	return card
}

// read is the text of a PDF, as another program reads it, with one space
// between words.
func read(t testing.TB, pdf []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.pdf")
	noErr(t, os.WriteFile(file, pdf, 0o600))
	out, err := exec.Command("pdftotext", "-raw", file, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("pdftotext: %v\n%s", err, out)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// shown checks that a program draws every page, with something on each.
func shown(t testing.TB, pdf []byte, wantPages int) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.pdf")
	noErr(t, os.WriteFile(file, pdf, 0o600))
	if out, err := exec.Command("pdftoppm", "-r", "20", "-gray", file, filepath.Join(dir, "p")).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "p*.pgm"))
	noErr(t, err)
	if len(pages) == 0 || wantPages > 0 && len(pages) != wantPages {
		t.Errorf("%d pages instead of %d", len(pages), wantPages)
	}
	for _, p := range pages {
		b, err := os.ReadFile(p)
		noErr(t, err)
		dark := 0
		for _, v := range b[15:] {
			if v < 0xc0 {
				dark++
			}
		}
		if dark < 60 {
			t.Errorf("%s is almost empty: %d dark points", filepath.Base(p), dark)
		}
	}
	if keep := os.Getenv("SLEUTELBORD_PAPERS"); keep != "" {
		name := strings.NewReplacer("/", "_", " ", "_").Replace(t.Name())
		noErr(t, os.WriteFile(filepath.Join(keep, name+".pdf"), pdf, 0o600))
	}
}

// has checks that a text has all of these.
func has(t testing.TB, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, strings.Join(strings.Fields(w), " ")) {
			t.Errorf("no %q in %q", w, text)
		}
	}
}
