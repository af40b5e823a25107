package window

import (
	"context"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

const (
	secondPhrase = "lantaarn koffie trapje zeehond kabel"
	thirdPhrase  = "gracht molen schaats tulp klomp"
)

// person adds somebody by the desk's own hand.
func (r *rig) person(name string, role store.Role, passphrase string) {
	r.Helper()
	err := r.w.desk.AddOperator(context.Background(), desk.NewOperator{Name: name, Role: role, Passphrase: []byte(passphrase)},
		desk.Approval{Operator: "els", Passphrase: []byte(secondPhrase)})
	if err != nil {
		r.Fatal(err)
	}
}

// people shows the sub-page of who can sign in, as it is now.
func (r *rig) people() *peoplePage {
	r.Helper()
	p := sub[*peoplePage](r, subPeople)
	loaded := false
	p.load(func() { loaded = true })
	r.until("the people", func() bool { return loaded })
	return p
}

// signIn signs somebody in at the locked desk.
func (r *rig) signIn(name, passphrase string) {
	r.Helper()
	r.until("the locked desk", r.w.desk.Locked)
	s := r.w.start
	if s.who != nil {
		s.who.SetSelected(name)
	}
	test.Type(s.passphrase, passphrase)
	r.tap(s.open)
	r.until("the desk of "+name, func() bool { return r.w.shell != nil })
	if me := r.w.desk.Me(); me.Name != name {
		r.Fatalf("%s is signed in", me.Name)
	}
}

// told closes a message once it is there.
func (r *rig) told(text string) {
	r.Helper()
	r.until("the message "+text, func() bool { return r.w.asked != nil && r.shows(text) })
	r.w.escape()
}

func TestAddSomebody(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	p := r.people()
	r.tap(p.add)
	f := p.form
	if r.w.win.Canvas().Focused() != fyne.Focusable(f.who) || !f.yes.Disabled() {
		t.Errorf("an empty form has the focus at %T, or can be stored", r.w.win.Canvas().Focused())
	}
	test.Type(f.who, "els de vries")
	f.fresh.SetText(secondPhrase)
	f.again.SetText(secondPhrase)
	if !f.yes.Disabled() || !r.shows("zonder spaties") {
		t.Errorf("a name with spaces says %q", r.texts())
	}
	f.who.SetText("els")
	f.again.SetText(secondPhrase + "x")
	if !f.yes.Disabled() || !r.shows("De twee wachtzinnen zijn niet gelijk") {
		t.Errorf("two that differ say %q", r.texts())
	}
	f.fresh.SetText("welkom01")
	f.again.SetText("welkom01")
	if !f.yes.Disabled() {
		t.Error("a weak passphrase can be given")
	}
	f.fresh.SetText(secondPhrase)
	f.again.SetText(secondPhrase)
	f.role.choose("Sleutelbeheerder")
	r.picture("people-add")
	r.tap(f.yes)
	f.again.SetText(secondPhrase)
	if f.check(); !f.yes.Disabled() {
		t.Error("what is being stored can be stored again")
	}
	r.told("els kan zich aanmelden") // there was one custodian: nobody else could consent
	r.until("the list", func() bool { return p.form == nil && p.rows["els"] != nil })
	r.picture("people-list")
	if !r.shows("Sleutelbeheerder, sinds") || !r.shows("dat bent u") || !r.shows("2 personen") {
		t.Errorf("the list says %q", r.texts())
	}
	// The same name again: the desk refuses, the form stays.
	r.tap(p.add)
	p.form.who.SetText("els")
	p.form.fresh.SetText(thirdPhrase)
	p.form.again.SetText(thirdPhrase)
	r.tap(p.form.yes)
	r.until("the refusal", func() bool { return r.w.asked != nil })
	if !r.shows("Met deze naam meldt zich al iemand aan") {
		t.Errorf("a name that is taken says %q", r.texts())
	}
	r.w.escape()
	if p.form == nil || p.form.yes.Disabled() {
		t.Errorf("the form is lost\n%s", r.log)
	}
	r.w.escape()
	if p.form != nil || r.w.shell.current != pageSettings {
		t.Error("escape does not go back to the list")
	}
	if strings.Contains(r.log.String(), secondPhrase) || r.shows(secondPhrase) {
		t.Error("a passphrase is in the log or on the window")
	}
}

// Secrets of an act that takes consent are wiped however it ends: done, given
// up, or taken away by a desk that locks itself, before the other custodian was
// asked, while the question is open, and while the act is under way.
func TestConsentWipes(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	r.person("els", store.Custodian, secondPhrase)
	refused := func() error { // as any act says that takes two
		return r.w.desk.RemoveDesk(t.Context(), "", desk.Approval{})
	}
	if desk.Explain(refused()).Code != desk.CodeSecondNeeded {
		t.Fatal(refused())
	}
	for name, c := range map[string]struct{ asks, waits, tries, locks bool }{
		"done":                     {},
		"given up":                 {asks: true},
		"locked at once":           {waits: true, locks: true},
		"locked while it asks":     {asks: true, locks: true},
		"locked while it is tried": {asks: true, tries: true, waits: true, locks: true},
	} {
		secret, told := []byte("123456"), 0
		on, begun := make(chan struct{}), make(chan struct{}, 9)
		r.w.askConsent("x", func(_ context.Context, a desk.Approval) error {
			if c.asks && a.Operator == "" {
				return refused()
			}
			if begun <- struct{}{}; c.waits {
				<-on
			}
			return nil
		}, func(bool) { told++ }, secret)
		if c.asks {
			r.until(name+": the question", func() bool { return r.w.consent != nil })
		}
		if c.tries {
			r.w.consent.passphrase.SetText(secondPhrase)
			r.tap(r.w.consent.yes)
		}
		if c.waits {
			<-begun
		}
		if string(secret) != "123456" {
			t.Errorf("%s: wiped while it is needed", name)
		}
		switch {
		case c.locks:
			r.w.idle.lock()
		case c.asks:
			r.w.escape()
		}
		close(on)
		r.until(name+": the secret wiped", func() bool { return string(secret) == strings.Repeat("\x00", 6) })
		if want := !c.waits; (told == 1) != want {
			t.Errorf("%s: told %d times", name, told)
		}
		if c.locks {
			r.until("the locked desk", r.w.desk.Locked)
			test.Type(r.w.start.passphrase, phrase)
			r.tap(r.w.start.open)
			r.until("the board", func() bool { return r.w.shell != nil })
		}
	}
}

// About a custodian two custodians decide, in one dialog that says what about.
func TestConsent(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	r.person("els", store.Custodian, secondPhrase)
	r.person("jan", store.Caretaker, thirdPhrase)
	p := r.people()
	ask := func() *consentDialog {
		r.Helper()
		r.tap(p.add)
		p.form.who.SetText("piet")
		p.form.fresh.SetText("paraplu regen tafel wolk viool")
		p.form.again.SetText("paraplu regen tafel wolk viool")
		p.form.role.choose("Sleutelbeheerder")
		r.tap(p.form.yes)
		r.until("the question for consent", func() bool { return r.w.consent != nil })
		return r.w.consent
	}
	c := ask()
	if !r.shows("piet toevoegen als Sleutelbeheerder") || len(c.second.Options) != 1 || c.second.Selected != "els" || !c.yes.Disabled() {
		t.Errorf("it asks %v: %q", c.second.Options, r.texts())
	}
	r.picture("consent")
	r.w.escape()
	r.settle()
	if r.w.consent != nil || r.w.asked != nil || p.form == nil || p.form.yes.Disabled() {
		t.Error("escape does not close the dialog, or loses the form")
	}
	p.leave()
	c = ask()
	test.Type(c.passphrase, "iets anders")
	r.tap(c.yes)
	r.until("the refusal", func() bool { return r.shows("Deze wachtzin klopt niet") })
	if r.w.consent != c || c.passphrase.Text != "" {
		t.Error("the dialog does not wait for the right one")
	}
	test.Type(c.passphrase, secondPhrase)
	c.passphrase.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.told("piet kan zich aanmelden")
	all, err := r.w.desk.Journal(t.Context(), 1)
	if err != nil || all[0].Operator != "custodian, els" || all[0].Subject != "custodian piet" {
		t.Errorf("the journal says %+v, %v", all, err)
	}
	for _, secret := range []string{secondPhrase, "paraplu"} {
		if strings.Contains(r.log.String(), secret) {
			t.Error("a passphrase is in the log")
		}
	}
}

// After too many wrong passphrases the dialog says how long to wait, and counts.
func TestConsentWaits(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	r.person("els", store.Custodian, secondPhrase)
	p := r.people()
	r.tap(p.rows["els"].revoke)
	r.w.onYes()
	r.until("the question for consent", func() bool { return r.w.consent != nil })
	c := r.w.consent
	for range 10 {
		if r.shows("Te vaak een verkeerde wachtzin") {
			break
		}
		test.Type(c.passphrase, "iets anders")
		r.tap(c.yes)
		r.until("the answer", func() bool { return !c.working })
	}
	if !r.shows("Te vaak een verkeerde wachtzin") || !r.shows("seconde") {
		t.Fatalf("it says %q", r.texts())
	}
	first := c.note.String()
	r.until("the count", func() bool { return c.note.String() != first })
	r.until("the end of the wait", func() bool { return r.shows("U kunt het weer proberen") })
	test.Type(c.passphrase, secondPhrase)
	r.tap(c.yes)
	r.told("els kan zich niet meer aanmelden")
	r.until("the list", func() bool { return p.rows["els"] == nil && r.shows("els, Sleutelbeheerder, tot") })
}

// A caretaker sees what there is, and why it cannot be touched.
func TestCaretakerAtPeople(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	r.person("jan", store.Caretaker, thirdPhrase)
	r.tap(r.w.shell.person)
	r.signIn("jan", thirdPhrase)
	p := r.people()
	own, other := p.rows["jan"], p.rows["custodian"]
	if !p.add.Disabled() || !other.reset.Disabled() || !other.revoke.Disabled() || !own.revoke.Disabled() || own.reset.Disabled() {
		t.Error("a caretaker may change who can sign in")
	}
	if !r.shows("U bent aangemeld als jan, huismeester") || r.w.shell.person.text != "jan" {
		t.Errorf("it says %q", r.texts())
	}
	if r.w.asked != nil {
		t.Errorf("a change of person ends in %q\n%s", r.texts(), r.log)
	}
	r.picture("people-caretaker")
	r.tap(own.reset)
	if r.w.shell.settings.current != subSafe {
		t.Error("one's own passphrase is not found")
	}
}

// Somebody who forgot the passphrase gets a new one, and it opens the desk.
func TestForgottenPassphrase(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	r.person("jan", store.Caretaker, thirdPhrase)
	p := r.people()
	r.tap(p.rows["jan"].reset)
	p.form.fresh.SetText(secondPhrase)
	p.form.again.SetText(secondPhrase)
	r.tap(p.form.yes)
	r.told("jan heeft een nieuwe wachtzin")
	r.tap(r.w.shell.person)
	r.until("the locked desk", r.w.desk.Locked)
	if !r.shows("Iemand anders") || r.shows("Campus Noord") {
		t.Errorf("a change of person shows %q", r.texts())
	}
	r.picture("another-person")
	s := r.w.start
	s.who.SetSelected("jan")
	test.Type(s.passphrase, thirdPhrase)
	r.tap(s.open)
	r.until("the refusal", func() bool { return s.note.Visible() && !s.working })
	r.signIn("jan", secondPhrase)
}

// Whoever takes oneself off the list is signed out.
func TestRevokeOneself(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	p := r.people()
	r.tap(p.rows["custodian"].revoke)
	r.w.onYes()
	r.told("sleutelbeheerder") // the last one cannot go
	r.person("els", store.Custodian, secondPhrase)
	p = r.people()
	r.tap(p.rows["custodian"].revoke)
	if !r.shows("Dat bent u zelf") {
		t.Errorf("it asks %q", r.texts())
	}
	r.w.onYes()
	r.until("the locked desk", func() bool { return r.w.start != nil && r.w.desk.Locked() })
	r.signIn("els", secondPhrase)
}

// The first screen asks who it is, and remembers it; wrong passphrases cost time.
func TestSignInByName(t *testing.T) {
	first := newRig(t, nil)
	first.site()
	first.person("jan", store.Caretaker, thirdPhrase)
	if err := first.w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	first.w.desk = nil
	r := newRig(t, func(o *Options) { o.Dir = first.dir })
	s := r.w.start
	if s.who == nil || len(s.who.Options) != 2 || s.who.Selected != "" || r.w.win.Canvas().Focused() != fyne.Focusable(s.who) {
		t.Fatalf("the first screen asks %q", r.texts())
	}
	s.who.SetSelected("jan")
	for range 10 {
		if r.shows("Te vaak een verkeerde wachtzin") {
			break
		}
		test.Type(s.passphrase, "iets anders")
		r.tap(s.open)
		r.until("the refusal", func() bool { return s.note.Visible() && !s.working })
	}
	if !r.shows("Te vaak een verkeerde wachtzin") || !s.open.Disabled() {
		t.Fatalf("it says %q", r.texts())
	}
	r.picture("sign-in-wait")
	r.until("the end of the wait", func() bool { return !s.open.Disabled() && r.shows("U kunt het weer proberen") })
	test.Type(s.passphrase, thirdPhrase)
	r.tap(s.open)
	r.until("the board", func() bool { return r.w.shell != nil })
	if r.w.desk.Me().Name != "jan" || r.app.Preferences().String(prefOperator) != "jan" {
		t.Errorf("%+v is signed in", r.w.desk.Me())
	}
	r.w.idle.lock()
	r.until("the locked desk", r.w.desk.Locked)
	if s := r.w.start; s.who == nil || s.who.Selected != "jan" {
		t.Error("the name was not remembered")
	}
}

// The timer locks the desk though nobody touches it, and whatever comes from
// the background.
func TestIdleLockByItself(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	now := time.Now()
	r.w.idle.clock = func() time.Time { return now }
	r.w.idle.touch()
	now = now.Add(11 * time.Minute)
	r.w.jobs.onMain(func() {}) // not a hand on the desk
	r.settle()
	r.w.idle.watch()
	r.until("the lock", r.w.desk.Locked)
}

// The rules of the site are a custodian's; being less strict is asked about.
func TestSiteRules(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	r.person("jan", store.Caretaker, thirdPhrase)
	p := sub[*sitePage](r, subSite)
	p.overdue.SetSelected("30 dagen")
	r.until("the days", func() bool { return r.w.site.OverdueDays == 30 })
	p = sub[*sitePage](r, subSite)
	p.policy.SetSelectedIndex(1)
	if r.w.onYes == nil || r.w.site.Policy != store.RequireGenuine || p.policy.SelectedIndex() != 0 {
		t.Fatalf("it says %q", r.texts())
	}
	r.w.onYes()
	r.until("the policy", func() bool { return r.w.site.Policy == store.WarnGenuine })
	p = sub[*sitePage](r, subSite)
	if p.policy.SelectedIndex() != 1 || p.overdue.Selected != "30 dagen" {
		t.Errorf("it shows %q", r.texts())
	}
	p.policy.SetSelectedIndex(0)
	r.until("the strict policy", func() bool { return r.w.site.Policy == store.RequireGenuine })
	r.tap(r.w.shell.person)
	r.signIn("jan", thirdPhrase)
	p = sub[*sitePage](r, subSite)
	if !p.policy.Disabled() || !p.overdue.Disabled() || !r.shows("U bent aangemeld als jan, huismeester") {
		t.Errorf("a caretaker sees %q", r.texts())
	}
}

// In a building without an assessment two custodians hand out, and the window
// asks for the second at the tag itself.
func TestHandOutUnassessed(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.person("els", store.Custodian, secondPhrase)
	p := r.open(home)
	r.tap(p.handOut)
	r.layBlank()
	w := r.phase(phaseProblem)
	if w.second == nil || !r.shows("Een tweede sleutelbeheerder moet het ermee eens zijn") {
		t.Fatalf("it says %q", r.texts())
	}
	r.tap(w.second)
	r.until("the question for consent", func() bool { return r.w.consent != nil })
	if !r.shows("Vandaag tags uitgeven in gebouwen zonder beoordeling") {
		t.Errorf("it asks %q", r.texts())
	}
	r.w.consent.passphrase.SetText(secondPhrase)
	r.tap(r.w.consent.yes)
	r.phase(phaseReady)
	r.lift()
	r.tap(r.writing().main)
	r.home(home)
	r.handOut(home) // the same building, the same day
}

// Escape from a step leaves the keyboard on something that stays.
func TestFocusAfterAStep(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	p := r.people()
	r.tap(p.add)
	r.w.escape()
	before := p.add
	r.until("the list that was read", func() bool { return p.add != before })
	if at := r.w.win.Canvas().Focused(); at != fyne.Focusable(r.w.shell.settings.items[subPeople]) {
		t.Errorf("the keyboard is on %T", at)
	}
}
