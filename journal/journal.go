// Package journal says what the journal of a site is, and checks an exported
// one. It needs no records, no key and no other part of the program, so that a
// third party can read it in one sitting, or write it anew from this comment.
//
// # What the journal is
//
// The desks of a site note every act on keys: which operator did what to which
// tag, lock or key, on which day. Nothing is noted about residents, and no use
// of a door; the desk never learns of one.
//
// # The chain
//
// Numbers are 8 bytes, big-endian. part(x) is the length of x as a number, and
// then x. Days count from 2020-01-01. Hashes are SHA-256.
//
//	entry = hash(part("entry") ‖ part(salt) ‖ part(seq) ‖ part(day) ‖ part(operator) ‖ part(act) ‖ part(subject))
//	hash  = hash(part("chain") ‖ part(hash of the entry before) ‖ part(seq) ‖ part(entry))
//
// The hash before entry 1 is hash(part("journal") ‖ part(store)); store is the 16
// bytes that name the records. The salt is 32 random bytes of the entry's own.
//
// The desk that made the entry signs it with Ed25519 (RFC 8032):
//
//	signature = sign(key of the desk, "sleutelbord journal" ‖ 00 ‖ hash)
//
// Entries from before desks had keys have no signature. They stand before all
// others; the first signature covers them through the chain.
//
// # Erasing
//
// When its period is over, the content of an entry is erased: day, operator,
// act, subject and salt. Entry, hash and signature stay, so that the chain still
// holds; without the salt, the hash tells nothing about what it was made from.
//
// # The file
//
// One JSON object per line, as UTF-8. The first says whose journal it is, what
// keys the desks sign with, how many entries there are, and the last hash:
//
//	{"journal":1,"site":"Campus","store":"000102…","desks":[{"desk":1,"key":"d75a98…"}],"entries":2,"head":"8f3c…"}
//
// Then follow the entries in order. Bytes are hexadecimal:
//
//	{"seq":1,"date":"2026-11-02","operator":"anna","act":"site made","subject":"site","salt":"5a…","entry":"…","hash":"…","desk":1,"signature":"…"}
//	{"seq":2,"entry":"…","hash":"…","desk":1,"signature":"…"}
//
// The second one is erased. Whatever else stands in a line is an error.
//
// # What it proves
//
// That nobody without a desk's key has changed, moved, added or taken out an entry
// since it was made. Who has a desk's key can write another journal; and
// entries at the end can be left out. So compare the keys and the last hash with
// what the desk shows, and with the file of last time: its last hash
// stands in today's.
package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// Version is that of the file's format.
const Version = 1

// SaltSize is how long an entry's salt is, in bytes.
const SaltSize = 32

// Bytes are written as hexadecimal digits.
type Bytes []byte

// MarshalText writes the digits in lower case.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(b)), nil }

// UnmarshalText reads the digits.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// Header is the first line of a file.
type Header struct {
	Journal int    `json:"journal"` // [Version]
	Site    string `json:"site"`    // its name, for people
	Store   Bytes  `json:"store"`
	Desks   []Desk `json:"desks"`
	Entries int64  `json:"entries"`
	Head    Bytes  `json:"head"` // hash of the last entry
}

// Desk is what a desk signs with.
type Desk struct {
	Desk int64 `json:"desk"`
	Key  Bytes `json:"key"` // Ed25519
}

// Entry is a line of the journal.
type Entry struct {
	Seq      int64  `json:"seq"`
	Date     string `json:"date,omitempty"` // YYYY-MM-DD
	Operator string `json:"operator,omitempty"`
	Act      string `json:"act,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Salt     Bytes  `json:"salt,omitempty"` // none: the content is erased
	Entry    Bytes  `json:"entry"`
	Hash     Bytes  `json:"hash"`
	Desk     int64  `json:"desk,omitempty"` // 0: without a signature
	Sig      Bytes  `json:"signature,omitempty"`
}

// Erased tells whether the content is gone.
func (e Entry) Erased() bool { return len(e.Salt) == 0 }

func hash(parts ...[]byte) [32]byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(number(int64(len(p))))
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// Start is the hash before entry 1.
func Start(store []byte) [32]byte { return hash([]byte("journal"), store) }

// EntryHash is the hash of an entry's content; day counts from 2020-01-01.
func EntryHash(salt []byte, seq, day int64, operator, act, subject string) [32]byte {
	return hash([]byte("entry"), salt, number(seq), number(day), []byte(operator), []byte(act), []byte(subject))
}

// ChainHash ties an entry's hash to the one before.
func ChainHash(before []byte, seq int64, entry []byte) [32]byte {
	return hash([]byte("chain"), before, number(seq), entry)
}

// Message is what a desk signs.
func Message(hash []byte) []byte { return append([]byte("sleutelbord journal\x00"), hash...) }

var firstDay = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// Wrong is the first thing that is wrong with a journal.
type Wrong struct {
	Seq int64 // of the entry; 0 is the file's first line
	Why string
}

func (w *Wrong) Error() string {
	if w.Seq == 0 {
		return "the first line of the journal: " + w.Why
	}
	return fmt.Sprintf("entry %d of the journal: %s", w.Seq, w.Why)
}

// Checker checks the entries of a journal one by one.
type Checker struct {
	header Header
	keys   map[int64]ed25519.PublicKey
	seq    int64
	before [32]byte
	signed int64 // entries that were
	erased int64
}

// NewChecker begins with a header. Errors are *[Wrong].
func NewChecker(h Header) (*Checker, error) {
	c := &Checker{header: h, keys: make(map[int64]ed25519.PublicKey), before: Start(h.Store)}
	switch {
	case h.Journal != Version:
		return nil, &Wrong{0, fmt.Sprintf("version %d is not known here", h.Journal)}
	case len(h.Store) != 16:
		return nil, &Wrong{0, "the name of the records has not 16 bytes"}
	}
	for _, d := range h.Desks {
		if len(d.Key) != ed25519.PublicKeySize || d.Desk < 1 || c.keys[d.Desk] != nil {
			return nil, &Wrong{0, fmt.Sprintf("the key of desk %d", d.Desk)}
		}
		c.keys[d.Desk] = ed25519.PublicKey(d.Key)
	}
	return c, nil
}

// Next checks the next entry. Errors are *[Wrong].
func (c *Checker) Next(e Entry) error {
	wrong := func(why string) error { return &Wrong{c.seq + 1, why} }
	if e.Seq != c.seq+1 {
		return wrong(fmt.Sprintf("number %d stands there: an entry is missing or moved", e.Seq))
	}
	if why := contentWrong(e); why != "" {
		return wrong(why)
	}
	next := ChainHash(c.before[:], e.Seq, e.Entry)
	if !bytes.Equal(next[:], e.Hash) {
		return wrong("it does not follow from the entry before")
	}
	switch {
	case len(e.Sig) == 0 && e.Desk == 0 && c.signed == 0: // from before desks had keys
	case len(e.Sig) == 0:
		return wrong("it is not signed")
	case c.keys[e.Desk] == nil:
		return wrong(fmt.Sprintf("there is no key of desk %d", e.Desk))
	case !ed25519.Verify(c.keys[e.Desk], Message(e.Hash), e.Sig):
		return wrong("the desk's signature is wrong")
	default:
		c.signed++
	}
	if e.Erased() {
		c.erased++
	}
	c.seq, c.before = e.Seq, next
	return nil
}

// contentWrong says what is wrong with an entry by itself.
func contentWrong(e Entry) string {
	if e.Erased() {
		if e.Date+e.Operator+e.Act+e.Subject != "" {
			return "it has content and no salt"
		}
		if len(e.Entry) != sha256.Size {
			return "its hash has not 32 bytes"
		}
		return ""
	}
	day, err := time.Parse(time.DateOnly, e.Date)
	if err != nil || day.Before(firstDay) || len(e.Salt) != SaltSize || e.Act == "" {
		return "date, salt or act cannot be right"
	}
	want := EntryHash(e.Salt, e.Seq, int64(day.Sub(firstDay)/(24*time.Hour)), e.Operator, e.Act, e.Subject)
	if !bytes.Equal(want[:], e.Entry) {
		return "its content was changed"
	}
	return ""
}

// End checks that nothing is missing at the end. Errors are *[Wrong].
func (c *Checker) End() error {
	switch {
	case c.seq != c.header.Entries || !bytes.Equal(c.before[:], c.header.Head):
		return &Wrong{c.seq + 1, fmt.Sprintf("the journal ends after %d entries and ought to have %d", c.seq, c.header.Entries)}
	case c.signed == 0 && len(c.keys) > 0:
		return &Wrong{c.seq + 1, "no entry is signed, and there are keys to sign with"}
	}
	return nil
}
