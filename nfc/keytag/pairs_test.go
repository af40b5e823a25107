package keytag_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// allPairs, set in the environment, runs every pair of faults rather than a
// part of them in which each first and each second fault stands: about half an
// hour on two cores.
const allPairs = "SLEUTELBORD_ALL_PAIRS"

// pairStride is one in how many pairs is run. A prime, so that fault and
// command do not move in step.
const pairStride = 199

// TestTornAtTheEndAndAgain: the chip's settings are closed already, its key is
// not set yet, and the tag that is written anew is torn again. It once ended as
// a tag of another site, which nothing but its key could have told from it.
func TestTornAtTheEndAndAgain(t *testing.T) {
	for _, chip := range chips {
		base := blank(t, softcard.Config{Chip: chip, PICCKeyAES: true})
		last := length(t, base, acts()[0])
		base.Arm(softcard.LeaveBefore(last))
		if tryIssue(base, cutRecord) == nil {
			t.Fatalf("%v: command %d was not the last", chip, last)
		}
		lay(base)
		again := length(t, base, acts()[0])
		for n := 1; n <= again; n++ {
			c := lay(base.Clone())
			c.Arm(softcard.LeaveAfter(n))
			if tryIssue(c, record(3, len(cutRecord.Slots))) == nil {
				t.Fatalf("%v: command %d of %d was not cut", chip, n, again)
			}
			name := fmt.Sprintf("%v torn at command %d, then after %d", chip, last, n)
			toGood(t, name, lay(c.Clone()))
			toBlank(t, name, lay(c.Clone()))
		}
	}
}

// tear is one laying of a tag in which something goes wrong.
type tear struct {
	name string
	run  func(c *softcard.Card) error
	// prove is what holds when run says success.
	prove func(t *testing.T, name string, c *softcard.Card)
}

var (
	handOut = func(n byte) tear {
		r := record(n, 4)
		return tear{"hand out", func(c *softcard.Card) error { return tryHandOut(c, r) }, proveComplete}
	}
	takeBack = tear{"take back", tryWipe, proveBlank}
)

// tryHandOut does what a desk does with the tag that is laid again: a complete
// one stays as it is.
func tryHandOut(c *softcard.Card, r keytag.Record) error {
	l, err := ours.Recognise(c, keytag.ExpectAnything)
	if err != nil || l.State == keytag.Complete {
		return err
	}
	return l.Issue(r, keytag.Observer{})
}

// proveComplete proves a good tag, whichever number it has.
func proveComplete(t *testing.T, name string, c *softcard.Card) {
	t.Helper()
	l, err := ours.Recognise(lay(c.Clone()), keytag.ExpectAnything)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	proveGood(t, name, lay(c), l.Number)
}

// beginning is a tag before the first fault, and what is done with it then.
type beginning struct {
	name  string
	aes   bool
	act   tear
	ready func(t *testing.T, c *softcard.Card)
}

func beginnings() []beginning {
	var b []beginning
	written := func(t *testing.T, c *softcard.Card) { issue(t, ours, c, record(1, 3)) }
	for _, aes := range []bool{false, true} {
		b = append(b,
			beginning{fmt.Sprintf("factory-new, AES %v", aes), aes, handOut(2), func(*testing.T, *softcard.Card) {}},
			beginning{fmt.Sprintf("written, AES %v", aes), aes, takeBack, written})
	}
	// Random UID is on for good once a tag was written.
	return append(b, beginning{"used before, random UID", false, handOut(2), func(t *testing.T, c *softcard.Card) {
		written(t, c)
		if err := tryWipe(lay(c)); err != nil {
			t.Fatal(err)
		}
	}})
}

// TestPairsOfCuts tears a plan, tears the plan that repairs it, and lays the
// tag a third time: it must end in a good tag, and also in a blank one, with
// never more than two wrong keys in a laying.
func TestPairsOfCuts(t *testing.T) {
	var total atomic.Int64
	t.Run("", func(t *testing.T) {
		for _, chip := range chips {
			for _, b := range beginnings() {
				t.Run(fmt.Sprintf("%v %s", chip, b.name), func(t *testing.T) {
					t.Parallel()
					p := pairs{t: t, all: os.Getenv(allPairs) != ""}
					p.run(chip, b)
					total.Add(p.count)
				})
			}
		}
	})
	t.Logf("%d pairs of cuts, each laid a third time twice: once to a good tag, once to a blank one", total.Load())
}

// TestNoThirdWrongKey disturbs one laying twice, on a tag whose state alone
// costs a wrong key: two answers, or two commands, or one of each.
func TestNoThirdWrongKey(t *testing.T) {
	total := 0
	noise := []func(int) softcard.Fault{softcard.Corrupt, softcard.CorruptCommand}
	for _, chip := range chips {
		base := blank(t, softcard.Config{Chip: chip, PICCKeyAES: true})
		base.Arm(softcard.LeaveBefore(length(t, base, acts()[0])))
		if tryIssue(base, cutRecord) == nil {
			t.Fatal("the last command was not cut")
		}
		lay(base)
		for _, a := range []tear{handOut(4), takeBack} {
			n := (&pairs{t: t}).faults(base, a) / len(cuts)
			for i := range n * len(noise) {
				for j := i + 1; j < n*len(noise); j++ {
					if (i+j)%(7*underRace) != 0 {
						continue
					}
					c := lay(base.Clone())
					c.Arm(noise[i%2](1+i/2), noise[j%2](1+j/2))
					err := a.run(c)
					total++
					name := fmt.Sprintf("%v %s: disturbed at commands %d and %d: %v", chip, a.name, 1+i/2, 1+j/2, err)
					checkWrongKeys(t, name, base, c)
					if err == nil {
						a.prove(t, name, c)
					}
				}
			}
		}
	}
	t.Logf("%d layings disturbed twice", total)
}

type pairs struct {
	t     *testing.T
	all   bool
	count int64
}

// fault number k: every kind at every command, with another bit each time.
func nthFault(k int) (string, softcard.Fault) {
	c, n := cuts[k%len(cuts)], 1+k/len(cuts)
	f := c.fault(n)
	f.Bit = uint(k) % 8
	return fmt.Sprintf("%s command %d", c.name, n), f
}

func (p *pairs) run(chip softcard.Chip, b beginning) {
	base := blank(p.t, softcard.Config{Chip: chip, PICCKeyAES: b.aes})
	b.ready(p.t, base)
	first := p.faults(base, b.act)
	for i := range first {
		what, f := nthFault(i)
		name := fmt.Sprintf("%v %s: %s %s", chip, b.name, b.act.name, what)
		torn := lay(base.Clone())
		if !p.tear(name, torn, b.act, f) {
			continue
		}
		for _, again := range []tear{handOut(3), takeBack} {
			p.second(name, torn, again, i, first)
		}
	}
}

// faults is how many faults an act has room for.
func (p *pairs) faults(base *softcard.Card, a tear) int {
	p.t.Helper()
	c := lay(base.Clone())
	c.ResetCount()
	if err := a.run(c); err != nil {
		p.t.Errorf("%s: %v", a.name, err)
	}
	n, _, _ := c.Count()
	return n * len(cuts)
}

// tear runs an act with a fault and tells whether it was stopped by it.
func (p *pairs) tear(name string, c *softcard.Card, a tear, f softcard.Fault) bool {
	p.t.Helper()
	before := c.Clone()
	c.Arm(f)
	err := a.run(c)
	checkWrongKeys(p.t, name, before, c)
	if err == nil {
		a.prove(p.t, name+", done all the same", lay(c.Clone()))
	}
	return err != nil
}

func (p *pairs) second(name string, torn *softcard.Card, again tear, i, first int) {
	p.t.Helper()
	second := p.faults(torn, again)
	// Fewer faults on one side than the stride: else some would stand in no pair.
	stride := min(pairStride*underRace, first-1, second-1)
	if p.all {
		stride = 1
	}
	for j := range second {
		if (i+j)%stride != 0 {
			continue
		}
		what, f := nthFault(j)
		name := fmt.Sprintf("%s; %s %s", name, again.name, what)
		c := lay(torn.Clone())
		p.count++
		if p.tear(name, c, again, f) {
			toGood(p.t, name, lay(c.Clone()))
			toBlank(p.t, name, lay(c.Clone()))
		}
		if p.t.Failed() {
			p.t.FailNow() // one pair tells enough
		}
	}
}

// tryFinish goes on where writing was cut.
func tryFinish(c *softcard.Card, r keytag.Record) error {
	l, err := ours.Recognise(c, keytag.ExpectAnything)
	if err != nil || l.State == keytag.Complete {
		return err
	}
	return l.Finish(r, keytag.Observer{})
}

// TestFinish cuts writing after its keys are set, and the finishing of it at
// every command: in the end the tag is good, with the number that it had.
func TestFinish(t *testing.T) {
	for _, chip := range chips {
		for _, aes := range []bool{false, true} {
			base := blank(t, softcard.Config{Chip: chip, PICCKeyAES: aes})
			stop := func(_, _ int, s keytag.StepName) error {
				if s == keytag.StepVerify {
					lay(base).Arm(softcard.LeaveBefore(1))
				}
				return nil
			}
			if recognise(t, ours, lay(base), keytag.ExpectAnything).Issue(cutRecord, keytag.Observer{Begin: stop}) == nil {
				t.Fatal("not cut")
			}
			finish := act{run: func(c *softcard.Card) error { return tryFinish(c, cutRecord) }}
			n := length(t, lay(base), finish)
			for k := range n * len(cuts) {
				what, f := nthFault(k)
				name := fmt.Sprintf("%v AES %v: finishing %s", chip, aes, what)
				c := lay(base.Clone())
				c.Arm(f)
				if tryFinish(c, cutRecord) == nil {
					proveGood(t, name, lay(c), cutRecord.Number)
					continue
				}
				checkWrongKeys(t, name, base, c)
				toBlank(t, name, lay(c.Clone()))
				toGood(t, name, lay(c.Clone()))
				if err := tryFinish(lay(c), cutRecord); err == nil {
					proveGood(t, name, lay(c), cutRecord.Number)
				} else if l := recognise(t, ours, lay(c), keytag.ExpectAnything); l.State != keytag.Blank {
					t.Errorf("%s: once more: %v, and it is %s", name, err, l.State)
				}
			}
			l := recognise(t, ours, lay(base), keytag.ExpectAnything)
			if err := l.Finish(record(77, 5), keytag.Observer{}); err == nil {
				t.Errorf("%v: finished with another number", chip)
			}
		}
	}
}
