package store

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"sleutelbord/journal"
	"sleutelbord/nfc/keytag"
)

// What the journal is, its hashes and its signatures are said in package journal.
// The key of a desk is HKDF-SHA256 of the data key, with the store id as salt
// and "desk sign" as info: the seed of an Ed25519 key (RFC 8032).

func hashParts(parts ...[]byte) (sum [32]byte) {
	h := sha256.New()
	for _, p := range parts {
		writePart(h, p)
	}
	h.Sum(sum[:0])
	return sum
}

func journalStart(store [idSize]byte) [32]byte { return journal.Start(store[:]) }

func u64(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// Append adds an entry to the journal, signed by this desk. Its Operator, Act
// and Subject are stored, with today's date; everything else is set by the store
// and not looked at. An entry without an act is [ErrInvalid]. Entries cannot be
// changed; see [Tx.EraseJournal].
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
	signer, err := tx.signer(day)
	if err != nil {
		return err
	}
	salt := make([]byte, journal.SaltSize)
	_, _ = rand.Read(salt) // never returns an error
	content := journal.EntryHash(salt, head.seq, int64(day), e.Operator, e.Act, e.Subject)
	hash := journal.ChainHash(head.hash, head.seq, content[:])
	key := ed25519.NewKeyFromSeed(tx.s.keys.sign[:])
	defer clear(key)
	if _, err := tx.exec(`INSERT INTO journal (seq, day, operator, act, subject, salt, entry_hash, hash, signer, signature)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		head.seq, day, e.Operator, e.Act, e.Subject, salt, content[:], hash[:], signer, ed25519.Sign(key, journal.Message(hash[:]))); err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE meta SET journal_head = $1`, hash[:])
	return err
}

// signer is the number of this desk's key among those that sign the journal.
func (tx *Tx) signer(day keytag.Day) (int64, error) {
	public := tx.s.signKey()
	id, err := one(tx, number, `SELECT id FROM signers WHERE public_key = $1`, []byte(public))
	if !errors.Is(err, ErrNotFound) {
		return id, err
	}
	if id, err = tx.nextID("signers"); err != nil {
		return 0, err
	}
	_, err = tx.exec(`INSERT INTO signers (id, public_key, added_day) VALUES ($1, $2, $3)`, id, []byte(public), day)
	return id, err
}

// signKey is the public key with which this desk signs the journal.
func (s *Store) signKey() ed25519.PublicKey {
	key := ed25519.NewKeyFromSeed(s.keys.sign[:])
	defer clear(key)
	return append(ed25519.PublicKey(nil), key.Public().(ed25519.PublicKey)...)
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

const selectJournal = `SELECT seq, day, operator, act, subject, salt, entry_hash, hash, signer, signature FROM journal ORDER BY seq`

// scanLine reads an entry as it is exported.
func scanLine(r row) (e journal.Entry, err error) {
	var day, signer sql.NullInt64
	var operator, act, subject sql.NullString
	var salt, entry, hash, signature []byte
	if err := r.Scan(&e.Seq, &day, &operator, &act, &subject, &salt, &entry, &hash, &signer, &signature); err != nil {
		return journal.Entry{}, err
	}
	e.Operator, e.Act, e.Subject, e.Desk = operator.String, act.String, subject.String, signer.Int64
	e.Salt, e.Entry, e.Hash, e.Sig = salt, entry, hash, signature
	if day.Valid {
		e.Date = keytag.Day(day.Int64).String()
	}
	return e, nil
}

// Journal are all entries, oldest first.
func (tx *Tx) Journal() ([]Entry, error) {
	all, err := list(tx, func(r row) (Entry, error) {
		var day sql.NullInt64
		e, err := scanLine(dayScanner{r, &day})
		if err != nil {
			return Entry{}, err
		}
		out := Entry{
			Seq: e.Seq, Day: keytag.Day(day.Int64), Operator: e.Operator, Act: e.Act, Subject: e.Subject, Desk: e.Desk, Erased: e.Erased(),
		}
		return out, fixed(out.Hash[:], e.Hash, "a journal hash")
	}, selectJournal)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	return all, nil
}

// dayScanner also keeps the second column of an entry, its day as a number.
type dayScanner struct {
	row
	day *sql.NullInt64
}

func (d dayScanner) Scan(dest ...any) error {
	if err := d.row.Scan(dest...); err != nil {
		return err
	}
	*d.day = *dest[1].(*sql.NullInt64)
	return nil
}

// VerifyJournal checks that the journal is what was written: every entry and its
// signature, their order, none missing, none added. Otherwise it names the first
// entry that is wrong (see [journal.Wrong]), and is [ErrDamaged].
func (tx *Tx) VerifyJournal() error {
	_, err := tx.JournalReport()
	return err
}

// JournalReport verifies the journal, and tells what is in it.
func (tx *Tx) JournalReport() (journal.Report, error) {
	r, err := tx.walkJournal(func(any) error { return nil })
	if err != nil {
		return journal.Report{}, fmt.Errorf("verifying the journal: %w", err)
	}
	return r, nil
}

// ExportJournal writes the journal for whoever shall check it; see package
// journal. It is checked on the way.
func (tx *Tx) ExportJournal(w io.Writer) (journal.Report, error) {
	r, err := tx.walkJournal(func(line any) error { return journal.WriteLine(w, line) })
	if err != nil {
		return journal.Report{}, fmt.Errorf("exporting the journal: %w", err)
	}
	return r, nil
}

// walkJournal calls f for the header and every entry once it is checked.
func (tx *Tx) walkJournal(f func(line any) error) (journal.Report, error) {
	h, err := tx.journalHeader()
	if err != nil {
		return journal.Report{}, err
	}
	c, err := journal.NewChecker(h)
	if err == nil {
		err = f(h)
	}
	if err == nil {
		err = tx.each(func(r row) error {
			e, err := scanLine(r)
			if err == nil {
				err = c.Next(e)
			}
			if err != nil {
				return err
			}
			return f(e)
		}, selectJournal)
	}
	if err == nil {
		err = c.End()
	}
	var wrong *journal.Wrong
	if errors.As(err, &wrong) {
		return journal.Report{}, fmt.Errorf("%w: %w", err, ErrDamaged)
	}
	if err != nil {
		return journal.Report{}, err
	}
	return c.Report(), nil
}

func (tx *Tx) journalHeader() (journal.Header, error) {
	site, err := tx.Site()
	if err != nil {
		return journal.Header{}, err
	}
	desks, err := list(tx, func(r row) (d journal.Desk, err error) {
		var key []byte
		err = r.Scan(&d.Desk, &key)
		d.Key = key
		return d, err
	}, `SELECT id, public_key FROM signers ORDER BY id`)
	if err != nil {
		return journal.Header{}, err
	}
	return one(tx, func(r row) (journal.Header, error) {
		h := journal.Header{Journal: journal.Version, Site: site.Name, Desks: append([]journal.Desk{}, desks...)}
		var store, head []byte
		err := r.Scan(&store, &h.Entries, &head)
		h.Store, h.Head = store, head
		return h, err
	}, `SELECT store_id, journal_seq, journal_head FROM meta`)
}

// EraseJournal erases the content of all entries from before a day, and tells of
// how many. That there was an entry stays, with its hash and signature.
// [Store.Scrub] then takes what was erased out of the free places of the file.
func (tx *Tx) EraseJournal(before keytag.Day) (int64, error) {
	n, err := tx.exec(`UPDATE journal SET day = NULL, operator = NULL, act = NULL, subject = NULL, salt = NULL
		WHERE day < $1`, before)
	if err != nil {
		return 0, fmt.Errorf("erasing entries of the journal: %w", err)
	}
	return n, nil
}
