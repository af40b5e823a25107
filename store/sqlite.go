package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/vfs/adiantum" // registers the page encryption
)

// pragmas of the connection, after the key. EXCLUSIVE: see openDatabase. FULL,
// because with NORMAL a power cut loses acknowledged commits. secure_delete, so
// that what is erased does not stay in free pages.
const pragmas = `
	PRAGMA locking_mode = EXCLUSIVE;
	PRAGMA journal_mode = WAL;
	PRAGMA synchronous = FULL;
	PRAGMA foreign_keys = ON;
	PRAGMA recursive_triggers = ON;
	PRAGMA secure_delete = ON;
	PRAGMA temp_store = MEMORY;
	PRAGMA trusted_schema = OFF;
	PRAGMA cell_size_check = ON;
	PRAGMA cache_size = -64000;`

// encryptedVFS is the name of the page encryption.
const encryptedVFS = "adiantum"

// openDatabase opens the one connection to the database. There must not be a
// second one: frames of the write-ahead log do not end at the blocks of the
// page encryption, so that adding a frame writes a block anew that holds
// the end of the frame before. A reader at that moment gets half of the old and half
// of the new block, which deciphers to nothing. The page key is handed over
// when the connection is made, never in the name, which other parts of the
// driver can see.
func openDatabase(dir string, key *[keySize]byte, vfs string, t *tally) (*sql.DB, error) {
	path, err := filepath.Abs(filepath.Join(dir, databaseName))
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // journals take over the mode
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	// SQLite decodes %20, but not the + that QueryEscape writes for a space.
	dsn := "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() +
		"?vfs=" + vfs + "&_txlock=immediate&modeof=" + strings.ReplaceAll(url.QueryEscape(path), "+", "%20")
	db, err := driver.Open(dsn, func(c *sqlite3.Conn) error {
		if err := c.Exec("PRAGMA hexkey='" + hex.EncodeToString(key[:]) + "'"); err != nil {
			return errors.New("handing over the key of the records") // the cause could quote it
		}
		if err := c.Exec(pragmas); err != nil {
			return err
		}
		return t.register(c)
	})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	return db, nil
}

// Layout of the write-ahead log: a header, then frames of a header and a page.
const (
	walHeaderSize = 32
	walFrameSize  = 24 + blockSize
)

// forgetFailed takes a commit that failed out of the write-ahead log in dir. It
// can stand there whole, if it was the padding behind it that failed, and would
// then be found when the records are opened again although it was refused.
// Where the disk has no room to empty the log into the database, the log is cut
// behind its last good frame: what is left of the block there is less than a frame.
func forgetFailed(db *sql.DB, dir string) {
	var busy, frames, done int64
	err := db.QueryRowContext(context.Background(), `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &done)
	if err == nil {
		return
	}
	err = db.QueryRowContext(context.Background(), `PRAGMA wal_checkpoint(NOOP)`).Scan(&busy, &frames, &done)
	if err != nil || frames < 0 {
		return // closing the database tries once more
	}
	size := walHeaderSize + frames*walFrameSize
	size = (size + blockSize - 1) / blockSize * blockSize
	path := filepath.Join(dir, databaseName+"-wal")
	if info, err := os.Stat(path); err == nil && info.Size() > size {
		_ = truncateSynced(path, size) // closing the database tries once more
	}
}

// classify gives errors of the database their meaning for callers.
func classify(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var ext sqlite3.ExtendedErrorCode
	if errors.As(err, &ext) {
		if s := sentinelOf(ext, err.Error()); s != nil {
			return fmt.Errorf("%w (%w)", s, err)
		}
	}
	return mapDiskFull(err)
}

// sentinelOf is the sentinel for an SQLite result code, or nil.
func sentinelOf(ext sqlite3.ExtendedErrorCode, text string) error {
	switch ext {
	case sqlite3.CONSTRAINT_UNIQUE, sqlite3.CONSTRAINT_PRIMARYKEY, sqlite3.CONSTRAINT_ROWID:
		return ErrExists
	case sqlite3.CONSTRAINT_FOREIGNKEY:
		return ErrNotFound
	case sqlite3.CONSTRAINT_CHECK, sqlite3.CONSTRAINT_NOTNULL, sqlite3.CONSTRAINT_DATATYPE:
		return ErrInvalid
	case sqlite3.CONSTRAINT_TRIGGER:
		if strings.Contains(text, "counter:") {
			return ErrCounter
		}
		return ErrInvalid
	}
	switch ext.Code() {
	case sqlite3.CORRUPT, sqlite3.NOTADB:
		return ErrDamaged
	case sqlite3.FULL:
		return ErrFull
	}
	return nil
}
