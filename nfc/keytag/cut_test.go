package keytag_test

import (
	"fmt"
	"testing"

	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// act is a plan that is cut: what is done with the card, from laying it on.
type act struct {
	name string
	// prepare brings a new card into the state in which the plan begins.
	prepare func(t *testing.T, c *softcard.Card)
	run     func(c *softcard.Card) error
	// prove is what holds when run says success.
	prove func(t *testing.T, name string, c *softcard.Card)
}

func tryIssue(c *softcard.Card, r keytag.Record) error {
	l, err := ours.Recognise(c, keytag.ExpectAnything)
	if err != nil {
		return err
	}
	return l.Issue(r, keytag.Observer{})
}

func tryWipe(c *softcard.Card) error {
	l, err := ours.Recognise(c, keytag.ExpectOurs)
	if err != nil {
		return err
	}
	return l.Wipe(keytag.Observer{})
}

// tryRenew writes a complete tag anew.
func tryRenew(c *softcard.Card, r keytag.Record) error {
	l, err := ours.Recognise(c, keytag.ExpectAnything)
	if err != nil {
		return err
	}
	return l.Renew(r, keytag.Observer{})
}

var cutRecord = record(9, 5)

func acts() []act {
	nothing := func(*testing.T, *softcard.Card) {}
	written := func(t *testing.T, c *softcard.Card) { issue(t, ours, c, record(1, 3)) }
	torn := func(t *testing.T, c *softcard.Card) {
		lay(c).Arm(softcard.LeaveBefore(30))
		if tryIssue(c, record(2, 4)) == nil {
			t.Fatal("a tag that left was written")
		}
	}
	write := func(c *softcard.Card) error { return tryIssue(c, cutRecord) }
	renew := func(c *softcard.Card) error { return tryRenew(c, cutRecord) }
	good := func(t *testing.T, name string, c *softcard.Card) { proveGood(t, name, lay(c), cutRecord.Number) }
	return []act{
		{"issue", nothing, write, good},
		{"issue on a torn tag", torn, write, good},
		{"renew", written, renew, good},
		{"wipe", written, tryWipe, proveBlank},
		{"wipe a torn tag", torn, tryWipe, proveBlank},
	}
}

type cut struct {
	name  string
	fault func(n int) softcard.Fault
}

var cuts = []cut{
	{"leaves before", softcard.LeaveBefore},
	{"leaves after", softcard.LeaveAfter},
	{"loses the answer of", softcard.LoseAnswer},
	{"corrupts the answer of", softcard.Corrupt},
	{"damages", softcard.CorruptCommand},
}

// TestCuts cuts every plan at every command, before and after the chip has
// acted, and lays the tag again: it must end in a good tag, and also in a
// blank one, without ever more than two wrong keys.
func TestCuts(t *testing.T) {
	total := 0
	for _, chip := range chips {
		for _, aes := range []bool{false, true} {
			for _, a := range acts() {
				base := blank(t, softcard.Config{Chip: chip, PICCKeyAES: aes})
				a.prepare(t, base)
				commands := length(t, base, a)
				for _, c := range cuts {
					for n := 1; n <= commands; n++ {
						name := fmt.Sprintf("%v aes=%v %s: %s command %d of %d", chip, aes, a.name, c.name, n, commands)
						cutAt(t, name, base, a, c.fault(n))
						total++
					}
				}
			}
		}
	}
	t.Logf("%d cuts, each laid again twice: once to a good tag, once to a blank one", total)
}

// length is how many commands an act takes without a fault.
func length(t *testing.T, base *softcard.Card, a act) int {
	t.Helper()
	c := lay(base.Clone())
	c.ResetCount()
	if err := a.run(c); err != nil {
		t.Fatalf("%s: %v", a.name, err)
	}
	n, _, _ := c.Count()
	return n
}

func cutAt(t *testing.T, name string, base *softcard.Card, a act, f softcard.Fault) {
	t.Helper()
	c := lay(base.Clone())
	c.Arm(f)
	err := a.run(c)
	checkWrongKeys(t, name, base, c)
	if err == nil {
		a.prove(t, name+", done all the same", c)
		return
	}
	toGood(t, name, lay(c.Clone()))
	toBlank(t, name, lay(c.Clone()))
}

func checkWrongKeys(t *testing.T, name string, before, after *softcard.Card) {
	t.Helper()
	if n := after.AuthenticationFailures() - before.AuthenticationFailures(); n > 2 {
		t.Errorf("%s: %d wrong keys tried", name, n)
	}
}

// toGood lays the tag again to be handed out.
func toGood(t *testing.T, name string, c *softcard.Card) {
	t.Helper()
	before := c.Clone()
	l, err := ours.Recognise(c, keytag.ExpectAnything)
	if err != nil {
		t.Errorf("%s: laid again: %v", name, err)
		return
	}
	want := l.Number
	switch l.State {
	case keytag.Complete:
	case keytag.Blank, keytag.Half:
		want = keytag.Number{0: 0xAA}
		if err := l.Issue(keytag.Record{Number: want, Slots: cutRecord.Slots}, keytag.Observer{}); err != nil {
			t.Errorf("%s: laid again: %v", name, err)
			return
		}
	default:
		t.Errorf("%s: laid again it is %s", name, l.State)
		return
	}
	checkWrongKeys(t, name+", laid again", before, c)
	proveGood(t, name, lay(c), want)
}

// proveGood holds a tag against layout 1 from both sides: with the site's keys
// and without any.
func proveGood(t *testing.T, name string, c *softcard.Card, n keytag.Number) {
	t.Helper()
	l, err := ours.Recognise(c, keytag.ExpectAnything)
	if err != nil {
		t.Errorf("%s: the tag that was made good: %v", name, err)
		return
	}
	if l.State != keytag.Complete || l.Number != n || l.WrongKeys != 0 {
		t.Errorf("%s: the tag that was made good is %s, %v, %d wrong keys, %v", name, l.State, l.Number, l.WrongKeys, err)
		return
	}
	report, err := keytag.Check(lay(c), keytag.DefaultAID, softcard.PracticePublicKey())
	if err != nil || !report.Passed() {
		t.Errorf("%s: check of the tag that was made good: %v, %+v", name, err, report)
	}
}

// toBlank lays the tag again to be wiped, and proves that another system finds
// a blank tag: zero key, open settings, default key zero.
func toBlank(t *testing.T, name string, c *softcard.Card) {
	t.Helper()
	before := c.Clone()
	if err := tryWipe(c); err != nil {
		t.Errorf("%s: wiping: %v", name, err)
		return
	}
	checkWrongKeys(t, name+", wiped", before, c)
	proveBlank(t, name, c)
}

func proveBlank(t *testing.T, name string, c *softcard.Card) {
	t.Helper()
	l, err := ours.Recognise(lay(c), keytag.ExpectAnything)
	if err != nil || l.State != keytag.Blank || l.WrongKeys != 0 {
		t.Errorf("%s: the wiped tag is %+v, %v", name, l, err)
		return
	}
	proveUsable(t, name, lay(c))
}
