package updatecard

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/desfire"
)

// AID is the application of update cards, next to that of key tags (F53B01).
var AID = desfire.AID{0xF5, 0x3B, 0x02}

// ParseTags reads the application of a site's tags, six hexadecimal digits. It
// refuses the chip itself (000000) and the application of update cards.
func ParseTags(s string) (desfire.AID, error) {
	aid, err := desfire.ParseAID(s)
	if err == nil && (aid == desfire.PICCLevel || aid == AID) {
		err = fmt.Errorf("application %v cannot be that of key tags", aid)
	}
	return aid, err
}

// Limits of the card.
const (
	// MaxLocks is how many locks one card can serve, memory allowing.
	MaxLocks = 15
	// MaxBundle is the longest bundle in bytes that is carried on a card: what
	// the largest chip holds, and what a lock reads in about a second.
	MaxBundle = 7168
)

const (
	listFormat  = 1
	listFile    = 0x00
	listHeader  = 10
	slotSize    = 10
	listBody    = listHeader + MaxLocks*slotSize
	listCheck   = 4
	listLabel   = "sleutelbord update card 1"
	receiptFile = 0x10 // plus the slot
)

// ListSize is the length of the list in bytes.
const ListSize = listBody + listCheck

// ErrUnfinished is a card whose list cannot be read: it was torn while it was
// written, or somebody filled it with something else.
var ErrUnfinished = errors.New("update card is half-written")

// List says what is on a card: file 00.
type List struct {
	Site  bundle.SiteID
	Slots []Slot // 1 to 15
}

// Slot is the place of one lock on a card.
type Slot struct {
	Lock bundle.LockID
	Size int // of the bundle in bytes, 1 to MaxBundle
}

func (l List) check() error {
	if len(l.Slots) < 1 || len(l.Slots) > MaxLocks {
		return fmt.Errorf("%d slots: 1 to %d are possible", len(l.Slots), MaxLocks)
	}
	for i, s := range l.Slots {
		if s.Size < 1 || s.Size > MaxBundle {
			return fmt.Errorf("bundle of %d bytes: at most %d are possible", s.Size, MaxBundle)
		}
		if slices.ContainsFunc(l.Slots[:i], func(o Slot) bool { return o.Lock == s.Lock }) {
			return fmt.Errorf("lock %v stands there twice", s.Lock)
		}
	}
	return nil
}

// Encode lays the list out in its 164 bytes.
func (l List) Encode() ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("encoding list: %w", err)
	}
	b := make([]byte, ListSize)
	b[0], b[1] = listFormat, byte(len(l.Slots))
	copy(b[2:], l.Site[:])
	for i, s := range l.Slots {
		at := b[listHeader+i*slotSize:]
		copy(at, s.Lock[:])
		binary.BigEndian.PutUint16(at[8:], uint16(s.Size))
	}
	sum := listSum(b[:listBody])
	copy(b[listBody:], sum[:])
	return b, nil
}

func listSum(body []byte) [listCheck]byte {
	h := sha256.New()
	h.Write([]byte(listLabel))
	h.Write(body)
	return [listCheck]byte(h.Sum(nil))
}

// ParseList reads a list strictly: what parses encodes to the same bytes.
// Errors wrap [ErrUnfinished].
func ParseList(b []byte) (List, error) {
	if len(b) != ListSize {
		return List{}, fmt.Errorf("%w: list of %d bytes", ErrUnfinished, len(b))
	}
	if b[0] != listFormat || listSum(b[:listBody]) != [listCheck]byte(b[listBody:]) {
		return List{}, fmt.Errorf("%w: no list, or of another format", ErrUnfinished)
	}
	n := int(b[1])
	if n > MaxLocks {
		return List{}, fmt.Errorf("%w: %d slots", ErrUnfinished, n)
	}
	l := List{Site: bundle.SiteID(b[2:10])}
	for i := range MaxLocks {
		s := b[listHeader+i*slotSize:][:slotSize]
		if i < n {
			l.Slots = append(l.Slots, Slot{bundle.LockID(s[:8]), int(binary.BigEndian.Uint16(s[8:]))})
		} else if [slotSize]byte(s) != [slotSize]byte{} {
			return List{}, fmt.Errorf("%w: unused slot %d is not zero", ErrUnfinished, i+1)
		}
	}
	if err := l.check(); err != nil {
		return List{}, fmt.Errorf("%w: %w", ErrUnfinished, err)
	}
	return l, nil
}

// find gives the number of a lock's slot, from 1, or 0.
func (l List) find(id bundle.LockID) int {
	return 1 + slices.IndexFunc(l.Slots, func(s Slot) bool { return s.Lock == id })
}
