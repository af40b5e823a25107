package keytag

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"sleutelbord/nfc/desfire"
)

// Constants of layout 1.
const (
	Layout          = 1
	MaxSlots        = 12
	RecordSize      = 16 + MaxSlots*slotSize
	slotSize        = 12
	RecordFile      = 1 // number of the one file
	KeyCount        = 14
	MasterKeyNo     = 0
	LocatorKeyNo    = 1
	FirstSlotKeyNo  = 2
	SlotKeyVersion  = 1 // shown by every key but the locator key
	PICCSettings    = 0x0B
	BlankSettings   = 0x0F
	AppSettings     = 0x0B
	recordHeaderLen = 16
)

// DefaultAID is the application of every site of this software, so that the
// application names no landlord.
var DefaultAID = desfire.AID{0xF5, 0x3B, 0x01}

// Number is a tag number: twelve random bytes, new at every write. It says
// nothing about the tag's owner and has nothing to do with the chip's UID.
type Number [12]byte

// String is the number in hexadecimal.
func (n Number) String() string { return hex.EncodeToString(n[:]) }

// Zone numbers a set of locks that one slot key opens, 1 to 0xFFFFFF.
type Zone uint32

// MaxZone is the highest zone that fits the record's three bytes.
const MaxZone Zone = 1<<24 - 1

// Day is a day in UTC, counted from 2020-01-01 as day 0. As an end date, 0
// means that there is none.
type Day uint16

var dayZero = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// DayOf is the day, in UTC, on which t falls; days outside 2020-01-01 to
// 2199-06-05 are an error.
func DayOf(t time.Time) (Day, error) {
	d := t.UTC().Sub(dayZero) / (24 * time.Hour)
	if t.Before(dayZero) || d > 0xFFFF {
		return 0, fmt.Errorf("day %s is outside 2020 to 2199", t.UTC().Format(time.DateOnly))
	}
	return Day(d), nil
}

// Time is midnight, UTC, at which the day begins.
func (d Day) Time() time.Time { return dayZero.AddDate(0, 0, int(d)) }

func (d Day) String() string {
	if d == 0 {
		return "no end"
	}
	return d.Time().Format(time.DateOnly)
}

// Claims is what one slot of a tag claims to a lock. All of it is in the
// slot key's diversification input, so that no bit of it can be changed.
type Claims struct {
	Zone       Zone
	Version    byte // of the zone key
	Epoch      uint16
	Seat       uint16
	Generation uint16
	NotAfter   Day // last valid day; 0 is no end
}

// Record is the content of file 01.
type Record struct {
	Number Number
	Slots  []Claims // 0 to 12
}

// ErrRecord is what every error of [ParseRecord] wraps.
var ErrRecord = errors.New("record of the tag cannot be read")

// Encode lays r out in its 160 bytes. More than twelve slots, a zone outside
// 1..0xFFFFFF or two slots of one zone and version are errors.
func (r Record) Encode() ([]byte, error) {
	if err := r.validate(); err != nil {
		return nil, fmt.Errorf("encoding record: %w", err)
	}
	b := make([]byte, RecordSize)
	b[0], b[1] = Layout, byte(len(r.Slots))
	copy(b[4:16], r.Number[:])
	for i, c := range r.Slots {
		c.put(b[recordHeaderLen+i*slotSize:])
	}
	return b, nil
}

// usedLen is the length of the part of the encoded record that is not zero.
func (r Record) usedLen() int { return recordHeaderLen + len(r.Slots)*slotSize }

func (r Record) validate() error {
	if len(r.Slots) > MaxSlots {
		return fmt.Errorf("%d slots: a tag has %d", len(r.Slots), MaxSlots)
	}
	for i, c := range r.Slots {
		if c.Zone == 0 || c.Zone > MaxZone {
			return fmt.Errorf("slot %d: zone %d is outside 1 to %d", i, c.Zone, MaxZone)
		}
		for j := range i {
			if r.Slots[j].Zone == c.Zone && r.Slots[j].Version == c.Version {
				return fmt.Errorf("slots %d and %d are both for zone %d", j, i, c.Zone)
			}
		}
	}
	return nil
}

// put writes c in the order in which record and diversification input have it.
func (c Claims) put(b []byte) {
	b[0], b[1], b[2] = byte(c.Zone>>16), byte(c.Zone>>8), byte(c.Zone)
	b[3] = c.Version
	binary.BigEndian.PutUint16(b[4:], c.Epoch)
	binary.BigEndian.PutUint16(b[6:], c.Seat)
	binary.BigEndian.PutUint16(b[8:], c.Generation)
	binary.BigEndian.PutUint16(b[10:], uint16(c.NotAfter))
}

// ParseRecord reads the 160 bytes of file 01 strictly: another layout, a
// length other than 160, bytes that ought to be zero, and what Encode refuses
// are errors. What parses encodes to the same bytes.
func ParseRecord(b []byte) (Record, error) {
	if len(b) != RecordSize {
		return Record{}, fmt.Errorf("%w: %d bytes instead of %d", ErrRecord, len(b), RecordSize)
	}
	number, n, err := parseHeader(b)
	if err != nil {
		return Record{}, err
	}
	r := Record{Number: number}
	for i := range MaxSlots {
		s := b[recordHeaderLen+i*slotSize:][:slotSize]
		if i < n {
			r.Slots = append(r.Slots, parseClaims(s))
		} else if [slotSize]byte(s) != ([slotSize]byte{}) {
			return Record{}, fmt.Errorf("%w: unused slot %d is not zero", ErrRecord, i)
		}
	}
	if err := r.validate(); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return r, nil
}

// parseHeader reads the first 16 bytes: all that wiping needs.
func parseHeader(b []byte) (Number, int, error) {
	switch {
	case len(b) < recordHeaderLen:
		return Number{}, 0, fmt.Errorf("%w: header of %d bytes", ErrRecord, len(b))
	case b[0] != Layout:
		return Number{}, 0, fmt.Errorf("%w: layout %d, this program knows layout %d", ErrRecord, b[0], Layout)
	case b[1] > MaxSlots:
		return Number{}, 0, fmt.Errorf("%w: %d slots", ErrRecord, b[1])
	case b[2] != 0 || b[3] != 0:
		return Number{}, 0, fmt.Errorf("%w: bytes 2 and 3 are not zero", ErrRecord)
	}
	return Number(b[4:16]), int(b[1]), nil
}

func parseClaims(b []byte) Claims {
	return Claims{
		Zone:       Zone(b[0])<<16 | Zone(b[1])<<8 | Zone(b[2]),
		Version:    b[3],
		Epoch:      binary.BigEndian.Uint16(b[4:]),
		Seat:       binary.BigEndian.Uint16(b[6:]),
		Generation: binary.BigEndian.Uint16(b[8:]),
		NotAfter:   Day(binary.BigEndian.Uint16(b[10:])),
	}
}
