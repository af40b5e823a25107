// Package sheet prints a share of a site's root on one page, and reads it back
// from a picture of that page.
package sheet

import (
	"fmt"
	"strings"
	"time"

	"sleutelbord/app/paper"
	"sleutelbord/assets"
	"sleutelbord/store/shares"

	"rsc.io/qr"
)

// Info is what stands on a sheet besides the share.
type Info struct {
	Site string // its name, for people
	Lang string // of the text, such as "nl"; one that is not there gives English
	Day  time.Time
	// Keeper is who gets the page; "" leaves a line for it.
	Keeper string
}

// Print makes the page of one share, as a PDF file. It holds the secret.
func Print(s shares.Share, info Info) ([]byte, error) {
	code, err := qr.Encode(oneLine(s.Text()), qr.Q)
	if err != nil {
		return nil, fmt.Errorf("drawing the share: %w", err)
	}
	words := assets.Words(info.Lang)
	w := wording{words, map[string]any{
		"index": s.Index(), "of": s.Of(), "need": s.Threshold(), "one": s.Threshold() - 1, "site": info.Site, "set": s.Set().String(),
	}}
	day := words.Date(info.Day.Format(time.DateOnly))
	d := paper.New(paper.Meta{
		Title: w.t("title"), Kicker: w.t("kicker"), Lang: words.Lang(), Site: info.Site, Day: info.Day,
		Foot: w.t("foot"), Page: words.T("sheet.page", nil), Narrow: true,
	})
	d.Title(w.t("below"))
	d.Code(strings.Split(strings.ReplaceAll(s.Text(), " ", "  "), "\n"), picture{code})
	facts := []paper.Fact{{Name: w.t("fact.site"), Value: info.Site}, {Name: w.t("fact.share"), Value: w.t("fact.share.value")}}
	blanks := []string{w.t("by"), w.t("place"), w.t("since")}
	if info.Keeper != "" {
		facts = append(facts, paper.Fact{Name: blanks[0], Value: info.Keeper})
		blanks = blanks[1:]
	}
	d.Columns(0.5, func() {
		d.Facts(0.38, facts...)
	}, func() {
		d.Facts(0.48,
			paper.Fact{Name: w.t("fact.set"), Value: s.Set().String()},
			paper.Fact{Name: w.t("fact.check"), Value: CheckText(s.Check())},
			paper.Fact{Name: w.t("fact.day"), Value: day})
	})
	d.Space(2)
	d.Box(paper.Question, w.t("secret"), w.t("secret.text"))
	d.Columns(0.5, func() {
		d.SmallHeading(w.t("use"))
		d.List(true, w.t("use.1"), w.t("use.2"), w.t("use.3"))
	}, func() {
		d.SmallHeading(w.t("keep"))
		d.List(false, w.t("keep.1"), w.t("keep.2"), w.t("keep.3"), w.t("keep.4"))
	})
	d.Space(6)
	d.Blanks(blanks...)
	b, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("printing the share: %w", err)
	}
	if d.Pages() != 1 {
		return nil, fmt.Errorf("printing the share: it takes %d pages", d.Pages())
	}
	return b, nil
}

// CheckText is a key check value as people compare it: "3F 9A 21".
func CheckText(c [shares.CheckSize]byte) string { return fmt.Sprintf("% X", c[:]) }

// oneLine is a share's text without what only parts it: then the picture needs
// fewer squares.
func oneLine(text string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(text) }

// wording is the words of a sheet with what they speak of.
type wording struct {
	words *assets.Lexicon
	args  map[string]any
}

func (w wording) t(key string) string { return w.words.T("sheet."+key, w.args) }

// picture is a QR code as package paper draws it.
type picture struct{ *qr.Code }

func (p picture) Modules() int { return p.Size }
