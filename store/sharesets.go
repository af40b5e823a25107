package store

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store/shares"
)

// ShareSet is a set of shares of the site's root that were made for paper. The
// shares themselves are nowhere but there.
type ShareSet struct {
	ID        int64
	Set       shares.Set
	Made      keytag.Day
	Rehearsed keytag.Day // day of the last proof that its shares restore this site; 0: never
}

// ShareSets are all sets that were made, oldest first.
func (tx *Tx) ShareSets() ([]ShareSet, error) {
	all, err := list(tx, scanShareSet, `SELECT id, description, made_day, rehearsed_day FROM share_sets ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("reading the sets of shares: %w", err)
	}
	return all, nil
}

func scanShareSet(r row) (s ShareSet, err error) {
	var b []byte
	if err := r.Scan(&s.ID, &b, &s.Made, &s.Rehearsed); err != nil {
		return ShareSet{}, err
	}
	if s.Set, err = shares.ParseSet(b); err != nil {
		return ShareSet{}, fmt.Errorf("set of shares %d: %w (%w)", s.ID, ErrDamaged, err)
	}
	return s, nil
}

// InsertShareSet notes that a set was made today.
func (tx *Tx) InsertShareSet(set shares.Set) error {
	id, err := tx.nextID("share_sets")
	var day keytag.Day
	if err == nil {
		day, err = tx.day()
	}
	if err == nil {
		_, err = tx.exec(`INSERT INTO share_sets (id, description, made_day, rehearsed_day) VALUES ($1, $2, $3, 0)`, id, set.Bytes(), day)
	}
	if err != nil {
		return fmt.Errorf("storing a set of shares: %w", err)
	}
	all, err := tx.ShareSets()
	if err != nil {
		return err
	}
	tx.onCommit(func() { writeSets(tx.s.dir, all) })
	return nil
}

// writeSets notes the sets beside the records, where they can be read before
// those are open: then a forged share can be named. They are no secret, and what
// is wrong with the file costs nothing but that.
func writeSets(dir string, all []ShareSet) {
	var b []byte
	for _, s := range all {
		b = append(b, fmt.Sprintf("%x\n", s.Set.Bytes())...)
	}
	path := filepath.Join(dir, setsName)
	if writeSynced(path+".new", b) == nil {
		_ = os.Rename(path+".new", path)
	}
}

// KnownShareSets are the sets of the records in dir, as far as that can be told
// without opening them.
func KnownShareSets(dir string) (sets []shares.Set) {
	f, err := os.Open(filepath.Join(dir, setsName))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // was only read
	text, err := io.ReadAll(io.LimitReader(f, maxSets*2*maxSetBytes))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		b, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			continue
		}
		if s, err := shares.ParseSet(b); err == nil {
			sets = append(sets, s)
		}
	}
	return sets
}

// NoteRehearsal notes that shares of a set were proven today. A set that is not
// known is [ErrNotFound].
func (tx *Tx) NoteRehearsal(id shares.SetID) error {
	all, err := tx.ShareSets()
	if err != nil {
		return err
	}
	day, err := tx.day()
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Set.ID == id {
			_, err := tx.exec(`UPDATE share_sets SET rehearsed_day = $1 WHERE id = $2`, day, s.ID)
			return err
		}
	}
	return fmt.Errorf("set of shares %v: %w", id, ErrNotFound)
}

// CombineShares puts the root together from shares. sets are those that are
// known, and may not be all: the set can be newer than a backup. The errors are
// those of [shares.Combine]. The caller wipes the root.
func CombineShares(all []shares.Share, sets []shares.Set) (Root, error) {
	if !slices.ContainsFunc(all, func(s shares.Share) bool {
		return slices.ContainsFunc(sets, func(k shares.Set) bool { return k.ID == s.Set() })
	}) {
		sets = nil
	}
	b, err := shares.Combine(all, sets, shareCheck)
	if err != nil {
		return Root{}, fmt.Errorf("restoring the site root: %w", err)
	}
	defer clear(b[:])
	return newRoot(b[:])
}

// shareCheck is the key check value that stands on the shares of a root: that of
// [keytag.MasterPICC], which a token can compute as well.
func shareCheck(b *[32]byte) (check [shares.CheckSize]byte, err error) {
	root, err := newRoot(b[:])
	if err != nil {
		return check, err
	}
	defer root.Wipe()
	if !root.valid() {
		return check, nil // zeros are no root; nothing has this check value
	}
	c, err := newSoftCustody(root)
	if err != nil {
		return check, err
	}
	defer c.wipe()
	return c.KeyCheckValue(keytag.MasterPICC)
}

// MakeShares splits the site's root: that of these records, or, where a token has
// the keys, the one given, put together from shares of an earlier set; otherwise the
// zero Root. The set is noted by [Tx.InsertShareSet]; nothing of the shares is kept.
// [ErrRootAway] is a token and no root, [ErrWrongRoot] another site's.
func (s *Store) MakeShares(ctx context.Context, given Root, threshold, n int) (shares.Set, []shares.Share, error) {
	set, all, err := s.makeShares(ctx, given, threshold, n)
	if err != nil {
		return shares.Set{}, nil, fmt.Errorf("making shares: %w", err)
	}
	return set, all, nil
}

func (s *Store) makeShares(ctx context.Context, given Root, threshold, n int) (shares.Set, []shares.Share, error) {
	if err := s.enter(); err != nil {
		return shares.Set{}, nil, err
	}
	defer s.mu.RUnlock()
	root, err := s.rootToSplit(ctx, given)
	if err != nil {
		return shares.Set{}, nil, err
	}
	defer root.Wipe()
	check, err := shareCheck(root.b)
	if err != nil {
		return shares.Set{}, nil, err
	}
	return shares.Split(root.b, check, threshold, n)
}

// rootToSplit is the site's root, of which the caller wipes this copy.
func (s *Store) rootToSplit(ctx context.Context, given Root) (Root, error) {
	if !given.valid() {
		return s.readRoot(ctx)
	}
	if err := s.sameRoot(given); err != nil {
		return Root{}, err
	}
	return newRoot(given.b[:])
}

// ProveRoot tells whether a root, put together from shares, is that of this
// site and would open these records without any passphrase: it compares the key
// check values of all masters and the signing key, and opens the slot of the root. It changes
// nothing. [ErrWrongRoot] is another root.
func (s *Store) ProveRoot(root Root) error {
	if err := s.proveRoot(root); err != nil {
		return fmt.Errorf("proving the site root: %w", err)
	}
	return nil
}

func (s *Store) proveRoot(root Root) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.RUnlock()
	if err := s.sameRoot(root); err != nil {
		return err
	}
	h, err := readHeader(s.dir)
	if err != nil {
		return err
	}
	key, err := h.unlockRoot(root)
	if err != nil {
		return err
	}
	defer key.wipe()
	if !bytes.Equal(key.b[:], s.data.b[:]) {
		return ErrWrongRoot
	}
	return nil
}

// sameRoot compares what a root leads to with what this site has. Where the
// keys are in a token, with what was noted of them: the token need not be there.
func (s *Store) sameRoot(root Root) error {
	row, err := s.readCustody(context.Background())
	if err != nil {
		return err
	}
	defer row.wipe()
	if row.kind == TokenCustodyKind {
		return row.fits(root)
	}
	c, err := newSoftCustody(root)
	if err != nil {
		return err
	}
	defer c.wipe()
	for _, m := range []keytag.Master{keytag.MasterPICC, keytag.MasterApplication, keytag.MasterLocator, keytag.MasterZone} {
		have, err := s.custody.KeyCheckValue(m)
		want, werr := c.KeyCheckValue(m)
		if err := errors.Join(err, werr); err != nil {
			return err
		}
		if have != want {
			return ErrWrongRoot
		}
	}
	return sameSigner(s.Custody(), c)
}

// sameSigner tells whether two custodies sign with the same first key.
func sameSigner(a, b Custody) error {
	x, err := a.Signer(1)
	y, yerr := b.Signer(1)
	if err := errors.Join(err, yerr); err != nil {
		return err
	}
	if !x.Public().(ed25519.PublicKey).Equal(y.Public()) {
		return ErrWrongRoot
	}
	return nil
}
