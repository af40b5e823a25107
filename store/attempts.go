package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Wrong passphrases cost time: after freeAttempts of them one after the other,
// each is followed by a wait, at first firstWait, then twice as long every
// time, up to longestWait. That slows down who sits at the desk and
// guesses. It does nothing about who has copied store.keys and guesses
// elsewhere: there only argon2id counts.
const (
	freeAttempts = 5
	firstWait    = 5 * time.Second
	longestWait  = 15 * time.Minute
)

// attemptsName is the file that remembers attempts: "SLBDTRY1", how many
// failed since the last that did not (4 bytes, big-endian), when the last was
// made (seconds since 1970, 8 bytes), SHA-256 of these.
const (
	attemptsName  = "store.attempts"
	attemptsMagic = "SLBDTRY1"
	attemptsSize  = 8 + 4 + 8 + sha256.Size
)

// ErrTooSoon is what a [TooSoonError] is.
var ErrTooSoon = errors.New("too many wrong passphrases")

// TooSoonError is an attempt that was not made because too many have failed. It is
// [ErrTooSoon].
type TooSoonError struct {
	Next time.Time // when the next attempt is possible
	Wait time.Duration
}

func (e *TooSoonError) Error() string {
	return fmt.Sprintf("%v: the next attempt is possible in %v", ErrTooSoon, e.Wait.Round(time.Second))
}

// Unwrap is [ErrTooSoon].
func (e *TooSoonError) Unwrap() error { return ErrTooSoon }

// attempts are how many failed, and when the last was made.
type attempts struct {
	failed uint32
	last   time.Time
}

// wait is how long after the last attempt the next is possible.
func (a attempts) wait() time.Duration {
	if a.failed < freeAttempts {
		return 0
	}
	doubled := min(a.failed-freeAttempts, 16)
	return min(firstWait<<doubled, longestWait)
}

func (a attempts) encode() []byte {
	b := binary.BigEndian.AppendUint32([]byte(attemptsMagic), a.failed)
	b = binary.BigEndian.AppendUint64(b, uint64(a.last.Unix()))
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// parseAttempts reads the file. One that is damaged says that the next failure
// is followed by a wait.
func parseAttempts(b []byte) attempts {
	damaged := attempts{failed: freeAttempts - 1}
	if len(b) != attemptsSize || string(b[:8]) != attemptsMagic {
		return damaged
	}
	if sum := sha256.Sum256(b[:attemptsSize-sha256.Size]); !bytes.Equal(sum[:], b[attemptsSize-sha256.Size:]) {
		return damaged
	}
	return attempts{binary.BigEndian.Uint32(b[8:]), time.Unix(int64(binary.BigEndian.Uint64(b[12:])), 0)}
}

// attempt calls f, which tries a passphrase, if enough time has passed since
// the last that failed. That there was an attempt is durable before it is
// judged, so that ending the program does not undo it. A clock that was set back
// does not shorten a wait: it begins again.
func attempt(dir string, now time.Time, f func() error) error {
	path := filepath.Join(dir, attemptsName)
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("counting attempts: %w", err)
	}
	var a attempts
	if err == nil {
		a = parseAttempts(b)
	}
	if wait := a.wait(); wait > 0 {
		if now.Before(a.last) {
			a.last = now
			if err := a.write(dir); err != nil {
				return err
			}
		}
		// A second more: the file knows only seconds.
		if next := a.last.Add(wait + time.Second); now.Before(next) {
			return &TooSoonError{Next: next, Wait: next.Sub(now)}
		}
	}
	was := a
	a = attempts{failed: min(a.failed, 1<<31) + 1, last: now}
	if err := a.write(dir); err != nil {
		return err
	}
	switch err = f(); {
	case errors.Is(err, ErrPassphrase):
		return err
	case err != nil && was.failed > 0: // nobody guessed
		return errors.Join(err, was.write(dir))
	}
	// Were this lost in a power cut, one attempt would count that should not.
	if rerr := os.Remove(path); rerr != nil {
		return errors.Join(err, fmt.Errorf("counting attempts: %w", rerr))
	}
	return err
}

func (a attempts) write(dir string) error {
	path := filepath.Join(dir, attemptsName)
	err := writeSynced(path+".new", a.encode())
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("counting attempts: %w", mapDiskFull(err))
	}
	return nil
}
