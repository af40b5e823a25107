package store

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/chacha20poly1305"
)

// Kinds of key slots.
const (
	slotPassphrase = 1
	slotRecovery   = 2
	slotKeyring    = 3
)

// Sizes of slots; see the package comment.
const (
	slotIDSize     = 8
	slotNonceSize  = chacha20poly1305.NonceSizeX
	slotSealedSize = slotNonceSize + keySize + chacha20poly1305.Overhead
	publicSize     = 32
	recoverySize   = 32 + keySize + chacha20poly1305.Overhead
	slotHeadSize   = 1 + slotIDSize + 1
	kdfSize        = 4 + 4 + 1 + saltSize
	roleSize       = 1
	slot1Size      = 1 + slotIDSize + kdfSize + slotSealedSize
	maxSlotSize    = slotHeadSize + MaxSignIn + roleSize + kdfSize + slotSealedSize
)

// MaxSignIn is how long an operator's sign-in name may be, in bytes of UTF-8.
const MaxSignIn = 32

type slotID [slotIDSize]byte

func newSlotID() (id slotID) {
	_, _ = rand.Read(id[:]) // never returns an error
	return id
}

// slot is the data key wrapped once.
type slot struct {
	kind byte
	id   slotID
	name string // of a passphrase: the sign-in name

	role byte           // of a passphrase
	kdf  kdf            // of a passphrase
	salt [saltSize]byte // of a passphrase

	public [publicSize]byte // of a recovery: tells the root without trying
	owner  slotID           // of a keyring: the passphrase slot that it stands for

	// sealed is the nonce and the sealed data key; of a recovery, what HPKE gives.
	sealed []byte
	old    bool // bound to its place as version 1 does it
}

// CheckSignIn tells whether a sign-in name may be used: 1 to [MaxSignIn] bytes
// of letters, digits and - _ . @, beginning with a letter or a digit. Otherwise
// the error is [ErrInvalid].
func CheckSignIn(name string) error {
	ok := name != "" && len(name) <= MaxSignIn && utf8.ValidString(name)
	for i, r := range name {
		word := unicode.IsLetter(r) || unicode.IsDigit(r)
		ok = ok && (word || i > 0 && (r == '-' || r == '_' || r == '.' || r == '@'))
	}
	if !ok {
		return fmt.Errorf("a sign-in name has 1 to %d letters, digits and - _ . @: %w", MaxSignIn, ErrInvalid)
	}
	return nil
}

// clear is the part of a slot that stands before what is sealed.
func (s slot) clear() []byte {
	if s.old {
		return s.appendKDF(append([]byte{slotPassphrase}, s.id[:]...))
	}
	b := append([]byte{s.kind}, s.id[:]...)
	b = append(b, byte(len(s.name)))
	b = append(b, s.name...)
	switch s.kind {
	case slotPassphrase:
		return s.appendKDF(append(b, s.role))
	case slotRecovery:
		return append(b, s.public[:]...)
	default:
		return append(b, s.owner[:]...)
	}
}

func (s slot) appendKDF(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, s.kdf.passes)
	b = binary.BigEndian.AppendUint32(b, s.kdf.memory)
	b = append(b, s.kdf.threads)
	return append(b, s.salt[:]...)
}

// parseSlot reads the slot with which b begins, and tells its size.
func parseSlot(b []byte) (s slot, size int, err error) {
	if len(b) < slotHeadSize {
		return slot{}, 0, errors.New("cut off")
	}
	s = slot{kind: b[0], id: slotID(b[1:])}
	n := int(b[9])
	var clear, sealed int
	switch s.kind {
	case slotPassphrase:
		clear, sealed = roleSize+kdfSize, slotSealedSize
	case slotRecovery:
		clear, sealed = publicSize, recoverySize
	case slotKeyring:
		clear, sealed = slotIDSize, slotSealedSize
	default:
		return slot{}, 0, fmt.Errorf("kind %d", s.kind)
	}
	size = slotHeadSize + n + clear + sealed
	if len(b) < size {
		return slot{}, 0, errors.New("cut off")
	}
	s.name = string(b[slotHeadSize : slotHeadSize+n])
	s.sealed = append([]byte(nil), b[size-sealed:size]...)
	own := b[slotHeadSize+n:]
	switch s.kind {
	case slotPassphrase:
		s.role = own[0]
		s.setKDF(own[roleSize:])
		_, known := roleNumbers[s.role]
		if err = errors.Join(s.kdf.check(), CheckSignIn(s.name)); err == nil && !known {
			err = fmt.Errorf("role %d", s.role)
		}
	case slotRecovery:
		s.public = [publicSize]byte(own)
	case slotKeyring:
		s.owner = slotID(own)
	}
	if s.kind != slotPassphrase && n > 0 {
		err = fmt.Errorf("kind %d has a name", s.kind)
	}
	return s, size, err
}

// parseSlot1 reads the slot1Size bytes of a slot of version 1.
func parseSlot1(b []byte) (slot, error) {
	if b[0] != slotPassphrase {
		return slot{}, fmt.Errorf("kind %d", b[0])
	}
	s := slot{kind: slotPassphrase, id: slotID(b[1:]), old: true}
	s.setKDF(b[1+slotIDSize:])
	s.sealed = append([]byte(nil), b[1+slotIDSize+kdfSize:]...)
	return s, s.kdf.check()
}

func (s *slot) setKDF(b []byte) {
	s.kdf = kdf{passes: binary.BigEndian.Uint32(b), memory: binary.BigEndian.Uint32(b[4:]), threads: b[8]}
	s.salt = [saltSize]byte(b[9:])
}

// additional is what a slot's sealing is bound to: the store and everything of
// the slot that stands in the clear, so that none fits another store, operator,
// name or kind.
func (s slot) additional(store [idSize]byte) []byte {
	b := append([]byte(headerMagic), 0, headerVersion)
	if s.old {
		b[len(b)-1] = 1
	}
	b = append(b, store[:]...)
	return append(b, s.clear()...)
}

// wrapPassphrase makes the slot of an operator, whose name, role and cost of
// guessing stand in s. The id stays an operator's when the passphrase changes;
// salt and nonce are fresh every time.
func wrapPassphrase(store [idSize]byte, s slot, passphrase []byte, key dataKey) (slot, error) {
	if len(passphrase) == 0 {
		return slot{}, fmt.Errorf("empty passphrase: %w", ErrInvalid)
	}
	if err := CheckSignIn(s.name); err != nil {
		return slot{}, err
	}
	p := s.kdf
	s.kind, s.old = slotPassphrase, false
	_, _ = rand.Read(s.salt[:]) // never returns an error
	k := p.wrapping(passphrase, s.salt)
	defer clear(k)
	return s, s.seal(store, k, key)
}

// seal seals the data key under k for this slot.
func (s *slot) seal(store [idSize]byte, k []byte, key dataKey) error {
	aead, err := chacha20poly1305.NewX(k)
	if err != nil {
		return fmt.Errorf("wrapping the data key: %w", err)
	}
	nonce := make([]byte, slotNonceSize, slotSealedSize)
	_, _ = rand.Read(nonce) // never returns an error
	s.sealed = aead.Seal(nonce, nonce, key.b[:], s.additional(store))
	return nil
}

// open gives the data key that is sealed under k, or [ErrPassphrase].
func (s slot) open(store [idSize]byte, k []byte) (dataKey, error) {
	aead, err := chacha20poly1305.NewX(k)
	if err != nil {
		return dataKey{}, fmt.Errorf("unwrapping the data key: %w", err)
	}
	b, err := aead.Open(nil, s.sealed[:slotNonceSize], s.sealed[slotNonceSize:], s.additional(store))
	if err != nil {
		return dataKey{}, ErrPassphrase
	}
	return takeDataKey(b), nil
}

// takeDataKey takes a key over and wipes where it came from.
func takeDataKey(b []byte) dataKey {
	defer clear(b)
	key := dataKey{b: new([keySize]byte)}
	copy(key.b[:], b)
	return key
}

// unlock tries the passphrase on the slot with this sign-in name, or on every
// slot if name is "", and tells which one it opened: [ErrPassphrase] is none,
// [ErrNoOperator] an unknown name.
func (h header) unlock(name string, passphrase []byte) (dataKey, int, error) {
	if name != "" && !h.old && h.byName(name) < 0 {
		return dataKey{}, 0, ErrNoOperator
	}
	for i, s := range h.slots {
		if s.kind != slotPassphrase || name != "" && !h.old && !sameName(s.name, name) {
			continue
		}
		k := s.kdf.wrapping(passphrase, s.salt)
		key, err := s.open(h.store, k)
		clear(k)
		if !errors.Is(err, ErrPassphrase) {
			return key, i, err
		}
	}
	return dataKey{}, 0, ErrPassphrase
}

// recoveryKey is the key to which the data key is sealed so that whoever has the
// site root, put together from shares, opens the records:
// X25519 private key = HKDF-SHA256(secret = root, salt = empty, info = "recovery", 32 bytes).
func (r Root) recoveryKey() (hpke.PrivateKey, error) {
	if !r.valid() {
		return nil, fmt.Errorf("there is no site root: %w", ErrInvalid)
	}
	b, err := r.derive("recovery", 32)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	k, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("deriving from the site root: %w", err)
	}
	return k, nil
}

// wrapRecovery makes the slot that the site root opens.
func wrapRecovery(store [idSize]byte, root Root, key dataKey) (slot, error) {
	private, err := root.recoveryKey()
	if err != nil {
		return slot{}, err
	}
	s := slot{kind: slotRecovery, id: newSlotID(), public: [publicSize]byte(private.PublicKey().Bytes())}
	s.sealed, err = hpke.Seal(private.PublicKey(), hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), s.additional(store), key.b[:])
	if err != nil {
		return slot{}, fmt.Errorf("wrapping the data key: %w", err)
	}
	return s, nil
}

// unlockRoot opens the slot of the site root, or is [ErrWrongRoot].
func (h header) unlockRoot(root Root) (dataKey, error) {
	private, err := root.recoveryKey()
	if err != nil {
		return dataKey{}, err
	}
	for _, s := range h.slots {
		if s.kind != slotRecovery || s.public != [publicSize]byte(private.PublicKey().Bytes()) {
			continue
		}
		b, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), s.additional(h.store), s.sealed)
		if err != nil || len(b) != keySize {
			return dataKey{}, damagedHeader("the slot of the site root does not open")
		}
		return takeDataKey(b), nil
	}
	return dataKey{}, ErrWrongRoot
}

// wrapKeyring makes a slot for a secret that the desktop's keyring keeps, 32
// random bytes. It stands for the passphrase slot owner.
func wrapKeyring(store [idSize]byte, owner slotID, secret []byte, key dataKey) (slot, error) {
	if len(secret) != keySize {
		return slot{}, fmt.Errorf("a keyring's secret of %d bytes: %w", len(secret), ErrInvalid)
	}
	s := slot{kind: slotKeyring, id: newSlotID(), owner: owner}
	return s, s.seal(store, secret, key)
}

// unlockKeyring opens the keyring slot that the secret fits, and gives the
// passphrase slot for which it stands; else [ErrPassphrase].
func (h header) unlockKeyring(secret []byte) (dataKey, int, error) {
	for _, s := range h.slots {
		if s.kind != slotKeyring || len(secret) != keySize {
			continue
		}
		key, err := s.open(h.store, secret)
		if !errors.Is(err, ErrPassphrase) {
			return key, h.byID(s.owner, slotPassphrase), err
		}
	}
	return dataKey{}, 0, ErrPassphrase
}
