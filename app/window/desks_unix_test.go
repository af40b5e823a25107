//go:build unix

package window

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/store"
	"sleutelbord/store/postgrestest"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// connection is a database behind a proxy, and the file with its settings.
func connection(t *testing.T, server *postgrestest.Server) (proxy *postgrestest.Proxy, file string) {
	t.Helper()
	proxy = postgrestest.NewProxy(t, server.Addr)
	name, _ := server.Database()
	host, port, err := net.SplitHostPort(proxy.Addr)
	if err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf("host=%s port=%s dbname=%s user=%s password=%s sslmode=disable\n", host, port, name, postgrestest.Role, postgrestest.Password)
	file = filepath.Join(t.TempDir(), "settings.txt")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return proxy, file
}

// desks shows the sub-page of the desks, as it is now.
func (r *rig) desks() *desksPage {
	r.Helper()
	p := sub[*desksPage](r, subDesks)
	p.known = false
	p.load()
	r.until("the desks", func() bool { return p.known })
	return p
}

// share moves the site to a database, with the hands of a person.
func (r *rig) share(file, passphrase string) {
	r.Helper()
	p := r.desks()
	r.tap(p.move)
	f := p.form.(*moveForm)
	if !f.yes.Disabled() || r.w.win.Canvas().Focused() != fyne.Focusable(f.file) {
		r.Error("an empty form can be stored, or has no focus")
	}
	test.Type(f.file, file)
	test.Type(f.name, "Balie Noord")
	test.Type(f.passphrase, "iets anders")
	r.picture("desks-move")
	r.tap(f.yes)
	r.told("Deze wachtzin klopt niet")
	test.Type(f.passphrase, passphrase)
	r.tap(f.yes)
	r.until("the moved site", func() bool { return r.w.shell != nil && r.w.asked != nil })
	r.told("Het terrein staat in de gedeelde database")
	r.until("the desks", func() bool { return r.shows("Balie Noord") && r.shows("deze computer") })
}

// both drains the queues of two windows until a state is reached.
func both(a, b *rig, what string, reached func() bool) {
	a.Helper()
	done := false
	a.until(what, func() bool {
		b.settle()
		done = done || reached()
		if !done {
			go func() { a.queue <- func() {} }() // look again
		}
		return done
	})
}

// TestTwoDesks moves a site to a database, has another computer join, admits it,
// sees at one desk what the other does, loses the network, removes the second
// desk and goes back to one.
func TestTwoDesks(t *testing.T) {
	server := postgrestest.Start(t)
	proxy, file := connection(t, server)
	first := newRig(t, nil)
	first.demo(20)
	first.share(file, "practice")

	second := newRig(t, func(o *Options) { o.Dir = filepath.Join(t.TempDir(), "second") })
	second.tap(second.w.start.joinButton)
	j := second.w.start.join
	test.Type(j.file, file)
	test.Type(j.passphrase, "welkom01")
	test.Type(j.again, "welkom01")
	if !j.ask.Disabled() {
		t.Error("a weak passphrase joins")
	}
	j.passphrase.SetText(secondPhrase)
	j.again.SetText(secondPhrase)
	second.picture("join")
	second.tap(j.ask)
	second.until("the fingerprint", func() bool { return second.w.start.step == stepCode })
	if j.print == "" || !second.shows(j.print) || j.passphrase.Text != "" {
		t.Fatalf("it shows %q", second.texts())
	}
	second.picture("join-code")
	second.typeCode(j, "12345-67890")
	second.until("the refusal", func() bool { return second.w.start.note.Visible() && !second.w.start.working })
	if !second.shows("Deze computer is nog niet toegelaten") {
		t.Errorf("too early it says %q", second.texts())
	}

	p := first.desks()
	first.until("the request", func() bool { return p.admit[j.print] != nil })
	first.picture("desks-request")
	first.tap(p.admit[j.print])
	f := p.form.(*admitForm)
	test.Type(f.name, "Balie Zuid")
	if !f.yes.Disabled() {
		t.Error("a computer is admitted that nobody has compared")
	}
	f.same.SetChecked(true)
	first.picture("desks-admit")
	first.tap(f.yes)
	first.until("the code", func() bool { return f.code != "" && first.shows(f.code) })
	first.picture("desks-code")
	second.typeCode(j, f.code)
	second.until("the second desk", func() bool { return second.w.shell != nil })
	second.until("its board", func() bool { return len(second.w.shell.board.rows) == 20 })
	if second.w.desk.Me().Name != "custodian" || strings.Contains(second.log.String(), secondPhrase) {
		t.Errorf("%+v has joined", second.w.desk.Me())
	}
	first.tap(f.done)
	first.until("both desks", func() bool { return first.shows("Balie Zuid") && len(p.remove) == 1 })
	first.picture("desks-two")

	// What one desk does, the other shows by itself.
	first.w.shell.turnTo(pageBoard)
	h := first.open("Boulevard 3/102")
	before := len(h.view.Tags)
	second.handOut("Boulevard 3/102")
	both(first, second, "the other desk's tag", func() bool { p, ok := first.w.shell.board.pane.(*homePane); return ok && len(p.view.Tags) == before+1 })

	first.followsEvidence(second)

	// Without the database one can look, and is told.
	proxy.SetDown(true)
	both(first, second, "the outage at both", func() bool {
		return first.w.outage == desk.CodeDatabaseUnreachable && second.w.outage == desk.CodeDatabaseUnreachable
	})
	if !first.shows("De gedeelde database is niet bereikbaar. Kijken en zoeken gaat") {
		t.Errorf("the outage says %q", first.texts())
	}
	first.picture("outage")
	first.tap(first.w.shell.outage.more)
	first.until("what to do", func() bool { return first.shows("Controleer het netwerk") })
	first.picture("desks-outage")
	proxy.SetDown(false)
	both(first, second, "the end of the outage", func() bool { return first.w.outage == "" && second.w.outage == "" })
	if first.w.shell.outage.plane.Visible() {
		t.Error("the outage is still shown")
	}

	// Out with the second, and back to one.
	p = first.desks()
	for _, b := range p.remove {
		first.tap(b)
	}
	if !first.shows("Balie Zuid verwijderen: geen balie meer") {
		t.Errorf("it asks %q", first.texts())
	}
	first.w.onYes()
	first.told("Balie Zuid is geen balie meer")
	first.until("the desk that is gone", func() bool { return first.shows("verwijderd") && len(p.remove) == 0 })
	both(first, second, "the removed desk", func() bool { return second.w.outage == desk.CodeDeskRemoved })
	first.tap(p.goHome)
	b := p.form.(*backForm)
	test.Type(b.passphrase, "practice")
	first.tap(b.yes)
	first.told("Deze balie is weer de enige")
	if v, err := first.w.desk.Shared(t.Context()); err != nil || v.Shared {
		t.Errorf("%+v, %v", v, err)
	}
}

// followsEvidence holds the pages of the evidence to what another desk does, and
// lets the focus be.
func (r *rig) followsEvidence(other *rig) {
	r.Helper()
	e, there, ctx := r.w.shell.evidence, other.w.desk, r.Context()
	r.w.shell.turnTo(pageEvidence)
	e.open(evidenceChoices)
	choices := e.made[evidenceChoices].(*choicesPage)
	r.until("the choices", func() bool { return len(choices.seen.Tags.Rows) > 0 })
	before := fmt.Sprint(choices.seen)
	other.handOut("Boulevard 3/104")
	both(r, other, "the other desk's tag in the counts", func() bool { return fmt.Sprint(choices.seen) != before })

	e.open(evidenceRetention)
	due := e.made[evidenceRetention].(*retentionPage)
	due.span.SetSelectedIndex(len(dueSpans) - 1)
	r.until("nothing due", func() bool { return len(due.due) == 0 })
	if _, err := there.MoveIn(ctx, "Boulevard 3/105", "HC-5", store.ChoiceTag); err != nil {
		r.Fatal(err)
	}
	if _, err := there.MoveOut(ctx, "Boulevard 3/105"); err != nil {
		r.Fatal(err)
	}
	both(r, other, "the tenancy that the other desk ended", func() bool { return len(due.due) == 1 && r.shows("Boulevard 3-105") })

	e.open(evidenceRollout)
	rollout := e.made[evidenceRollout].(*rolloutPage)
	r.until("the buildings", func() bool { return rollout.rows["Boulevard 3"] != nil })
	r.w.Canvas().Focus(rollout.rows["Boulevard 3"])
	step := desk.RolloutStep{Stage: desk.StagePlanned}
	if _, err := there.SetRollout(ctx, "Boulevard 3", step); err != nil {
		r.Fatal(err)
	}
	both(r, other, "the stage that the other desk noted", func() bool { return r.shows(r.w.t("stage." + string(desk.StagePlanned))) })
	if f := r.w.Canvas().Focused(); f != fyne.Focusable(rollout.rows["Boulevard 3"]) {
		r.Errorf("the focus is on %T", f)
	}
}

// typeCode types a code and joins.
func (r *rig) typeCode(j *joinSteps, code string) {
	r.Helper()
	j.code.SetText(code)
	r.tap(j.finish)
}

// A database that cannot be used leaves the site as it was, and open.
func TestMoveThatFails(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	for _, c := range []struct{ settings, says string }{
		{"", "Dit zijn geen verbindingsinstellingen"},
		{"host=127.0.0.1 port=1 dbname=x user=y password=z sslmode=disable", "De gedeelde database is niet bereikbaar"},
	} {
		file := filepath.Join(t.TempDir(), "settings.txt")
		if c.settings != "" {
			if err := os.WriteFile(file, []byte(c.settings), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p := r.desks()
		r.tap(p.move)
		f := p.form.(*moveForm)
		f.file.SetText(file)
		f.name.SetText("Balie Noord")
		f.passphrase.SetText(phrase)
		r.tap(f.yes)
		r.until("the window again", func() bool { return r.w.shell != nil && r.w.asked != nil })
		r.told(c.says)
		if me := r.w.desk.Me(); me.Name != "custodian" {
			t.Errorf("%+v is signed in", me)
		}
	}
}

// Where there are two custodians, admitting and removing a desk takes both; a
// caretaker does neither.
func TestDesksTakeTwo(t *testing.T) {
	server := postgrestest.Start(t)
	_, file := connection(t, server)
	r := newRig(t, nil)
	r.site()
	r.person("els", store.Custodian, secondPhrase)
	r.person("jan", store.Caretaker, thirdPhrase)
	r.share(file, phrase)
	o := desk.Options{Dir: filepath.Join(t.TempDir(), "other"), Log: r.w.o.Log, Passphrase: []byte(thirdPhrase), Store: r.w.o.Store}
	settings, err := desk.ReadConnection(file)
	if err != nil {
		t.Fatal(err)
	}
	print, err := desk.RequestJoin(t.Context(), o, settings)
	if err != nil {
		t.Fatal(err)
	}
	p := r.desks()
	r.until("the request", func() bool { return p.admit[print] != nil })
	r.tap(p.admit[print])
	f := p.form.(*admitForm)
	f.same.SetChecked(true)
	f.name.SetText("Balie Zuid")
	r.tap(f.yes)
	r.until("the question for consent", func() bool { return r.w.consent != nil })
	if !r.shows("Balie Zuid toelaten als balie") {
		t.Errorf("it asks %q", r.texts())
	}
	r.w.consent.passphrase.SetText(secondPhrase)
	r.tap(r.w.consent.yes)
	if f.check(); !f.yes.Disabled() {
		t.Error("a computer that is being admitted can be admitted again")
	}
	p.leave() // the code comes all the same
	r.until("the code", func() bool { return f.done != nil && r.shows(f.code) })
	if r.w.win.Canvas().Focused() != fyne.Focusable(f.done) {
		t.Errorf("the focus is at %T", r.w.win.Canvas().Focused())
	}
	if err := desk.FinishJoin(t.Context(), o, f.code); err != nil {
		t.Fatal(err)
	}
	all, err := r.w.desk.Journal(t.Context(), 1)
	if err != nil || all[0].Operator != "custodian, els" {
		t.Errorf("the journal says %+v, %v", all, err)
	}
	r.tap(r.w.shell.person)
	r.signIn("jan", thirdPhrase)
	p = r.desks()
	if !r.shows("U bent aangemeld als jan, huismeester") || !p.goHome.Disabled() || len(p.remove) != 1 {
		t.Errorf("a caretaker sees %q", r.texts())
	}
	for _, b := range p.remove {
		if !b.Disabled() {
			t.Error("a caretaker may remove a desk")
		}
	}
}
