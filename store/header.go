package store

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// Layout of store.keys; see the package comment.
const (
	headerMagic    = "SLBDKEYS"
	headerVersion  = 1
	headerSize     = 8 + 2 + idSize + 1
	headerSumSize  = sha256.Size
	maxSlots       = 16
	slotPassphrase = 1
	slotIDSize     = 8
	slotClearSize  = 1 + slotIDSize + 4 + 4 + 1 + saltSize
	slotNonceSize  = chacha20poly1305.NonceSizeX
	slotSealedSize = keySize + chacha20poly1305.Overhead
	slotSize       = slotClearSize + slotNonceSize + slotSealedSize
	maxHeaderSize  = headerSize + maxSlots*slotSize + headerSumSize
)

// header is the content of store.keys.
type header struct {
	store [idSize]byte
	slots []slot // 1 to 16, of different ids
}

// slot is the data key wrapped for one passphrase.
type slot struct {
	id     [slotIDSize]byte
	kdf    kdf
	salt   [saltSize]byte
	nonce  [slotNonceSize]byte
	sealed [slotSealedSize]byte
}

// encode lays the header out. What it gives, parseHeader takes.
func (h header) encode() []byte {
	b := make([]byte, 0, headerSize+len(h.slots)*slotSize+headerSumSize)
	b = append(b, headerMagic...)
	b = binary.BigEndian.AppendUint16(b, headerVersion)
	b = append(b, h.store[:]...)
	b = append(b, byte(len(h.slots)))
	for _, s := range h.slots {
		b = append(b, s.clear()...)
		b = append(b, s.nonce[:]...)
		b = append(b, s.sealed[:]...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// clear is the part of a slot that stands before the nonce.
func (s slot) clear() []byte {
	b := append([]byte{slotPassphrase}, s.id[:]...)
	b = binary.BigEndian.AppendUint32(b, s.kdf.passes)
	b = binary.BigEndian.AppendUint32(b, s.kdf.memory)
	b = append(b, s.kdf.threads)
	return append(b, s.salt[:]...)
}

// parseHeader reads store.keys strictly. Its errors wrap [ErrDamaged], or
// [ErrNewerSchema] for an undamaged header of a later version.
func parseHeader(b []byte) (header, error) {
	if len(b) < headerSize+headerSumSize || len(b) > maxHeaderSize {
		return header{}, damagedHeader("%d bytes", len(b))
	}
	body, sum := b[:len(b)-headerSumSize], b[len(b)-headerSumSize:]
	if string(body[:8]) != headerMagic {
		return header{}, damagedHeader("it does not begin with %s", headerMagic)
	}
	if want := sha256.Sum256(body); !bytes.Equal(want[:], sum) {
		return header{}, damagedHeader("checksum")
	}
	if v := binary.BigEndian.Uint16(body[8:]); v > headerVersion {
		return header{}, fmt.Errorf("reading the key slots: version %d: %w", v, ErrNewerSchema)
	} else if v < headerVersion {
		return header{}, damagedHeader("version %d", v)
	}
	h := header{store: [idSize]byte(body[10:26])}
	n := int(body[26])
	if n < 1 || n > maxSlots || len(body) != headerSize+n*slotSize {
		return header{}, damagedHeader("%d slots in %d bytes", n, len(b))
	}
	for i := range n {
		s, err := parseSlot(body[headerSize+i*slotSize:][:slotSize])
		if err != nil {
			return header{}, damagedHeader("slot %d: %v", i, err)
		}
		for _, o := range h.slots {
			if o.id == s.id {
				return header{}, damagedHeader("slot %d has the id of another", i)
			}
		}
		h.slots = append(h.slots, s)
	}
	return h, nil
}

func damagedHeader(format string, args ...any) error {
	return fmt.Errorf("reading the key slots: %s: %w", fmt.Sprintf(format, args...), ErrDamaged)
}

// parseSlot reads the slotSize bytes of a slot.
func parseSlot(b []byte) (slot, error) {
	if b[0] != slotPassphrase {
		return slot{}, fmt.Errorf("kind %d", b[0])
	}
	s := slot{
		id: [slotIDSize]byte(b[1:]),
		kdf: kdf{
			passes:  binary.BigEndian.Uint32(b[9:]),
			memory:  binary.BigEndian.Uint32(b[13:]),
			threads: b[17],
		},
		salt:   [saltSize]byte(b[18:]),
		nonce:  [slotNonceSize]byte(b[slotClearSize:]),
		sealed: [slotSealedSize]byte(b[slotClearSize+slotNonceSize:]),
	}
	return s, s.kdf.check()
}

// wrap makes a slot for key. The id stays a slot's name when its passphrase
// changes; salt and nonce are fresh every time.
func wrap(store [idSize]byte, id [slotIDSize]byte, p kdf, passphrase []byte, key dataKey) (slot, error) {
	if len(passphrase) == 0 {
		return slot{}, fmt.Errorf("empty passphrase: %w", ErrInvalid)
	}
	s := slot{id: id, kdf: p}
	_, _ = rand.Read(s.salt[:]) // never returns an error
	_, _ = rand.Read(s.nonce[:])
	k := p.wrapping(passphrase, s.salt)
	defer clear(k)
	aead, err := chacha20poly1305.NewX(k)
	if err != nil {
		return slot{}, fmt.Errorf("wrapping the data key: %w", err)
	}
	copy(s.sealed[:], aead.Seal(nil, s.nonce[:], key.b[:], s.additional(store)))
	return s, nil
}

// additional is what a slot's sealing is bound to.
func (s slot) additional(store [idSize]byte) []byte {
	b := append([]byte(headerMagic), 0, headerVersion)
	b = append(b, store[:]...)
	return append(b, s.clear()...)
}

// unwrap gives the data key, or [ErrPassphrase].
func (s slot) unwrap(store [idSize]byte, passphrase []byte) (dataKey, error) {
	k := s.kdf.wrapping(passphrase, s.salt)
	defer clear(k)
	aead, err := chacha20poly1305.NewX(k)
	if err != nil {
		return dataKey{}, fmt.Errorf("unwrapping the data key: %w", err)
	}
	b, err := aead.Open(nil, s.nonce[:], s.sealed[:], s.additional(store))
	if err != nil {
		return dataKey{}, ErrPassphrase
	}
	defer clear(b)
	key := dataKey{b: new([keySize]byte)}
	copy(key.b[:], b)
	return key, nil
}

// unlock tries the passphrase on every slot and tells which one it opened.
func (h header) unlock(passphrase []byte) (dataKey, int, error) {
	for i, s := range h.slots {
		key, err := s.unwrap(h.store, passphrase)
		if err == nil {
			return key, i, nil
		}
		if !errors.Is(err, ErrPassphrase) {
			return dataKey{}, 0, err
		}
	}
	return dataKey{}, 0, ErrPassphrase
}
