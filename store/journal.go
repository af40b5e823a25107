package store

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// The journal is a chain of SHA-256 hashes. With part(x) the length of x in
// eight bytes, big-endian, before x, and numbers in eight bytes:
//
//	entry hash = SHA-256(part("entry") ‖ part(salt) ‖ part(seq) ‖ part(day) ‖ part(operator) ‖ part(act) ‖ part(subject))
//	hash       = SHA-256(part("chain") ‖ part(hash before) ‖ part(seq) ‖ part(entry hash))
//
// The hash before the first is SHA-256(part("journal") ‖ part(store id)). The
// salt is 32 random bytes of the entry's own, so that the hash of an entry
// whose content and salt were deleted tells nothing about the content, and the
// chain still holds.

const journalSaltSize = 32

func hashParts(parts ...[]byte) (sum [32]byte) {
	h := sha256.New()
	for _, p := range parts {
		writePart(h, p)
	}
	h.Sum(sum[:0])
	return sum
}

func journalStart(store [idSize]byte) [32]byte { return hashParts([]byte("journal"), store[:]) }

func u64(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func (e Entry) contentHash(salt []byte) [32]byte {
	return hashParts([]byte("entry"), salt, u64(e.Seq), u64(int64(e.Day)),
		[]byte(e.Operator), []byte(e.Act), []byte(e.Subject))
}

func chainHash(before []byte, seq int64, content []byte) [32]byte {
	return hashParts([]byte("chain"), before, u64(seq), content)
}

// Append adds an entry to the journal. Its Operator, Act and Subject are
// stored, with today's date; Seq, Day and Hash are set by the store and not
// looked at. An entry without an act is [ErrInvalid]. Entries cannot be changed or
// deleted.
func (tx *Tx) Append(e Entry) error {
	if err := tx.append(e); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}

func (tx *Tx) append(e Entry) error {
	if !tx.write {
		return ErrReadOnly
	}
	day, err := tx.day()
	if err != nil {
		return err
	}
	// The update comes first: on a shared database it makes others wait.
	head, err := one(tx, scanHead, `UPDATE meta SET journal_seq = journal_seq + 1 RETURNING journal_seq, journal_head`)
	if err != nil {
		return err
	}
	e.Seq, e.Day = head.seq, day
	salt := make([]byte, journalSaltSize)
	_, _ = rand.Read(salt) // never returns an error
	content := e.contentHash(salt)
	e.Hash = chainHash(head.hash, e.Seq, content[:])
	if _, err := tx.exec(`INSERT INTO journal (seq, day, operator, act, subject, salt, entry_hash, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.Seq, e.Day, e.Operator, e.Act, e.Subject, salt, content[:], e.Hash[:]); err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE meta SET journal_head = $1`, e.Hash[:])
	return err
}

// journalHead is the last entry's number and hash.
type journalHead struct {
	seq  int64
	hash []byte
}

func scanHead(r row) (h journalHead, err error) {
	err = r.Scan(&h.seq, &h.hash)
	return h, err
}

// journalLine is an entry as it is stored.
type journalLine struct {
	Entry
	salt, content []byte
}

const selectJournal = `SELECT seq, day, operator, act, subject, salt, entry_hash, hash FROM journal ORDER BY seq`

func scanLine(r row) (l journalLine, err error) {
	var hash []byte
	if err := r.Scan(&l.Seq, &l.Day, &l.Operator, &l.Act, &l.Subject, &l.salt, &l.content, &hash); err != nil {
		return journalLine{}, err
	}
	return l, fixed(l.Hash[:], hash, "a journal hash")
}

// Journal are all entries, oldest first.
func (tx *Tx) Journal() ([]Entry, error) {
	all, err := list(tx, func(r row) (Entry, error) {
		l, err := scanLine(r)
		return l.Entry, err
	}, selectJournal)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	return all, nil
}

// VerifyJournal checks that the journal is what was written: every entry, their
// order, none missing, none added. Otherwise it names the first entry that
// is wrong, and is [ErrDamaged].
func (tx *Tx) VerifyJournal() error {
	if err := tx.verifyJournal(); err != nil {
		return fmt.Errorf("verifying the journal: %w", err)
	}
	return nil
}

func (tx *Tx) verifyJournal() error {
	head, err := one(tx, scanHead, `SELECT journal_seq, journal_head FROM meta`)
	if err != nil {
		return err
	}
	id, err := one(tx, func(r row) (id [idSize]byte, err error) {
		var b []byte
		if err := r.Scan(&b); err != nil {
			return id, err
		}
		return id, fixed(id[:], b, "the store id")
	}, `SELECT store_id FROM meta`)
	if err != nil {
		return err
	}
	lines, err := list(tx, scanLine, selectJournal)
	if err != nil {
		return err
	}
	before := journalStart(id)
	for i, l := range lines {
		content := l.contentHash(l.salt)
		next := chainHash(before[:], l.Seq, content[:])
		if l.Seq != int64(i)+1 || !bytes.Equal(content[:], l.content) || next != l.Hash {
			return fmt.Errorf("entry %d: %w", i+1, ErrDamaged)
		}
		before = next
	}
	if int64(len(lines)) != head.seq || !bytes.Equal(before[:], head.hash) {
		return fmt.Errorf("entry %d: %w", len(lines)+1, ErrDamaged)
	}
	return nil
}
