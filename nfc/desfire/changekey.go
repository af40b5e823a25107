package desfire

import (
	"crypto/subtle"
	"errors"
	"fmt"
)

// wire is the key as ChangeKey and SetConfiguration carry it: a DES key twice.
func (k Key) wire() []byte {
	if k.kind == TypeDES {
		return append(k.Reveal(), k.b[:8]...)
	}
	return k.Reveal()
}

// keyChange is what ChangeKey carries before the channel adds its checksums.
type keyChange struct {
	ins, no  byte
	material []byte // new key, XOR old key if another than the session's; version of an AES key
	fresh    []byte // the new key itself, nil for the session's own key
}

const insChangeKey = 0xC4

// GetKeyVersion reads the version of a key of the selected application, or of
// the chip.
//
// Source: NXP MF3ICD81 rev 3.5, 9.3.6 (64).
func (c commands) GetKeyVersion(no byte) (byte, error) {
	what := fmt.Sprintf("getting version of key %d", no)
	b, err := c.run(command{what: what, ins: 0x64, head: []byte{no}, min: 1, max: 1})
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// ChangeKeySettings sets the settings of the selected application or, at the
// PICC level, of the chip; the session's key must be the master key. See
// [KeySettings] for the bits.
//
// Source: NXP MF3ICD81 rev 3.5, 9.3.3 (54).
func (s *Session) ChangeKeySettings(settings byte) error {
	_, err := s.run(command{what: "changing key settings", ins: 0x54, data: []byte{settings}, out: guardFull})
	return err
}

// ChangeKey sets key keyNo to fresh, with fresh's version. old is the key that
// is there now; it is used only if keyNo is not the key of this session.
// Changing the session's own key ends the session.
//
// At the PICC level the chip's master key may change its type: key number 80
// announces an AES key, 40 a 3K3DES key. Within an application all keys keep
// the application's type.
//
// After an error whether the key changed is unknown if the line broke
// ([sleutelbord/nfc.IsLine]) or the answer was wrong; a refusal left it as it was.
//
// Source: NXP MF3ICD81 rev 3.5, 9.3.5 (C4); AN12343 rev 1.1, tables 39 and 40.
func (s *Session) ChangeKey(keyNo byte, fresh, old Key) error {
	what := fmt.Sprintf("changing key %d", keyNo)
	if !s.alive() {
		return fmt.Errorf("%s: %w", what, ErrSessionEnded)
	}
	if err := s.checkKeyChange(keyNo, fresh, old); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	own := keyNo == s.keyNo
	k := keyChange{ins: insChangeKey, no: keyNo, material: fresh.wire()}
	if s.card.selected == PICCLevel {
		k.no |= fresh.kind.typeBits()
	}
	if !own {
		k.fresh = fresh.wire()
		subtle.XORBytes(k.material, k.material, old.wire())
	}
	if fresh.kind == TypeAES {
		k.material = append(k.material, fresh.version)
	}
	c := command{what: what, ins: k.ins, head: []byte{k.no}, data: s.ch.keyData(k), out: guardKey}
	if own {
		c.in = guardNone
	}
	if _, err := s.run(c); err != nil {
		return err
	}
	if own {
		s.end()
	}
	return nil
}

// checkKeyChange refuses what the chip would misunderstand: it takes as many
// bytes as the keys that it has are long.
func (s *Session) checkKeyChange(keyNo byte, fresh, old Key) error {
	switch {
	case s.card.unsure:
		return errors.New("not known which application is selected")
	case s.card.selected == PICCLevel:
		if keyNo != 0 {
			return errors.New("the chip has no such key")
		}
	case keyNo > 0x0D:
		return errors.New("an application has no such key")
	case fresh.kind.typeBits() != s.kind.typeBits():
		return fmt.Errorf("%v key in an application of %v keys", fresh.kind, s.kind)
	}
	if keyNo != s.keyNo && old.kind.typeBits() != fresh.kind.typeBits() {
		return fmt.Errorf("old key is %v, new key %v", old.kind, fresh.kind)
	}
	return nil
}
