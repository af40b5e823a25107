package store

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store/shares"
)

// A backup is one file (version 1; big-endian):
//
//	offset  bytes
//	0       8    "SLBDBKUP"
//	8       2    version = 1
//	10      2    day of the backup
//	12      8    site id
//	20      8    change counter of the records
//	28      2    version of the key that signs
//	30      32   salt, random
//	62      4    length of the key slots
//	66      1    number of sets of shares
//	67           key slots: a file store.keys, without those of keyrings
//	             per set of shares: length (2), and what [shares.Set.Bytes] gives
//	             the records, sealed as a stream (stream.go)
//	             Ed25519 signature, 64 bytes, by the site's key: of "sleutelbord backup" ‖ 00 ‖ SHA-512(everything before)
//
// The records are the file store.db as VACUUM INTO writes it, so that nothing is
// in it that was erased. Its stream has the key HKDF-SHA256(data key, salt,
// "backup"), and the SHA-256 of everything before the stream as additional data.
// Whoever has a passphrase of one of the slots, or the site's root from shares,
// has the data key.
//
// The signature keeps somebody out who has the data key and not the site's signing key: where
// the root lies in a token, or a desk was removed. Where the root lies in the
// records, the data key leads to it, and so to the signing key.
const (
	backupMagic   = "SLBDBKUP"
	backupVersion = 1
	backupFixed   = 8 + 2 + 2 + 8 + 8 + 2 + saltSize + 4 + 1
	maxSets       = 255
	maxSetBytes   = 1024
	snapshotName  = "store.snapshot" // in the folder of the records, while a backup is made
)

var (
	// ErrNoBackup: the file was never a backup of this program.
	ErrNoBackup = errors.New("this is not a backup of this program")
	// ErrBackup: a backup that was changed, or is not whole.
	ErrBackup = errors.New("the backup was changed or is not complete: use another")
	// ErrForeignBackup: the records are sealed as they ought to be, and the site's key did not sign them.
	ErrForeignBackup = errors.New("the backup is not signed by this site: somebody else made it")
)

// BackupInfo is what a backup shows without a key. Only a backup that was
// restored or verified is known to say the truth.
type BackupInfo struct {
	Site    [8]byte
	Day     keytag.Day
	Changes uint64 // commits until then; the newer backup has more
	// Sets are the sets of shares of which some open it.
	Sets []shares.Set
}

// backupHeader is everything before the stream.
type backupHeader struct {
	BackupInfo
	signer uint16
	salt   [saltSize]byte
	keys   header
}

func (h backupHeader) encode() []byte {
	keys := h.keys.encode()
	b := append([]byte(backupMagic), 0, backupVersion)
	b = binary.BigEndian.AppendUint16(b, uint16(h.Day))
	b = append(b, h.Site[:]...)
	b = binary.BigEndian.AppendUint64(b, h.Changes)
	b = binary.BigEndian.AppendUint16(b, h.signer)
	b = append(b, h.salt[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(keys)))
	b = append(b, byte(len(h.Sets)))
	b = append(b, keys...)
	for _, s := range h.Sets {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s.Bytes())))
		b = append(b, s.Bytes()...)
	}
	return b
}

// readBackupHeader reads what stands before the stream, strictly, and gives it
// also as it was.
func readBackupHeader(r io.Reader) (h backupHeader, raw []byte, err error) {
	var all bytes.Buffer
	take := func(n int) ([]byte, error) {
		b := make([]byte, n)
		_, err := io.ReadFull(io.TeeReader(r, &all), b)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("it ends in the middle: %w", ErrBackup)
		}
		return b, err
	}
	b, err := take(10)
	if err != nil && !errors.Is(err, ErrBackup) {
		return h, nil, err
	}
	if err != nil || string(b[:8]) != backupMagic {
		return h, nil, ErrNoBackup
	}
	if v := binary.BigEndian.Uint16(b[8:]); v != backupVersion {
		return h, nil, fmt.Errorf("a backup of version %d: %w", v, ErrNewerSchema)
	}
	if b, err = take(backupFixed - 10); err != nil {
		return h, nil, err
	}
	h.Day, h.Site = keytag.Day(binary.BigEndian.Uint16(b)), [8]byte(b[2:])
	h.Changes, h.signer = binary.BigEndian.Uint64(b[10:]), binary.BigEndian.Uint16(b[18:])
	h.salt = [saltSize]byte(b[20:])
	size, sets := binary.BigEndian.Uint32(b[20+saltSize:]), int(b[24+saltSize])
	if size > maxHeaderSize {
		return h, nil, fmt.Errorf("key slots of %d bytes: %w", size, ErrBackup)
	}
	if b, err = take(int(size)); err != nil {
		return h, nil, err
	}
	if h.keys, err = parseHeader(b); err != nil {
		return h, nil, fmt.Errorf("%w (%w)", ErrBackup, err)
	}
	for range sets {
		s, err := readSet(take)
		if err != nil {
			return h, nil, err
		}
		h.Sets = append(h.Sets, s)
	}
	return h, all.Bytes(), nil
}

func readSet(take func(int) ([]byte, error)) (shares.Set, error) {
	b, err := take(2)
	if err != nil {
		return shares.Set{}, err
	}
	n := int(binary.BigEndian.Uint16(b))
	if n > maxSetBytes {
		return shares.Set{}, fmt.Errorf("a set of %d bytes: %w", n, ErrBackup)
	}
	if b, err = take(n); err != nil {
		return shares.Set{}, err
	}
	s, err := shares.ParseSet(b)
	if err != nil {
		return shares.Set{}, fmt.Errorf("%w (%w)", ErrBackup, err)
	}
	return s, nil
}

// streamer is what seals and opens the records of this backup.
func (h backupHeader) streamer(key dataKey, raw []byte) (*streamer, error) {
	k, err := hkdf.Key(sha256.New, key.b[:], h.salt[:], "backup", keySize)
	if err != nil {
		return nil, fmt.Errorf("deriving the key of a backup: %w", err)
	}
	defer clear(k)
	sum := sha256.Sum256(raw)
	return newStreamer(k, sum[:])
}

// signed is what the signature signs.
func signedBackup(h hash.Hash) []byte {
	return h.Sum([]byte("sleutelbord backup\x00"))
}

// Backup writes a backup of the records, as they are at this moment, to w.
// Changes wait until the copy is made, not until it is written. The caller makes
// the file durable. [ErrFull] can be the disk of the records, which for a moment hold a copy.
func (s *Store) Backup(ctx context.Context, w io.Writer) (BackupInfo, error) {
	info, err := s.backup(ctx, w)
	if err != nil {
		return BackupInfo{}, fmt.Errorf("making a backup: %w", mapDiskFull(err))
	}
	return info, nil
}

func (s *Store) backup(ctx context.Context, w io.Writer) (_ BackupInfo, err error) {
	if err := s.enter(); err != nil {
		return BackupInfo{}, err
	}
	defer s.mu.RUnlock()
	s.copying.Lock()
	defer s.copying.Unlock()
	path := filepath.Join(s.dir, snapshotName)
	defer func() { err = errors.Join(err, removeSnapshot(path)) }()
	h, err := s.snapshot(ctx, path)
	if err != nil {
		return BackupInfo{}, err
	}
	signer, err := s.custody.Signer(h.signer)
	if err != nil {
		return BackupInfo{}, err
	}
	raw := h.encode()
	stream, err := h.streamer(s.data, raw)
	if err != nil {
		return BackupInfo{}, err
	}
	sum := sha512.New()
	out := io.MultiWriter(w, sum)
	if _, err := out.Write(raw); err != nil {
		return BackupInfo{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return BackupInfo{}, err
	}
	if err := errors.Join(stream.seal(out, contextReader{ctx, f}), f.Close()); err != nil {
		return BackupInfo{}, err
	}
	signature, err := signer.Sign(rand.Reader, signedBackup(sum), crypto.Hash(0))
	if err != nil {
		return BackupInfo{}, fmt.Errorf("signing: %w", err)
	}
	_, err = w.Write(signature)
	return h.BackupInfo, err
}

// snapshot copies the records to path, and gives what a backup says of them.
func (s *Store) snapshot(ctx context.Context, path string) (h backupHeader, err error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return h, ctx.Err()
	}
	if h.BackupInfo, h.signer, err = s.backupInfo(ctx); err != nil {
		return h, err
	}
	if h.Day, err = s.today(); err != nil {
		return h, err
	}
	_, _ = rand.Read(h.salt[:]) // never returns an error
	if h.keys, err = readHeader(s.dir); err != nil {
		return h, err
	}
	if err := h.keys.drop(func(s slot) bool { return s.kind == slotKeyring }); err != nil {
		return h, err
	}
	return h, s.vacuumInto(ctx, path)
}

// backupInfo is what a backup says of the records.
func (s *Store) backupInfo(ctx context.Context) (info BackupInfo, signer uint16, err error) {
	t, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return info, 0, classify(err)
	}
	defer func() { _ = t.Rollback() }() // nothing to keep
	tx := s.newTx(ctx, t, false)
	site, err := tx.Site()
	if err != nil {
		return info, 0, err
	}
	n, err := one(tx, number, `SELECT change_counter FROM meta`)
	if err != nil {
		return info, 0, err
	}
	sets, err := tx.ShareSets()
	for _, set := range sets[max(0, len(sets)-maxSets):] {
		info.Sets = append(info.Sets, set.Set)
	}
	info.Site, info.Changes = site.ID, uint64(n)
	return info, site.SignerVersion, err
}

// vacuumInto writes the records to a new file, enciphered with the same key.
// The key stands in the file's name for SQLite alone: an error could quote it.
func (s *Store) vacuumInto(ctx context.Context, path string) error {
	if err := removeSnapshot(path); err != nil {
		return err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	name := "file:" + (&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath() + "?vfs=adiantum&hexkey=" + hex.EncodeToString(s.keys.page[:])
	if _, err := s.db.ExecContext(ctx, `VACUUM INTO $1`, name); err != nil {
		return classifyOnly(ctx, err)
	}
	return nil
}

// classifyOnly gives the meaning of an error of the database without its text.
func classifyOnly(ctx context.Context, err error) error {
	known := classify(err)
	for _, e := range []error{ErrFull, ErrDamaged} {
		if errors.Is(known, e) {
			return e
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.New("copying the records")
}

// removeSnapshot deletes a copy that a backup, or a crash in one, has left.
func removeSnapshot(path string) error {
	for _, suffix := range []string{"", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// contextReader ends reading when ctx is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}

// Changes counts the commits of the records.
func (s *Store) Changes(ctx context.Context) (n uint64, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		have, err := one(tx, number, `SELECT change_counter FROM meta`)
		n = uint64(have)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("counting the changes: %w", err)
	}
	return n, nil
}
