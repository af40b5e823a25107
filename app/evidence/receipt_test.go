package evidence_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

const home101 = "Boulevard 3/101"

// TestReceipt makes the receipts of a tag's life in every language and compares
// what stands there with the records.
func TestReceipt(t *testing.T) {
	c := newCampus(t, 30)
	_, err := c.desk.MoveIn(c.ctx, home101, "HK-2026-0815", store.ChoiceBoth)
	noErr(t, err)
	first := c.handOut(home101, "rood koord")
	c.lay("")
	second, err := c.desk.Replace(c.ctx, c.reader, first.Tag.ID, desk.IssueOptions{NotAfter: c.now.AddDate(1, 0, 0)}, nil)
	noErr(t, err)
	third := c.handOut(home101, "")
	c.lay(third.Tag.ID)
	_, err = c.desk.RevokeReturned(c.ctx, c.reader, third.Tag.ID, nil)
	noErr(t, err)
	fourth := c.handOut("Boulevard 3/102", "")
	_, err = c.desk.MoveOut(c.ctx, "Boulevard 3/102")
	noErr(t, err)
	home, err := c.desk.Home(c.ctx, home101)
	noErr(t, err)
	settings, err := c.desk.Settings(c.ctx)
	noErr(t, err)
	for tag, event := range map[string]evidence.Event{
		first.Tag.ID: evidence.Lost, second.Tag.ID: evidence.Replaced, third.Tag.ID: evidence.Returned, fourth.Tag.ID: evidence.Ended,
	} {
		r, err := evidence.NewReceipt(c.ctx, c.desk, tag)
		noErr(t, err)
		if r.Event != event || r.Day != "2026-11-21" {
			t.Errorf("%s: %s on %s, not %s", tag, r.Event, r.Day, event)
		}
		for _, lang := range assets.PaperLanguages() {
			t.Run(lang+" "+string(event), func(t *testing.T) {
				pdf, err := r.PDF(lang)
				noErr(t, err)
				shown(t, pdf, 1)
				text := read(t, pdf)
				want := []string{r.Tag.ID, r.Tag.Home, settings.Controller, settings.Officer, "F53B01", "160", "TagInfo", assets.Papers(lang).Date("2026-11-21")}
				if event == evidence.Replaced {
					want = append(want, first.Tag.ID, assets.Papers(lang).Date("2027-11-21"), "HK-2026-0815", "rood koord")
					for _, d := range home.Doors {
						want = append(want, d.Zone)
					}
				}
				has(t, text, want...)
				if strings.Contains(text, "{") || strings.Contains(text, "receipt.") {
					t.Errorf("a text was not filled in: %s", text)
				}
			})
		}
	}
}

func TestReceiptOfNothing(t *testing.T) {
	c := newCampus(t, 3)
	if _, err := evidence.NewReceipt(c.ctx, c.desk, "T9"); desk.Explain(err).Code != desk.CodeNoTagRecord {
		t.Errorf("an unknown tag: %v", err)
	}
	card := c.lay("")
	card.Arm(softcard.LeaveBefore(30))
	if _, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil); err == nil {
		t.Fatal("the tag was not taken away")
	}
	_, err := evidence.NewReceipt(c.ctx, c.desk, "T1")
	if !errors.Is(err, desk.ErrNotHandedOut) || desk.Explain(err).Code != desk.CodeNotHandedOut {
		t.Errorf("a torn tag: %v", err)
	}
}

// TestReceiptJSON makes sure that a receipt for machines has no key and no
// number of the tag.
func TestReceiptJSON(t *testing.T) {
	c := newCampus(t, 3)
	tag := c.handOut(home101, "")
	r, err := evidence.NewReceipt(c.ctx, c.desk, tag.Tag.ID)
	noErr(t, err)
	b, err := json.Marshal(r)
	noErr(t, err)
	has(t, string(b), `"event":"issued"`, `"tag":"T1"`, `"retention_days":90`)
	for _, word := range []string{"number", "key_", "epoch", "seat"} {
		if strings.Contains(string(b), word) {
			t.Errorf("the receipt has a %s: %s", word, b)
		}
	}
}

// TestLongReceipt types the longest texts that are taken: nothing is cut off.
func TestLongReceipt(t *testing.T) {
	c := newCampus(t, 3)
	_, err := c.desk.MoveIn(c.ctx, home101, strings.Repeat("R", 64), store.ChoiceOwnLock)
	noErr(t, err)
	_, err = c.desk.ChangeSettings(c.ctx, func(s *desk.Settings) {
		long := strings.Repeat("lange naam ", 27)
		s.Controller, s.Officer, s.DeskContact, s.ControllerContact, s.OfficerContact = long, long, long, long, long
	})
	noErr(t, err)
	card := c.lay("")
	issued, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{Label: strings.Repeat("W", 40), NotAfter: c.now.AddDate(1, 0, 0)}, nil)
	noErr(t, err)
	c.cards[issued.Tag.ID] = card
	r, err := evidence.NewReceipt(c.ctx, c.desk, issued.Tag.ID)
	noErr(t, err)
	for _, lang := range assets.PaperLanguages() {
		pdf, err := r.PDF(lang)
		noErr(t, err)
		shown(t, pdf, 2)
		if n := strings.Count(read(t, pdf), "lange"); n != 5*27 {
			t.Errorf("%s: %d words instead of %d", lang, n, 5*27)
		}
	}
}
