package evidence

import (
	"fmt"

	"sleutelbord/app/paper"
	"sleutelbord/assets"
	"sleutelbord/nfc/keytag"
)

// Check is what a tag shows to anybody, on paper. It needs no records.
type Check struct {
	Day    string             `json:"day"` // YYYY-MM-DD
	Passed bool               `json:"passed"`
	Report keytag.CheckReport `json:"report"`
}

// Verdict is what a check came to, as the key of its words: "passed", "failed" or
// "not-ours".
func Verdict(r keytag.CheckReport) string {
	switch {
	case !r.Ours:
		return "not-ours"
	case !r.Passed():
		return "failed"
	}
	return "passed"
}

// JSON is the check for machines.
func (c Check) JSON() ([]byte, error) { return document(c) }

// PDF is the check on paper: what was seen, what that proves, what deviates from the
// published layout, and what such a check cannot show.
func (c Check) PDF(lang string) ([]byte, error) {
	w, words := wordsOf(lang), assets.Words(lang)
	verdict := "check." + Verdict(c.Report)
	d := w.begin(Head{Day: c.Day}, words.T(verdict, nil), w.t("check.kicker"), false)
	d.Title(w.t("check.below", "day", w.Date(c.Day)))
	d.Text(words.T(verdict+".do", nil))
	chip := c.Report.Chip
	if c.Report.Genuine != "" {
		chip += ", " + w.t("genuine."+string(c.Report.Genuine))
	}
	d.Facts(0.2, paper.Fact{Name: w.t("receipt.fact.chip"), Value: chip})
	var rows [][]string
	for _, f := range c.Report.Findings {
		text, result := words.T("finding."+f.ID, nil), w.t("check.as-published")
		if !f.OK {
			text, result = words.T("finding."+f.ID+".bad", nil), w.t("check.deviates")
		}
		rows = append(rows, []string{result, text, f.Detail})
	}
	d.Heading(w.t("check.found"))
	d.Table([]paper.Column{
		{Head: w.t("check.result"), Share: 0.18},
		{Head: w.t("check.what"), Share: 0.47},
		{Head: w.t("check.seen"), Share: 0.35},
	}, rows)
	if len(c.Report.Limits) > 0 {
		d.Heading(words.T("check.limits", nil))
		var limits []string
		for _, l := range c.Report.Limits {
			limits = append(limits, words.T("limit."+l, nil))
		}
		d.List(false, limits...)
	}
	b, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("writing the check of a tag: %w", err)
	}
	return b, nil
}
