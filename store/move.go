package store

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"

	"sleutelbord/nfc/keytag"
)

// CustodyState is where the keys are, for people.
type CustodyState struct {
	Kind CustodyKind
	// Token has the keys if Kind is TokenCustodyKind; nil otherwise.
	Token *TokenRef
	// Left are sets of keys that a token may still hold although they are not
	// used: the token was not there, or the program was ended. See [Store.ClearTokens].
	Left []TokenRef
}

// CustodyState tells where the keys are. It doesn't reach for a token.
func (s *Store) CustodyState(ctx context.Context) (CustodyState, error) {
	c, err := s.custodyNow(ctx)
	if err != nil {
		return CustodyState{}, err
	}
	defer c.wipe()
	state := CustodyState{Kind: c.kind}
	if c.notes.Current != nil {
		ref := c.notes.Current.Ref
		state.Token = &ref
	}
	for _, n := range c.notes.Left {
		state.Left = append(state.Left, n.Ref)
	}
	return state, nil
}

// ProbeCustody reaches for the keys, and tells why they cannot be used if so.
func (s *Store) ProbeCustody() error {
	s.custody.mu.RLock()
	defer s.custody.mu.RUnlock()
	if t, ok := s.custody.k.(tokenKeeper); ok {
		return t.Probe()
	}
	_, err := s.custody.k.KeyCheckValue(keytag.MasterPICC)
	return err
}

// Tokens names the tokens that a PKCS#11 library sees.
func (s *Store) Tokens(module string) ([]TokenSeen, error) {
	if s.opts.Tokens == nil {
		return nil, errNoTokens
	}
	return s.opts.Tokens.List(module)
}

// TokenMove says into which token the keys are to be moved.
type TokenMove struct {
	// Ref names the token: module, label, serial. The rest is filled in.
	Ref TokenRef
	// PIN opens it; it is sealed in the records.
	PIN []byte
	// Root is needed where the keys are in a token already, which gives nothing
	// back: to bring more signing keys, or to change the token.
	Root Root
}

// MoveToToken moves the keys of the site into a token. The root is then erased
// from the records; without shares of it on paper the keys are lost with the
// token. Whatever ends this between two of its steps, the keys are where they
// were or in the token, and what is too much in a token is known and can be
// cleared:
//
//  1. a commit notes which set of keys is about to be in which token;
//  2. the token takes them, and is tried;
//  3. a commit makes the token the custody, erases the root, and calls also, which may be nil;
//  4. sets that are not used are removed from their tokens.
//
// A site with several desks is [ErrTokenShared]: every desk has a copy of the records, and the
// root in memory, of which this one knows nothing.
func (s *Store) MoveToToken(ctx context.Context, m TokenMove, also func(*Tx) error) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	switch {
	case s.opts.Tokens == nil:
		return errNoTokens
	case s.Shared():
		return ErrTokenShared
	}
	err := s.moveToToken(ctx, m, also)
	if err != nil {
		err = fmt.Errorf("moving the keys into a token: %w", err)
	}
	// What does not get clear now stands among what is left.
	return errors.Join(err, s.clearTokens(context.WithoutCancel(ctx), false))
}

func (s *Store) moveToToken(ctx context.Context, m TokenMove, also func(*Tx) error) error {
	c, root, err := s.rootToMove(ctx, m.Root)
	if err != nil {
		return err
	}
	defer c.wipe()
	next := tokenNote{Ref: TokenRef{Module: m.Ref.Module, Label: m.Ref.Label, Serial: m.Ref.Serial}, PIN: slices.Clone(m.PIN)}
	defer clear(next.PIN)
	keys, err := s.prepareToken(ctx, root, &next.Ref)
	if err != nil {
		return err
	}
	defer keys.wipe()
	if err := s.opts.Tokens.CheckPIN(next.Ref, next.PIN, false); err != nil {
		return err
	}
	c.notes.Left = append(c.notes.Left, next)
	if err := s.Update(ctx, func(tx *Tx) error { return tx.putCustody(&c) }); err != nil {
		return err
	}
	if err := s.opts.Tokens.Import(ctx, next.Ref, next.PIN, keys); err != nil {
		return err
	}
	k := s.openToken(next)
	if err := sameKeys(k, root, next.Ref); err != nil {
		k.wipe()
		return err
	}
	if err := s.commitToken(ctx, &c, next, also); err != nil {
		k.wipe()
		return err
	}
	s.custody.to(k)
	return s.emptyLog(ctx)
}

// rootToMove gives the root: that of the records, or the one handed over if it
// is this site's.
func (s *Store) rootToMove(ctx context.Context, given Root) (custodyRow, Root, error) {
	c, err := s.custodyNow(ctx)
	if err != nil {
		return custodyRow{}, Root{}, err
	}
	if c.kind == SoftwareCustody {
		return c, c.root, nil
	}
	if err := c.fits(given); err != nil {
		c.wipe()
		return custodyRow{}, Root{}, err
	}
	return c, given, nil
}

// fits tells whether a root is that of the keys in the token.
func (c *custodyRow) fits(root Root) error {
	if !root.valid() {
		return ErrRootAway
	}
	ref := TokenRef{FirstSigner: c.notes.Current.Ref.FirstSigner}
	keys, err := tokenKeys(root, &ref)
	if err != nil {
		return err
	}
	keys.wipe()
	same := 1
	for i, have := range c.notes.Current.Ref.Checks {
		same &= subtle.ConstantTimeCompare(have[:], ref.Checks[i][:])
	}
	// The public keys of 32 bytes leave no doubt; three bytes four times would little.
	have := c.notes.Current.Ref.Signers
	n := min(len(have), len(ref.Signers))
	if same != 1 || n == 0 || !slices.Equal(ref.Signers[:n], have[:n]) {
		return ErrWrongRoot
	}
	return nil
}

// prepareToken completes the reference of a new set of keys, and derives them.
func (s *Store) prepareToken(ctx context.Context, root Root, ref *TokenRef) (*TokenKeys, error) {
	_, _ = rand.Read(ref.Set[:]) // never returns an error
	err := s.View(ctx, func(tx *Tx) error {
		site, err := tx.Site()
		ref.FirstSigner = site.SignerVersion
		return err
	})
	if err != nil {
		return nil, err
	}
	keys, err := tokenKeys(root, ref)
	if err != nil {
		return nil, err
	}
	if err := ref.check(); err != nil {
		keys.wipe()
		return nil, err
	}
	return keys, nil
}

// sameKeys holds the keys in a token against the root that they are from.
func sameKeys(k Custody, root Root, ref TokenRef) error {
	soft, err := newSoftCustody(root)
	if err != nil {
		return err
	}
	defer soft.wipe()
	for i := range ref.Checks {
		var input [keytag.InputSize]byte
		_, _ = rand.Read(input[:]) // never returns an error
		want, err := soft.Diversify(keytag.Master(i+1), input)
		if err != nil {
			return err
		}
		got, err := k.Diversify(keytag.Master(i+1), input)
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			return fmt.Errorf("%w: %v derives other keys", ErrTokenOther, keytag.Master(i+1))
		}
	}
	for i := range ref.Signers {
		if err := trySigner(k, ref.FirstSigner+uint16(i)); err != nil {
			return err
		}
	}
	return nil
}

// trySigner signs once; a token's signer compares the signature with its public key.
func trySigner(k Custody, version uint16) error {
	signer, err := k.Signer(version)
	if err != nil {
		return err
	}
	_, err = signer.Sign(rand.Reader, []byte("the keys of a site were moved into a token"), crypto.Hash(0))
	return err
}

// commitToken makes next, which stands among what is left, the custody.
func (s *Store) commitToken(ctx context.Context, c *custodyRow, next tokenNote, also func(*Tx) error) error {
	after := *c
	after.kind = TokenCustodyKind
	after.root = Root{}
	after.notes.Left = slices.DeleteFunc(slices.Clone(c.notes.Left), func(n tokenNote) bool { return n.Ref.Set == next.Ref.Set })
	if c.notes.Current != nil {
		after.notes.Left = append(after.notes.Left, *c.notes.Current)
	}
	after.notes.Current = &next
	return s.commitCustody(ctx, &after, also)
}

// emptyLog takes out of the write-ahead log what was overwritten in the
// records: the root, after the keys were moved into a token. Opening does it again, in
// case that a crash came between.
func (s *Store) emptyLog(ctx context.Context) error {
	if _, err := s.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return fmt.Errorf("erasing the root from the log: %w", classify(err))
	}
	return nil
}

func (s *Store) commitCustody(ctx context.Context, c *custodyRow, also func(*Tx) error) error {
	return s.Update(ctx, func(tx *Tx) error {
		if err := tx.putCustody(c); err != nil {
			return err
		}
		return call(also, tx)
	})
}

// MoveFromToken makes the records the custody again. The root is put together
// from its shares, since a token gives nothing back, so that this works without
// the token too: it may be lost. A root of another site is [ErrWrongRoot].
// The keys in the token are removed if it is there, or later: [CustodyState.Left].
// The commit calls also, which may be nil.
func (s *Store) MoveFromToken(ctx context.Context, root Root, also func(*Tx) error) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	if s.Shared() {
		return ErrTokenShared
	}
	if err := s.moveFromToken(ctx, root, also); err != nil {
		return fmt.Errorf("moving the keys out of the token: %w", err)
	}
	return s.clearTokens(ctx, false)
}

func (s *Store) moveFromToken(ctx context.Context, root Root, also func(*Tx) error) error {
	c, err := s.custodyNow(ctx)
	if err != nil {
		return err
	}
	defer c.wipe()
	if c.kind != TokenCustodyKind {
		return ErrCustody
	}
	if err := c.fits(root); err != nil {
		return err
	}
	c.kind = SoftwareCustody
	if c.root, err = newRoot(root.b[:]); err != nil {
		return err
	}
	c.notes.Left = append(c.notes.Left, *c.notes.Current)
	c.notes.Current = nil
	if err := s.commitCustody(ctx, &c, also); err != nil {
		return err
	}
	return s.keepRoot(root)
}

// ClearTokens removes from the tokens what is not used any more. A token that
// is not there stays on the list, which is no error; forget takes it off
// the list, for tokens that are gone for good.
func (s *Store) ClearTokens(ctx context.Context, forget bool) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	return s.clearTokens(ctx, forget)
}

func (s *Store) clearTokens(ctx context.Context, forget bool) error {
	c, err := s.custodyNow(ctx)
	if err != nil {
		return fmt.Errorf("clearing tokens: %w", err)
	}
	defer c.wipe()
	before := len(c.notes.Left)
	c.notes.Left = slices.DeleteFunc(c.notes.Left, func(n tokenNote) bool {
		if s.opts.Tokens != nil && s.opts.Tokens.Destroy(ctx, n.Ref, n.PIN) == nil {
			return true
		}
		return forget
	})
	if len(c.notes.Left) == before {
		return nil
	}
	if err := s.Update(ctx, func(tx *Tx) error { return tx.putCustody(&c) }); err != nil {
		return fmt.Errorf("clearing tokens: %w", err)
	}
	return nil
}

// SetTokenPIN notes another PIN of the token, which must be right: it is tried
// once, on its last try only if last is set. Nobody else changes the PIN in the token.
func (s *Store) SetTokenPIN(ctx context.Context, pin []byte, last bool) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	if err := s.setTokenPIN(ctx, pin, last); err != nil {
		return fmt.Errorf("noting the token's PIN: %w", err)
	}
	return nil
}

func (s *Store) setTokenPIN(ctx context.Context, pin []byte, last bool) error {
	if s.opts.Tokens == nil {
		return errNoTokens
	}
	c, err := s.custodyNow(ctx)
	if err != nil {
		return err
	}
	defer c.wipe()
	if c.kind != TokenCustodyKind {
		return ErrCustody
	}
	if err := s.opts.Tokens.CheckPIN(c.notes.Current.Ref, pin, last); err != nil {
		return err
	}
	clear(c.notes.Current.PIN)
	c.notes.Current.PIN = slices.Clone(pin)
	if err := s.Update(ctx, func(tx *Tx) error { return tx.putCustody(&c) }); err != nil {
		return err
	}
	s.custody.to(s.openToken(*c.notes.Current))
	return nil
}

var errNoTokens = fmt.Errorf("%w: this program has no part that reaches tokens", ErrTokenModule)

// openToken gives the custody of a token, or one that tells why there is none.
func (s *Store) openToken(n tokenNote) keeper {
	if s.opts.Tokens == nil {
		return noKeeper{errNoTokens}
	}
	t, err := s.opts.Tokens.Open(n.Ref, n.PIN)
	if err != nil {
		return noKeeper{err}
	}
	return tokenKeeper{t}
}

// tokenKeeper is a token's custody as the store ends it.
type tokenKeeper struct{ TokenCustody }

func (k tokenKeeper) wipe() { k.Close() }

// noKeeper says at every act why it cannot be done.
type noKeeper struct{ why error }

func (k noKeeper) Diversify(keytag.Master, [keytag.InputSize]byte) ([16]byte, error) {
	return [16]byte{}, k.why
}
func (k noKeeper) Signer(uint16) (crypto.Signer, error)         { return nil, k.why }
func (k noKeeper) KeyCheckValue(keytag.Master) ([3]byte, error) { return [3]byte{}, k.why }
func (k noKeeper) wipe()                                        {}
