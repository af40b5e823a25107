package updatecard

import (
	"context"
	"errors"
	"fmt"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
)

// Errors of a card that is not to be used.
var (
	ErrKeyTag = errors.New("a key tag is never used as an update card")
	// ErrNone is a card or tag that is something else.
	ErrNone = errors.New("not an update card")
)

// MaxCommands is the most commands that a lock sends to a card, whatever the
// card answers: 2 selections, the list, the bundle in frames of 32 bytes or
// more (the chips send 59), and reading and writing the receipt.
const MaxCommands = 2 + ListSize/32 + 1 + MaxBundle/32 + 1 + 2

// errBudget is a card that answers in crumbs.
var errBudget = fmt.Errorf("%w: card wants more than %d commands", nfc.ErrProtocol, MaxCommands)

// limited lets so many commands through.
type limited struct {
	t    nfc.Transceiver
	left int
}

func (l *limited) Transmit(command []byte) ([]byte, error) {
	if l.left == 0 {
		return nil, errBudget
	}
	l.left--
	return l.t.Transmit(command)
}

// AtLock is an update card before a lock, for the length of one transaction.
// It implements [carrier.Lockside].
type AtLock struct {
	card *desfire.Card
	list List
}

var _ carrier.Lockside = (*AtLock)(nil)

// OpenAtLock finds out whether what lies before a lock is an update card. tags
// is the application of the site's key tags: a card that has it is
// [ErrKeyTag], whatever else is on it. Something else is [ErrNone], a card
// without a good list [ErrUnfinished].
func OpenAtLock(t nfc.Transceiver, tags desfire.AID) (*AtLock, error) {
	a := &AtLock{card: desfire.New(&limited{t, MaxCommands})}
	err := a.card.SelectApplication(tags)
	if err == nil {
		return nil, ErrKeyTag
	}
	if !errors.Is(err, nfc.ErrNotFound) {
		return nil, orNone(err)
	}
	if err := a.card.SelectApplication(AID); err != nil {
		return nil, orNone(err)
	}
	if a.list, err = readList(a.card); err != nil {
		return nil, err
	}
	return a, nil
}

// orNone turns what a card refuses, and what no DESFire card answers, into
// [ErrNone]; a broken line stays one.
func orNone(err error) error {
	if nfc.IsLine(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrNone, err)
}

// readList reads file 00 of the selected application, without a key.
func readList(c *desfire.Card) (List, error) {
	b, err := c.ReadData(listFile, desfire.Plain, 0, ListSize)
	if err != nil {
		if nfc.IsLine(err) {
			return List{}, err
		}
		return List{}, fmt.Errorf("%w: %w", ErrUnfinished, err)
	}
	return ParseList(b)
}

// Bundles implements [carrier.Lockside].
func (a *AtLock) Bundles(_ context.Context, name bundle.LockName) ([][]byte, error) {
	slot := a.list.find(name.ID())
	if slot == 0 {
		return nil, nil
	}
	data, err := a.card.ReadData(byte(slot), desfire.Plain, 0, a.list.Slots[slot-1].Size)
	if err != nil {
		return nil, fmt.Errorf("reading bundle from update card: %w", err)
	}
	return [][]byte{data}, nil
}

// Leave implements [carrier.Lockside]: the receipt is written unless it is
// there already. A card that has no place for this lock gets none.
func (a *AtLock) Leave(_ context.Context, name bundle.LockName, r bundle.Receipt) error {
	slot := a.list.find(name.ID())
	if slot == 0 {
		return nil
	}
	file := byte(receiptFile + slot)
	have, err := a.card.ReadData(file, desfire.Plain, 0, bundle.ReceiptSize)
	if err == nil && string(have) != string(r[:]) {
		err = a.card.WriteData(file, desfire.Plain, 0, r[:])
	}
	if err != nil {
		return fmt.Errorf("leaving receipt on update card: %w", err)
	}
	return nil
}

// Vouches implements [carrier.Lockside]: somebody stands at the lock and holds
// the card against it.
func (a *AtLock) Vouches(bundle.SignerKey) bool { return true }

// Serves tells whether the card has a place for the lock.
func (a *AtLock) Serves(name bundle.LockName) bool { return a.list.find(name.ID()) != 0 }
