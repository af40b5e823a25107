package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"sleutelbord/nfc/keytag"
)

// Desk is a computer that may read the shared database.
type Desk struct {
	// ID names it, in 16 hexadecimal digits.
	ID      string
	Name    string
	Added   keytag.Day
	Removed keytag.Day // 0: reads
	// Here is set for the desk that is asked.
	Here bool

	id     [deskIDSize]byte
	public []byte
}

// Desks are all desks of a shared site, removed ones too, in the order of their names.
func (s *Store) Desks(ctx context.Context) (all []Desk, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		all, err = tx.desks()
		return err
	})
	return all, err
}

func (tx *Tx) desks() ([]Desk, error) {
	all, err := list(tx, func(r row) (d Desk, err error) {
		var id []byte
		if err := r.Scan(&id, &d.Name, &d.public, &d.Added, &d.Removed); err != nil {
			return Desk{}, err
		}
		d.ID = fmt.Sprintf("%x", id)
		if err := fixed(d.id[:], id, "a desk's id"); err != nil {
			return Desk{}, err
		}
		d.Here = tx.s.shared != nil && d.id == tx.s.shared.desk
		return d, nil
	}, `SELECT desk, name, public_key, added_day, removed_day FROM desk_keys ORDER BY name, desk`)
	if err != nil {
		return nil, fmt.Errorf("reading the desks: %w", err)
	}
	return all, nil
}

// insertDesk notes a desk. One with this name or key is [ErrExists].
func (tx *Tx) insertDesk(name string, public []byte) error {
	all, err := tx.desks()
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.Removed == 0 && fold(d.Name) == fold(name) {
			return fmt.Errorf("desk %q: %w", name, ErrExists)
		}
	}
	day, err := tx.day()
	if err != nil {
		return err
	}
	id := deskID(public)
	_, err = tx.exec(`INSERT INTO desk_keys (desk, name, public_key, added_day, removed_day) VALUES ($1, $2, $3, $4, 0)`,
		id[:], strings.TrimSpace(name), public, day)
	if err != nil {
		return fmt.Errorf("desk %q: %w", name, err)
	}
	return nil
}

const joinVersion = 1

// JoinRequests are the fingerprints of the desks that ask to be admitted.
// Whoever can write the database can ask: only a fingerprint that stands on the
// new desk's own screen counts.
func (s *Store) JoinRequests(ctx context.Context) (prints []string, err error) {
	err = s.withTurn(ctx, func() error {
		all, err := s.joins(ctx)
		for _, public := range all {
			prints = append(prints, fingerprint(s.shared.id, public))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading which desks ask to be admitted: %w", err)
	}
	return prints, nil
}

// joins are the public keys of the desks that ask.
func (s *Store) joins(ctx context.Context) ([][]byte, error) {
	if s.shared == nil {
		return nil, ErrNotShared
	}
	c, err := s.shared.db.connected(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	rows, err := c.Query(ctx, `SELECT request FROM sleutelbord_joins ORDER BY desk LIMIT 1000`)
	if err != nil {
		return nil, classifyShared(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, classifyShared(unlessCancelled(ctx, err))
	}
	var keys [][]byte
	for _, r := range all {
		if len(r) == 1+32 && r[0] == joinVersion {
			keys = append(keys, r[1:])
		}
	}
	return keys, nil
}

// Admission is a desk that is to be admitted.
type Admission struct {
	// Fingerprint stands on the new desk's screen; see [RequestJoin].
	Fingerprint string
	Name        string // of the desk, for people
	// Operator is the sign-in name of the operator who uses it first, with the
	// passphrase that was chosen there; "" is whoever admits it.
	Operator string
}

// AdmitDesk admits a desk and gives the code that has to be typed there. also is
// what the caller changes in the same step; nil is nothing. [ErrNotFound] is a
// fingerprint with which nobody asks, [ErrNoOperator] an unknown operator, and
// [ErrExists] a name that another desk has.
func (s *Store) AdmitDesk(ctx context.Context, a Admission, also func(*Tx) error) (code string, err error) {
	if a.Operator == "" {
		a.Operator = s.Operator().Name
	}
	err = s.withTurn(ctx, func() error {
		code, err = s.admitDesk(ctx, a, also)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("admitting a desk: %w", err)
	}
	return code, nil
}

func (s *Store) admitDesk(ctx context.Context, a Admission, also func(*Tx) error) (string, error) {
	all, err := s.joins(ctx)
	if err != nil {
		return "", err
	}
	sh := s.shared
	if err := s.pull(ctx); err != nil {
		return "", err
	}
	for _, public := range all {
		if sameCode(a.Fingerprint, fingerprint(sh.id, public)) {
			return s.admitKey(ctx, a, public, also)
		}
	}
	return "", fmt.Errorf("no desk with this fingerprint asks to be admitted: %w", ErrNotFound)
}

// admitKey seals the site's keys to a new desk.
func (s *Store) admitKey(ctx context.Context, a Admission, public []byte, also func(*Tx) error) (string, error) {
	sh := s.shared
	version, key := sh.settings.newest()
	plain, err := slotContent{
		Key: key[:], Column: s.keys.column[:], Lookup: s.keys.lookup[:], Position: sh.position, Head: sh.head[:], Operator: a.Operator,
	}.encode()
	if err != nil {
		return "", err
	}
	defer clear(plain)
	sealed, err := sealTo(public, sh.id, version, plain)
	if err != nil {
		return "", err
	}
	id := deskID(public)
	err = s.updateShared(ctx, func(tx *Tx) error {
		if _, err := tx.operator(a.Operator); err != nil {
			return err
		}
		if err := tx.insertDesk(a.Name, public); err != nil {
			return err
		}
		return call(also, tx)
	}, func(b *pgx.Batch) {
		b.Queue(`DELETE FROM sleutelbord_keys WHERE desk = $1`, id[:])
		b.Queue(`INSERT INTO sleutelbord_keys (version, desk, sealed) VALUES ($1, $2, $3)`, int64(version), id[:], sealed)
		b.Queue(`DELETE FROM sleutelbord_joins WHERE desk = $1`, id[:])
	})
	return admission(sh.id, public, plain), err
}

// RemoveDesk takes a desk out: from here on the site has a new key, of which that
// desk gets none. What it had read before it keeps. A desk cannot remove itself.
// also is what the caller changes in the same step; nil is nothing.
func (s *Store) RemoveDesk(ctx context.Context, id string, also func(*Tx) error) error {
	err := s.withTurn(ctx, func() error {
		if s.shared == nil {
			return ErrNotShared
		}
		if err := s.updateShared(ctx, func(tx *Tx) error { return tx.endDesk(id, also) }); err != nil {
			return err
		}
		return s.rotate(ctx)
	})
	if err != nil {
		return fmt.Errorf("removing a desk: %w", err)
	}
	return nil
}

// endDesk notes that a desk is removed. For one that is already, nothing is
// noted: only the new key may be missing.
func (tx *Tx) endDesk(id string, also func(*Tx) error) error {
	all, err := tx.desks()
	if err != nil {
		return err
	}
	for _, d := range all {
		if !strings.EqualFold(d.ID, id) {
			continue
		}
		if d.Here {
			return fmt.Errorf("a desk cannot remove itself: %w", ErrInvalid)
		}
		if d.Removed > 0 {
			return nil
		}
		day, err := tx.day()
		if err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE desk_keys SET removed_day = $1 WHERE desk = $2`, max(1, day), d.id[:]); err != nil {
			return err
		}
		return call(also, tx)
	}
	return ErrNotFound
}

// rotate gives the site a new key, sealed to the desks that are left, and seals
// the records with it.
func (s *Store) rotate(ctx context.Context) error {
	sh := s.shared
	head, err := sh.db.begin(ctx, sh.id, beginChange)
	if err != nil {
		return err
	}
	defer sh.db.end() // does nothing after the commit
	if err := errors.Join(s.follow(ctx, head), sh.usable()); err != nil {
		return err
	}
	version, old := sh.settings.newest()
	next := newSiteKey()
	schema, err := schemaVersion(ctx, s.db)
	if err != nil {
		return err
	}
	content := announcement(version+1, next)
	e, err := sh.sealEntry(bodyHead{kind: entryRekey, key: version, schema: uint16(schema)}, old, content)
	if err != nil {
		return err
	}
	var b pgx.Batch
	b.Queue(`DELETE FROM sleutelbord_snapshot`)
	b.Queue(`DELETE FROM sleutelbord_log WHERE position < $1`, e.at.position)
	if err := queueLink(&b, sh.id, uint16(schema), version, old, content); err != nil {
		return err
	}
	if err := s.queueSlots(ctx, &b, version+1, next, e.at.position, e.after); err != nil {
		return err
	}
	queueEntry(&b, e)
	b.Queue(`UPDATE sleutelbord_head SET snapshot = $1 WHERE id = 1`, e.at.position)
	if err := sh.db.batch(ctx, &b); err != nil {
		return err
	}
	if err := s.putSnapshot(ctx, e.at.position, e.after, version+1, next); err != nil {
		return err
	}
	if err := sh.commit(ctx, new(pgx.Batch), e); err != nil {
		return err
	}
	return s.pull(ctx) // the new key comes to this desk as to the others
}
