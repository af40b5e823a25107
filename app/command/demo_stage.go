package command

import (
	"context"
	"errors"
	"time"

	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
)

// layLimit is how long the demo waits for a reader to notice that a tag came
// or went; a reader that needs longer is broken.
const layLimit = 30 * time.Second

// stage is where the demo lays its software tags: one reader, which stands in
// for the one at the desk and for those behind every door.
type stage interface {
	// lay lays card on the reader, runs f, and takes the card away.
	lay(ctx context.Context, card *softcard.Card, f func(r nfc.Reader) error) error
	close() error
}

// builtinStage is the built-in reader.
type builtinStage struct{ reader *softcard.Reader }

func (s builtinStage) lay(_ context.Context, card *softcard.Card, f func(r nfc.Reader) error) error {
	s.reader.Lay(card)
	defer s.reader.Take()
	return f(s.reader)
}

func (s builtinStage) close() error { return s.reader.Close() }

// vpcdStage is a reader of the system whose tags come through vpcd, so that
// every command takes the whole way through PC/SC.
type vpcdStage struct {
	reader nfc.Reader
	addr   string
}

var errTagStays = errors.New("the reader still sees the tag that was taken away")

func (s vpcdStage) lay(ctx context.Context, card *softcard.Card, f func(r nfc.Reader) error) error {
	served, takeAway := context.WithCancel(ctx)
	defer takeAway()
	ended := make(chan error, 1)
	go func() {
		err := card.ServeVPCD(served, s.addr)
		takeAway() // a card that cannot be laid ends the waiting for it
		ended <- err
	}()
	err := awaitTag(served, s.reader, layLimit)
	if err == nil {
		err = f(s.reader)
	}
	cut := served.Err() != nil
	takeAway()
	if serveErr := <-ended; cut && ctx.Err() == nil {
		return errVPCD.because(serveErr)
	}
	if err != nil {
		return err
	}
	return awaitState(ctx, s.reader, layLimit, errTagStays, func(st nfc.State) bool { return st.Attached && !st.Present })
}

func (s vpcdStage) close() error { return s.reader.Close() }

// newStage is the built-in reader, or the one that --reader and --vpcd name.
func (c *demoCmd) newStage(a *app) (stage, error) {
	if a.Reader == "" {
		return builtinStage{softcard.NewReader(virtualPrefix)}, nil
	}
	r, err := a.env.openReader(a.Reader)
	if err != nil {
		return nil, err
	}
	return vpcdStage{reader: r, addr: c.VPCD}, nil
}
