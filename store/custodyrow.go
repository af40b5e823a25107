package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// CustodyKind says where the keys of a site are.
type CustodyKind string

// Kinds of custody.
const (
	// SoftwareCustody: the root is sealed in the records, and keys are computed
	// in this program's memory.
	SoftwareCustody CustodyKind = "software"
	// TokenCustodyKind: the master keys and the signing keys are in a PKCS#11
	// token; the root exists as shares only.
	TokenCustodyKind CustodyKind = "token"
)

// tokenNote is a token and what opens it.
type tokenNote struct {
	Ref TokenRef `json:"ref"`
	PIN []byte   `json:"pin"`
}

// tokenNotes is the sealed column token: the token that has the keys, and sets
// of keys that are to be removed from tokens, which after a crash may be there
// or not.
type tokenNotes struct {
	Current *tokenNote  `json:"current,omitempty"`
	Left    []tokenNote `json:"left,omitempty"`
}

// Format hides the PINs from every verb of package fmt.
func (n tokenNote) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[token and PIN]") }

// custodyRow is the one row of the table custody, opened.
type custodyRow struct {
	kind    CustodyKind
	root    Root // none unless kind is SoftwareCustody
	notes   tokenNotes
	version int64
}

// Format hides the root and the PINs from every verb of package fmt.
func (c custodyRow) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[custody]") }

func (c *custodyRow) wipe() {
	c.root.Wipe()
	if c.notes.Current != nil {
		clear(c.notes.Current.PIN)
	}
	for _, n := range c.notes.Left {
		clear(n.PIN)
	}
}

func rootCell(version int64) cell  { return cell{"custody", "root", 1, version} }
func tokenCell(version int64) cell { return cell{"custody", "token", 1, version} }

// readCustody opens the row. The caller keeps the store open, and wipes the row.
func (s *Store) readCustody(ctx context.Context) (c custodyRow, err error) {
	err = s.view(ctx, func(tx *Tx) error {
		c, err = tx.custody()
		return err
	})
	return c, err
}

// custodyNow is readCustody for whoever does not keep the store open.
func (s *Store) custodyNow(ctx context.Context) (custodyRow, error) {
	if err := s.enter(); err != nil {
		return custodyRow{}, err
	}
	defer s.mu.RUnlock()
	return s.readCustody(ctx)
}

func (tx *Tx) custody() (custodyRow, error) {
	c, err := one(tx, tx.scanCustody, `SELECT kind, root, token, row_version FROM custody`)
	if errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("its row is missing: %w", ErrDamaged)
	}
	if err != nil {
		return custodyRow{}, fmt.Errorf("reading where the keys are: %w", err)
	}
	return c, nil
}

func (tx *Tx) scanCustody(r row) (c custodyRow, err error) {
	var root, token []byte
	if err := r.Scan(&c.kind, &root, &token, &c.version); err != nil {
		return custodyRow{}, err
	}
	defer func() {
		if err != nil {
			c.wipe()
		}
	}()
	if root, err = tx.s.sealer.open(rootCell(c.version), root); err != nil {
		return custodyRow{}, err
	}
	defer clear(root)
	if c.kind == SoftwareCustody {
		if c.root, err = newRoot(root); err != nil {
			return custodyRow{}, err
		}
	}
	if token, err = tx.s.sealer.open(tokenCell(c.version), token); err != nil {
		return custodyRow{}, err
	}
	defer clear(token)
	if c.notes, err = decodeNotes(token); err != nil {
		return custodyRow{}, err
	}
	if (c.kind == TokenCustodyKind) != (c.notes.Current != nil) {
		return custodyRow{}, fmt.Errorf("custody of the kind %q does not fit its token: %w", c.kind, ErrDamaged)
	}
	return c, nil
}

// putCustody replaces the row, sealed anew for its next version.
func (tx *Tx) putCustody(c *custodyRow) error {
	token, err := encodeNotes(c.notes)
	if err != nil {
		return err
	}
	defer clear(token)
	var root []byte
	if c.kind == SoftwareCustody {
		root = c.root.b[:]
	}
	next := c.version + 1
	n, err := tx.exec(`UPDATE custody SET kind = $1, root = $2, token = $3, row_version = $4 WHERE row_version = $5`,
		c.kind, tx.s.sealer.seal(rootCell(next), root), tx.s.sealer.seal(tokenCell(next), token), next, c.version)
	if err == nil {
		// The version is given, not counted, because the seals need it; replaced
		// then finds out why a row was not there.
		err = tx.replaced(n, &c.version, `SELECT id FROM custody`)
	}
	if err != nil {
		return fmt.Errorf("noting where the keys are: %w", err)
	}
	return nil
}

func encodeNotes(n tokenNotes) ([]byte, error) {
	if n.Current == nil && len(n.Left) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("noting the token: %w", err)
	}
	return b, nil
}

// decodeNotes reads what encodeNotes wrote. Anything else is [ErrDamaged].
func decodeNotes(b []byte) (n tokenNotes, err error) {
	if len(b) == 0 {
		return tokenNotes{}, nil
	}
	if err := json.Unmarshal(b, &n); err != nil {
		return tokenNotes{}, fmt.Errorf("reading which token has the keys: %w: %w", ErrDamaged, err)
	}
	all := n.Left
	if n.Current != nil {
		all = append(slices.Clip(all), *n.Current)
	}
	for _, t := range all {
		if err := t.Ref.check(); err != nil {
			return tokenNotes{}, fmt.Errorf("reading which token has the keys: %w: %w", ErrDamaged, err)
		}
	}
	return n, nil
}
