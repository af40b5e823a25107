package softcard

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"sleutelbord/nfc"
)

// Chip is a generation of MIFARE DESFire.
type Chip int

// The generations that a card can be.
const (
	EV1 Chip = 1 + iota
	EV2
	EV3
)

// ParseChip reads "ev1", "ev2" or "ev3", in either case.
func ParseChip(s string) (Chip, error) {
	for _, c := range []Chip{EV1, EV2, EV3} {
		if strings.EqualFold(s, c.String()) {
			return c, nil
		}
	}
	return 0, fmt.Errorf("parsing chip: %q is not ev1, ev2 or ev3", s)
}

// String gives "EV1", "EV2" or "EV3".
func (c Chip) String() string { return fmt.Sprintf("EV%d", int(c)) }

// DefaultMemory is the size of a card whose [Config] names none, in bytes.
const DefaultMemory = 4096

// ParseMemory reads "2k", "4k" or "8k", in either case, as bytes.
func ParseMemory(s string) (int, error) {
	switch strings.ToLower(s) {
	case "2k":
		return 2048, nil
	case "4k":
		return 4096, nil
	case "8k":
		return 8192, nil
	}
	return 0, fmt.Errorf("parsing memory size: %q is not 2k, 4k or 8k", s)
}

// Config describes a card as it leaves the factory.
type Config struct {
	// Chip is the generation; the zero Chip is EV3.
	Chip Chip
	// Memory is 2048, 4096 or 8192 bytes; 0 is [DefaultMemory].
	Memory int
	// UID is the chip's serial number of 7 bytes; drawn at random, starting
	// with 04, if nil.
	UID []byte
	// Random gives the card's challenges, transaction identifiers and random
	// UIDs, in the order in which they are needed; crypto/rand if nil.
	Random io.Reader
	// Path is the file in which the card persists; empty keeps it in memory.
	Path string
	// Signature is the originality signature of 56 bytes, r and s; if nil, an
	// EV2 or EV3 is signed at birth by the practice key (see
	// [PracticePublicKey]). An EV1 has none.
	Signature []byte
	// PICCKeyAES gives the chip the AES zero key as PICC master key, instead of
	// the DES zero key.
	PICCKeyAES bool
}

// Card is a DESFire chip, laid on whatever calls [Card.Transmit]. Its methods
// can be called by several goroutines.
type Card struct {
	mu     sync.Mutex
	random io.Reader
	path   string

	image *image
	// saved is the image as it stands in the file at path.
	saved []byte
	// dirty says that the image differs from saved.
	dirty bool
	// broken is a failure of the machine under the card, not of the chip.
	broken error

	volatile
	faulty
	counts
	moved func()
}

// volatile is what a chip forgets without power.
type volatile struct {
	app     *application // nil at PICC level
	ef      *file        // selected by ISO select
	session *session
	pending *handshake
	inbound *gathering
	frames  [][]byte // of an answer, still to be fetched
	final   status   // of its last frame
	tx      transaction
	shown   []byte // random UID, nil while the real one is shown
}

// session exists between an authentication and its end.
type session struct {
	keyNo   byte
	channel channel
}

type counts struct{ commands, in, out int }

// New makes a factory-new card. With a Path it writes the card's file, which
// must not exist yet.
func New(c Config) (*Card, error) {
	card, err := newCard(c)
	if err != nil || c.Path == "" {
		return card, err
	}
	if err := card.create(c.Path); err != nil {
		return nil, fmt.Errorf("making a software card: %w", err)
	}
	return card, nil
}

func newCard(c Config) (*Card, error) {
	if c.Random == nil {
		c.Random = rand.Reader
	}
	im, err := newImage(c)
	if err != nil {
		return nil, fmt.Errorf("making a software card: %w", err)
	}
	card := &Card{random: c.Random, image: im}
	card.powerOn()
	return card, nil
}

// UID is the chip's real serial number of 7 bytes, also while a random one is
// shown.
func (c *Card) UID() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]byte(nil), c.image.uid...)
}

// ATR is the answer to reset that a PC/SC reader makes from the card's ATS:
// 3B8180018080 unless the card's ATS was changed (PC/SC part 3 rev 2.01, 3.1.3.2.3).
func (c *Card) ATR() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.image.atr()
}

// AuthenticationFailures counts the authentications with a wrong key since the
// card's birth.
func (c *Card) AuthenticationFailures() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.image.failures
}

// Count gives the commands that the card has seen and their bytes, and the bytes
// of its answers, since birth or the last [Card.ResetCount]. Every APDU counts,
// also those that fetch or bring a further frame.
func (c *Card) Count() (commands, bytesIn, bytesOut int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.commands, c.in, c.out
}

// ResetCount sets the counters of [Card.Count] to zero.
func (c *Card) ResetCount() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts = counts{}
}

// Reset is power off and on: the card deselects, logs out, drops an open
// transaction and, if its UID is random, draws a new one.
func (c *Card) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.powerOn()
}

// Activate is how a reader finds the card anew with the field still on
// (ISO/IEC 14443-3 anticollision, ISO/IEC 14443-4 RATS): the card deselects, logs
// out and drops an open transaction as with [Card.Reset], but the random UID of
// this power-on stays. It gives the UID shown, 7 bytes or 4, and the ATS with its
// length byte; or [nfc.ErrTagRemoved].
func (c *Card) Activate() (uid, ats []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return nil, nil, nfc.ErrTagRemoved
	}
	c.volatile = volatile{shown: c.shown}
	return slices.Clone(c.shownUID()), slices.Clone(c.image.ats), nil
}

func (c *Card) powerOn() {
	c.volatile = volatile{}
	if !c.image.randomUID() {
		return
	}
	c.shown = []byte{0x08, 0, 0, 0}
	c.draw(c.shown[1:])
}

// draw fills b from the card's random source. A source that fails breaks the
// card: the present or next Transmit reports it.
func (c *Card) draw(b []byte) {
	if _, err := io.ReadFull(c.random, b); err != nil {
		c.broken = fmt.Errorf("%w: drawing a random number: %w", nfc.ErrLine, err)
	}
}

// Clone is a deep copy of the card with its session, its selection and its
// counters. The copy lives in memory only, has no faults armed and lies on no
// reader; it shares the random source.
func (c *Card) Clone() *Card {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := &Card{random: c.random, image: c.image.clone(), counts: c.counts, broken: c.broken}
	d.volatile = c.volatile.clone(c.image, d.image)
	return d
}

func (v volatile) clone(from, to *image) volatile {
	c := v
	if i := from.index(v.app); i >= 0 {
		c.app = to.apps[i]
		if v.ef != nil {
			c.ef = c.app.file(v.ef.no)
		}
	}
	if v.session != nil {
		c.session = &session{keyNo: v.session.keyNo, channel: v.session.channel.clone()}
	}
	if v.inbound != nil {
		g := *v.inbound
		g.body = append([]byte(nil), g.body...)
		c.inbound = &g
	}
	c.tx = v.tx.clone()
	return c
}

// Transmit gives the card one command, native or ISO-wrapped, and returns its
// answer in the same framing. It implements [nfc.Transceiver]: an error means
// that the tag is away or that an armed fault broke the line. A card with a file
// has written its change before it answers.
func (c *Card) Transmit(command []byte) ([]byte, error) {
	c.mu.Lock()
	answer, err := c.transmit(command)
	moved := c.moved
	c.mu.Unlock()
	if moved != nil && errors.Is(err, nfc.ErrTagRemoved) {
		moved()
	}
	return answer, err
}
