// Package bundle is what goes to a lock and what comes back: the bundle, which
// brings a lock its keys and floors, and the receipt, which says that it did.
//
// # Bundle
//
// A bundle is a COSE_Sign1 (RFC 9052, 4.2) by the site over a COSE_Encrypt
// (RFC 9052, 5.1) to one lock. The lock verifies, then decrypts, then parses.
// All of it is deterministically encoded CBOR (RFC 8949, 4.2.1), and what is
// not, byte for byte, what this package would have written is refused.
//
//	bundle     = #6.18([protected: bstr .cbor place-header, {}, payload: bstr .cbor container, signature: bstr .size 64])
//	header     = {1: -8, 4: bstr .size 32, -65537: [format: 1, site: bstr .size 8, lock: bstr .size 8, sequence: uint]}
//	container  = #6.96([bstr .cbor {1: 24}, {5: bstr .size 12}, ciphertext: bstr, [recipient]])
//	recipient  = [bstr .cbor {1: -25}, {-1: {1: 1, -1: 4, -2: bstr .size 32}}, h'']
//	content    = [format: 1, site, lock, sequence, issued: uint, receipt key: bstr .size 16,
//	              [1*2 locator], [0*64 zone], next signer: bstr .size 32 / null]
//	locator    = [version: uint, key: bstr .size 16]
//	zone       = [id: uint, kind: 0..2, version: uint, key: bstr .size 16, epoch: uint, {* seat => generation}]
//
// The code points: -8 is EdDSA with Ed25519, 24 is ChaCha20/Poly1305, -25 is
// ECDH-ES + HKDF-256, key type 1 (OKP) and curve 4 are X25519 (all RFC 9053);
// 4 is the key id, which here is the signer's public key itself; -65537 is the
// first label for private use. The external data of the encryption is the
// signature's protected header, so that nobody can take the container out and
// sign it as his own. docs/lock.md is the normative text, with vectors.
//
// Every field has one fixed type and length and there is no map that could
// take another: no event, name or free text has a place in it.
//
// ChaCha20/Poly1305 rather than AES-GCM, because the smallest lock has no
// hardware for the hash of GCM, while ChaCha20/Poly1305 runs in constant time
// in plain software and stands in every small library that has X25519 and
// Ed25519. A bundle comes once in days, so that speed does not count.
package bundle

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

// Limits of format 1.
const (
	Format      = 1
	MaxSize     = 1 << 16 // bytes of a bundle
	MaxZones    = 64      // entries; a zone that rolls over has two
	MaxLocators = 2
)

// Errors of a bundle that a lock does not take. [ErrDamaged] is also what
// every attempt to change a bundle ends in.
var (
	ErrDamaged = errors.New("bundle is damaged")
	ErrFormat  = errors.New("bundle has a format that this program does not know")
	ErrLock    = errors.New("bundle is for another lock")
	ErrSigner  = errors.New("bundle is signed by somebody whom this lock does not trust")
	ErrKey     = errors.New("bundle is not encrypted to this lock's key")
	// ErrOlder is found by the lock, which knows the sequence it has applied.
	ErrOlder = errors.New("bundle is older than the one applied")
)

// SiteID tells the bundles of one site from those of another. Eight random
// bytes, made with the site.
type SiteID [8]byte

// String is the id in hexadecimal.
func (s SiteID) String() string { return hex.EncodeToString(s[:]) }

// SignerKey is the Ed25519 public key that signs a site's bundles.
type SignerKey [32]byte

// String is the key in hexadecimal; it is public.
func (s SignerKey) String() string { return hex.EncodeToString(s[:]) }

// Kind says what the locks of a zone have in common, and with that whether a
// tag's higher epoch counts: only in home zones.
type Kind byte

// Kinds of zones.
const (
	KindHome Kind = iota
	KindShared
	KindService
)

// String is the word that the list of locks uses.
func (k Kind) String() string {
	switch k {
	case KindHome:
		return "home"
	case KindShared:
		return "shared"
	case KindService:
		return "service"
	}
	return fmt.Sprintf("kind %d", byte(k))
}

// ParseKind reads "home", "shared" or "service".
func ParseKind(s string) (Kind, error) {
	for k := KindHome; k <= KindService; k++ {
		if s == k.String() {
			return k, nil
		}
	}
	return 0, fmt.Errorf("%q is no kind of zone: home, shared or service is wanted", s)
}

// Floor is what a lock knows about the tags of one zone and key version: the
// lowest epoch that opens, and for each seat the lowest generation of that
// epoch. Seats that are missing have floor 0; a floor of 0 is not kept.
type Floor struct {
	Epoch uint16
	Seats map[uint16]uint16
}

// Clone is a copy that shares nothing with f.
func (f Floor) Clone() Floor {
	c := Floor{Epoch: f.Epoch, Seats: make(map[uint16]uint16, len(f.Seats))}
	maps.Copy(c.Seats, f.Seats)
	return c
}

// Locator is the key that reads the record of the site's tags.
type Locator struct {
	Version byte
	Key     desfire.Key // AES-128
}

// Zone is one zone key of a lock, with the floors that belong to it.
type Zone struct {
	ID      keytag.Zone
	Kind    Kind
	Version byte        // of the zone key
	Key     desfire.Key // AES-128: K_zone, from which slot keys are diversified
	Floor   Floor
}

// Bundle is all that a lock ever gets to know.
type Bundle struct {
	Site     SiteID
	Lock     LockID
	Sequence uint32     // 1 and up; rises from bundle to bundle
	Issued   keytag.Day // day of signing; the lock takes it for "not before"
	// ReceiptKey makes the lock's receipts.
	ReceiptKey ReceiptKey
	// Locators are one key, or two of different versions during a roll-over.
	Locators []Locator
	// Zones may hold a zone twice, with different versions, during a
	// roll-over. A lock without zones opens for nobody.
	Zones []Zone
	// Next is the signer whom the lock is to accept as well, and alone as soon
	// as his first bundle has come; nil if there is none.
	Next *SignerKey
}

// check holds b against the limits of the format. It also finds keys of zeros,
// which are never meant.
func (b Bundle) check() error {
	switch {
	case b.Sequence == 0:
		return errors.New("sequence is 0")
	case b.Issued == 0:
		return errors.New("issue day is missing")
	case b.ReceiptKey.isZero():
		return errors.New("receipt key is missing")
	case len(b.Locators) < 1 || len(b.Locators) > MaxLocators:
		return fmt.Errorf("%d locator keys: 1 or %d are wanted", len(b.Locators), MaxLocators)
	case len(b.Zones) > MaxZones:
		return fmt.Errorf("%d zone entries: at most %d fit", len(b.Zones), MaxZones)
	}
	for i, l := range b.Locators {
		if err := checkKey(l.Key); err != nil {
			return fmt.Errorf("locator %d: %w", l.Version, err)
		}
		if i > 0 && b.Locators[i-1].Version >= l.Version {
			return errors.New("locators are out of order")
		}
	}
	return checkZones(b.Zones)
}

func checkKey(k desfire.Key) error {
	if k.Type() != desfire.TypeAES || k.IsZero() {
		return errors.New("key is no AES-128 key, or of zeros")
	}
	return nil
}

// checkZones wants the entries in rising order of zone and version, at most
// two for one zone, and those of one kind.
func checkZones(zones []Zone) error {
	for i, z := range zones {
		switch {
		case z.ID == 0 || z.ID > keytag.MaxZone:
			return fmt.Errorf("zone %d is outside 1 to %d", z.ID, keytag.MaxZone)
		case z.Kind > KindService:
			return fmt.Errorf("zone %d: unknown %v", z.ID, z.Kind)
		case i > 0 && compareZones(zones[i-1], z) >= 0:
			return fmt.Errorf("zone %d is out of order", z.ID)
		case i > 0 && zones[i-1].ID == z.ID && zones[i-1].Kind != z.Kind:
			return fmt.Errorf("zone %d is of two kinds", z.ID)
		case i > 1 && zones[i-2].ID == z.ID:
			return fmt.Errorf("zone %d has more than two keys", z.ID)
		}
		if err := checkKey(z.Key); err != nil {
			return fmt.Errorf("zone %d: %w", z.ID, err)
		}
		for seat, generation := range z.Floor.Seats {
			if generation == 0 {
				return fmt.Errorf("zone %d: floor of seat %d is 0", z.ID, seat)
			}
		}
	}
	return nil
}

func compareZones(a, b Zone) int {
	if a.ID != b.ID {
		return int(a.ID) - int(b.ID)
	}
	return int(a.Version) - int(b.Version)
}

// sorted is b with locators and zones in the order of the format. b keeps its
// own order.
func (b Bundle) sorted() Bundle {
	b.Locators, b.Zones = slices.Clone(b.Locators), slices.Clone(b.Zones)
	slices.SortFunc(b.Locators, func(x, y Locator) int { return int(x.Version) - int(y.Version) })
	slices.SortFunc(b.Zones, compareZones)
	return b
}
