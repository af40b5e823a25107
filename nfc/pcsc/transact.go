package pcsc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sleutelbord/nfc"
)

// retryInterval is the time between two attempts while another program has
// the reader to itself; pcsc-lite uses the same for its own
// (PCSCLITE_LOCK_POLL_RATE).
const retryInterval = 100 * time.Millisecond

// Transact implements [nfc.Reader]. While another program keeps the reader to
// itself it tries for three seconds, or until ctx is done.
func (r *reader) Transact(ctx context.Context, f func(nfc.Transceiver) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-r.closed:
		return errClosed
	default:
	}
	t, err := r.acquire(ctx)
	if err != nil {
		return err
	}
	defer t.finish()
	return f(t)
}

// acquire opens and locks the tag. PC/SC cannot be told to give up waiting for
// another program, so a goroutine waits; if the caller gives up first, that
// goroutine lets go of what it gets, and keeps the turn until then, so that at
// most one waits per reader.
func (r *reader) acquire(ctx context.Context) (*transaction, error) {
	limit := time.NewTimer(r.patience)
	defer limit.Stop()
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", nfc.ErrReaderBusy, ctx.Err())
	case <-limit.C:
		return nil, nfc.ErrReaderBusy
	}
	type outcome struct {
		t   *transaction
		err error
	}
	got := make(chan outcome)
	abandoned := make(chan struct{})
	go func() {
		t, err := r.grab(abandoned)
		if err != nil {
			<-r.turn
		}
		select {
		case got <- outcome{t, err}:
		case <-abandoned:
			if err == nil {
				t.finish()
			}
		}
	}()
	select {
	case o := <-got:
		return o.t, r.explainOpening(o.err)
	case <-ctx.Done():
		close(abandoned)
		return nil, fmt.Errorf("%w: %w", nfc.ErrReaderBusy, ctx.Err())
	case <-limit.C:
		close(abandoned)
		return nil, nfc.ErrReaderBusy
	}
}

// grab opens, locks and resets the tag, again and again while another program
// is in the way, until abandoned is closed.
func (r *reader) grab(abandoned chan struct{}) (*transaction, error) {
	for {
		t, err := r.open()
		busy := isCode(err, codeSharing) || isCode(err, codeResetCard)
		if !busy || stopped(abandoned, retryInterval) {
			return t, err
		}
	}
}

// diagnose finds out what is behind err. PC/SC gives one and the same answer
// when a tag leaves in the middle of an exchange, when the exchange fails
// although the tag stays, and when the service dies. since is the presentation
// that was used; removed is the sentinel for a tag that left.
func (r *reader) diagnose(op string, err error, since uint64, removed error) error {
	var c code
	if !errors.As(err, &c) || c.meaning().is != nfc.ErrLine {
		return explain(op, err)
	}
	if !r.serviceAnswers() {
		return explainAs(op, c, nfc.ErrNoService)
	}
	loss := r.loss(since)
	switch {
	case errors.Is(loss, nfc.ErrTagRemoved):
		return explainAs(op, c, removed)
	case errors.Is(loss, nfc.ErrNoService):
		return explainAs(op, c, nfc.ErrNoService)
	case errors.Is(loss, nfc.ErrNoReader):
		return explainAs(op, c, nfc.ErrNoReader)
	}
	return explain(op, c)
}

func (r *reader) serviceAnswers() bool {
	s, err := r.sys.establish()
	if err != nil {
		return false
	}
	s.release()
	return true
}

// explainOpening explains why a tag could not be opened: one that does not
// answer may have been taken away a moment ago.
func (r *reader) explainOpening(err error) error {
	const op = "opening the tag"
	if isCode(err, codeRemovedCard) {
		return explain(op, codeNoCard)
	}
	return r.diagnose(op, err, r.lying(), nfc.ErrNoTag)
}

// open makes one attempt. Its errors are codes, or already explained.
func (r *reader) open() (*transaction, error) {
	s, err := r.sys.establish()
	if err != nil {
		return nil, explainService("opening the tag", err)
	}
	t := &transaction{reader: r, session: s}
	if err := t.open(); err != nil {
		t.close(false)
		return nil, err
	}
	return t, nil
}

// transaction is exclusive use of a tag, an [nfc.Transceiver].
type transaction struct {
	reader  *reader
	session session
	link    link
	// since is the presentation that the transaction began with, 0 if it is
	// not known.
	since uint64
	// broken is the first error of the line; nothing is sent after it.
	broken error
}

func (t *transaction) open() error {
	names, err := t.session.readers()
	if err != nil && !isCode(err, codeNoReaders) {
		return err
	}
	name, err := choose(names, t.reader.part, t.reader.Name())
	if err != nil {
		return err
	}
	if t.link, err = t.session.connect(name); err != nil {
		return err
	}
	if err := t.link.begin(); err != nil {
		return err
	}
	t.since = t.reader.lying()
	return t.link.reset()
}

// Transmit implements [nfc.Transceiver].
func (t *transaction) Transmit(command []byte) ([]byte, error) {
	if t.broken != nil {
		return nil, t.broken
	}
	if len(command) == 0 {
		return nil, errors.New("sending a command: it is empty")
	}
	response, err := t.link.transmit(command)
	if err == nil && len(response) < 2 {
		// Without a status word it is no answer: some drivers report a tag
		// that left like this.
		err = codeNotTransacted
	}
	if err == nil {
		return response, nil
	}
	if isCode(err, codeNoCard) {
		err = codeRemovedCard
	}
	t.broken = t.reader.diagnose("talking to the tag", err, t.since, nfc.ErrTagRemoved)
	return nil, t.broken
}

// ATR implements [nfc.AnswerToReset]. A service that does not say leaves it
// unknown: what the tag is must then be asked of the tag.
func (t *transaction) ATR() []byte {
	if t.broken != nil {
		return nil
	}
	atr, err := t.link.atr()
	if err != nil {
		return nil
	}
	return atr
}

// errOver is what a Transceiver answers after its transaction.
var errOver = fmt.Errorf("%w: the transaction is over", nfc.ErrLine)

// finish resets the tag, lets others in and gives the turn away.
func (t *transaction) finish() {
	t.broken = errOver
	t.close(true)
	<-t.reader.turn
}

// close gives everything back that open took. Nothing is said of what fails
// here: a tag that left needs no reset, and closing the session gives the rest
// back whatever happens, with a reset of every card that is still open
// (SCardReleaseContext, in pcsc-lite and on Windows).
func (t *transaction) close(begun bool) {
	if t.link != nil {
		reset := false
		if begun {
			reset = t.link.end() != nil
		}
		t.link.disconnect(reset)
	}
	t.session.release()
}
