package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Restore makes the records of a backup in dir, which must be empty or not be
// there yet, and opens them with a passphrase that opened them on the day of the
// backup, of the operator whom the options name, or of any. Until the counters
// have been raised, [Store.RolledBack] is true. also, which may be nil, does what
// else belongs to it: only when it has ended well is there a store. On an error dir holds none.
// Errors to tell apart, besides those of [Open] and [Create]: [ErrNoBackup],
// [ErrBackup], [ErrForeignBackup].
func Restore(ctx context.Context, r io.Reader, dir string, passphrase []byte, opts Options, also func(*Store) error) (*Store, error) {
	return restoreBy(ctx, r, dir, opts, also, func(h *header) (dataKey, int, error) {
		key, i, err := h.unlock(opts.Operator, passphrase)
		if err == nil && h.old {
			err = h.rename(opts, passphrase, key)
		}
		return key, i, err
	})
}

// RestoreWithRoot is [Restore] with the site's root, put together from shares.
// Nobody has signed in then; [Store.ResetOperator] makes a custodian.
func RestoreWithRoot(ctx context.Context, r io.Reader, dir string, root Root, opts Options, also func(*Store) error) (*Store, error) {
	return restoreBy(ctx, r, dir, opts, also, func(h *header) (dataKey, int, error) {
		key, err := h.unlockRoot(root)
		return key, -1, err
	})
}

func restoreBy(ctx context.Context, r io.Reader, dir string, opts Options, also func(*Store) error, unlock unlocker) (*Store, error) {
	s, err := restore(ctx, r, dir, opts.withDefaults(), also, unlock)
	if err != nil {
		return nil, fmt.Errorf("restoring a backup: %w", mapDiskFull(err))
	}
	return s, nil
}

func restore(ctx context.Context, r io.Reader, dir string, opts Options, also func(*Store) error, unlock unlocker) (_ *Store, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s, err := begin(dir, opts)
	if err != nil {
		return nil, err
	}
	if err := beginCreation(dir); err != nil {
		return nil, errors.Join(err, s.release())
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.releaseRecords(), clearRemains(dir), s.lock.Close())
		}
	}()
	o, signature, err := s.unpack(ctx, r, unlock)
	if err != nil {
		return nil, err
	}
	defer o.key.wipe()
	if err := s.settleIn(ctx, o, signature); err != nil {
		return nil, err
	}
	if also != nil {
		if err := also(s); err != nil {
			return nil, err
		}
	}
	return s, finishCreation(dir)
}

// settleIn opens records that were unpacked, after it is certain whose they are.
func (s *Store) settleIn(ctx context.Context, o openedBackup, signature backupSignature) error {
	if err := s.connect(ctx, o.keys.store, o.key); err != nil {
		return err
	}
	if err := s.checkBelongs(ctx, o.keys.store); err != nil {
		return err
	}
	// The backup of a desk with a shared database becomes a site of one desk.
	if _, err := s.db.ExecContext(ctx, `DELETE FROM replica`); err != nil {
		return classify(err)
	}
	if err := s.loadCustody(ctx); err != nil {
		return err
	}
	if err := s.verifySignature(ctx, signature); err != nil {
		return err
	}
	if err := s.watch(ctx, o.keys.store, s.opts.CounterDir, false); err != nil {
		return err
	}
	if err := writeHeader(s.dir, o.keys); err != nil {
		return err
	}
	sets := make([]ShareSet, len(o.Sets))
	for i, set := range o.Sets {
		sets[i].Set = set
	}
	writeSets(s.dir, sets)
	return s.admit(ctx, &o.keys, o.by)
}

// unpack writes the database of a backup into the folder, durably.
func (s *Store) unpack(ctx context.Context, r io.Reader, unlock unlocker) (o openedBackup, sig backupSignature, err error) {
	f, err := os.OpenFile(filepath.Join(s.dir, databaseName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return o, sig, err
	}
	o, sig, err = openBackup(ctx, r, f, unlock)
	if cerr := errors.Join(f.Sync(), f.Close()); err == nil && cerr != nil {
		o.key.wipe()
		err = cerr
	}
	return o, sig, err
}
