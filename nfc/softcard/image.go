package softcard

import (
	"fmt"
	"io"
	"slices"
)

// image is what a chip keeps without power.
type image struct {
	chip   Chip
	memory int
	uid    []byte
	// signature is the originality signature, empty on an EV1.
	signature []byte
	batch     []byte // of production, 5 bytes
	week      byte   // of production, BCD
	year      byte   // of production, BCD

	config         byte // of SetConfiguration 00
	ats            []byte
	defaultKey     []byte // 24 bytes
	defaultVersion byte

	settings byte
	key      key
	apps     []*application
	// used counts the blocks taken since the last format, deleted ones included.
	used int
	// failures counts authentications with a wrong key.
	failures int
}

// Bits of SetConfiguration 00, which cannot be taken back.
const (
	configNoFormat  = 0x01
	configRandomUID = 0x02
)

// Key settings (NXP MF3ICD81 rev 3.5, 9.3.4): the low four bits. The high four
// bits of an application name its change key.
const (
	settingMasterKeyChangeable = 0x01
	settingFreeDirectory       = 0x02
	settingFreeCreate          = 0x04
	settingConfigChangeable    = 0x08
)

// application is an application (DF).
type application struct {
	aid      [3]byte // as on the line, low byte first
	settings byte
	kind     kind
	// fileIDs says that every file carries an ISO file id.
	fileIDs bool
	isoID   uint16 // 0 for none
	name    []byte // DF name, up to 16 bytes
	keys    []key
	files   []*file // in the order of their creation
}

// File types, as GetFileSettings gives them.
const (
	typeStandard byte = 0x00
	typeBackup   byte = 0x01
	typeValue    byte = 0x02
	typeLinear   byte = 0x03
	typeCyclic   byte = 0x04
)

// file is a file (EF) with its committed content.
type file struct {
	no     byte
	isoID  uint16 // 0 for none
	kind   byte
	comm   byte
	access uint16 // nibbles read, write, read-write, change

	data []byte // standard and backup

	lower, upper, value int32
	// limit is what LimitedCredit may still give back.
	limit   int32
	options byte // bit 0 LimitedCredit, bit 1 free GetValue

	recordSize, maxRecords int
	records                [][]byte // oldest first
}

// Bits of the options of a value file.
const (
	optionLimitedCredit = 0x01
	optionFreeGetValue  = 0x02
)

// defaultATS announces frames of 64 bytes and the historical byte 80.
var defaultATS = []byte{0x06, 0x75, 0x77, 0x81, 0x02, 0x80}

// practiceBatch is the same for every soft card, so that it tells none from
// another.
var practiceBatch = []byte{0x53, 0x4F, 0x46, 0x54, 0x00}

func newImage(c Config) (*image, error) {
	if c.Chip == 0 {
		c.Chip = EV3
	}
	if c.Memory == 0 {
		c.Memory = DefaultMemory
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	im := &image{
		chip: c.Chip, memory: c.Memory, uid: slices.Clone(c.UID), signature: slices.Clone(c.Signature),
		batch: practiceBatch, week: 0x01, year: 0x26, ats: defaultATS,
		defaultKey: make([]byte, 24), settings: 0x0F, key: key{kind: kindDES, bytes: make([]byte, 16)},
	}
	if c.PICCKeyAES {
		im.key.kind = kindAES
	}
	if im.uid == nil {
		im.uid = make([]byte, uidSize)
		im.uid[0] = 0x04
		if _, err := io.ReadFull(c.Random, im.uid[1:]); err != nil {
			return nil, fmt.Errorf("drawing a uid: %w", err)
		}
	}
	if im.signature == nil && im.chip != EV1 {
		signature, err := practiceSignature(im.uid)
		if err != nil {
			return nil, err
		}
		im.signature = signature
	}
	return im, nil
}

const (
	uidSize       = 7
	signatureSize = 56
)

func (c Config) check() error {
	switch {
	case c.Chip < EV1 || c.Chip > EV3:
		return fmt.Errorf("no such chip: %v", c.Chip)
	case blocks[c.Memory] == 0:
		return fmt.Errorf("no chip of %d bytes", c.Memory)
	case c.UID != nil && len(c.UID) != uidSize:
		return fmt.Errorf("uid of %d bytes, not %d", len(c.UID), uidSize)
	case c.Signature != nil && len(c.Signature) != signatureSize:
		return fmt.Errorf("signature of %d bytes, not %d", len(c.Signature), signatureSize)
	case c.Signature != nil && c.Chip == EV1:
		return fmt.Errorf("an EV1 has no originality signature")
	}
	return nil
}

func (im *image) randomUID() bool { return im.config&configRandomUID != 0 }

// atr is 3B 8n 80 01, the n historical bytes of the ATS and a check byte.
func (im *image) atr() []byte {
	history := im.ats[min(historyAt(im.ats), len(im.ats)):]
	atr := append([]byte{0x3B, 0x80 | byte(len(history)), 0x80, 0x01}, history...)
	var check byte
	for _, b := range atr[1:] {
		check ^= b
	}
	return append(atr, check)
}

// historyAt is where the historical bytes of an ATS start: after TL, T0 and the
// interface bytes that T0 announces (ISO/IEC 14443-4, 5.2).
func historyAt(ats []byte) int {
	if len(ats) < 2 {
		return len(ats)
	}
	n := 2
	for _, bit := range []byte{0x10, 0x20, 0x40} {
		if ats[1]&bit != 0 {
			n++
		}
	}
	return n
}

func (im *image) find(aid [3]byte) *application {
	for _, a := range im.apps {
		if a.aid == aid {
			return a
		}
	}
	return nil
}

func (im *image) index(a *application) int {
	if a == nil {
		return -1
	}
	return slices.Index(im.apps, a)
}

func (im *image) clone() *image {
	d := *im
	// Byte slices of an image are replaced, never written into, but for file
	// content and keys.
	d.key = im.key.clone()
	d.apps = make([]*application, len(im.apps))
	for i, a := range im.apps {
		d.apps[i] = a.clone()
	}
	return &d
}

func (a *application) clone() *application {
	d := *a
	d.keys = make([]key, len(a.keys))
	for i, k := range a.keys {
		d.keys[i] = k.clone()
	}
	d.files = make([]*file, len(a.files))
	for i, f := range a.files {
		d.files[i] = f.clone()
	}
	return &d
}

func (a *application) file(no byte) *file {
	for _, f := range a.files {
		if f.no == no {
			return f
		}
	}
	return nil
}

func (f *file) clone() *file {
	d := *f
	d.data = slices.Clone(f.data)
	d.records = make([][]byte, len(f.records))
	for i, r := range f.records {
		d.records[i] = slices.Clone(r)
	}
	return &d
}

// isRecord tells a record file.
func (f *file) isRecord() bool { return f.kind == typeLinear || f.kind == typeCyclic }

// isData tells a file of bytes.
func (f *file) isData() bool { return f.kind == typeStandard || f.kind == typeBackup }
