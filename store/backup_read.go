package store

import (
	"context"
	"crypto/ed25519"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
)

// ReadBackupInfo reads what a backup shows without a key. Errors are
// [ErrNoBackup], [ErrBackup], [ErrNewerSchema].
func ReadBackupInfo(r io.Reader) (BackupInfo, error) {
	h, _, err := readBackupHeader(r)
	if err != nil {
		return BackupInfo{}, fmt.Errorf("reading a backup: %w", err)
	}
	return h.BackupInfo, nil
}

// VerifyBackup reads a backup of these records from beginning to end, and tells
// whether it could be restored: whole, unchanged, and signed by this site.
func (s *Store) VerifyBackup(ctx context.Context, r io.Reader) (BackupInfo, error) {
	if err := s.enter(); err != nil {
		return BackupInfo{}, err
	}
	defer s.mu.RUnlock()
	h, check, err := openBackup(ctx, r, io.Discard, func(*header) (dataKey, int, error) { return s.data.clone(), 0, nil })
	if err == nil {
		err = s.verifySignature(ctx, check)
	}
	if err != nil {
		return BackupInfo{}, fmt.Errorf("verifying a backup: %w", err)
	}
	return h.BackupInfo, nil
}

// backupSignature is a signature that is still to be verified.
type backupSignature struct {
	version   uint16
	message   []byte
	signature []byte
}

// verifySignature tells whether the site's key made a signature. Where the keys are in a token, the
// public ones were noted: it need not be there, and may have burnt.
func (s *Store) verifySignature(ctx context.Context, b backupSignature) error {
	public, err := s.publicSigner(ctx, b.version)
	if err != nil {
		return err
	}
	if !ed25519.Verify(public, b.message, b.signature) {
		return ErrForeignBackup
	}
	return nil
}

func (s *Store) publicSigner(ctx context.Context, version uint16) (ed25519.PublicKey, error) {
	row, err := s.readCustody(ctx)
	if err != nil {
		return nil, err
	}
	defer row.wipe()
	if row.kind == TokenCustodyKind {
		ref := row.notes.Current.Ref
		if i := int(version) - int(ref.FirstSigner); i >= 0 && i < len(ref.Signers) {
			return ed25519.PublicKey(ref.Signers[i][:]), nil
		}
	}
	signer, err := s.Custody().Signer(version)
	if err != nil {
		return nil, err
	}
	public, ok := signer.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the site signs with %T: %w", signer.Public(), ErrDamaged)
	}
	return public, nil
}

// opened is a backup's header and what its slots gave.
type openedBackup struct {
	backupHeader
	key dataKey // the caller wipes it
	by  int     // slot, or -1
}

// openBackup reads a backup, writes its records to w, and gives the signature,
// which only the records' own keys can verify.
func openBackup(ctx context.Context, r io.Reader, w io.Writer, unlock unlocker) (o openedBackup, sig backupSignature, err error) {
	sum := sha512.New()
	body := &heldBack{r: contextReader{ctx, r}, keep: ed25519.SignatureSize}
	h, raw, err := readBackupHeader(io.TeeReader(body, sum))
	if err != nil {
		return o, sig, err
	}
	o.backupHeader = h
	if o.key, o.by, err = unlock(&o.keys); err != nil {
		return o, sig, err
	}
	stream, err := h.streamer(o.key, raw)
	if err == nil {
		err = stream.open(w, io.TeeReader(body, sum))
	}
	if errors.Is(err, errStream) {
		err = fmt.Errorf("%w (%w)", ErrBackup, err)
	}
	if err != nil {
		o.key.wipe()
		return o, sig, err
	}
	return o, backupSignature{h.signer, signedBackup(sum), body.rest()}, nil
}

// heldBack reads all but the last bytes, which it keeps.
type heldBack struct {
	r    io.Reader
	keep int
	have []byte
	err  error
}

func (b *heldBack) Read(p []byte) (int, error) {
	for b.err == nil && len(b.have) <= b.keep {
		var n int
		chunk := make([]byte, 32<<10)
		n, b.err = b.r.Read(chunk)
		b.have = append(b.have, chunk[:n]...)
	}
	n := copy(p, b.have[:max(0, len(b.have)-b.keep)])
	b.have = b.have[n:]
	if n == 0 && len(p) > 0 {
		return 0, b.err
	}
	return n, nil
}

// rest is what was kept.
func (b *heldBack) rest() []byte { return b.have }
