package store

import (
	"context"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"github.com/jackc/pgx/v5"
)

const deskIDSize = 8

// deskID names a desk by its public key.
func deskID(public []byte) (id [deskIDSize]byte) {
	h := hashParts([]byte("desk"), public)
	copy(id[:], h[:])
	return id
}

// deskPrivate is the X25519 key of this desk, to which the site's keys are sealed.
func (k *storeKeys) deskPrivate() (*ecdh.PrivateKey, error) {
	p, err := ecdh.X25519().NewPrivateKey(k.hpke[:])
	if err != nil {
		return nil, fmt.Errorf("deriving the desk's key: %w", err)
	}
	return p, nil
}

func (k *storeKeys) deskPublic() ([]byte, error) {
	p, err := k.deskPrivate()
	if err != nil {
		return nil, err
	}
	return p.PublicKey().Bytes(), nil
}

// The suite is HPKE base mode (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
// ChaCha20-Poly1305. Who may have sealed something is told by the log's entry,
// and by the code when a desk joins.
func slotInfo(store [idSize]byte, version uint16) []byte {
	b := append([]byte("sleutelbord site key"), store[:]...)
	return binary.BigEndian.AppendUint16(b, version)
}

// sealTo seals something to a desk's public key.
func sealTo(public []byte, store [idSize]byte, version uint16, plain []byte) ([]byte, error) {
	key, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("a desk's public key: %w", ErrInvalid)
	}
	to, err := hpke.NewDHKEMPublicKey(key)
	if err != nil {
		return nil, err
	}
	return hpke.Seal(to, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), slotInfo(store, version), plain)
}

// openOwn opens what was sealed to this desk.
func (k *storeKeys) openOwn(store [idSize]byte, version uint16, sealed []byte) ([]byte, error) {
	private, err := k.deskPrivate()
	if err != nil {
		return nil, err
	}
	own, err := hpke.NewDHKEMPrivateKey(private)
	if err != nil {
		return nil, err
	}
	plain, err := hpke.Open(own, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), slotInfo(store, version), sealed)
	if err != nil {
		return nil, fmt.Errorf("site key %d of this desk: %w", version, ErrTampered)
	}
	return plain, nil
}

// slotContent is what is sealed to a desk.
type slotContent struct {
	_              struct{} `cbor:",toarray"`
	Key            []byte
	Column, Lookup []byte
	// Position and Head are where the log was: an older database is noticed.
	Position int64
	Head     []byte
	// Operator is the sign-in name of whoever uses a new desk first.
	Operator string
}

func (c slotContent) encode() ([]byte, error) {
	b, err := cbor.Marshal(c)
	if err != nil {
		return nil, errors.New("writing the keys of a desk") // the cause could quote them
	}
	return b, nil
}

func decodeSlot(b []byte) (c slotContent, err error) {
	if err := strictCBOR.Unmarshal(b, &c); err != nil {
		return slotContent{}, fmt.Errorf("reading the keys of this desk: %w", ErrTampered)
	}
	if len(c.Key) != keySize || len(c.Column) != keySize || len(c.Lookup) != keySize || len(c.Head) != 32 || c.Position < 0 {
		return slotContent{}, fmt.Errorf("reading the keys of this desk: %w", ErrTampered)
	}
	return c, nil
}

// Codes that people compare: five letters and digits in a group.
var codeAlphabet = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// code shows the first bytes of a hash.
func code(h [32]byte, bytes int) string {
	s := codeAlphabet.EncodeToString(h[:bytes])
	var b strings.Builder
	for i, c := range s {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// sameCode compares what somebody typed with a code.
func sameCode(typed, code string) bool {
	clean := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == '-' || r == ' ' {
				return -1
			}
			return r
		}, strings.ToUpper(strings.TrimSpace(s)))
	}
	return clean(typed) == clean(code)
}

// fingerprint is what both screens show of a desk that asks to be admitted:
// 100 bits of a hash of its key.
func fingerprint(store [idSize]byte, public []byte) string {
	return code(hashParts([]byte("join"), store[:], public), 12)
}

// admission is the code by which a new desk knows that it got the keys of the
// site whose desk admitted it.
func admission(store [idSize]byte, public, plain []byte) string {
	return code(hashParts([]byte("admission"), store[:], public, plain), 12)
}

// linkPlace is where the announcement of a site key stands besides the log, for
// desks that come back when the log is no longer that long.
func linkPlace(store [idSize]byte, version uint16) place {
	return place{store: store, position: int64(version), id: []byte("link")}
}

// queueLink announces the key that follows a version; content is that of the
// entry that does so in the log.
func queueLink(b *pgx.Batch, store [idSize]byte, schema, version uint16, key siteKey, content []byte) error {
	body, err := sealBody(key, linkPlace(store, version+1), bodyHead{entryRekey, version, schema}, content)
	if err != nil {
		return err
	}
	b.Queue(`INSERT INTO sleutelbord_links (version, body) VALUES ($1, $2)
		ON CONFLICT (version) DO UPDATE SET body = excluded.body`, int64(version)+1, body)
	return nil
}

// queueLinks announces again every key that this desk knows of.
func (sh *shared) queueLinks(b *pgx.Batch, schema uint16) error {
	for v := range sh.settings.Keys {
		key, _ := sh.settings.key(v)
		next, ok := sh.settings.key(v + 1)
		if !ok {
			continue
		}
		if err := queueLink(b, sh.id, schema, v, key, announcement(v+1, next)); err != nil {
			return err
		}
	}
	return nil
}

// announcement is the content of the entry that brings a key.
func announcement(version uint16, key siteKey) []byte {
	c := key.commitment(version)
	return append(binary.BigEndian.AppendUint16(nil, version), c[:]...)
}

// climb takes the site keys that came while this desk was away, up to a version.
func (s *Store) climb(ctx context.Context, to uint16) error {
	sh := s.shared
	for {
		version, key := sh.settings.newest()
		if version >= to {
			return nil
		}
		body, err := sh.linkBody(ctx, version+1)
		if err != nil {
			return err
		}
		h, err := readBody(body)
		if err != nil {
			return err
		}
		content, err := openBody(key, linkPlace(sh.id, version+1), h, body)
		if err != nil {
			return err
		}
		if err := s.announced(ctx, content); err != nil {
			return err
		}
	}
}

func (sh *shared) linkBody(ctx context.Context, version uint16) (body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	err = sh.db.conn.QueryRow(ctx, `SELECT body FROM sleutelbord_links WHERE version = $1`, int64(version)).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("site key %d was never announced: %w", version, ErrTampered)
	}
	return body, classifyShared(unlessCancelled(ctx, err))
}

// announced takes the key of an announcement.
func (s *Store) announced(ctx context.Context, content []byte) error {
	if len(content) != 2+32 {
		return fmt.Errorf("a new site key: %w", ErrTampered)
	}
	return s.takeKey(ctx, binary.BigEndian.Uint16(content), [32]byte(content[2:]))
}

// queueSlots seals a version of the site key to every desk that may read, and
// takes what is there for others away.
func (s *Store) queueSlots(ctx context.Context, b *pgx.Batch, version uint16, key siteKey, position int64, head [32]byte) error {
	plain, err := slotContent{
		Key: key[:], Column: s.keys.column[:], Lookup: s.keys.lookup[:], Position: position, Head: head[:],
	}.encode()
	if err != nil {
		return err
	}
	defer clear(plain)
	var all []Desk
	if err := s.view(ctx, func(tx *Tx) (err error) { all, err = tx.desks(); return err }); err != nil {
		return err
	}
	for _, d := range all {
		if d.Removed > 0 {
			b.Queue(`DELETE FROM sleutelbord_keys WHERE desk = $1`, d.id[:])
			continue
		}
		sealed, err := sealTo(d.public, s.shared.id, version, plain)
		if err != nil {
			return err
		}
		b.Queue(`INSERT INTO sleutelbord_keys (version, desk, sealed) VALUES ($1, $2, $3)
			ON CONFLICT (version, desk) DO UPDATE SET sealed = excluded.sealed`, int64(version), d.id[:], sealed)
	}
	return nil
}

// takeKey fetches the next site key, which an entry of the log has announced.
func (s *Store) takeKey(ctx context.Context, version uint16, commitment [32]byte) error {
	sh := s.shared
	newest, _ := sh.settings.newest()
	if _, have := sh.settings.key(version); have {
		return nil // the entry was met before, and the desk ended then
	}
	if version != newest+1 {
		return fmt.Errorf("site key %d after %d: %w", version, newest, ErrTampered)
	}
	c, _, err := s.fetchSlot(ctx, version)
	if err != nil {
		return err
	}
	var key siteKey
	copy(key[:], c.Key)
	if key.commitment(version) != commitment {
		return fmt.Errorf("site key %d is not the one that was announced: %w", version, ErrTampered)
	}
	next := *sh.settings
	next.Keys = map[uint16][]byte{version: c.Key}
	maps.Copy(next.Keys, sh.settings.Keys)
	return s.keepSettings(&next)
}

// fetchSlot opens what a version of the site key was sealed to this desk with; none
// is [ErrRemoved].
func (s *Store) fetchSlot(ctx context.Context, version uint16) (c slotContent, plain []byte, err error) {
	sh := s.shared
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var sealed []byte
	err = sh.db.conn.QueryRow(ctx, `SELECT sealed FROM sleutelbord_keys WHERE version = $1 AND desk = $2`, int64(version), sh.desk[:]).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return slotContent{}, nil, ErrRemoved
	}
	if err != nil {
		return slotContent{}, nil, classifyShared(unlessCancelled(ctx, err))
	}
	if plain, err = s.keys.openOwn(sh.id, version, sealed); err != nil {
		return slotContent{}, nil, err
	}
	c, err = decodeSlot(plain)
	return c, plain, err
}
