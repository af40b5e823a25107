package window

import (
	"crypto/ecdh"
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/mqtt/mosquittotest"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// homeDoors are the locks that a tag of [home] opens.
var homeDoors = []string{"E2", "C2-3", "H2-204"}

// door is a real lock of the demo campus.
func (r *rig) door(id string) *lock.Lock {
	r.Helper()
	if l := r.doors[id]; l != nil {
		return l
	}
	key := r.campus.Keys[id]
	l, err := lock.Open(lock.Config{Name: key.Name(), Key: key.Private(), Clock: lock.NoClock(), Dir: filepath.Join(r.TempDir(), id)})
	if err != nil {
		r.Fatal(err)
	}
	if r.doors == nil {
		r.doors = make(map[string]*lock.Lock)
	}
	r.doors[id] = l
	return l
}

// visit brings bundles from a stick to locks, and their receipts back to the
// stick.
func (r *rig) visit(dir string, ids ...string) {
	r.Helper()
	stick := carrier.OpenFolder(dir)
	for _, id := range ids {
		l := r.door(id)
		data, err := stick.ReadBundle(l.Name())
		if err == nil {
			err = l.Apply(data)
		}
		receipt, _ := l.Receipt()
		if err == nil {
			err = stick.WriteReceipt(l.Name(), receipt)
		}
		if err != nil {
			r.Fatalf("lock %s: %v", id, err)
		}
	}
}

// stick writes the bundles of all locks, and reads the receipts there.
func (r *rig) stick(dir string) {
	r.Helper()
	l := r.w.shell.locks
	l.bundled = nil
	l.writeTo(dir)
	r.until("the bundles", func() bool { return !l.working && l.bundled != nil })
}

// visited is a site whose locks have the newest bundles and have said so.
func (r *rig) visited(ids ...string) string {
	r.Helper()
	dir := r.TempDir()
	r.stick(dir)
	r.visit(dir, ids...)
	r.stick(dir)
	return dir
}

// lockState is the state of a lock on the page.
func (r *rig) lockState(id string) desk.DoorState {
	for _, d := range r.w.shell.locks.doors {
		if d.Lock == id {
			return d.State
		}
	}
	return "gone"
}

// at waits until a page shows a pane of a kind.
func at[P pane](r *rig, s *stand, what string) P {
	r.Helper()
	var p P
	r.until(what, func() bool {
		got, ok := s.pane.(P)
		if ok {
			p = got
		}
		return ok
	})
	return p
}

func TestLocksByBuilding(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.visited(homeDoors...)
	l := r.w.shell.locks
	r.w.shell.turnTo(pageLocks)
	r.until("the confirmed lock", func() bool { return r.lockState("H2-204") == desk.DoorUpToDate })
	heads := 0
	for i, at := range l.lines {
		if at.door < 0 {
			heads++
			continue
		}
		if i == 0 || l.doors[at.door].Building == "" {
			t.Errorf("line %d has no building above it", i)
		}
	}
	if heads != 6 || len(l.lines) != len(l.doors)+heads {
		t.Errorf("%d buildings and %d lines for %d locks", heads, len(l.lines), len(l.doors))
	}
	all := len(l.lines)
	l.only.SetChecked(true)
	if len(l.lines) != all-3 {
		t.Errorf("without those that are up to date there are %d lines of %d", len(l.lines), all)
	}
	l.only.SetChecked(false)
	test.Type(l.search, "12 204")
	l.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	p := at[*lockPane](r, &l.stand, "the lock")
	if p.door.Lock != "H2-204" || !r.shows("Het slot heeft het nieuwste pakket bevestigd") || !r.shows("Opent met dezelfde sleutel") || !r.shows("Bevestigd via") || !r.shows("stick of map") {
		t.Errorf("the lock says %q", r.texts())
	}
	r.w.escape()
	if _, ok := l.pane.(*bringPane); !ok || !r.shows("Pakketten op een stick schrijven") {
		t.Errorf("escape leads to %T", l.pane)
	}
}

// A tag that is lost stands beside the locks as long as a door may open for it.
func TestLostTagBesideTheLocks(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	dir := r.visited(homeDoors...)
	r.tap(r.open(home).tagActs["T1"])
	lost := r.w.shell.board.pane.(*lostPane)
	r.tap(lost.later)
	r.tap(at[*statementPane](r, &r.w.shell.board.stand, "the statement").done)
	l := r.w.shell.locks
	r.w.shell.turnTo(pageLocks)
	r.until("the lost tag", func() bool { return len(l.lost) == 1 })
	if !r.shows("Tags die weg zijn en nog iets openen") || !r.shows("Tag 1 van Calslaan 12-204") || !r.shows("3 deuren") {
		t.Errorf("the page says %q", r.texts())
	}
	r.tap(l.pane.(*bringPane).gone[0])
	p := at[*statementPane](r, &l.stand, "the statement")
	if !r.shows("Tot het volgende pakket") {
		t.Errorf("the statement says %q", r.texts())
	}
	r.tap(p.done)
	r.stick(dir)
	r.visit(dir, homeDoors...)
	r.stick(dir)
	r.until("no lost tag", func() bool { return len(l.lost) == 0 })
}

// An update card carries bundles to the locks, and what they confirm back.
func TestUpdateCard(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	l := r.w.shell.locks
	r.w.shell.turnTo(pageLocks)
	r.until("the locks", func() bool { return len(l.doors) > 0 })
	r.tap(l.pane.(*bringPane).card)
	p := l.pane.(*writePane)
	card := r.layBlank()
	r.until("the card", func() bool { return p.phase == phaseReady })
	on := p.result.card.OnCard
	if len(on) == 0 || len(on)+len(p.result.card.Left) != len(l.doors) || !r.shows("Houd hem tegen deze sloten: "+strings.Join(on, ", ")) {
		t.Fatalf("%d of %d bundles on the card; it says %q", len(on), len(l.doors), r.texts())
	}
	if p.second == nil || !r.shows("een volgende kaart nodig") {
		t.Errorf("no next card is offered: %q", r.texts())
	}
	r.until("the card in the strip", func() bool { return r.w.bench.known })
	if s := r.w.shell.strip; s.icon.icon != "card" || s.text.text != "Updatekaart van dit terrein" || !strings.HasPrefix(s.more.text, "voor de sloten") {
		t.Errorf("the strip says %s %q %q", s.icon.icon, s.text.text, s.more.text)
	}
	r.until("the waiting locks", func() bool { return r.lockState(on[0]) == desk.DoorWaiting })
	r.lift()
	r.tap(p.main)
	card.Disarm()
	card.Return()
	card.Reset()
	if d, is, _, err := r.door(on[0]).TryCard(t.Context(), card); err != nil || !is || d.Reason != lock.CardApplied {
		t.Fatalf("at the door: %v, %v, %v", d, is, err)
	}
	// Laid at the desk it shows itself, whatever page was open.
	r.w.shell.turnTo(pageBoard)
	r.tap(r.w.tray.cards[0].button)
	shown := at[*cardPane](r, &l.stand, "the card's own pane")
	if r.w.shell.current != pageLocks {
		t.Errorf("an update card shows itself on page %s", r.w.shell.current)
	}
	r.tap(shown.read)
	p = at[*writePane](r, &l.stand, "the reading")
	r.until("the receipt", func() bool { return p.phase == phaseReady })
	if !r.shows("1 ontvangstbewijs gelezen") || r.lockState(on[0]) != desk.DoorUpToDate {
		t.Errorf("%s, and it says %q", r.lockState(on[0]), r.texts())
	}
	r.tap(p.main)
	r.w.eraseCard()
	p = l.pane.(*writePane)
	r.until("the question", func() bool { return p.phase == phaseConfirm })
	r.tap(p.main)
	r.until("the empty card", func() bool { return p.phase == phaseReady })
	r.until("the empty card in the strip", func() bool { return r.w.bench.known && r.w.bench.seen.Kind == desk.KindBlank })
}

func TestUpdateCardForOneLock(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	l := r.w.shell.locks
	r.w.shell.turnTo(pageLocks)
	r.until("the locks", func() bool { return len(l.doors) > 0 })
	l.list.Select(1)
	r.tap(at[*lockPane](r, &l.stand, "the lock").card)
	p := l.pane.(*writePane)
	r.layBlank()
	r.until("the card", func() bool { return p.phase == phaseReady })
	if on := p.result.card.OnCard; len(on) != 1 || on[0] != l.doors[0].Lock || p.second != nil {
		t.Errorf("on the card: %v", on)
	}
}

// A key tag never becomes an update card, and nothing but one is read as one.
func TestUpdateCardRefusesOtherThings(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	for name, begin := range map[string]func(){
		"Dit is een sleuteltag":                     func() { r.w.writeCard(nil, desk.BundleOptions{}) },
		"Dit is geen updatekaart van dit terrein":   r.w.readCard,
		"Dit is geen updatekaart van dit terrein. ": r.w.eraseCard,
	} {
		begin()
		p := r.w.shell.locks.pane.(*writePane)
		r.tap(r.w.tray.cards[0].button)
		r.until("the refusal", func() bool { return p.phase == phaseRefused })
		if !r.shows(strings.TrimSuffix(name, ". ")) {
			t.Errorf("refused with %q", r.texts())
		}
		r.lift()
		r.tap(p.leave)
	}
	if v := r.open(home).view; v.Hook.Tags != 1 {
		t.Errorf("the tag is %+v", v.Tags)
	}
}

// A card that is taken away too early is written again when it is laid again.
func TestUpdateCardTorn(t *testing.T) {
	for after := 1; after <= 45; after++ {
		t.Run(strconv.Itoa(after), func(t *testing.T) {
			r := newRig(t, nil)
			r.demo(2)
			r.w.writeCard(nil, desk.BundleOptions{})
			p := r.w.shell.locks.pane.(*writePane)
			r.w.tray.tear.SetChecked(true)
			r.w.tray.after = func() int { return after }
			r.layBlank()
			r.until("the card torn or written", func() bool { return p.phase == phaseTorn || p.phase == phaseReady })
			if p.phase == phaseReady {
				t.Fatal("writing takes fewer commands")
			}
			r.until("the card gone", func() bool { return r.w.tray.torn })
			r.tap(r.w.tray.cards[0].button)
			r.until("the card", func() bool { return p.phase == phaseReady })
		})
	}
}

// A lock that leaves in good order is asked about, and is gone.
func TestRetireLock(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	l := r.w.shell.locks
	r.w.shell.turnTo(pageLocks)
	r.until("the locks", func() bool { return len(l.doors) > 0 })
	n, id := len(l.doors), l.doors[0].Lock
	l.list.Select(1)
	r.tap(at[*lockPane](r, &l.stand, "the lock").retire)
	if !r.shows("Slot " + id + " buiten gebruik stellen?") {
		t.Errorf("it asks %q", r.texts())
	}
	r.w.onYes()
	r.until("the lock gone", func() bool { return len(l.doors) == n-1 })
	if r.lockState(id) != "gone" {
		t.Error("it is there still")
	}
	at[*bringPane](r, &l.stand, "the page without it")
}

func TestAddLockTyped(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	l := r.w.shell.locks
	r.w.shell.turnTo(pageLocks)
	r.until("the locks", func() bool { return len(l.doors) > 0 })
	n := len(l.doors)
	r.tap(l.pane.(*bringPane).add)
	p := l.pane.(*addPane)
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := bundle.PublicText(private.PublicKey())
	wrong := []byte(key)
	if wrong[30] = 'A'; key[30] == 'A' {
		wrong[30] = 'B'
	}
	test.Type(p.fields["lock"], "KELDER-1")
	test.Type(p.fields["public_key"], key[:9])
	if p.wrong["public_key"].text != "" {
		t.Errorf("half a key says %q", p.wrong["public_key"].text)
	}
	p.fields["public_key"].SetText(string(wrong))
	if got := p.wrong["public_key"].text; got != "Er zit een typefout in groep 4 van de sleutel." || p.groups.planes[3].fill != toneBad.soft() || p.groups.planes[2].fill == toneBad.soft() {
		t.Errorf("a typing mistake says %q", got)
	}
	r.tap(p.save)
	for column, want := range map[string]string{"building": "Het gebouw ontbreekt.", "zone": "De zone ontbreekt", "home": "precies één woning"} {
		if !strings.Contains(p.wrong[column].text, want) {
			t.Errorf("%s says %q", column, p.wrong[column].text)
		}
	}
	p.kind.choose(p.kind.names[1])
	test.Type(p.fields["building"], "Boulevard 3")
	test.Type(p.fields["zone"], "kelder")
	p.fields["public_key"].SetText(strings.ToLower(key))
	if p.groups.planes[6].fill != toneGood.soft() {
		t.Error("a key that is right does not look so")
	}
	r.tap(p.save)
	r.until("the lock", func() bool { return len(l.doors) == n+1 })
	if !r.shows("Slot KELDER-1 is toegevoegd") || p.fields["lock"].Text != "" || p.fields["building"].Text != "Boulevard 3" {
		t.Errorf("afterwards it says %q", r.texts())
	}
	// The same number with another key is another lock.
	test.Type(p.fields["lock"], "H1-101")
	p.fields["public_key"].SetText(key)
	r.tap(p.save)
	r.until("the refusal", func() bool { return p.wrong["lock"].text != "" })
	if got := p.wrong["lock"].text; !strings.HasPrefix(got, "Slot H1-101 is er al") {
		t.Errorf("a known lock says %q", got)
	}
	p.kind.choose(p.kind.names[2])
	if !p.fields["home"].Disabled() {
		t.Error("a service door asks for a home")
	}
	r.w.escape()
	at[*bringPane](r, &l.stand, "the page")
}

// The gateway says what the broker really does.
func TestGateway(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	broker := mosquittotest.Start(t)
	dir := filepath.Dir(broker.ConfigFile("desk"))
	l := r.w.shell.locks
	r.w.shell.turnTo(pageLocks)
	card := func() *gatewayCard { return at[*bringPane](r, &l.stand, "the carriers").gateway }
	if !r.shows("Niet ingesteld") || card().start.Visible() {
		t.Errorf("without settings it says %q", r.texts())
	}
	r.tap(card().settings)
	f := sub[*carriersPage](r, subCarriers).gateway
	for name, value := range map[string]string{"broker": broker.Addr, "ca": "ca.pem", "certificate": "desk.pem", "key": "nowhere.key"} {
		if name != "broker" {
			value = filepath.Join(dir, value)
		}
		f.fields[name].SetText(value)
	}
	r.tap(f.save)
	r.until("the refusal", func() bool { return f.noted.Visible() })
	if !r.shows("Deze sleutel is niet te lezen") {
		t.Errorf("a wrong key says %q", f.note.String())
	}
	f.fields["key"].SetText(filepath.Join(dir, "desk.key"))
	r.tap(f.save)
	r.until("the page of the locks", func() bool { return r.w.shell.current == pageLocks })
	if !r.shows("Gestopt") || !r.shows(broker.Addr) {
		t.Errorf("with settings it says %q", r.texts())
	}
	r.tap(card().start)
	r.until("the connection", func() bool { return r.w.gateway.view.Connected && r.w.gateway.view.Published == len(l.doors) })
	r.until("the words", func() bool { return r.shows("Verbonden") && r.shows("nieuwe pakketten") })
	r.until("the locks", func() bool { return r.lockState("E1") == desk.DoorWaiting })
	broker.Kill()
	r.until("the broken connection", func() bool { return r.shows("Opnieuw verbinden") && r.shows("De broker is niet bereikbaar") })
	broker.Restart(true)
	r.until("the connection again", func() bool { return r.w.gateway.view.Connected && r.shows("Verbonden") })
	if !r.w.o.App.Preferences().Bool(prefGateway) {
		t.Error("the next window will not start it")
	}
	r.tap(card().stop)
	r.until("the end", func() bool { return r.w.gateway.cancel == nil })
	if !r.shows("Gestopt") || r.w.o.App.Preferences().Bool(prefGateway) {
		t.Errorf("stopped, it says %q", r.texts())
	}
	// Settings that were spoiled from outside: it says so, and is not lost.
	if err := os.WriteFile(r.w.gatewayConfig(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.w.gateway.start()
	r.until("the problem", func() bool { return r.w.gateway.cancel == nil })
	if !r.shows("Werkt niet") || !r.shows("De instellingen van de gateway zijn niet te gebruiken") {
		t.Errorf("spoiled, it says %q", r.texts())
	}
}

// The campaign of a stolen lock, from the lock to the report.
func TestStolenLock(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	first, second := r.handOut(home), r.handOut(home)
	dir := r.visited(homeDoors...)
	l, c := r.w.shell.locks, r.w.shell.keys
	r.w.shell.turnTo(pageLocks)
	test.Type(l.search, "c2-3")
	l.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.tap(at[*lockPane](r, &l.stand, "the lock").stolen)
	plan := at[*planPane](r, &c.stand, "the cost")
	if !r.shows("Gestolen slot C2-3") || !r.shows("tags neerleggen") || r.lockState("C2-3") == "gone" {
		t.Errorf("the plan says %q", r.texts())
	}
	if r.w.shell.current != pageKeys {
		t.Errorf("the plan is on page %s", r.w.shell.current)
	}
	r.tap(plan.start)
	if r.w.asked == nil {
		t.Fatal("it begins without asking")
	}
	r.w.onYes()
	p := at[*campaignPane](r, &c.stand, "the campaign")
	if len(c.all) != 1 || p.view.Left.Tags != 2 || p.view.Left.Locks == 0 || !r.shows("0 van 2 tags zijn opnieuw geschreven") {
		t.Errorf("%+v, %q", p.view.Left, r.texts())
	}
	r.tap(p.pause)
	r.until("the pause", func() bool { return p.resume != nil })
	if !p.lay.Disabled() || !r.shows("Gepauzeerd") {
		t.Error("tags are asked for during the pause")
	}
	r.tap(p.resume)
	r.until("the work going on", func() bool { return p.pause != nil })

	r.stick(dir)
	r.visit(dir, allBut(r, "C2-3")...)
	r.stick(dir)
	r.w.shell.turnTo(pageKeys)
	p = at[*campaignPane](r, &c.stand, "the campaign")
	r.until("the locks with the new keys", func() bool { return p.view.Left.Locks == 0 })
	// One tag after the other, with no key or click between them.
	r.tap(p.lay)
	for i, card := range []*softcard.Card{first, second} {
		var act *writePane
		r.until("the next tag", func() bool {
			var ok bool
			act, ok = c.pane.(*writePane)
			return ok && act.phase == phaseWaiting
		})
		r.tap(r.w.tray.cards[i].button)
		if r.w.tray.lying.card != card {
			t.Fatal("another tag lies there")
		}
		r.until("the tag", func() bool { return act.phase == phaseReady })
		r.lift()
	}
	r.until("the campaign with nothing left", func() bool {
		p, _ = c.pane.(*campaignPane)
		return p != nil && p.view.Left.Tags == 0
	})
	r.tap(p.end)
	if !r.shows("Alles is op de nieuwe sleutels") {
		t.Errorf("it asks %q", r.texts())
	}
	r.w.onYes()
	r.until("the report", func() bool { return p.view.Ended != "" && r.shows("De oude sleutels openen nog bij") })
	r.stick(dir)
	r.visit(dir, allBut(r, "C2-3")...)
	r.stick(dir)
	r.w.shell.turnTo(pageKeys)
	r.until("the end of the old keys", func() bool { return r.shows("De oude sleutels openen niets meer") })
}

// A tag that lacks a door of its home says so where it lies, and is written anew.
func TestRenewFromTheReader(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	key := r.campus.Keys["E1"]
	_, err := r.w.desk.AddLock(t.Context(), desk.NewLock{
		Building: "Calslaan 12", Home: "204", Lock: "NEW-1", Zone: "fietsenstalling", Kind: "shared", PublicKey: bundle.PublicText(key.Public()),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.tap(r.w.tray.cards[0].button)
	p := r.tagPane(desk.KindOurs)
	r.tap(p.renew)
	a := r.phase(phaseConfirm)
	if !r.shows("De deuren van zijn woning zijn veranderd") {
		t.Errorf("it says %q", r.texts())
	}
	r.tap(a.main)
	r.phase(phaseReady)
	if got := a.result.issued.Tag; got.ID != "T1" || len(got.Zones) != 4 {
		t.Errorf("the tag is %+v", got)
	}
	r.until("the tag", func() bool { return r.w.bench.known })
	if len(r.w.bench.seen.Renew) > 0 {
		t.Error("it lacks something still")
	}
}

// allBut are all locks of the campus but one.
func allBut(r *rig, id string) []string {
	var out []string
	for lock := range r.campus.Keys {
		if lock != id {
			out = append(out, lock)
		}
	}
	return out
}

func TestCampaignForced(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	r.handOut("Boulevard 3/101")
	r.visited("H1-101")
	c := r.w.shell.keys
	r.tap(r.w.shell.items[pageKeys])
	r.tap(c.begin)
	r.tap(c.pane.(*choosePane).kinds[store.CampaignZone])
	pick := c.pane.(*pickPane)
	r.until("the zones", func() bool { return len(pick.all) > 0 })
	test.Type(pick.search, "voordeur 3-101")
	if len(pick.visible) != 1 {
		t.Fatalf("%d zones", len(pick.visible))
	}
	pick.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.tap(at[*planPane](r, &c.stand, "the cost").start)
	r.w.onYes()
	p := at[*campaignPane](r, &c.stand, "the campaign")
	if !r.shows("De sleutel van één zone: voordeur Boulevard 3-101") {
		t.Errorf("it is called %q", r.texts())
	}
	// Before the doors have the new keys, a tag is not written anew.
	r.tap(p.lay)
	act := at[*writePane](r, &c.stand, "the next tag")
	if !r.shows("nog 1 tag") {
		t.Errorf("it says %q", r.texts())
	}
	r.tap(r.w.tray.cards[0].button)
	r.until("the refusal", func() bool { return act.phase == phaseRefused })
	if !r.shows("hebben hun nieuwe sleutels nog niet bevestigd") {
		t.Errorf("refused with %q", r.texts())
	}
	r.lift()
	r.tap(act.leave)
	p = at[*campaignPane](r, &c.stand, "the campaign again")
	r.tap(p.end)
	if !r.shows("1 tag en 1 slot hebben nog de oude sleutels") {
		t.Errorf("it asks %q", r.texts())
	}
	r.w.onYes()
	r.until("the report", func() bool { return p.view.Ended != "" })
	if !p.view.Forced || !r.shows("Vervallen tags") || !r.shows("Boulevard 3-101 (T1)") {
		t.Errorf("the report says %q", r.texts())
	}
	// The same zone cannot be named twice at once: it says why.
	r.w.planCampaign(desk.CampaignSpec{Kind: store.CampaignZone, Zone: "Z999"})
	r.until("the problem", func() bool { return r.w.asked != nil })
	if !r.shows("Deze zone is er niet") {
		t.Errorf("it says %q", r.texts())
	}
}

// Locator and site need no further choice.
func TestCampaignOfTheSite(t *testing.T) {
	for _, k := range []store.CampaignKind{store.CampaignLocator, store.CampaignSite} {
		r := newRig(t, nil)
		r.demo(10)
		c := r.w.shell.keys
		r.w.shell.turnTo(pageKeys)
		r.tap(c.begin)
		r.tap(c.pane.(*choosePane).kinds[k])
		plan := at[*planPane](r, &c.stand, "the cost")
		r.w.escape()
		if _, ok := c.pane.(*keysPane); !ok || plan.busy() {
			t.Errorf("%s: escape leads to %T", k, c.pane)
		}
		if all, err := r.w.desk.Campaigns(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%s: looking at the cost began %d campaigns, %v", k, len(all), err)
		}
	}
}

// Records that were put back: nothing is handed out until the program counts on.
func TestRolledBackInTheWindow(t *testing.T) {
	first := newRig(t, nil)
	first.demo(20)
	kept := filepath.Join(t.TempDir(), "kept")
	if err := os.CopyFS(kept, os.DirFS(first.dir)); err != nil {
		t.Fatal(err)
	}
	first.handOut("Boulevard 3/101")
	counter, err := os.ReadFile(filepath.Join(first.dir, "store.counter"))
	if err != nil {
		t.Fatal(err)
	}
	if err := first.w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	first.w.desk = nil
	if err := os.WriteFile(filepath.Join(kept, "store.counter"), counter, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(o *Options) { o.Dir, o.Passphrase = kept, []byte("practice") })
	r.until("the question", func() bool { return r.w.asked != nil })
	if !r.shows("Deze administratie is ouder dan zou moeten") {
		t.Fatalf("it says %q", r.texts())
	}
	r.w.escape() // later
	r.until("the board", func() bool { return r.w.shell.board.loaded && r.w.shell.board.homes.Len() == 20 })
	r.tap(r.open("Boulevard 3/102").handOut)
	r.layBlank()
	p := r.phase(phaseProblem)
	if !r.shows("er mag nog geen tag worden uitgegeven") || p.second == nil {
		t.Fatalf("handing out says %q", r.texts())
	}
	r.tap(p.second)
	r.w.onYes()
	r.until("the end of it", func() bool { return r.shows("Er kunnen weer tags worden uitgegeven") })
	r.w.escape()
	r.until("the site", func() bool { return !r.w.site.RolledBack })
	if sub[*sitePage](r, subSite).raised.Visible() {
		t.Error("the settings still offer it")
	}
	r.w.shell.turnTo(pageBoard)
	r.tap(p.main)
	r.phase(phaseReady)
}

// The demo campus speaks the language of the window, and people live there.
func TestDemoCampusIsAlive(t *testing.T) {
	r := newRig(t, nil)
	r.w.demoHomes = 60
	r.tap(r.w.start.demo)
	r.until("the demo campus", func() bool { return r.w.shell != nil && r.w.shell.board.loaded && r.w.shell.board.homes.Len() == 60 })
	let, tags := 0, 0
	for _, h := range r.w.shell.board.rows {
		if h.Occupied {
			let++
		}
		tags += h.Tags
	}
	if let < 30 || let > 50 || tags < 20 || tags != r.w.site.Tags {
		t.Errorf("%d of 60 homes are let, with %d tags", let, tags)
	}
	r.w.shell.turnTo(pageLocks)
	r.until("the locks", func() bool { return len(r.w.shell.locks.doors) > 0 })
	if !r.shows("hoofdingang") || r.shows("entrance") {
		t.Errorf("the doors are called %q", r.texts())
	}
	all, err := r.w.desk.Tags(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all[0].Since >= all[len(all)-1].Since {
		t.Errorf("everybody moved in on %s", all[0].Since)
	}
}
