package store

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"path/filepath"

	"sleutelbord/nfc/keytag"
)

// SignersAhead is how many versions of the signing key go into a token at
// once: the present one and those that campaigns will need next. A token that
// has used them up gets the next from the root, which is put together from its
// shares; see [Store.MoveToToken].
const SignersAhead = 8

// TokenSetSize is the length of [TokenRef.Set].
const TokenSetSize = 8

// TokenRef says which token keeps a site's keys, and how to recognise them. It
// holds no secret, but is sealed in the records all the same: whoever could
// change it could name a library of their own.
type TokenRef struct {
	// Module is the absolute path of the PKCS#11 library.
	Module string `json:"module"`
	// Label and Serial are the token's own, without the blanks behind them.
	Label  string `json:"label"`
	Serial string `json:"serial"`
	// Set is drawn anew at every ceremony, and names the keys in the token.
	Set [TokenSetSize]byte `json:"set"`
	// Checks are the key check values of the four masters, picc first.
	Checks [4][3]byte `json:"checks"`
	// FirstSigner is the version of Signers[0], the next has the next version.
	FirstSigner uint16 `json:"first_signer"`
	// Signers are the public keys of the signing keys in the token.
	Signers [][ed25519.PublicKeySize]byte `json:"signers"`
}

// Signer is the public key of a version, if the token has that key.
func (r TokenRef) Signer(version uint16) (ed25519.PublicKey, bool) {
	if version < r.FirstSigner || int(version-r.FirstSigner) >= len(r.Signers) {
		return nil, false
	}
	return ed25519.PublicKey(r.Signers[version-r.FirstSigner][:]), true
}

// check refuses a reference that cannot be meant.
func (r TokenRef) check() error {
	switch {
	case !filepath.IsAbs(r.Module):
		return fmt.Errorf("%w: the path of the library %q is not absolute", ErrTokenModule, r.Module)
	case r.Label == "" && r.Serial == "":
		return fmt.Errorf("%w: neither a label nor a serial number names it", ErrTokenMissing)
	case len(r.Signers) == 0:
		return fmt.Errorf("a token without a signing key: %w", ErrInvalid)
	}
	return nil
}

// TokenKeys are the keys of a site on their way into a token.
type TokenKeys struct {
	masters [4][]byte
	seeds   [][]byte
}

// Master is the AES-128 key of a master, 16 bytes, to be given to a token only.
func (k *TokenKeys) Master(m keytag.Master) []byte { return k.masters[m-1] }

// Seeds are the Ed25519 seeds, 32 bytes each, in the order of [TokenRef.Signers].
func (k *TokenKeys) Seeds() [][]byte { return k.seeds }

// Format hides the keys from every verb of package fmt.
func (k *TokenKeys) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[keys for a token]") }

// MarshalJSON refuses: keys have no place in JSON.
func (k *TokenKeys) MarshalJSON() ([]byte, error) {
	return nil, fmt.Errorf("keys cannot be written as JSON: %w", ErrInvalid)
}

func (k *TokenKeys) wipe() {
	for _, b := range k.masters {
		clear(b)
	}
	for _, b := range k.seeds {
		clear(b)
	}
}

// tokenKeys derives from the root what a token gets, and completes ref with
// what it is recognised by.
func tokenKeys(root Root, ref *TokenRef) (_ *TokenKeys, err error) {
	soft, err := newSoftCustody(root)
	if err != nil {
		return nil, err
	}
	defer soft.wipe()
	k := new(TokenKeys)
	defer func() {
		if err != nil {
			k.wipe()
		}
	}()
	for i := range k.masters {
		m := keytag.Master(i + 1)
		if k.masters[i], err = root.derive(m.String(), 16); err != nil {
			return nil, err
		}
		if ref.Checks[i], err = soft.KeyCheckValue(m); err != nil {
			return nil, err
		}
	}
	ref.Signers = nil
	for i := range SignersAhead {
		version := int(ref.FirstSigner) + i
		if version > 0xFFFF {
			break
		}
		seed, err := root.derive(signerInfo(uint16(version)), ed25519.SeedSize)
		if err != nil {
			return nil, err
		}
		k.seeds = append(k.seeds, seed)
		public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
		ref.Signers = append(ref.Signers, [ed25519.PublicKeySize]byte(public))
	}
	return k, nil
}

// TokenCustody is a [Custody] whose keys are in a token. It is made without
// the token being there: each act reaches for it, and does so again after the
// token was taken out and put back.
type TokenCustody interface {
	Custody
	// Probe reaches for the token and tells whether it could compute now.
	Probe() error
	// Close ends it; its methods return [ErrClosed] from then on.
	Close()
}

// TokenSeen is a token that is plugged in.
type TokenSeen struct {
	Label        string `json:"label"`
	Serial       string `json:"serial"`
	Model        string `json:"model"`
	Manufacturer string `json:"manufacturer"`
	// Fits tells whether the token can do what a site's keys need.
	Fits bool `json:"fits"`
	// LowPIN is a token at which a wrong PIN was entered last, LastPIN one that
	// locks itself at the next, LockedPIN one that has done so.
	LowPIN    bool `json:"low_pin"`
	LastPIN   bool `json:"last_pin"`
	LockedPIN bool `json:"locked_pin"`
}

// Tokens reaches for PKCS#11 tokens. Package store/token implements it, with a
// library in C; that is why a program hands it in, and may leave it out. Its
// errors are, besides others, ErrToken….
type Tokens interface {
	// List names the tokens that a library sees.
	List(module string) ([]TokenSeen, error)
	// Open gives the custody of the keys that ref names. It needs no token yet.
	Open(ref TokenRef, pin []byte) (TokenCustody, error)
	// CheckPIN tries a PIN once. If a wrong one would lock the token it does
	// so only when told last.
	CheckPIN(ref TokenRef, pin []byte, last bool) error
	// Import puts keys into the token so that they never leave it again, or, with
	// an error, nothing. What an interrupted import of the same set left goes first.
	Import(ctx context.Context, ref TokenRef, pin []byte, keys *TokenKeys) error
	// Destroy removes the keys of ref from the token; none there is no error.
	Destroy(ctx context.Context, ref TokenRef, pin []byte) error
}
