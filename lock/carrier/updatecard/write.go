package updatecard

import (
	"bytes"
	"errors"
	"fmt"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
)

// Access rights of the files, for good.
var (
	bundleRights  = desfire.AccessRights{Read: desfire.AccessFree, Write: 0, ReadWrite: desfire.AccessNever, Change: desfire.AccessNever}
	receiptRights = desfire.AccessRights{Read: desfire.AccessFree, Write: desfire.AccessFree, ReadWrite: desfire.AccessNever, Change: desfire.AccessNever}
)

// block is what the chip gives memory out in (NXP MF3ICD81 rev 3.5, 7.1). A
// file is counted with one block beside its content, an application with one
// beside its key: what a chip takes is not documented, so that the desk finds
// out by trying when it comes close.
const block = 32

func fileCost(size int) int { return block * (1 + (size+block-1)/block) }

// lockCost is what the two files of one lock take.
func lockCost(size int) int { return fileCost(size) + fileCost(bundle.ReceiptSize) }

// frameCost is what the application and its list take.
var frameCost = 2*block + fileCost(ListSize)

// Room says how many bundles fit on a card.
type Room struct {
	// Free is the memory for bundles and receipts, in bytes.
	Free int
	// Locks counts the bundles that were taken in.
	Locks int
}

// Take counts one more bundle of size bytes in, if it fits.
func (r *Room) Take(size int) bool {
	if size > MaxBundle || r.Locks == MaxLocks || lockCost(size) > r.Free {
		return false
	}
	r.Locks++
	r.Free -= lockCost(size)
	return true
}

// Room tells what will fit on the card once it is cleared, before anything is
// changed. After [Card.Clear] it is known better.
func (c *Card) Room() (Room, error) {
	free, err := c.card.FreeMemory()
	if err != nil {
		return Room{}, fmt.Errorf("asking for free memory: %w", err)
	}
	switch c.State {
	case Written:
		free += frameCost
		for _, s := range c.List.Slots {
			free += lockCost(s.Size)
		}
	case Unfinished:
		// What is there is not known. A chip has somewhat less than it is
		// called by.
		free = max(free, c.Version.StorageBytes()*7/8)
	case Blank:
	}
	return Room{Free: max(free-frameCost, 0)}, nil
}

// Clear erases the card and makes it this site's empty update card. What it
// carried is gone: read its receipts first. It gives the room that there is.
// After an error the card is laid again; any desk of the site goes on from
// whatever it is then.
func (c *Card) Clear() (Room, error) {
	room, err := c.clear()
	if err != nil {
		return Room{}, fmt.Errorf("clearing the update card: %w", err)
	}
	return room, nil
}

func (c *Card) clear() (Room, error) {
	key, err := c.applicationKey()
	if err != nil {
		return Room{}, err
	}
	if err := c.take(); err != nil {
		return Room{}, err
	}
	c.State, c.List = Unfinished, List{}
	if err := c.session.FormatPICC(); err != nil {
		return Room{}, err
	}
	if err := c.session.SetDefaultKey(key); err != nil {
		return Room{}, err
	}
	if err := c.session.CreateApplication(AID, closedSettings, 1, desfire.TypeAES); err != nil {
		return Room{}, err
	}
	if err := c.session.SetDefaultKey(desfire.ZeroAES); err != nil {
		return Room{}, err
	}
	if err := c.enter(); err != nil {
		return Room{}, err
	}
	if err := c.session.CreateStdDataFile(listFile, desfire.Plain, bundleRights, ListSize); err != nil {
		return Room{}, err
	}
	free, err := c.session.FreeMemory()
	return Room{Free: free}, err
}

// enter selects the application and authenticates its key.
func (c *Card) enter() error {
	key, err := c.applicationKey()
	if err != nil {
		return err
	}
	if err := c.card.SelectApplication(AID); err != nil {
		return err
	}
	return c.open(key)
}

// Write puts bundles on a card that was cleared, in this order, as many as the
// chip has room for, and reads them back as a lock does. It tells how many are
// on the card; none is [nfc.ErrNoSpace]. before is called before each bundle
// with its index, and may stop the writing with an error; nil is allowed.
func (c *Card) Write(bundles []carrier.Sealed, before func(i int) error) (int, error) {
	n, err := c.write(bundles, before)
	if err != nil {
		return 0, fmt.Errorf("writing the update card: %w", err)
	}
	return n, nil
}

func (c *Card) write(bundles []carrier.Sealed, before func(i int) error) (int, error) {
	list := List{Site: c.site.ID}
	for i, b := range bundles {
		if before != nil {
			if err := before(i); err != nil {
				return 0, err
			}
		}
		h, err := bundle.ParseHeader(b.Data)
		if err == nil && h.Lock != b.Name.ID() {
			err = bundle.ErrLock
		}
		if err != nil {
			return 0, fmt.Errorf("bundle of lock %v: %w", b.Name, err)
		}
		err = c.add(byte(1+i), b.Data)
		if errors.Is(err, nfc.ErrNoSpace) {
			if err := c.enter(); err != nil {
				return 0, err
			}
			break
		}
		if err != nil {
			return 0, err
		}
		list.Slots = append(list.Slots, Slot{h.Lock, len(b.Data)})
	}
	if len(list.Slots) == 0 {
		return 0, nfc.ErrNoSpace
	}
	data, err := list.Encode()
	if err != nil {
		return 0, err
	}
	if err := c.session.WriteData(listFile, desfire.Plain, 0, data); err != nil {
		return 0, err
	}
	if err := c.readBack(list, bundles); err != nil {
		return 0, err
	}
	c.State, c.List = Written, list
	return len(list.Slots), nil
}

// add makes both files of a slot and writes its bundle.
func (c *Card) add(slot byte, data []byte) error {
	if slot > MaxLocks || len(data) > MaxBundle {
		return nfc.ErrNoSpace
	}
	if err := c.session.CreateStdDataFile(slot, desfire.Plain, bundleRights, len(data)); err != nil {
		return err
	}
	if err := c.session.CreateStdDataFile(receiptFile+slot, desfire.Plain, receiptRights, bundle.ReceiptSize); err != nil {
		return err
	}
	return c.session.WriteData(slot, desfire.Plain, 0, data)
}

// readBack reads the card as a lock does, without a key, and finds out that
// nobody else can write on it.
func (c *Card) readBack(want List, bundles []carrier.Sealed) error {
	c.session = nil
	if err := c.card.SelectApplication(AID); err != nil {
		return err
	}
	got, err := readList(c.card)
	if err != nil && !errors.Is(err, ErrUnfinished) {
		return err
	}
	if err != nil || got.Site != want.Site || len(got.Slots) != len(want.Slots) {
		return fmt.Errorf("%w: list", ErrVerify)
	}
	for i, s := range got.Slots {
		data, err := c.card.ReadData(byte(1+i), desfire.Plain, 0, s.Size)
		if err != nil {
			return err
		}
		if s != want.Slots[i] || !bytes.Equal(data, bundles[i].Data) {
			return fmt.Errorf("%w: bundle of lock %v", ErrVerify, bundles[i].Name)
		}
	}
	return c.proveRights(want)
}

// proveRights finds every file as it was to be made: one that takes more than
// it should would be a place to leave something.
func (c *Card) proveRights(l List) error {
	files := map[byte]desfire.FileSettings{listFile: {Access: bundleRights, Size: ListSize}}
	for i, s := range l.Slots {
		files[byte(1+i)] = desfire.FileSettings{Access: bundleRights, Size: s.Size}
		files[byte(receiptFile+1+i)] = desfire.FileSettings{Access: receiptRights, Size: bundle.ReceiptSize}
	}
	there, err := c.card.GetFileIDs()
	if err != nil {
		return err
	}
	for _, no := range there {
		want, listed := files[no]
		if !listed {
			// Made for a lock that did not fit any more.
			continue
		}
		if got, err := c.card.GetFileSettings(no); err != nil {
			return err
		} else if got != want {
			return fmt.Errorf("%w: settings of file %02X", ErrVerify, no)
		}
	}
	return nil
}
