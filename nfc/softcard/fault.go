package softcard

import (
	"fmt"

	"sleutelbord/nfc"
)

// FaultKind is what goes wrong.
type FaultKind int

// The faults. A zero FaultKind does nothing.
const (
	// FaultLeaveBefore takes the tag away before it sees the command.
	FaultLeaveBefore FaultKind = 1 + iota
	// FaultLeaveAfter lets the tag act on the command and takes it away with
	// the answer.
	FaultLeaveAfter
	// FaultLoseAnswer lets the tag act on the command and loses the answer; the
	// tag stays.
	FaultLoseAnswer
	// FaultCorrupt flips one bit of the answer.
	FaultCorrupt
	// FaultCorruptCommand flips one bit of the command on its way to the tag.
	FaultCorruptCommand
	// FaultRefuse answers with a status instead of acting.
	FaultRefuse
)

// Fault is one thing that goes wrong, once.
type Fault struct {
	Kind FaultKind
	// After is how many commands pass unharmed first, counted from
	// [Card.Arm]; 0 is the very next one. Every APDU counts, also those that
	// fetch or bring a further frame.
	After int
	// Status is the answer of FaultRefuse: a status word, or the status byte of
	// a DESFire command alone.
	Status nfc.StatusWord
	// Bit is which bit a corruption flips: of the first answer byte, of the
	// last data byte of a command (its instruction where it has no data), 0 to 7.
	Bit uint
}

// LeaveBefore takes the tag away before it sees command n, counted from 1 since
// [Card.Arm]. It stays away until [Card.Return].
func LeaveBefore(n int) Fault { return Fault{Kind: FaultLeaveBefore, After: n - 1} }

// LeaveAfter takes the tag away after it has acted on command n, counted from 1
// since [Card.Arm], with the answer. It stays away until [Card.Return].
func LeaveAfter(n int) Fault { return Fault{Kind: FaultLeaveAfter, After: n - 1} }

// LoseAnswer loses the answer to command n, counted from 1 since [Card.Arm].
func LoseAnswer(n int) Fault { return Fault{Kind: FaultLoseAnswer, After: n - 1} }

// Corrupt flips a bit of the answer to command n, counted from 1 since
// [Card.Arm].
func Corrupt(n int) Fault { return Fault{Kind: FaultCorrupt, After: n - 1} }

// CorruptCommand flips a bit of command n, counted from 1 since [Card.Arm].
func CorruptCommand(n int) Fault { return Fault{Kind: FaultCorruptCommand, After: n - 1} }

// Refuse answers command n, counted from 1 since [Card.Arm], with status: a
// status word, or the status byte of a DESFire command alone. The tag does not
// act on the command, but drops its session as it does with every error.
func Refuse(n int, status nfc.StatusWord) Fault {
	return Fault{Kind: FaultRefuse, After: n - 1, Status: status}
}

// faulty is the part of a card that fails on demand.
type faulty struct {
	faults []Fault
	seen   int // commands since Arm
	gone   bool
}

// Arm sets the faults, in place of those armed before, and starts counting
// commands. Commands to a tag that is away do not count.
func (c *Card) Arm(f ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults, c.seen = append([]Fault(nil), f...), 0
}

// Disarm forgets the faults that have not struck. A tag that left stays away.
func (c *Card) Disarm() { c.Arm() }

// Return lays a tag that left back on its reader, in its state after power-on.
// It does nothing to a tag that is there.
func (c *Card) Return() {
	c.mu.Lock()
	was, moved := c.gone, c.moved
	if was {
		c.gone = false
		c.powerOn()
	}
	c.mu.Unlock()
	if was && moved != nil {
		moved()
	}
}

// present tells whether the tag has not left by a fault.
func (c *Card) present() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.gone
}

// onMove sets what is called, without the lock, after the tag left by a fault or
// returned.
func (c *Card) onMove(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = f
}

// strike gives the fault of a kind that hits the present command.
func (f *faulty) strike(k FaultKind) (Fault, bool) {
	for _, a := range f.faults {
		if a.Kind == k && a.After == f.seen {
			return a, true
		}
	}
	return Fault{}, false
}

func (c *Card) leave() error {
	c.gone = true
	c.powerOn()
	return fmt.Errorf("%w, at command %d of the faults armed", nfc.ErrTagRemoved, c.seen+1)
}

// transmit is Transmit under the lock.
func (c *Card) transmit(command []byte) ([]byte, error) {
	if c.gone {
		return nil, nfc.ErrTagRemoved
	}
	defer func() { c.seen++ }()
	if _, ok := c.strike(FaultLeaveBefore); ok {
		return nil, c.leave()
	}
	c.commands++
	c.in += len(command)
	if f, ok := c.strike(FaultCorruptCommand); ok {
		command = corruptCommand(command, f.Bit)
	}
	var answer []byte
	if f, ok := c.strike(FaultRefuse); ok {
		answer = c.refuse(command, f.Status)
	} else {
		answer = c.answer(command)
	}
	if err := c.settle(); err != nil {
		return nil, err
	}
	if _, ok := c.strike(FaultLeaveAfter); ok {
		return nil, c.leave()
	}
	if _, ok := c.strike(FaultLoseAnswer); ok {
		return nil, fmt.Errorf("%w: the answer to command %d is lost", nfc.ErrLine, c.seen+1)
	}
	if f, ok := c.strike(FaultCorrupt); ok {
		answer[0] ^= 1 << (f.Bit % 8)
	}
	c.out += len(answer)
	return answer, nil
}

// settle writes a change to the card's file. A card that cannot is put back to
// what its file says, as if the command had never come.
func (c *Card) settle() error {
	if err := c.broken; err != nil {
		c.broken = nil
		c.powerOn()
		c.dropChange()
		return err
	}
	if !c.dirty {
		return nil
	}
	if err := c.save(); err != nil {
		c.dropChange()
		c.powerOn()
		return fmt.Errorf("%w: keeping the software card: %w", nfc.ErrLine, err)
	}
	return nil
}

// refuse drops what an error drops and answers st in the command's framing.
func (c *Card) refuse(command []byte, st nfc.StatusWord) []byte {
	if st > 0xFF {
		c.fail(status(st))
		if len(command) > 0 && !isWrapped(command) && !isISO(command) {
			return []byte{byte(st)}
		}
		return word(st).bytes()
	}
	c.fail(status(st))
	if len(command) > 0 && !isWrapped(command) {
		return []byte{byte(st)}
	}
	return []byte{0x91, byte(st)}
}

// corruptCommand flips a bit where the frame stays a frame: in the last data
// byte, or in the instruction where there are no data.
func corruptCommand(command []byte, bit uint) []byte {
	b := append([]byte(nil), command...)
	at := len(b) - 1
	if isWrapped(b) || isISO(b) {
		at = 1
		if len(b) > 5 {
			at = min(4+int(b[4]), len(b)-1)
		}
	}
	if at >= 0 {
		b[at] ^= 1 << (bit % 8)
	}
	return b
}
