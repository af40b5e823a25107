package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
)

// Layout of store.keys; see the package comment.
const (
	headerMagic   = "SLBDKEYS"
	headerVersion = 2
	headerSize    = 8 + 2 + idSize + 1
	headerSumSize = sha256.Size
	maxSlots      = 32
	maxHeaderSize = headerSize + maxSlots*maxSlotSize + headerSumSize
)

// header is the content of store.keys.
type header struct {
	store [idSize]byte
	slots []slot // 1 to maxSlots, of different ids; at least one of a passphrase
	// old is set for a file of version 1, which is written anew when it has been opened.
	old bool
}

// encode lays the header out. What it gives, parseHeader takes.
func (h header) encode() []byte {
	b := append([]byte(headerMagic), 0, headerVersion)
	b = append(b, h.store[:]...)
	b = append(b, byte(len(h.slots)))
	for _, s := range h.slots {
		b = append(b, s.clear()...)
		b = append(b, s.sealed...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
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
	switch v := binary.BigEndian.Uint16(body[8:]); {
	case v > headerVersion:
		return header{}, fmt.Errorf("reading the key slots: version %d: %w", v, ErrNewerSchema)
	case v == headerVersion:
		return parseHeader2(body)
	case v == 1:
		return parseHeader1(body)
	default:
		return header{}, damagedHeader("version %d", v)
	}
}

func damagedHeader(format string, args ...any) error {
	return fmt.Errorf("reading the key slots: %s: %w", fmt.Sprintf(format, args...), ErrDamaged)
}

// parseHeader2 reads a header of version 2 without its checksum.
func parseHeader2(body []byte) (header, error) {
	h := header{store: [idSize]byte(body[10:26])}
	n := int(body[26])
	if n < 1 || n > maxSlots {
		return header{}, damagedHeader("%d slots", n)
	}
	rest := body[headerSize:]
	for i := range n {
		s, size, err := parseSlot(rest)
		if err != nil {
			return header{}, damagedHeader("slot %d: %v", i, err)
		}
		h.slots, rest = append(h.slots, s), rest[size:]
	}
	if len(rest) > 0 {
		return header{}, damagedHeader("%d bytes behind the slots", len(rest))
	}
	if why := h.wrong(); why != "" {
		return header{}, damagedHeader("%s", why)
	}
	return h, nil
}

// parseHeader1 reads a header of version 1 without its checksum. Only one slot
// was ever written there.
func parseHeader1(body []byte) (header, error) {
	if body[26] != 1 || len(body) != headerSize+slot1Size {
		return header{}, damagedHeader("%d slots of version 1 in %d bytes", body[26], len(body))
	}
	s, err := parseSlot1(body[headerSize:])
	if err != nil {
		return header{}, damagedHeader("slot of version 1: %v", err)
	}
	return header{store: [idSize]byte(body[10:26]), slots: []slot{s}, old: true}, nil
}

// wrong says what no header may be, or "".
func (h header) wrong() string {
	recoveries, passphrases := 0, 0
	for i, s := range h.slots {
		for _, o := range h.slots[:i] {
			switch {
			case o.id == s.id:
				return "two slots have one id"
			case s.kind == slotPassphrase && o.kind == slotPassphrase && sameName(o.name, s.name):
				return "two slots have one name"
			case s.kind == slotKeyring && o.kind == slotKeyring && o.owner == s.owner:
				return "two slots of a keyring are one operator's"
			}
		}
		switch s.kind {
		case slotPassphrase:
			passphrases++
		case slotRecovery:
			recoveries++
		case slotKeyring:
			if h.byID(s.owner, slotPassphrase) < 0 {
				return "a slot of a keyring is nobody's"
			}
		}
	}
	if passphrases == 0 || recoveries > 1 {
		return fmt.Sprintf("%d slots of passphrases and %d of the root", passphrases, recoveries)
	}
	return ""
}

// byID is the index of the slot of a kind with this id, or -1.
func (h header) byID(id slotID, kind byte) int {
	for i, s := range h.slots {
		if s.id == id && s.kind == kind {
			return i
		}
	}
	return -1
}

// byName is the index of the passphrase slot with this sign-in name, or -1.
func (h header) byName(name string) int {
	for i, s := range h.slots {
		if s.kind == slotPassphrase && sameName(s.name, name) {
			return i
		}
	}
	return -1
}

// put replaces the slot with s's id, or adds s.
func (h *header) put(s slot) error {
	slots := append([]slot(nil), h.slots...)
	if i := h.byID(s.id, s.kind); i >= 0 {
		slots[i] = s
	} else {
		slots = append(slots, s)
	}
	return h.set(slots)
}

// drop takes the slots out that f picks.
func (h *header) drop(f func(slot) bool) error {
	var slots []slot
	for _, s := range h.slots {
		if !f(s) {
			slots = append(slots, s)
		}
	}
	return h.set(slots)
}

func (h *header) set(slots []slot) error {
	n := header{store: h.store, slots: slots}
	if len(slots) > maxSlots {
		return fmt.Errorf("more than %d key slots: %w", maxSlots, ErrInvalid)
	}
	if why := n.wrong(); why != "" {
		return fmt.Errorf("changing the key slots: %s: %w", why, ErrInvalid)
	}
	*h = n
	return nil
}

func sameName(a, b string) bool { return strings.EqualFold(a, b) }
