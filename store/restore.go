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
// have been raised, [Store.RolledBack] is true. On an error dir holds no store.
// Errors to tell apart, besides those of [Open] and [Create]: [ErrNoBackup],
// [ErrBackup], [ErrForeignBackup].
func Restore(ctx context.Context, r io.Reader, dir string, passphrase []byte, opts Options) (*Store, error) {
	return restoreBy(ctx, r, dir, opts, func(h *header) (dataKey, int, error) {
		key, i, err := h.unlock(opts.Operator, passphrase)
		if err == nil && h.old {
			err = h.rename(opts, passphrase, key)
		}
		return key, i, err
	})
}

// RestoreWithRoot is [Restore] with the site's root, put together from shares.
// Nobody has signed in then; [Store.ResetOperator] makes a custodian.
func RestoreWithRoot(ctx context.Context, r io.Reader, dir string, root Root, opts Options) (*Store, error) {
	return restoreBy(ctx, r, dir, opts, func(h *header) (dataKey, int, error) {
		key, err := h.unlockRoot(root)
		return key, -1, err
	})
}

func restoreBy(ctx context.Context, r io.Reader, dir string, opts Options, unlock unlocker) (*Store, error) {
	s, err := restore(ctx, r, dir, opts.withDefaults(), unlock)
	if err != nil {
		return nil, fmt.Errorf("restoring a backup: %w", mapDiskFull(err))
	}
	return s, nil
}

func restore(ctx context.Context, r io.Reader, dir string, opts Options, unlock unlocker) (_ *Store, err error) {
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
	if err := s.connect(ctx, o.keys.store, o.key); err != nil {
		return nil, err
	}
	if err := s.checkBelongs(ctx, o.keys.store); err != nil {
		return nil, err
	}
	if err := s.loadCustody(ctx); err != nil {
		return nil, err
	}
	if err := signature.verify(s.Custody()); err != nil {
		return nil, err
	}
	if err := s.watch(ctx, o.keys.store, opts.CounterDir, false); err != nil {
		return nil, err
	}
	if err := writeHeader(dir, o.keys); err != nil {
		return nil, err
	}
	if err := s.admit(ctx, &o.keys, o.by); err != nil {
		return nil, err
	}
	return s, finishCreation(dir)
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
