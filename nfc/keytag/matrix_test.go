package keytag_test

import (
	"fmt"
	"testing"

	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// situation is a tag as it can lie on a counter, and what must come of it.
type situation struct {
	name string
	aes  bool // the chip left the factory with an AES key
	// prepare brings a factory-new tag into the situation.
	prepare func(t *testing.T, c *softcard.Card)
	// site is who recognises it; ours if it is zero.
	site  keytag.Site
	state keytag.State
	// wrong is the keys that are tried in vain: 0 wherever the tag says what it
	// is without a key.
	wrong int
	// ev1 and ev2 are the commands of recognising it, on EV1 and on the others.
	ev1, ev2 int
	// issue and wipe tell whether the act is done; else it is refused and the
	// tag untouched.
	issue, wipe bool
}

// foreignAID is an application of somebody else's.
var foreignAID = desfire.AID{0xF2, 0x10, 0xF0}

func must(k desfire.Key, err error) desfire.Key {
	if err != nil {
		panic(err)
	}
	return k
}

func situations() []situation {
	newer, both := site("ours", 2), site("ours", 2, 1)
	theirs := site("theirs")
	return []situation{
		{name: "factory-new", state: keytag.Blank, ev1: 7, ev2: 8, issue: true, wipe: true},
		{name: "factory-new, AES key", aes: true, state: keytag.Blank, ev1: 7, ev2: 8, issue: true, wipe: true},
		{name: "random UID on already", prepare: atChip((*desfire.Session).EnableRandomUID), state: keytag.Blank, ev1: 7, ev2: 10, issue: true, wipe: true},
		{name: "once ours and wiped", prepare: wiped, state: keytag.Blank, ev1: 7, ev2: 10, issue: true, wipe: true},
		{name: "ours", prepare: writtenBy(ours), state: keytag.Complete, ev1: 16, ev2: 19, wipe: true},
		{name: "ours, older locator, which the site holds", prepare: writtenBy(ours), site: both, state: keytag.Complete, ev1: 16, ev2: 19, wipe: true},
		{name: "ours, newer locator, older ones held too", prepare: writtenBy(newer), site: both, state: keytag.Complete, ev1: 16, ev2: 19, wipe: true},
		{name: "ours, locator of a version not held", prepare: writtenBy(newer), state: keytag.OtherSite, ev1: 7, ev2: 7},
		{name: "of another site", prepare: writtenBy(theirs), state: keytag.OtherSite, wrong: 1, ev1: 9, ev2: 9},
		{name: "half-written by us, application just made", prepare: tornBy(ours, desfireCreateApplication), state: keytag.Half, ev1: 12, ev2: 13, issue: true, wipe: true},
		{name: "half-written by us, frozen", prepare: tornBy(ours, desfireChangeFileSettings), state: keytag.Half, wrong: 1, ev1: 15, ev2: 16, issue: true, wipe: true},
		{name: "half-written by us, random UID on", prepare: tornAtLast(ours), state: keytag.Half, ev1: 16, ev2: 19, issue: true, wipe: true},
		{name: "half-wiped by us, chip key still ours", prepare: halfWiped(ours), state: keytag.Half, wrong: 1, ev1: 18, ev2: 21, issue: true, wipe: true},
		{name: "half-written by another site", prepare: tornBy(theirs, desfireChangeFileSettings), state: keytag.Half, wrong: 1, ev1: 15, ev2: 16, issue: true, wipe: true},
		{name: "half-wiped by another site", prepare: halfWiped(theirs), state: keytag.OtherSite, wrong: 2, ev1: 11, ev2: 11},
		{name: "foreign application", prepare: foreign, state: keytag.Foreign, ev1: 4, ev2: 5},
		{name: "foreign application beside ours", prepare: beside, state: keytag.Foreign, ev1: 4, ev2: 5},
		{name: "unknown chip key, DES", prepare: relocked(must(desfire.NewKey(desfire.TypeDES, []byte{2, 4, 6, 8, 10, 12, 14, 16}, 0))), state: keytag.Locked, wrong: 1, ev1: 7, ev2: 8},
		{name: "unknown chip key, AES", prepare: relocked(desfire.NewAESKey([16]byte{1, 2, 3}, 7)), state: keytag.Locked, wrong: 1, ev1: 7, ev2: 8},
	}
}

// TestEveryTagAtTheCounter lays every chip in every situation: what it is, by
// how many commands and wrong keys, and that it can be handed out and made
// blank exactly where it should be.
func TestEveryTagAtTheCounter(t *testing.T) {
	cells := 0
	for _, chip := range chips {
		for _, memory := range []int{2048, 4096, 8192} {
			for _, s := range situations() {
				name := fmt.Sprintf("%v %dK, %s", chip, memory/1024, s.name)
				card := blank(t, softcard.Config{Chip: chip, Memory: memory, PICCKeyAES: s.aes})
				if s.prepare != nil {
					s.prepare(t, card)
				}
				s.prove(t, name, chip, lay(card))
				cells++
			}
		}
	}
	t.Logf("%d tags, each recognised in two ways, handed out and made blank or refused", cells)
}

func (s situation) prove(t *testing.T, name string, chip softcard.Chip, card *softcard.Card) {
	t.Helper()
	if s.site.Keys.Custody == nil {
		s.site = ours
	}
	c := lay(card.Clone())
	c.ResetCount()
	l := recognise(t, s.site, c, keytag.ExpectAnything)
	commands, _, _ := c.Count()
	want := s.ev2
	if chip == softcard.EV1 {
		want = s.ev1
	}
	if l.State != s.state || commands != want {
		t.Errorf("%s: it is %s after %d commands", name, l.State, commands)
	}
	s.proveWrong(t, name, card, c, l)
	if s.state != keytag.Foreign && s.state != keytag.OtherSite && s.state != keytag.Locked && l.Genuine != genuineOf(chip) {
		t.Errorf("%s: it is %s", name, l.Genuine)
	}
	s.tryIssue(t, name, lay(card.Clone()))
	for _, e := range []keytag.Expect{keytag.ExpectAnything, keytag.ExpectOurs} {
		s.tryWipe(t, name, lay(card.Clone()), e)
	}
}

func (s situation) proveWrong(t *testing.T, name string, before, after *softcard.Card, l *keytag.Laid) {
	t.Helper()
	wrong := after.AuthenticationFailures() - before.AuthenticationFailures()
	if wrong != s.wrong || l.WrongKeys != wrong {
		t.Errorf("%s: %d wrong keys tried, %d said", name, wrong, l.WrongKeys)
	}
}

func (s situation) tryIssue(t *testing.T, name string, c *softcard.Card) {
	t.Helper()
	before := c.Clone()
	r := record(0x55, 5)
	err := recognise(t, s.site, c, keytag.ExpectAnything).Issue(r, keytag.Observer{})
	checkWrongKeys(t, name+", handed out", before, c)
	switch {
	case s.issue != (err == nil):
		t.Errorf("%s: handing out: %v", name, err)
	case s.issue:
		proveGood(t, name, lay(c), r.Number)
	default:
		s.proveUntouched(t, name, before, c)
	}
}

func (s situation) tryWipe(t *testing.T, name string, c *softcard.Card, e keytag.Expect) {
	t.Helper()
	before := c.Clone()
	err := recognise(t, s.site, c, e).Wipe(keytag.Observer{})
	checkWrongKeys(t, name+", wiped", before, c)
	switch {
	case s.wipe != (err == nil):
		t.Errorf("%s: wiping: %v", name, err)
	case s.wipe:
		proveBlank(t, name, c)
	default:
		s.proveUntouched(t, name, before, c)
	}
}

// proveUntouched holds a tag that was refused against what it was, as its owner
// would see it.
func (s situation) proveUntouched(t *testing.T, name string, before, after *softcard.Card) {
	t.Helper()
	was, is := directory(t, lay(before.Clone())), directory(t, lay(after.Clone()))
	if was != is {
		t.Errorf("%s: it was %s, and after being refused it is %s", name, was, is)
	}
}

// directory is what anybody can see of a tag: applications, settings, memory.
func directory(t *testing.T, c *softcard.Card) string {
	t.Helper()
	card := desfire.New(c)
	apps, errApps := card.GetApplicationIDs()
	settings, errSettings := card.GetKeySettings()
	free, errFree := card.FreeMemory()
	version, errVersion := card.GetKeyVersion(0)
	return fmt.Sprint(apps, errApps, settings, errSettings, free, errFree, version, errVersion)
}

// Commands after which a plan is torn.
const (
	desfireCreateApplication  = 0xCA
	desfireChangeFileSettings = 0x5F
)

func atChip(do func(*desfire.Session) error) func(*testing.T, *softcard.Card) {
	return func(t *testing.T, c *softcard.Card) {
		t.Helper()
		s, err := zeroSession(desfire.New(lay(c)))
		if err != nil {
			t.Fatal(err)
		}
		if err := do(s); err != nil {
			t.Fatal(err)
		}
	}
}

func relocked(k desfire.Key) func(*testing.T, *softcard.Card) {
	return atChip(func(s *desfire.Session) error { return s.ChangeKey(0, k, desfire.ZeroDES) })
}

func foreign(t *testing.T, c *softcard.Card) {
	t.Helper()
	atChip(func(s *desfire.Session) error { return s.CreateApplication(foreignAID, 0x0F, 1, desfire.TypeAES) })(t, c)
}

// beside is a tag of ours, torn, on which somebody else then made an application.
func beside(t *testing.T, c *softcard.Card) {
	t.Helper()
	tornBy(ours, desfireCreateApplication)(t, c)
	foreign(t, c)
}

func writtenBy(s keytag.Site) func(*testing.T, *softcard.Card) {
	return func(t *testing.T, c *softcard.Card) {
		t.Helper()
		issue(t, s, c, record(1, 3))
	}
}

func wiped(t *testing.T, c *softcard.Card) {
	t.Helper()
	issue(t, ours, c, record(1, 3))
	if err := tryWipe(lay(c)); err != nil {
		t.Fatal(err)
	}
}

// tearing takes the tag away after the first answer to a command.
type tearing struct {
	*softcard.Card
	after byte
}

func (c tearing) Transmit(b []byte) ([]byte, error) {
	if b[1] == c.after {
		c.Arm(softcard.LeaveAfter(1))
	}
	return c.Card.Transmit(b)
}

// tornBy is a tag that a site was writing when it was taken away.
func tornBy(s keytag.Site, after byte) func(*testing.T, *softcard.Card) {
	return func(t *testing.T, c *softcard.Card) {
		t.Helper()
		l := recognise(t, s, tearing{lay(c), after}, keytag.ExpectAnything)
		if l.Issue(record(2, 3), keytag.Observer{}) == nil {
			t.Fatal("a tag that left was written")
		}
	}
}

// tornAtLast is a tag that left before the last command of its plan.
func tornAtLast(s keytag.Site) func(*testing.T, *softcard.Card) {
	return func(t *testing.T, c *softcard.Card) {
		t.Helper()
		whole := lay(c.Clone())
		whole.ResetCount()
		issue(t, s, whole, record(2, 3))
		commands, _, _ := whole.Count()
		lay(c).Arm(softcard.LeaveBefore(commands))
		if recognise(t, s, c, keytag.ExpectAnything).Issue(record(2, 3), keytag.Observer{}) == nil {
			t.Fatal("a tag that left was written")
		}
	}
}

// halfWiped is a tag whose wiping was cut after its settings were opened and
// before its chip key was set back.
func halfWiped(s keytag.Site) func(*testing.T, *softcard.Card) {
	const changeKeySettings = 0x54
	return func(t *testing.T, c *softcard.Card) {
		t.Helper()
		issue(t, s, c, record(1, 3))
		l := recognise(t, s, tearing{lay(c), changeKeySettings}, keytag.ExpectOurs)
		if l.Wipe(keytag.Observer{}) == nil {
			t.Fatal("a tag that left was wiped")
		}
	}
}
