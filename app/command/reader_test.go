package command

import (
	"context"
	"errors"
	"testing"
	"time"

	"sleutelbord/nfc"
)

// namedReader is a reader that only has a name.
type namedReader struct {
	nfc.Reader
	name string
}

func TestOpenReader(t *testing.T) {
	vpcd := []string{"Virtual PCD 00 00", "Virtual PCD 00 01"}
	acs := []string{"ACS ACR1252 [PICC] 00 00", "ACS ACR1252 [SAM] 01 00", "ACS ACR122U 02 00"}
	for _, c := range []struct {
		about string
		names []string
		part  string
		want  string
	}{
		{"exact", vpcd, "Virtual PCD 00 01", "Virtual PCD 00 01"},
		{"slots of one device", vpcd, "virtual", "Virtual PCD 00 00"},
		{"part, other case", acs, "acr122u", "ACS ACR122U 02 00"},
		{"nothing said", acs, "", ""},
		{"fits none", acs, "Identiv", "Identiv"},
		{"fits several", acs, "ACS", "many-readers"},
	} {
		t.Run(c.about, func(t *testing.T) {
			env := Env{
				ListReaders: func() ([]string, error) { return c.names, nil },
				OpenReader:  func(name string) (nfc.Reader, error) { return namedReader{name: name}, nil },
			}
			r, err := env.openReader(c.part)
			if err != nil {
				if got := string(explain(err).Code); got != c.want {
					t.Fatalf("got error %v, want %q", err, c.want)
				}
				return
			}
			if got := r.(namedReader).name; got != c.want {
				t.Fatalf("opened %q, want %q", got, c.want)
			}
		})
	}
}

// watched is a reader that goes through some states and then waits.
type watched struct {
	nfc.Reader
	states []nfc.State
	err    error
}

func (w watched) Watch(ctx context.Context, changed func(nfc.State)) error {
	for _, s := range w.states {
		changed(s)
	}
	if w.err != nil {
		return w.err
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestAwaitTag(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		about string
		w     watched
		want  error
	}{
		{"tag comes", watched{states: []nfc.State{{Attached: true}, {Attached: true, Present: true}}}, nil},
		{"no tag", watched{states: []nfc.State{{Attached: true}}}, nfc.ErrNoTag},
		{"no reader", watched{states: []nfc.State{{}}}, nfc.ErrNoReader},
		{"no service", watched{states: []nfc.State{{Err: nfc.ErrNoService}}}, nfc.ErrNoService},
		{"watching fails", watched{err: broken}, broken},
	} {
		t.Run(c.about, func(t *testing.T) {
			if err := awaitTag(t.Context(), c.w, 20*time.Millisecond); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}
	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := awaitTag(ctx, watched{}, time.Hour); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want that it was cancelled", err)
		}
	})
}
