package evidence_test

import (
	"encoding/json"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
)

// TestCheckPaper checks a tag of ours and a blank one, and compares the papers with
// what was found. It needs no records.
func TestCheckPaper(t *testing.T) {
	c := newCampus(t, 10)
	ours := c.handOut(home101, "").Tag.ID
	for name, want := range map[string]string{ours: "passed", "": "not-ours"} {
		c.lay(name)
		report, err := desk.Check(c.ctx, c.reader)
		noErr(t, err)
		if got := evidence.Verdict(report); got != want {
			t.Fatalf("the verdict is %s, not %s: %+v", got, want, report)
		}
		check := evidence.Check{Day: "2026-11-21", Passed: report.Passed(), Report: report}
		for _, lang := range assets.PaperLanguages() {
			t.Run(want+" "+lang, func(t *testing.T) {
				pdf, err := check.PDF(lang)
				noErr(t, err)
				shown(t, pdf, 0)
				text, words := read(t, pdf), assets.Words(lang)
				has(t, text, words.T("check."+want, nil), assets.Papers(lang).Date("2026-11-21"), report.Chip)
				for _, f := range report.Findings {
					key := "finding." + f.ID
					if !f.OK {
						key += ".bad"
					}
					has(t, text, words.T(key, nil), f.Detail)
				}
				for _, l := range report.Limits {
					has(t, text, words.T("limit."+l, nil))
				}
				filled(t, text)
			})
		}
		b, err := check.JSON()
		noErr(t, err)
		var again evidence.Check
		noErr(t, json.Unmarshal(b, &again))
		if again.Passed != check.Passed || len(again.Report.Findings) != len(report.Findings) {
			t.Errorf("%s", b)
		}
	}
}
