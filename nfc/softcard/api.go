// Package softcard is a MIFARE DESFire chip in software. (Under construction;
// the exported names and signatures stand.)
package softcard

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sleutelbord/nfc"
)

// Chip is the generation of a chip.
type Chip int

// The generations.
const (
	EV1 Chip = 1 + iota
	EV2
	EV3
)

// Config is a chip as it leaves the factory.
type Config struct {
	Chip       Chip
	Memory     int
	UID        []byte
	Random     io.Reader
	Path       string
	Signature  []byte
	PICCKeyAES bool
}

// Card is a chip.
type Card struct{}

var errSoon = errors.New("softcard: being built")

// New makes a blank card.
func New(Config) (*Card, error) { return nil, errSoon }

// Open opens the card of a file.
func Open(path string, c Config) (*Card, error) { return nil, errSoon }

// ParseChip reads "ev1", "ev2" or "ev3".
func ParseChip(s string) (Chip, error) { return 0, errSoon }

// String is "EV1", "EV2" or "EV3".
func (c Chip) String() string { return fmt.Sprintf("EV%d", int(c)) }

// ParseMemory reads "2k", "4k" or "8k".
func ParseMemory(s string) (int, error) { return 0, errSoon }

// Transmit is one command APDU.
func (c *Card) Transmit(command []byte) ([]byte, error) { return nil, errSoon }

// Reset is power off and on.
func (c *Card) Reset() {}

// ATR is the answer to reset.
func (c *Card) ATR() []byte { return nil }

// UID is the real one.
func (c *Card) UID() []byte { return nil }

// PracticePublicKey is the uncompressed point.
func PracticePublicKey() []byte { return nil }

// FaultKind is what goes wrong.
type FaultKind int

// Fault is one fault; it strikes once, after After commands have passed since Arm.
type Fault struct {
	Kind   FaultKind
	After  int
	Status byte
	Bit    int
}

// LeaveBefore: the tag leaves before it sees command n; 1 is the first after Arm.
func LeaveBefore(n int) Fault { return Fault{After: n - 1} }

// LeaveAfter: the tag acts on command n, then leaves with the answer.
func LeaveAfter(n int) Fault { return Fault{After: n - 1} }

// LoseAnswer: the tag acts on command n and stays, the answer is lost.
func LoseAnswer(n int) Fault { return Fault{After: n - 1} }

// Corrupt flips a bit of the answer to command n.
func Corrupt(n int) Fault { return Fault{After: n - 1} }

// CorruptCommand flips a bit of command n.
func CorruptCommand(n int) Fault { return Fault{After: n - 1} }

// Refuse answers command n with status, without acting.
func Refuse(n int, status byte) Fault { return Fault{After: n - 1, Status: status} }

// Arm sets the faults and counts commands from zero.
func (c *Card) Arm(f ...Fault) {}

// Disarm forgets the faults.
func (c *Card) Disarm() {}

// Return lays a tag that left back.
func (c *Card) Return() {}

// Count counts since the last ResetCount.
func (c *Card) Count() (commands, bytesIn, bytesOut int) { return }

// ResetCount sets the counters to zero.
func (c *Card) ResetCount() {}

// AuthenticationFailures counts since birth.
func (c *Card) AuthenticationFailures() int { return 0 }

// Clone is a deep copy, in memory only.
func (c *Card) Clone() *Card { return nil }

// ServeVPCD lays the card on the vpcd reader at addr.
func (c *Card) ServeVPCD(ctx context.Context, addr string) error { return errSoon }

// Reader is the built-in virtual reader.
type Reader struct{}

// NewReader makes an empty reader.
func NewReader(name string) *Reader { return &Reader{} }

// Lay lays c on the reader.
func (r *Reader) Lay(c *Card) {}

// Take takes the card away.
func (r *Reader) Take() {}

// Name implements [nfc.Reader].
func (r *Reader) Name() string { return "" }

// Transact implements [nfc.Reader].
func (r *Reader) Transact(ctx context.Context, f func(nfc.Transceiver) error) error { return errSoon }

// Watch implements [nfc.Reader].
func (r *Reader) Watch(ctx context.Context, changed func(nfc.State)) error { return errSoon }

// Close implements [nfc.Reader].
func (r *Reader) Close() error { return nil }

var _ nfc.Reader = (*Reader)(nil)
