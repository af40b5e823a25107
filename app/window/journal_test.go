package window

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sleutelbord/journal"
	"sleutelbord/store"
)

func TestJournalPage(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.person("jan", store.Caretaker, thirdPhrase)
	p := sub[*journalPage](r, subJournal)
	r.until("the acts", func() bool { return len(p.entries) > 0 })
	for _, text := range []string{"tag uitgegeven: T1", "medewerker toegevoegd: jan, Huismeester", "terrein gemaakt: ", "custodian, balie 1", "nr. 1"} {
		if !r.shows(text) {
			t.Errorf("no %q in %q", text, r.texts())
		}
	}
	if !r.shows("De inhoud wordt") || p.more.Visible() {
		t.Errorf("of the period it says %q", p.period.String())
	}
	r.tap(p.verify)
	r.until("the verdict", func() bool { return p.verdict.Visible() && !p.verify.Disabled() })
	if !r.shows("Het logboek klopt: ") || !r.shows("ondertekend, 0 gewist") {
		t.Errorf("the verdict says %q", r.texts())
	}
	r.picture("journal")
	dir := t.TempDir()
	for range 2 {
		p.exportTo(dir)
		r.told("Het logboek staat in een bestand")
	}
	files, err := filepath.Glob(filepath.Join(dir, "journal-*.jsonl"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if report, err := journal.Verify(f); err != nil || report.Entries != int64(len(p.entries)) {
		t.Errorf("the file holds %+v, %v", report, err)
	}
	p.exportTo(filepath.Join(dir, "nowhere"))
	r.told("De map is niet te gebruiken")
}

// A long journal comes in parts.
func TestJournalHasMore(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	for i := range journalStep {
		if err := r.w.desk.SetOverdue(t.Context(), 10+i); err != nil {
			t.Fatal(err)
		}
	}
	p := sub[*journalPage](r, subJournal)
	r.until("the first part", func() bool { return len(p.entries) == journalStep && p.more.Visible() })
	r.tap(p.more)
	r.until("the rest", func() bool { return len(p.entries) > journalStep && !p.more.Visible() })
	if p.entries[len(p.entries)-1].Seq != 1 {
		t.Errorf("the last is %+v", p.entries[len(p.entries)-1])
	}
}

// Erasing old entries takes two custodians, and the journal stays whole.
func TestJournalPrune(t *testing.T) {
	var ahead time.Duration
	r := newRig(t, func(o *Options) { o.Clock = func() time.Time { return time.Now().Add(ahead) } })
	r.site()
	p := sub[*journalPage](r, subJournal)
	r.tap(p.prune)
	r.w.onYes()
	r.told("en dit terrein heeft er één")
	r.person("els", store.Custodian, secondPhrase)
	ahead = 30 * 365 * 24 * time.Hour
	r.tap(p.prune)
	if !r.shows("komt niet terug") {
		t.Errorf("it asks %q", r.texts())
	}
	r.w.onYes()
	r.until("the question for consent", func() bool { return r.w.consent != nil })
	if !r.shows("De inhoud van oude regels van het logboek wissen") {
		t.Errorf("it asks %q", r.texts())
	}
	r.w.consent.passphrase.SetText(secondPhrase)
	r.tap(r.w.consent.yes)
	r.told("is de inhoud gewist")
	r.until("the erased", func() bool { return r.shows("inhoud gewist") && r.shows("custodian, els") })
	r.tap(p.verify)
	r.until("the verdict", func() bool { return p.verdict.Visible() && strings.Contains(strings.Join(r.texts(), " "), "2 gewist") })
	if _, err := r.w.desk.VerifyJournal(t.Context()); err != nil {
		t.Error(err)
	}
}
