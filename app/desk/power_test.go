package desk_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// moment is what is left when the desk's computer loses power: the files of the
// records and the tag, which loses its power as well.
type moment struct {
	name string
	dir  string
	card *softcard.Card
}

// witness is a reader that keeps every moment of an act: before each command
// and after it. All commits lie between two commands, so that no two commits
// are without a moment between them.
type witness struct {
	*softcard.Reader
	c       *campus
	card    *softcard.Card
	moments []moment
	last    [sha256.Size]byte // of the records at the last moment
}

func (w *witness) Transact(ctx context.Context, f func(nfc.Transceiver) error) error {
	return w.Reader.Transact(ctx, func(t nfc.Transceiver) error {
		n := 0
		return f(nfc.TransceiverFunc(func(b []byte) ([]byte, error) {
			n++
			w.keep(fmt.Sprintf("before command %d", n), false)
			answer, err := t.Transmit(b)
			w.keep(fmt.Sprintf("after command %d", n), true)
			return answer, err
		}))
	})
}

// keep keeps the moment, unless it is the last one still.
func (w *witness) keep(name string, tag bool) {
	dir := filepath.Join(w.c.t.TempDir(), "records")
	sum := copyRecords(w.c.t, w.c.dir, dir)
	if !tag && sum == w.last {
		return
	}
	w.last = sum
	w.moments = append(w.moments, moment{name, dir, w.card.Clone()})
}

// copyRecords copies what a disk holds after a power cut; what is shared memory
// while the program runs does not survive one. It gives a digest of all files.
func copyRecords(t *testing.T, from, to string) [sha256.Size]byte {
	t.Helper()
	h := sha256.New()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), "-shm") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, e.Name()), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		h.Write(b)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// wake opens the desk of a moment, with its tag on the reader.
func (m moment) wake(c *campus, t *testing.T) *campus {
	t.Helper()
	w := &campus{t: t, ctx: c.ctx, dir: m.dir, now: c.now, reader: softcard.NewReader("virtual"), demo: c.demo, locks: map[string]*lock.Lock{}}
	var err error
	if w.desk, err = desk.Open(w.ctx, w.options()); err != nil {
		t.Fatalf("%s: %v", m.name, err)
	}
	w.lay(m.card)
	return w
}

// copied is the same moment once more.
func (m moment) copied(t *testing.T) moment {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "records")
	copyRecords(t, m.dir, dir)
	return moment{m.name, dir, m.card.Clone()}
}

// story is an act that power is lost in, and what a caretaker may do after it.
type story struct {
	name string
	// begin prepares home 101 and gives the tag that is laid, and the name of
	// the one that the act is about.
	begin func(c *campus) (*softcard.Card, string)
	act   func(c *campus, r nfc.Reader, tag string) error
	again []remedy
}

// remedy is what is done after the power is back.
type remedy struct {
	name string
	run  func(c *campus, r nfc.Reader, tag string) error
	live int // tags of home 101 afterwards: 1 the one on the reader, 0 it is blank
}

func handed(_ desk.Issued, err error) error { return err }

func actIssue(c *campus, r nfc.Reader, _ string) error {
	return handed(c.desk.Issue(c.ctx, r, home101, desk.IssueOptions{}, nil))
}

func actReplace(c *campus, r nfc.Reader, tag string) error {
	return handed(c.desk.Replace(c.ctx, r, tag, desk.IssueOptions{}, nil))
}

func actReturn(c *campus, r nfc.Reader, tag string) error {
	_, err := c.desk.RevokeReturned(c.ctx, r, tag, nil)
	return err
}

func actWipe(c *campus, r nfc.Reader, _ string) error {
	_, err := c.desk.Wipe(c.ctx, r, nil)
	return err
}

// actUndo wipes what lies there and gives up what is still open.
func actUndo(c *campus, r nfc.Reader, tag string) error {
	if err := actWipe(c, r, tag); err != nil {
		return err
	}
	open, err := c.desk.Pending(c.ctx)
	for _, t := range open {
		if err == nil {
			_, err = c.desk.RevokeLost(c.ctx, t.ID)
		}
	}
	return err
}

func actMoveOutAndWipe(c *campus, r nfc.Reader, tag string) error {
	if _, err := c.desk.MoveOut(c.ctx, home101); err != nil && code(err) != desk.CodeNoTenancy {
		return err
	}
	return actWipe(c, r, tag)
}

func stories() []story {
	fresh := func(c *campus) (*softcard.Card, string) { return c.blank(softcard.EV3), "" }
	live := func(c *campus) (*softcard.Card, string) {
		card := c.blank(softcard.EV2)
		return card, c.issue(card, home101).Tag.ID
	}
	lost := func(c *campus) (*softcard.Card, string) {
		_, tag := live(c)
		return c.blank(softcard.EV1), tag
	}
	torn := func(c *campus) (*softcard.Card, string) {
		card := c.blank(softcard.EV3)
		c.lay(card)
		card.Arm(softcard.LeaveBefore(44))
		if actIssue(c, c.reader, "") == nil {
			c.t.Fatal("not torn")
		}
		return card, ""
	}
	good := remedy{"issue", actIssue, 1}
	undo := remedy{"wipe", actUndo, 0}
	return []story{
		{"issue", fresh, actIssue, []remedy{good, undo}},
		{"issue on a torn tag", torn, actIssue, []remedy{good, undo}},
		{"replace", lost, actReplace, []remedy{{"replace", actReplace, 1}, {"wipe and revoke", actRevoke, 0}}},
		{"return", live, actReturn, []remedy{{"return", actReturn, 0}, undo}},
		{"wipe", live, actWipe, []remedy{{"wipe", actWipe, 0}, {"issue", actReissue, 1}}},
		{"renew", live, actRenew, []remedy{{"renew", actRenew, 1}, {"renew any", actRenewAny, 1}, {"resume or renew", actResumeOrRenew, 1}, undo}},
		{"move out and wipe", live, actMoveOutAndWipe, []remedy{{"move out and wipe", actMoveOutAndWipe, 0}, {"wipe", actUndo, 0}}},
	}
}

// actRevoke gives up the tag that was to be replaced as well.
func actRevoke(c *campus, r nfc.Reader, tag string) error {
	if _, err := c.desk.RevokeLost(c.ctx, tag); err != nil && code(err) != desk.CodeTagEnded {
		return err
	}
	return actUndo(c, r, tag)
}

// actResumeOrRenew finishes what was begun, if anything was.
func actResumeOrRenew(c *campus, r nfc.Reader, tag string) error {
	err := actResume(c, r, tag)
	if code(err) == desk.CodeTagInUse {
		return actRenew(c, r, tag)
	}
	return err
}

// actReissue hands out what lies there, unless it is somebody's still: then it
// is wiped first.
func actReissue(c *campus, r nfc.Reader, tag string) error {
	err := actIssue(c, r, tag)
	if code(err) != desk.CodeTagInUse {
		return err
	}
	if err := actWipe(c, r, tag); err != nil {
		return err
	}
	return actIssue(c, r, tag)
}

// TestPowerLoss loses the power of the desk at every moment of every act. With
// the power back, the tag on the reader and the files as they were, the next
// act ends with a good tag or a blank one, the records say which, and nothing
// stays open.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	moments, wakings := 0, 0
	for _, s := range stories() {
		c := newCampus(t, 1)
		c.syncLocks(doors101...)
		card, tag := s.begin(c)
		c.lay(card)
		w := &witness{Reader: c.reader, c: c, card: card}
		w.keep("at the beginning", false)
		if err := s.act(c, w, tag); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		w.keep("at the end", false)
		moments += len(w.moments)
		for _, m := range w.moments {
			for _, r := range s.again {
				wakings++
				t.Run("", func(t *testing.T) { c.surviveAt(t, s, m.copied(t), r, tag) })
			}
		}
	}
	t.Logf("%d moments of power loss, %d ways out of them", moments, wakings)
}

func (c *campus) surviveAt(t *testing.T, s story, m moment, r remedy, tag string) {
	m.name = fmt.Sprintf("%s: power lost %s, then %s", s.name, m.name, r.name)
	w := m.wake(c, t)
	defer func() { _ = w.desk.Close() }()
	w.honest(m.name+", before it", m.card, c)
	w.lay(m.card)
	before := m.card.AuthenticationFailures()
	err := r.run(w, w.reader, tag)
	// The act had come to its end before the power went.
	if code(err) == desk.CodeTagInUse || code(err) == desk.CodeOtherTag || code(err) == desk.CodeTagEnded {
		t.Logf("%s: %v", m.name, err)
		err = nil
	}
	if err != nil {
		t.Fatalf("%s: %v", m.name, err)
	}
	w.honest(m.name, m.card, c)
	if n := m.card.AuthenticationFailures() - before; n > 2 {
		t.Errorf("%s: %d wrong keys", m.name, n)
	}
	w.agree(m.card, r.live)
	w.nothingOpen(m)
}

// honest holds what the records say against a door that has seen no tag yet,
// and no bundle since the beginning: where every tag of the home is said to be
// dead, the tag on the reader opens nothing.
func (c *campus) honest(name string, card *softcard.Card, from *campus) {
	c.t.Helper()
	alive := map[string]bool{}
	for _, tag := range must(c.desk.Tags(c.ctx)) {
		for _, d := range must(c.desk.Statement(c.ctx, tag.ID)).Doors {
			alive[d.Door.Lock] = alive[d.Door.Lock] || !d.Dead
		}
	}
	for _, id := range doors101[:1] {
		c.locks[id] = from.unused(c.t, id)
		if c.opens(card, id) && !alive[id] {
			c.t.Errorf("%s: every tag is said to be dead at %s, and this one opens it", name, id)
		}
	}
}

// unused is a lock as it was when the newest bundle came to it.
func (c *campus) unused(t *testing.T, id string) *lock.Lock {
	t.Helper()
	key := c.demo.Keys[id]
	l, err := lock.Open(lock.Config{Name: key.Name(), Key: key.Private(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	data, err := carrier.OpenFolder(c.sync).ReadBundle(key.Name())
	if err == nil {
		err = l.Apply(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// nothingOpen closes the desk and looks for plans without an end.
func (c *campus) nothingOpen(m moment) {
	c.t.Helper()
	if open := must(c.desk.Pending(c.ctx)); len(open) > 0 {
		c.t.Errorf("%s: pending: %+v", m.name, open)
	}
	if err := c.desk.Close(); err != nil {
		c.t.Fatal(err)
	}
	s := must(store.Open(c.ctx, c.dir, passphrase, store.Options{}))
	defer func() { _ = s.Close() }()
	err := s.View(c.ctx, func(tx *store.Tx) error {
		plans, err := tx.OpenPlans()
		for _, p := range plans {
			c.t.Errorf("%s: plan %d to %s tag %d stays open at step %d of %v", m.name, p.ID, p.Kind, p.Tag, p.Done, p.Steps)
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
}
