package desk_test

import (
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// TestGenuineAtTheDesk holds every kind of signature against both policies, at
// a practice site and at a real one: what inspecting says before, whether the
// tag is handed out, with which warning, and what the records keep.
func TestGenuineAtTheDesk(t *testing.T) {
	practice := func() *softcard.Card { return must(softcard.New(softcard.Config{Chip: softcard.EV3})) }
	foreign := must(desfire.New(practice()).ReadSignature())
	kinds := []struct {
		name    string
		card    func() *softcard.Card
		genuine string
		// code is why it is refused by policy require, at a practice site and at a
		// real one; "" means that it is taken.
		practice, real desk.Code
	}{
		{"practice chip", practice, "practice", "", desk.CodePracticeChip},
		{"signature of another chip", func() *softcard.Card {
			return must(softcard.New(softcard.Config{Chip: softcard.EV3, Signature: foreign}))
		}, "not genuine", desk.CodeNotGenuine, desk.CodeNotGenuine},
		{"signature of zeros", func() *softcard.Card {
			return must(softcard.New(softcard.Config{Chip: softcard.EV2, Signature: make([]byte, 56)}))
		}, "not genuine", desk.CodeNotGenuine, desk.CodeNotGenuine},
		{"EV1", func() *softcard.Card { return must(softcard.New(softcard.Config{Chip: softcard.EV1})) }, "cannot be checked", "", ""},
	}
	for _, atPractice := range []bool{true, false} {
		for _, policy := range []store.Originality{store.RequireGenuine, store.WarnGenuine} {
			c := newCampus(t, 2, func(o *desk.InitOptions) { o.Practice, o.Policy = atPractice, policy })
			for _, k := range kinds {
				want := k.real
				if atPractice {
					want = k.practice
				}
				card := k.card()
				c.lay(card)
				seen := must(c.desk.Inspect(c.ctx, c.reader))
				problem := want
				if policy == store.WarnGenuine {
					want, problem = "", ""
				}
				if seen.Kind != desk.KindBlank || seen.Genuine != k.genuine || seen.Problem != problem {
					t.Errorf("practice %v, %s: %s before: %+v", atPractice, policy, k.name, seen)
				}
				done, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil)
				if code(err) != want {
					t.Errorf("practice %v, %s: %s: %v", atPractice, policy, k.name, err)
				}
				if err != nil {
					continue
				}
				warned := len(done.Warnings) > 0
				if done.Tag.Genuine != k.genuine || warned != (policy == store.WarnGenuine && k.genuine != "cannot be checked" && (k.genuine != "practice" || !atPractice)) {
					t.Errorf("practice %v, %s: %s: %s, warnings %v", atPractice, policy, k.name, done.Tag.Genuine, done.Warnings)
				}
				c.lay(card)
				if seen := must(c.desk.Inspect(c.ctx, c.reader)); seen.Kind != desk.KindOurs || seen.Genuine != k.genuine {
					t.Errorf("practice %v, %s: %s afterwards: %+v", atPractice, policy, k.name, seen)
				}
				c.takeBack(card)
			}
		}
	}
}

// TestEveryTagAtTheCounter says what the desk shows for every tag that is a
// DESFire, and which acts it lets through; package keytag has the table of
// chips below it.
func TestEveryTagAtTheCounter(t *testing.T) {
	other := newCampus(t, 2)
	for _, chip := range []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3} {
		for _, s := range []struct {
			name        string
			prepare     func(c *campus, card *softcard.Card)
			kind        desk.Kind
			problem     desk.Code
			issue, wipe desk.Code
		}{
			{"blank", func(*campus, *softcard.Card) {}, desk.KindBlank, "", "", ""},
			{"ours", func(c *campus, card *softcard.Card) { c.issue(card, home101) }, desk.KindOurs, "", desk.CodeTagInUse, ""},
			{"ours, lost and found", func(c *campus, card *softcard.Card) {
				must(c.desk.RevokeLost(c.ctx, c.issue(card, home101).Tag.ID))
			}, desk.KindOurs, desk.CodeTagEnded, desk.CodeTagInUse, ""},
			{"once ours and wiped", func(c *campus, card *softcard.Card) {
				c.issue(card, home101)
				c.takeBack(card)
			}, desk.KindBlank, "", "", ""},
			{"half-written", func(c *campus, card *softcard.Card) { c.tear(card) }, desk.KindHalf, "", "", ""},
			{"half-written by another site", func(_ *campus, card *softcard.Card) { other.tear(card) }, desk.KindHalf, "", "", ""},
			{"of another site", func(_ *campus, card *softcard.Card) {
				other.issue(card, home101)
				other.reader.Take()
			}, desk.KindOtherSite, desk.CodeOtherSite, desk.CodeOtherSite, desk.CodeOtherSite},
			{"foreign application", func(c *campus, card *softcard.Card) {
				s := must(desfire.New(card).AuthenticateISO(0, desfire.ZeroDES))
				must(0, s.CreateApplication(desfire.AID{0xF2, 0x10, 0xF0}, 0x0F, 1, desfire.TypeAES))
			}, desk.KindForeign, desk.CodeForeignTag, desk.CodeForeignTag, desk.CodeForeignTag},
			{"unknown chip key", func(c *campus, card *softcard.Card) {
				s := must(desfire.New(card).AuthenticateISO(0, desfire.ZeroDES))
				must(0, s.ChangeKey(0, desfire.NewAESKey([16]byte{1}, 1), desfire.ZeroDES))
			}, desk.KindLocked, desk.CodeLockedTag, desk.CodeLockedTag, desk.CodeLockedTag},
		} {
			c := newCampus(t, 2)
			for act, want := range map[string]desk.Code{"issue": s.issue, "wipe": s.wipe} {
				card := must(softcard.New(softcard.Config{Chip: chip}))
				s.prepare(c, card)
				tried := card.AuthenticationFailures()
				c.lay(card)
				seen := must(c.desk.Inspect(c.ctx, c.reader))
				if seen.Kind != s.kind || seen.Problem != s.problem || seen.What != "" {
					t.Errorf("%v %s: %+v", chip, s.name, seen)
				}
				c.lay(card)
				var err error
				if act == "issue" {
					_, err = c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil)
				} else {
					_, err = c.desk.Wipe(c.ctx, c.reader, nil)
				}
				if code(err) != want {
					t.Errorf("%v %s: %s: %v", chip, s.name, act, err)
				}
				if n := card.AuthenticationFailures() - tried; n > 4 {
					t.Errorf("%v %s: %d wrong keys in two layings", chip, s.name, n)
				}
			}
		}
	}
}

// tear writes a tag that is taken away in the middle.
func (c *campus) tear(card *softcard.Card) {
	c.t.Helper()
	c.lay(card)
	card.Arm(softcard.LeaveBefore(30))
	if _, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil); code(err) != desk.CodeTagRemoved {
		c.t.Fatalf("a tag taken away gives %v", err)
	}
	c.reader.Take()
}
