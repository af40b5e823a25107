package desk_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// timed is a reader that knows how long its card has thought.
type timed struct {
	*softcard.Reader
	chip     time.Duration
	commands int
}

func (r *timed) Transact(ctx context.Context, f func(nfc.Transceiver) error) error {
	return r.Reader.Transact(ctx, func(t nfc.Transceiver) error {
		return f(nfc.TransceiverFunc(func(b []byte) ([]byte, error) {
			begin := time.Now()
			answer, err := t.Transmit(b)
			r.chip += time.Since(begin)
			r.commands++
			return answer, err
		}))
	})
}

// benchDesk is the desk of a demo campus with so many homes.
func benchDesk(b *testing.B, homes int) *desk.Desk {
	b.Helper()
	d, err := desk.Init(b.Context(), desk.InitOptions{
		Options: desk.Options{Dir: filepath.Join(b.TempDir(), "records"), Passphrase: passphrase, Store: store.Options{TestKDF: true}},
		Site:    "Bench", Practice: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	demo := must(desk.NewDemoCampus(homes))
	must(d.Import(b.Context(), bytes.NewReader(demo.CSV)))
	return d
}

// BenchmarkIssue hands out a tag and takes it back. own-µs/command is the
// desk's own time, records on the disk included, without chip and air; the aim
// is under 200.
func BenchmarkIssue(b *testing.B) {
	ctx := b.Context()
	d := benchDesk(b, 20)
	card := must(softcard.New(softcard.Config{Chip: softcard.EV3}))
	r := &timed{Reader: softcard.NewReader("virtual")}
	r.Lay(card)
	var own time.Duration
	for b.Loop() {
		begin := time.Now()
		before := r.chip
		must(d.Issue(ctx, r, home101, desk.IssueOptions{}, nil))
		must(d.Wipe(ctx, r, nil))
		own += time.Since(begin) - (r.chip - before)
	}
	b.ReportMetric(float64(own.Microseconds())/float64(r.commands), "own-µs/command")
	b.ReportMetric(float64(r.commands)/float64(b.N), "commands/op")
}

// BenchmarkBoard reads the whole board of the demo campus.
func BenchmarkBoard(b *testing.B) {
	ctx := b.Context()
	d := benchDesk(b, 2400)
	for b.Loop() {
		if hooks := must(d.Board(ctx)); len(hooks) != 2400 {
			b.Fatalf("%d homes", len(hooks))
		}
	}
}
