package window

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
)

func TestIdleLock(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	now := time.Now()
	r.w.idle.clock = func() time.Time { return now }
	r.w.idle.touch()
	now = now.Add(9*time.Minute + 59*time.Second)
	r.w.idle.look()
	if r.w.shell == nil {
		t.Fatal("locked before it was due")
	}
	r.w.jobs.guard(func() {}) // a hand on the desk
	now = now.Add(2 * time.Second)
	r.w.idle.look()
	if r.w.shell == nil {
		t.Fatal("locked although somebody was there")
	}
	now = now.Add(10 * time.Minute)
	r.w.bench.writing = true
	r.w.idle.look()
	if r.w.shell == nil {
		t.Fatal("locked while a tag is being written")
	}
	r.w.bench.writing = false
	r.w.idle.look()
	r.until("the lock", r.w.desk.Locked)
	s := r.w.start
	if s == nil || r.w.shell != nil || !r.shows("Vergrendeld") || !r.shows("De wachtzin van custodian opent het programma weer.") || r.shows("Campus Noord") {
		t.Fatalf("a locked desk shows %q", r.texts())
	}

	test.Type(s.passphrase, "iets anders")
	r.tap(s.open)
	r.until("the refusal", func() bool { return s.note.Visible() && !s.working })
	if !r.shows("Deze wachtzin klopt niet") || s.passphrase.Text != "" || !r.w.desk.Locked() {
		t.Errorf("the refusal says %q", r.texts())
	}
	test.Type(s.passphrase, phrase)
	r.tap(s.open)
	r.until("the board", func() bool { return r.w.shell != nil })
	if r.w.desk.Locked() || r.w.start != nil {
		t.Error("still locked")
	}
}

// Whoever types the passphrase before the desk has locked itself opens it.
func TestUnlockAtOnce(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	r.w.idle.lock()
	r.w.start.passphrase.SetText(phrase)
	r.w.start.tryOpen()
	r.until("the board", func() bool { return r.w.shell != nil })
	if r.w.desk.Locked() || r.w.asked != nil {
		t.Errorf("it says %q", r.texts())
	}
}

// TestUnlockShowsWhatWasShown: who comes back to the desk finds the sub-page that was
// open.
func TestUnlockShowsWhatWasShown(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	r.w.shell.settings.goTo(subSafe)
	r.evidence(evidenceContacts)
	r.w.idle.lock()
	r.w.start.passphrase.SetText(phrase)
	r.w.start.tryOpen()
	r.until("the contacts", func() bool { return r.w.shell != nil })
	s := r.w.shell
	if s.current != pageEvidence || s.evidence.current != evidenceContacts || s.settings.current != subSafe {
		t.Errorf("it shows %s, %s and %s", s.current, s.evidence.current, s.settings.current)
	}
}

// TestIdleChoice: the time is chosen in the settings, and never is one of them.
func TestIdleChoice(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	if got := r.w.idle.minutes(); got != defaultIdle {
		t.Errorf("%d minutes at first", got)
	}
	now := time.Now()
	r.w.idle.clock = func() time.Time { return now }
	r.w.idle.touch()
	s := sub[*computerPage](r, subComputer)
	s.idle.SetSelected("Na 2 minuten")
	now = now.Add(121 * time.Second)
	if r.w.idle.minutes() != 2 || r.w.idle.clock().Sub(r.w.idle.last) < 2*time.Minute {
		t.Errorf("%d minutes", r.w.idle.minutes())
	}
	s.idle.SetSelected("Nooit")
	r.w.idle.watch()
	if r.w.idle.minutes() != 0 || r.w.idle.timer.Stop() {
		t.Error("it goes on looking although it never locks")
	}
}
