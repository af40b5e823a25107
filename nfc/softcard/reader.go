package softcard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"sleutelbord/nfc"
)

// Reader is the built-in virtual reader: a place where a [Card] can be laid and
// taken away. It implements [nfc.Reader].
type Reader struct {
	name string
	// busy is held by the one that transacts.
	busy chan struct{}

	mu      sync.Mutex
	card    *Card
	closed  bool
	laid    uint64 // presentation
	changed chan struct{}
}

var _ nfc.Reader = (*Reader)(nil)

// NewReader makes an empty reader with a name for people.
func NewReader(name string) *Reader {
	return &Reader{name: name, busy: make(chan struct{}, 1), changed: make(chan struct{})}
}

// Name implements [nfc.Reader].
func (r *Reader) Name() string { return r.name }

// Lay puts c on the reader, in place of the card that may lie there. A card lies
// on one reader at a time.
func (r *Reader) Lay(c *Card) {
	r.Take()
	c.onMove(r.moved)
	c.Reset()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.card = c
	r.laid++
	r.announce()
}

// Take takes the card away, in the middle of a transaction too. It does nothing
// on an empty reader.
func (r *Reader) Take() {
	r.mu.Lock()
	c := r.card
	if c == nil {
		r.mu.Unlock()
		return
	}
	r.card = nil
	r.announce()
	r.mu.Unlock()
	c.onMove(nil)
	c.Reset()
}

// moved is called by the card when it left by a fault, or returned.
func (r *Reader) moved() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.card != nil && r.card.present() {
		r.laid++
	}
	r.announce()
}

// announce wakes all that watch. It is called under the lock.
func (r *Reader) announce() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// lying gives the card on the reader and its presentation.
func (r *Reader) lying() (*Card, uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return nil, 0, nfc.ErrNoReader
	case r.card == nil || !r.card.present():
		return nil, 0, nfc.ErrNoTag
	}
	return r.card, r.laid, nil
}

// Transact implements [nfc.Reader]. It waits for another transaction to end.
func (r *Reader) Transact(ctx context.Context, f func(nfc.Transceiver) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case r.busy <- struct{}{}:
		defer func() { <-r.busy }()
	case <-ctx.Done():
		return ctx.Err()
	}
	card, laid, err := r.lying()
	if err != nil {
		return err
	}
	card.Reset()
	over := false
	defer func() {
		over = true
		card.Reset()
	}()
	return f(transmission{card, func(command []byte) ([]byte, error) {
		if over {
			return nil, fmt.Errorf("%w: the transaction is over", nfc.ErrLine)
		}
		if len(command) == 0 {
			return nil, errors.New("sending a command: it is empty")
		}
		if now, n, err := r.lying(); err != nil || now != card || n != laid {
			return nil, nfc.ErrTagRemoved
		}
		return card.Transmit(command)
	}})
}

// transmission is the card as a transaction sees it, an [nfc.Transceiver].
type transmission struct {
	card *Card
	nfc.TransceiverFunc
}

// ATR implements [nfc.AnswerToReset].
func (t transmission) ATR() []byte { return t.card.ATR() }

// Watch implements [nfc.Reader].
func (r *Reader) Watch(ctx context.Context, changed func(nfc.State)) error {
	first := true
	var last nfc.State
	for {
		now, next := r.state()
		if first || !same(now, last) {
			changed(now)
			first, last = false, now
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next:
		}
	}
}

// state gives what lies there, and the channel that closes at the next change.
func (r *Reader) state() (nfc.State, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := nfc.State{Attached: !r.closed, Presentation: r.laid}
	if r.card != nil && !r.closed && r.card.present() {
		s.Present, s.ATR = true, r.card.ATR()
	}
	return s, r.changed
}

func same(a, b nfc.State) bool {
	return a.Attached == b.Attached && a.Present == b.Present && a.Presentation == b.Presentation && bytes.Equal(a.ATR, b.ATR)
}

// Close implements [nfc.Reader]: the reader is unplugged. Closing twice does
// nothing.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed = true
		r.announce()
	}
	return nil
}
