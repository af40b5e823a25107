package bundle

import (
	"errors"
	"fmt"

	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

// content is the plaintext of a bundle as it is encoded.
type content struct {
	_          struct{} `cbor:",toarray"`
	Format     byte
	Site       []byte
	Lock       []byte
	Sequence   uint32
	Issued     uint16
	ReceiptKey []byte
	Locators   []contentLocator
	Zones      []contentZone
	Next       []byte // nil, or 32 bytes
}

type contentLocator struct {
	_       struct{} `cbor:",toarray"`
	Version byte
	Key     []byte
}

type contentZone struct {
	_       struct{} `cbor:",toarray"`
	ID      uint32
	Kind    byte
	Version byte
	Key     []byte
	Epoch   uint16
	Seats   map[uint16]uint16
}

// encodeContent writes the plaintext of b, which has passed check.
func encodeContent(b Bundle) []byte {
	receiptKey := b.ReceiptKey.Reveal()
	c := content{
		Format: Format, Site: b.Site[:], Lock: b.Lock[:], Sequence: b.Sequence,
		Issued: uint16(b.Issued), ReceiptKey: receiptKey[:],
		Locators: make([]contentLocator, len(b.Locators)),
		Zones:    make([]contentZone, len(b.Zones)),
	}
	for i, l := range b.Locators {
		c.Locators[i] = contentLocator{Version: l.Version, Key: l.Key.Reveal()}
	}
	for i, z := range b.Zones {
		c.Zones[i] = contentZone{
			ID: uint32(z.ID), Kind: byte(z.Kind), Version: z.Version, Key: z.Key.Reveal(),
			Epoch: z.Floor.Epoch, Seats: z.Floor.Seats,
		}
		if z.Floor.Seats == nil {
			c.Zones[i].Seats = map[uint16]uint16{}
		}
	}
	if b.Next != nil {
		c.Next = b.Next[:]
	}
	return encode(c)
}

// parseContent reads a plaintext strictly: what parses encodes to the same
// bytes.
func parseContent(data []byte) (Bundle, error) {
	var c content
	if err := strictly(data, &c); err != nil {
		return Bundle{}, err
	}
	if c.Format != Format {
		return Bundle{}, fmt.Errorf("format %d inside, %d outside", c.Format, Format)
	}
	b, err := c.bundle()
	if err != nil {
		return Bundle{}, err
	}
	return b, b.check()
}

func (c content) bundle() (Bundle, error) {
	if len(c.Site) != 8 || len(c.Lock) != 8 || len(c.ReceiptKey) != 16 {
		return Bundle{}, errors.New("site, lock or receipt key of a wrong length")
	}
	b := Bundle{
		Site: SiteID(c.Site), Lock: LockID(c.Lock), Sequence: c.Sequence,
		Issued: keytag.Day(c.Issued), ReceiptKey: NewReceiptKey([16]byte(c.ReceiptKey)),
	}
	for _, l := range c.Locators {
		key, err := desfire.NewKey(desfire.TypeAES, l.Key, l.Version)
		if err != nil {
			return Bundle{}, fmt.Errorf("locator %d: %w", l.Version, err)
		}
		b.Locators = append(b.Locators, Locator{Version: l.Version, Key: key})
	}
	for _, z := range c.Zones {
		key, err := desfire.NewKey(desfire.TypeAES, z.Key, keytag.SlotKeyVersion)
		if err != nil {
			return Bundle{}, fmt.Errorf("zone %d: %w", z.ID, err)
		}
		b.Zones = append(b.Zones, Zone{
			ID: keytag.Zone(z.ID), Kind: Kind(z.Kind), Version: z.Version, Key: key,
			Floor: Floor{Epoch: z.Epoch, Seats: z.Seats},
		})
	}
	if c.Next == nil {
		return b, nil
	}
	if len(c.Next) != 32 {
		return Bundle{}, errors.New("next signer of a wrong length")
	}
	next := SignerKey(c.Next)
	b.Next = &next
	return b, nil
}
