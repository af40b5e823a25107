package bundle

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/veraison/go-cose"
)

// sign1Tag is CBOR tag 18, COSE_Sign1 (RFC 9052, 2).
var sign1Tag = []byte{0xD2}

// envelope is COSE_Sign1 (RFC 9052, 4.2).
type envelope struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected struct{}
	Payload     []byte
	Signature   []byte
}

type signHeader struct {
	Alg    int    `cbor:"1,keyasint"`
	Signer []byte `cbor:"4,keyasint"`
	Place  place  `cbor:"-65537,keyasint"`
}

type place struct {
	_        struct{} `cbor:",toarray"`
	Format   uint32
	Site     []byte
	Lock     []byte
	Sequence uint32
}

// Header is what a bundle shows without any key: where it belongs and how new
// it is. Nothing of it is true before [Open] has found the signature good.
type Header struct {
	Signer   SignerKey
	Site     SiteID
	Lock     LockID
	Sequence uint32
}

func (h Header) encode() []byte {
	return encode(signHeader{
		Alg: int(cose.AlgorithmEdDSA), Signer: h.Signer[:],
		Place: place{Format: Format, Site: h.Site[:], Lock: h.Lock[:], Sequence: h.Sequence},
	})
}

// Trust says whose signature counts. The zero Trust trusts nobody.
type Trust struct {
	first   bool
	signers []SignerKey
}

// TrustSigners trusts these signers only.
func TrustSigners(signers ...SignerKey) Trust { return Trust{signers: signers} }

// TrustFirst trusts whoever signed: for a new lock, and after a physical reset.
func TrustFirst() Trust { return Trust{first: true} }

// IsFirst tells whether t is [TrustFirst].
func (t Trust) IsFirst() bool { return t.first }

func (t Trust) allows(k SignerKey) bool {
	if slices.Contains(t.signers, k) {
		return true
	}
	return t.first
}

// Seal writes b, encrypts it to the lock that has to's private key and signs
// it. signer has an Ed25519 key; rand is read for 44 bytes (crypto/rand.Reader
// but for tests). Locators and zones may stand in any order. Too long floors
// ([MaxSize]) and what the format cannot hold are errors.
func Seal(b Bundle, signer crypto.Signer, to *ecdh.PublicKey, rand io.Reader) ([]byte, error) {
	data, err := seal(b.sorted(), signer, to, rand)
	if err != nil {
		return nil, fmt.Errorf("sealing bundle for lock %v: %w", b.Lock, err)
	}
	return data, nil
}

func seal(b Bundle, signer crypto.Signer, to *ecdh.PublicKey, rand io.Reader) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	pub, ok := signer.Public().(ed25519.PublicKey)
	if !ok || len(pub) != ed25519.PublicKeySize {
		return nil, errors.New("signer has no Ed25519 key")
	}
	if to == nil || to.Curve() != ecdh.X25519() {
		return nil, errors.New("lock has no X25519 key")
	}
	h := Header{Signer: SignerKey(pub), Site: b.Site, Lock: b.Lock, Sequence: b.Sequence}
	plaintext := encodeContent(b)
	defer clear(plaintext)
	header := h.encode()
	payload, err := encrypt(plaintext, header, to, rand)
	if err != nil {
		return nil, err
	}
	data, err := sign(header, payload, signer, rand)
	if err == nil && len(data) > MaxSize {
		err = fmt.Errorf("%d bytes: a bundle has at most %d", len(data), MaxSize)
	}
	return data, err
}

func sign(header, payload []byte, signer crypto.Signer, rand io.Reader) ([]byte, error) {
	s, err := cose.NewSigner(cose.AlgorithmEdDSA, signer)
	if err != nil {
		return nil, err
	}
	m := message(header, payload, nil)
	if err := m.Sign(rand, nil, s); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return join(header, payload, m.Signature), nil
}

// message is the COSE_Sign1 message of a bundle for package cose, header being
// an encoded [Header].
func message(header, payload, signature []byte) cose.Sign1Message {
	return cose.Sign1Message{
		Headers: cose.Headers{
			RawProtected: encode(header),
			Protected:    cose.ProtectedHeader{cose.HeaderLabelAlgorithm: cose.AlgorithmEdDSA},
		},
		Payload: payload, Signature: signature,
	}
}

func join(header, payload, signature []byte) []byte {
	return append(sign1Tag[:1:1], encode(envelope{Protected: header, Payload: payload, Signature: signature})...)
}

// ParseHeader reads what a bundle says of itself, without verifying it: for
// lists, and to choose a signer. It checks the whole outer form.
func ParseHeader(data []byte) (Header, error) {
	h, _, _, err := split(data)
	return h, err
}

// Verify is for those who carry a bundle: it finds out whether signer signed
// these very bytes, without being able to read them. The error wraps
// [ErrDamaged], [ErrFormat] or [ErrSigner].
func Verify(data []byte, signer SignerKey) (Header, error) {
	h, payload, signature, err := split(data)
	if err == nil && h.Signer != signer {
		err = fmt.Errorf("%w: %v", ErrSigner, h.Signer)
	}
	if err == nil {
		err = verify(h, payload, signature)
	}
	if err != nil {
		return Header{}, fmt.Errorf("verifying bundle: %w", err)
	}
	return h, nil
}

// split takes the outer form of a bundle apart, and refuses what join would
// not have written.
func split(data []byte) (h Header, payload, signature []byte, err error) {
	if len(data) > MaxSize {
		return h, nil, nil, fmt.Errorf("%w: %d bytes are more than a bundle has", ErrDamaged, len(data))
	}
	var e envelope
	body, err := tagged(data, sign1Tag)
	if err == nil {
		err = strictly(body, &e)
	}
	var s signHeader
	if err == nil {
		err = strictly(e.Protected, &s)
	}
	if err != nil {
		return h, nil, nil, fmt.Errorf("%w: outer form: %w", ErrDamaged, err)
	}
	if s.Place.Format != Format {
		return h, nil, nil, fmt.Errorf("%w: format %d", ErrFormat, s.Place.Format)
	}
	if len(s.Signer) != 32 || len(s.Place.Site) != 8 || len(s.Place.Lock) != 8 || len(e.Signature) != ed25519.SignatureSize {
		return h, nil, nil, fmt.Errorf("%w: signer, site, lock or signature of a wrong length", ErrDamaged)
	}
	h = Header{SignerKey(s.Signer), SiteID(s.Place.Site), LockID(s.Place.Lock), s.Place.Sequence}
	if !bytes.Equal(join(h.encode(), e.Payload, e.Signature), data) {
		return h, nil, nil, fmt.Errorf("%w: outer form: algorithm is not that of the format", ErrDamaged)
	}
	return h, e.Payload, e.Signature, nil
}

// Open is the lock's way in: it verifies the bundle, decrypts it, parses it,
// and finds header and content in agreement. The error wraps [ErrDamaged],
// [ErrFormat], [ErrLock], [ErrSigner] or [ErrKey]. Whether the bundle is newer
// than the last one is for the lock to say ([ErrOlder]).
func Open(data []byte, trust Trust, lock LockID, key *ecdh.PrivateKey) (Bundle, error) {
	b, err := open(data, trust, lock, key)
	if err != nil {
		return Bundle{}, fmt.Errorf("opening bundle: %w", err)
	}
	return b, nil
}

func open(data []byte, trust Trust, lock LockID, key *ecdh.PrivateKey) (Bundle, error) {
	h, payload, signature, err := split(data)
	if err != nil {
		return Bundle{}, err
	}
	if h.Lock != lock {
		return Bundle{}, fmt.Errorf("%w: lock %v, this is %v", ErrLock, h.Lock, lock)
	}
	if !trust.allows(h.Signer) {
		return Bundle{}, fmt.Errorf("%w: %v", ErrSigner, h.Signer)
	}
	if err := verify(h, payload, signature); err != nil {
		return Bundle{}, err
	}
	plaintext, err := decrypt(payload, h.encode(), key)
	if err != nil {
		return Bundle{}, err
	}
	defer clear(plaintext)
	b, err := parseContent(plaintext)
	if err != nil {
		return Bundle{}, fmt.Errorf("%w: content: %w", ErrDamaged, err)
	}
	if b.Site != h.Site || b.Lock != h.Lock || b.Sequence != h.Sequence {
		return Bundle{}, fmt.Errorf("%w: header and content do not agree", ErrDamaged)
	}
	return b, nil
}

func verify(h Header, payload, signature []byte) error {
	v, err := cose.NewVerifier(cose.AlgorithmEdDSA, ed25519.PublicKey(h.Signer[:]))
	if err != nil {
		return fmt.Errorf("%w: signer: %w", ErrDamaged, err)
	}
	m := message(h.encode(), payload, signature)
	if err := m.Verify(nil, v); err != nil {
		return fmt.Errorf("%w: signature does not match", ErrDamaged)
	}
	return nil
}
