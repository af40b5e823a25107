package bundle

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// ReceiptSize is the length of every receipt in bytes.
const ReceiptSize = 29

const (
	receiptBody  = 13
	receiptLabel = "sleutelbord receipt 1"
)

// ErrReceipt is a receipt that the lock it names did not make.
var ErrReceipt = errors.New("receipt is not genuine")

// ReceiptKey is the secret by which the desk knows a lock's receipts. It shows
// its bytes to nobody but [ReceiptKey.Reveal].
type ReceiptKey struct{ b [16]byte }

// NewReceiptKey makes a receipt key of 16 bytes.
func NewReceiptKey(b [16]byte) ReceiptKey { return ReceiptKey{b} }

// Reveal gives a copy of the key's bytes.
func (k ReceiptKey) Reveal() [16]byte { return k.b }

// Equal compares in constant time.
func (k ReceiptKey) Equal(o ReceiptKey) bool { return hmac.Equal(k.b[:], o.b[:]) }

func (k ReceiptKey) isZero() bool { return k.b == [16]byte{} }

const redacted = "[receipt key]"

// String hides the key.
func (k ReceiptKey) String() string { return redacted }

// GoString hides the key.
func (k ReceiptKey) GoString() string { return redacted }

// Format hides the key from every verb of package fmt.
func (k ReceiptKey) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue hides the key from package slog.
func (k ReceiptKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON refuses: a key has no place in JSON.
func (k ReceiptKey) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a receipt key cannot be written as JSON")
}

var _ json.Marshaler = ReceiptKey{}

// Receipt says which bundle a lock has applied. Big-endian:
//
//	offset  bytes  content
//	0       1      format = 1
//	1       8      lock id
//	9       4      sequence applied
//	13      16     HMAC-SHA-256 under the receipt key over "sleutelbord receipt 1" and bytes 0 to 12, its first 16 bytes
//
// For one bundle there is one receipt: it cannot carry anything else.
type Receipt [ReceiptSize]byte

// NewReceipt is the receipt for a bundle.
func NewReceipt(key ReceiptKey, lock LockID, sequence uint32) Receipt {
	var r Receipt
	r[0] = Format
	copy(r[1:9], lock[:])
	binary.BigEndian.PutUint32(r[9:], sequence)
	copy(r[receiptBody:], r.mac(key))
	return r
}

func (r Receipt) mac(key ReceiptKey) []byte {
	m := hmac.New(sha256.New, key.b[:])
	m.Write([]byte(receiptLabel))
	m.Write(r[:receiptBody])
	return m.Sum(nil)[:16]
}

// ParseReceipt reads a receipt without verifying it. Another length or format
// is an error that wraps [ErrReceipt].
func ParseReceipt(b []byte) (Receipt, error) {
	if len(b) != ReceiptSize {
		return Receipt{}, fmt.Errorf("%w: %d bytes instead of %d", ErrReceipt, len(b), ReceiptSize)
	}
	if b[0] != Format {
		return Receipt{}, fmt.Errorf("%w: format %d, this program knows format %d", ErrReceipt, b[0], Format)
	}
	return Receipt(b), nil
}

// Lock is the lock that the receipt names; true only once verified.
func (r Receipt) Lock() LockID { return LockID(r[1:9]) }

// Sequence is the sequence that the receipt claims; true only once verified.
func (r Receipt) Sequence() uint32 { return binary.BigEndian.Uint32(r[9:]) }

// Verify gives the sequence that the lock has applied, or [ErrReceipt] if the
// receipt names another lock or was not made with key. The comparison takes
// constant time.
func (r Receipt) Verify(key ReceiptKey, lock LockID) (sequence uint32, err error) {
	genuine := hmac.Equal(r[receiptBody:], r.mac(key))
	if !genuine || r[0] != Format || r.Lock() != lock {
		return 0, ErrReceipt
	}
	return r.Sequence(), nil
}
