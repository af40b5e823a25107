//go:build unix

package command

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// Queues of killTags are handed out by processes until killsWanted of them were
// killed: on a machine whose speed changes, many end before it is their time.
const (
	killTags    = 20
	killsWanted = 40
	mostQueues  = 10
)

// TestMovingDayKilled hands out a queue by real processes that are killed (as by
// kill -9) at random moments, over and over, with the tag that lay there laid
// again, or another one taken. In the end every home has its tag, none has two,
// and no seat is taken twice.
func TestMovingDayKilled(t *testing.T) {
	kills, all := 0, 0
	for queue := uint64(0); kills < killsWanted; queue++ {
		if queue == mostQueues {
			t.Fatalf("of %d processes only %d were killed", all, kills)
		}
		k := newKilled(t, queue)
		for !k.done() {
			k.attempt()
			if all++; all > 40*mostQueues*killTags {
				t.Fatal("it does not end")
			}
		}
		k.check()
		kills += k.kills
	}
	t.Logf("%d processes, %d of them killed", all, kills)
}

// killed is one queue, and the processes at it.
type killed struct {
	t     *testing.T
	dir   string // of everything
	draw  *rand.Rand
	cards int
	again bool // the last process was killed
	kills int
	whole time.Duration // that the fastest process took that was not killed
}

func newKilled(t *testing.T, seed uint64) *killed {
	t.Helper()
	k := &killed{t: t, dir: t.TempDir(), draw: rand.New(rand.NewPCG(seed, 7))}
	d, err := desk.Init(t.Context(), desk.InitOptions{Options: k.options(), Site: "Practice", Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	defer k.close(d)
	campus, err := desk.NewDemoCampus(killTags)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Import(t.Context(), bytes.NewReader(campus.CSV)); err != nil {
		t.Fatal(err)
	}
	hooks, err := d.Board(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wishes []desk.BatchWish
	for n := range killTags {
		wishes = append(wishes, desk.BatchWish{Home: hooks[n%(killTags/2)].Ref}) // two for each of ten homes
	}
	if _, err := d.BeginBatch(t.Context(), wishes); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(k.dir, "passphrase"), []byte("correct horse battery staple\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *killed) options() desk.Options {
	return desk.Options{Dir: filepath.Join(k.dir, "store"), Passphrase: []byte("correct horse battery staple"), Store: store.Options{TestKDF: true}}
}

func (k *killed) close(d *desk.Desk) {
	if err := d.Close(); err != nil {
		k.t.Error(err)
	}
}

// look opens the records between two processes.
func (k *killed) look(f func(ctx context.Context, d *desk.Desk)) {
	k.t.Helper()
	d, err := desk.Open(k.t.Context(), k.options())
	if err != nil {
		k.t.Fatal(err)
	}
	defer k.close(d)
	f(k.t.Context(), d)
}

func (k *killed) done() (done bool) {
	k.look(func(ctx context.Context, d *desk.Desk) {
		v, err := d.Batch(ctx)
		if err != nil {
			k.t.Fatal(err)
		}
		done = v.Waiting == 0
	})
	return done
}

// attempt is one process that writes a tag, and is killed three times out of
// four.
func (k *killed) attempt() {
	k.t.Helper()
	if !k.again || k.draw.IntN(2) == 0 {
		k.cards++ // else the tag that lay there is laid again
	}
	card := filepath.Join(k.dir, fmt.Sprintf("tag%d", k.cards))
	c := exec.Command("sleutelbord", "--store", filepath.Join(k.dir, "store"), "batch", "write", "--reader", virtualPrefix+card)
	c.Env = append(os.Environ(), "HOME="+k.dir, "TODAY=2026-11-02", passphraseFileVar+"="+filepath.Join(k.dir, "passphrase"))
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	begun := time.Now()
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	kill := k.whole > 0 && k.draw.IntN(4) > 0
	if kill {
		timer := time.AfterFunc(time.Duration(k.draw.Int64N(int64(k.whole))), func() { _ = c.Process.Kill() }) // it may have ended
		defer timer.Stop()
	}
	err := c.Wait()
	k.again = err != nil
	switch {
	case err == nil && !kill:
		if took := time.Since(begun); k.whole == 0 || took < k.whole {
			k.whole = took
		}
	case err != nil && !c.ProcessState.Exited():
		k.kills++
	case err != nil && c.ProcessState.ExitCode() == exitTag:
		k.again = false // it was written before its process was killed: another one is taken
	case err != nil:
		k.t.Fatalf("exit code %d: %s", c.ProcessState.ExitCode(), &out)
	}
}

// check holds the records, and the tags, against the queue.
func (k *killed) check() {
	k.t.Helper()
	k.look(func(ctx context.Context, d *desk.Desk) {
		v, err := d.Batch(ctx)
		if err != nil || v.Written != killTags {
			k.t.Errorf("%d of %d are written: %v", v.Written, killTags, err)
		}
		hooks, err := d.Board(ctx)
		if err != nil {
			k.t.Fatal(err)
		}
		for n, h := range hooks[:killTags/2] {
			if h.Tags != 2 || h.Pending != 0 {
				k.t.Errorf("home %d has %d tags and %d half-written", n, h.Tags, h.Pending)
			}
		}
		k.checkSeats(ctx, d)
		k.checkCards(ctx, d)
	})
}

func (k *killed) checkSeats(ctx context.Context, d *desk.Desk) {
	k.t.Helper()
	err := d.Look(ctx, func(tx *store.Tx) error {
		tags, err := tx.Tags()
		taken := map[string]int64{}
		for _, tag := range tags {
			for _, s := range tag.Slots {
				seat := fmt.Sprint(s.Zone, "/", s.Seat)
				if other := taken[seat]; tag.State == store.TagIssued && other != 0 {
					k.t.Errorf("T%d and T%d both have seat %s", other, tag.ID, seat)
				}
				if tag.State == store.TagIssued {
					taken[seat] = tag.ID
				}
			}
		}
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

// checkCards lays all tags once more: so many are in use as homes want.
func (k *killed) checkCards(ctx context.Context, d *desk.Desk) {
	k.t.Helper()
	live := map[string]bool{}
	for n := range k.cards {
		card, err := softcard.Open(filepath.Join(k.dir, fmt.Sprintf("tag%d", n+1)), softcard.Config{Chip: softcard.EV3, Memory: virtualMemory})
		if err != nil {
			k.t.Fatal(err)
		}
		r := softcard.NewReader("virtual")
		r.Lay(card)
		in, err := d.Inspect(ctx, r)
		if err != nil {
			k.t.Fatal(err)
		}
		if in.Kind == desk.KindOurs && in.Tag != nil && in.Tag.State == store.TagIssued {
			live[in.Tag.ID] = true
		}
	}
	if len(live) != killTags {
		k.t.Errorf("%d tags in hand are in use, want %d", len(live), killTags)
	}
}
