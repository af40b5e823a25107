package window

import (
	"runtime"
	"testing"
	"time"

	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
)

// TestReaderIsChangedWhileATagIsLaid: what the reader before had to tell does not
// take the place of what the present one tells.
func TestReaderIsChangedWhileATagIsLaid(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	b := r.w.bench
	card, err := softcard.New(softcard.Config{Chip: softcard.EV3})
	if err != nil {
		t.Fatal(err)
	}
	told := func(what string, is func(s nfc.State) bool) {
		t.Helper()
		for late := time.Now().Add(patience); ; runtime.Gosched() {
			b.mu.Lock()
			done := b.pending && is(b.newest)
			b.mu.Unlock()
			if done {
				return
			}
			if time.Now().After(late) {
				t.Fatalf("not told: %s", what)
			}
		}
	}
	r.until("that there is no reader", func() bool { return b.state.Err != nil })
	first := softcard.NewReader("first")
	b.use(first)
	r.until("the first reader", func() bool { return b.state.Attached })
	first.Lay(card)
	told("the tag on the first reader", func(s nfc.State) bool { return s.Present })
	b.use(softcard.NewReader("second"))
	told("the second reader", func(s nfc.State) bool { return s.Attached && !s.Present })
	r.settle()
	if !b.state.Attached || b.state.Present || !r.shows("Er ligt niets op de lezer") {
		t.Errorf("the second reader is %+v, and the window says %q", b.state, r.texts())
	}
}
