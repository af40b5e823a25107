package lock

import (
	"context"
	"errors"

	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc"
)

// Exchange takes what a carrier has for the lock, and leaves the lock's receipt
// there, also that of an earlier bundle where this one is refused. found tells
// whether there was anything, applied whether the lock works with another
// bundle now. Errors are of the carrier, and those of [Lock.Apply]; a carrier
// that vouches for no first signer is [bundle.ErrSigner] to a new lock.
func (l *Lock) Exchange(ctx context.Context, c carrier.Lockside) (found, applied bool, err error) {
	bundles, err := c.Bundles(ctx, l.name)
	before := l.Sequence()
	for _, data := range bundles {
		err = errors.Join(err, l.apply(data, c.Vouches))
	}
	applied = l.Sequence() != before
	if r, ok := l.Receipt(); ok && !errors.Is(err, carrier.ErrGone) && !nfc.IsLine(err) {
		err = errors.Join(err, c.Leave(ctx, l.name, r))
	}
	return len(bundles) > 0, applied, err
}

// TryCard serves an update card. False means that it is none, and that the
// lock has done nothing but to select two applications. A refused bundle is no
// error of TryCard: refused says why. An error means that the line broke or the
// card broke the protocol; laid again, the card does its work.
//
// Commands: 2 for what is no update card; else at most
// [updatecard.MaxCommands].
func (l *Lock) TryCard(ctx context.Context, t nfc.Transceiver) (d Decision, is bool, refused, err error) {
	card, err := updatecard.OpenAtLock(t, l.aid)
	switch {
	case errors.Is(err, updatecard.ErrKeyTag), errors.Is(err, updatecard.ErrNone):
		return Decision{}, false, nil, nil
	case errors.Is(err, updatecard.ErrUnfinished):
		return Decision{Reason: CardUnfinished}, true, nil, nil
	case err != nil:
		return Decision{}, false, nil, err
	}
	if !card.Serves(l.name) {
		return Decision{Reason: CardNothing}, true, nil, nil
	}
	_, applied, err := l.Exchange(ctx, card)
	var status *nfc.StatusError
	if nfc.IsLine(err) || errors.Is(err, nfc.ErrProtocol) || errors.As(err, &status) {
		return Decision{}, true, nil, err
	}
	switch {
	case applied:
		return Decision{Reason: CardApplied}, true, err, nil
	case err != nil:
		return Decision{Reason: CardRefused}, true, err, nil
	}
	return Decision{Reason: CardKnown}, true, nil, nil
}
