package desfire

import (
	"errors"
	"fmt"

	"sleutelbord/nfc"
)

// maxAIDs bounds the directory: EV1 holds 28 applications, later chips as many
// as fit their memory.
const maxAIDs = 1024

// GetApplicationIDs lists the applications on the chip; the PICC level must be
// selected. 19 fit a frame, longer lists are chained.
//
// Source: NXP MF3ICD81 rev 3.5, 9.4.5 (6A).
func (c commands) GetApplicationIDs() ([]AID, error) {
	b, err := c.run(command{what: "getting application ids", ins: 0x6A, max: 3 * maxAIDs})
	if err != nil {
		return nil, err
	}
	return parseAIDs(b)
}

func parseAIDs(b []byte) ([]AID, error) {
	if len(b)%3 != 0 {
		return nil, fmt.Errorf("%w: directory of %d bytes", nfc.ErrProtocol, len(b))
	}
	aids := make([]AID, 0, len(b)/3)
	for ; len(b) > 0; b = b[3:] {
		aid := AID{b[2], b[1], b[0]}
		if aid == PICCLevel {
			return nil, fmt.Errorf("%w: directory names application %v", nfc.ErrProtocol, aid)
		}
		aids = append(aids, aid)
	}
	return aids, nil
}

// KeySettings are the settings of the selected application, or of the chip.
type KeySettings struct {
	// Settings: bit 0 master key can be changed, bit 1 directory free, bit 2
	// create and delete free, bit 3 settings can be changed; upper nibble of an
	// application: key that changes keys (E: each its own, F: frozen).
	Settings byte
	// MaxKeys is the number of keys, 1 at the PICC level.
	MaxKeys int
	// Type is the cipher of the keys. The chip does not tell DES from 2K3DES:
	// both are TypeDES here.
	Type KeyType
}

// Bits of the second byte of GetKeySettings and CreateApplication: NXP
// MF3ICD81 rev 3.5, 9.3.4 and 9.4.1; bit 4 since EV2.
const (
	typeBits3K3DES = 0x40
	typeBitsAES    = 0x80
	keySettings3   = 0x10
)

func (t KeyType) typeBits() byte {
	switch t {
	case Type3K3DES:
		return typeBits3K3DES
	case TypeAES:
		return typeBitsAES
	}
	return 0
}

// GetKeySettings reads the settings of the selected application or, at the
// PICC level, of the chip; there Type is the type of the PICC master key.
//
// Source: NXP MF3ICD81 rev 3.5, 9.3.4 (45).
func (c commands) GetKeySettings() (KeySettings, error) {
	b, err := c.run(command{what: "getting key settings", ins: 0x45, min: 2, max: 7})
	if err != nil {
		return KeySettings{}, err
	}
	return parseKeySettings(b)
}

// parseKeySettings: two bytes; more only where the second announces key sets
// (EV2, MF3D(H)x2 "GetKeySettings"), which are not looked into.
func parseKeySettings(b []byte) (KeySettings, error) {
	if len(b) < 2 || len(b) > 7 || (len(b) > 2) != (b[1]&keySettings3 != 0) {
		return KeySettings{}, fmt.Errorf("%w: key settings % X", nfc.ErrProtocol, b)
	}
	k := KeySettings{Settings: b[0], MaxKeys: int(b[1] & 0x0F)}
	switch b[1] & (typeBitsAES | typeBits3K3DES) {
	case 0:
		k.Type = TypeDES
	case typeBits3K3DES:
		k.Type = Type3K3DES
	case typeBitsAES:
		k.Type = TypeAES
	default:
		return KeySettings{}, fmt.Errorf("%w: key settings % X name no cipher", nfc.ErrProtocol, b)
	}
	return k, nil
}

// CreateApplication makes an application with 1 to 14 keys of one type (DES
// stands for 2K3DES too). The keys hold the chip's default key: see
// [Session.SetDefaultKey].
//
// Source: NXP MF3ICD81 rev 3.5, 9.4.1 (CA).
func (c commands) CreateApplication(aid AID, settings byte, keys int, t KeyType) error {
	what := "creating application " + aid.String()
	if aid == PICCLevel || keys < 1 || keys > 14 || t > TypeAES {
		return fmt.Errorf("%s with %d keys of %v: not possible", what, keys, t)
	}
	head := append(aid.wire(), settings, byte(keys)|t.typeBits())
	_, err := c.run(command{what: what, ins: 0xCA, head: head})
	return err
}

// DeleteApplication removes an application and all its files; the PICC level
// must be selected.
//
// Source: NXP MF3ICD81 rev 3.5, 9.4.2 (DA).
func (c commands) DeleteApplication(aid AID) error {
	_, err := c.run(command{what: "deleting application " + aid.String(), ins: 0xDA, head: aid.wire()})
	return err
}

// FreeMemory is the number of bytes that can still be given out.
//
// Source: NXP MF3ICD81 rev 3.5, 9.4.8 (6E).
func (c commands) FreeMemory() (int, error) {
	b, err := c.run(command{what: "getting free memory", ins: 0x6E, min: 3, max: 3})
	if err != nil {
		return 0, err
	}
	return u24(b), nil
}

// FormatPICC deletes every application and file of the chip; its settings and
// its master key stay. The PICC level must be selected and authenticated.
//
// Source: NXP MF3ICD81 rev 3.5, 9.4.7 (FC).
func (s *Session) FormatPICC() error {
	if s.alive() && s.card.selected != PICCLevel {
		return errors.New("formatting the tag: an application is selected")
	}
	_, err := s.run(command{what: "formatting the tag", ins: 0xFC})
	return err
}

// u24 reads three bytes, least significant first, as all numbers of the
// native commands are.
func u24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func appendU24(b []byte, v int) []byte { return append(b, byte(v), byte(v>>8), byte(v>>16)) }
