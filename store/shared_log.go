package store

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/crypto/chacha20poly1305"
)

// The log of a shared site. Entry n changes the records of every desk in the
// same way. Its body is
//
//	01 ‖ kind ‖ key version (2) ‖ schema (2) ‖ nonce (24) ‖ XChaCha20-Poly1305(site key, content)
//
// numbers big-endian, and with parts as in the journal
//
//	head n = SHA-256("log" ‖ head n-1 ‖ n ‖ entry id ‖ body)
//
// The additional data is store id, head n-1, n, entry id and the body's first
// six bytes: an entry opens at its place in its own history and nowhere else.
const (
	bodyVersion  = 1
	bodyClear    = 6
	bodyOverhead = bodyClear + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead
)

// Kinds of entries and of other bodies.
const (
	entryChange   = 1 // content: a change
	entrySchema   = 2 // content: nothing; the schema in the clear part holds from here on
	entryRekey    = 3 // content: next key version (2) and SHA-256 of its key
	entryMoved    = 4 // content: nothing; the last entry
	snapshotPart  = 5
	snapshotFinal = 6
)

// siteKey is one version of the key under which the log is sealed.
type siteKey [keySize]byte

func newSiteKey() (k siteKey) {
	_, _ = rand.Read(k[:]) // never returns an error
	return k
}

// commitment stands for a key in the entry that brings it.
func (k siteKey) commitment(version uint16) [32]byte {
	return hashParts([]byte("site key"), u64(int64(version)), k[:])
}

func (k siteKey) aead(store [idSize]byte, info string) (cipher.AEAD, error) {
	b, err := hkdf.Key(sha256.New, k[:], store[:], info, keySize)
	if err != nil {
		return nil, fmt.Errorf("deriving the key of the log: %w", err)
	}
	defer clear(b)
	return chacha20poly1305.NewX(b)
}

// Format hides the key from every verb of package fmt.
func (k siteKey) Format(s fmt.State, _ rune) { _, _ = fmt.Fprint(s, "[site key]") }

// place is where a sealed body stands in the history of a site.
type place struct {
	store    [idSize]byte
	before   [32]byte // head before an entry; head at a snapshot
	position int64    // of an entry or a snapshot
	id       []byte   // entry id, or number of a snapshot's part
}

func (p place) additional(clear []byte) []byte {
	h := hashParts([]byte("place"), p.store[:], p.before[:], u64(p.position), p.id, clear)
	return h[:]
}

// next is the head after an entry.
func (p place) next(body []byte) [32]byte {
	return hashParts([]byte("log"), p.before[:], u64(p.position), p.id, body)
}

// bodyHead is the clear part of a body.
type bodyHead struct {
	kind   byte
	key    uint16
	schema uint16
}

func (h bodyHead) encode() []byte {
	b := []byte{bodyVersion, h.kind}
	b = binary.BigEndian.AppendUint16(b, h.key)
	return binary.BigEndian.AppendUint16(b, h.schema)
}

// readBody splits a body; it believes nothing yet.
func readBody(b []byte) (bodyHead, error) {
	if len(b) < bodyOverhead || b[0] != bodyVersion || b[1] < entryChange || b[1] > snapshotFinal {
		return bodyHead{}, fmt.Errorf("an entry of %d bytes: %w", len(b), ErrTampered)
	}
	return bodyHead{b[1], binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[4:])}, nil
}

func (h bodyHead) info() string {
	if h.kind >= snapshotPart {
		return "snapshot"
	}
	return "log"
}

// sealBody enciphers content for its place.
func sealBody(k siteKey, p place, h bodyHead, content []byte) ([]byte, error) {
	aead, err := k.aead(p.store, h.info())
	if err != nil {
		return nil, err
	}
	clear := h.encode()
	b := slices.Grow(slices.Clone(clear), chacha20poly1305.NonceSizeX+len(content)+chacha20poly1305.Overhead)
	b = b[:bodyClear+chacha20poly1305.NonceSizeX]
	_, _ = rand.Read(b[bodyClear:]) // never returns an error
	return aead.Seal(b, b[bodyClear:], content, p.additional(clear)), nil
}

// openBody deciphers what sealBody made for the same place; anything else is
// [ErrTampered].
func openBody(k siteKey, p place, h bodyHead, body []byte) ([]byte, error) {
	aead, err := k.aead(p.store, h.info())
	if err != nil {
		return nil, err
	}
	n := bodyClear + chacha20poly1305.NonceSizeX
	content, err := aead.Open(nil, body[bodyClear:n], body[n:], p.additional(body[:bodyClear]))
	if err != nil {
		return nil, fmt.Errorf("entry %d of the log: %w", p.position, ErrTampered)
	}
	return content, nil
}

// change is what a transaction did: its statements in order.
type change struct {
	_       struct{} `cbor:",toarray"`
	Queries []string
	Steps   []step
}

// step is one statement with what it touched, so that a desk whose records
// differ notices.
type step struct {
	_     struct{} `cbor:",toarray"`
	Query int
	Rows  int64
	Args  []any // nil, int64, bool, string or []byte
}

// changeLog collects a change.
type changeLog struct {
	change
	at map[string]int
}

func newChangeLog() *changeLog { return &changeLog{at: make(map[string]int)} }

// add notes a statement that has run. It keeps no memory of the caller's.
func (r *changeLog) add(query string, rows int64, args []any) error {
	i, ok := r.at[query]
	if !ok {
		i = len(r.Queries)
		r.at[query] = i
		r.Queries = append(r.Queries, query)
	}
	plain := make([]any, len(args))
	for n, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return fmt.Errorf("noting a change: %w", err)
		}
		if b, ok := v.([]byte); ok && b != nil {
			v = slices.Clone(b)
		}
		plain[n] = v
	}
	r.Steps = append(r.Steps, step{Query: i, Rows: rows, Args: plain})
	return nil
}

// changes tells a statement that changes something from one that only reads.
func changes(query string) bool {
	q := strings.TrimSpace(query)
	return !strings.HasPrefix(q, "SELECT") && !strings.HasPrefix(q, "PRAGMA")
}

// strictCBOR reads what only desks write, and never more than was sent.
var strictCBOR = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		MaxArrayElements: math.MaxInt32, MaxNestedLevels: 8, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		IntDec: cbor.IntDecConvertSignedOrFail, UTF8: cbor.UTF8RejectInvalid,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}()

func (r *changeLog) encode() ([]byte, error) {
	b, err := cbor.Marshal(r.change)
	if err != nil {
		return nil, fmt.Errorf("writing a change: %w", err)
	}
	return b, nil
}

// decodeChange reads a change strictly; errors are [ErrTampered].
func decodeChange(b []byte) (c change, err error) {
	if err := strictCBOR.Unmarshal(b, &c); err != nil {
		return change{}, fmt.Errorf("reading a change (%v): %w", err, ErrTampered)
	}
	for _, s := range c.Steps {
		if s.Query < 0 || s.Query >= len(c.Queries) {
			return change{}, fmt.Errorf("reading a change: statement %d of %d: %w", s.Query, len(c.Queries), ErrTampered)
		}
		if err := plainValues(s.Args); err != nil {
			return change{}, err
		}
	}
	return c, nil
}

// plainValues makes sure that a database can store all values.
func plainValues(values []any) error {
	for _, v := range values {
		switch v.(type) {
		case nil, int64, bool, string, []byte:
		default:
			return fmt.Errorf("a value of type %T: %w", v, ErrTampered)
		}
	}
	return nil
}
