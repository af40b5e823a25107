package shares

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/secretsharing"
)

// Set is what is known of a set without any of its shares. It is no secret.
type Set struct {
	ID                SetID
	Threshold, Shares int
	// seals are those of the shares, by index.
	seals [][sealSize]byte
	// open is what every share shows: bytes 0 to 5 of it, with index 0.
	open [setAt]byte
}

// Check is the site's key check value.
func (s Set) Check() [CheckSize]byte { return [CheckSize]byte(s.open[3:]) }

// Bytes lays the set out for keeping: its open bytes, then the seals.
// [ParseSet] reads it.
func (s Set) Bytes() []byte {
	b := slices.Clone(s.open[:])
	for _, seal := range s.seals {
		b = append(b, seal[:]...)
	}
	return b
}

// ErrNoSet: bytes that [Set.Bytes] did not make.
var ErrNoSet = errors.New("not a set of shares")

// ParseSet reads what [Set.Bytes] made. The id is computed from it, so that
// seals and id always fit each other.
func ParseSet(b []byte) (Set, error) {
	if len(b) < setAt {
		return Set{}, fmt.Errorf("%d bytes: %w", len(b), ErrNoSet)
	}
	s := Set{open: [setAt]byte(b)}
	s.Threshold, s.Shares = int(b[0]&15), int(b[1]>>4)
	if b[0]>>4 != version || b[1]&15 != 0 || b[2]&15 != 0 || s.Threshold < MinThreshold || s.Shares < s.Threshold ||
		len(b) != setAt+s.Shares*sealSize {
		return Set{}, fmt.Errorf("%d bytes: %w", len(b), ErrNoSet)
	}
	for b = b[setAt:]; len(b) > 0; b = b[sealSize:] {
		s.seals = append(s.seals, [sealSize]byte(b))
	}
	s.ID = s.id()
	return s, nil
}

func (s Set) id() SetID {
	h := sha256.Sum256(append([]byte("sleutelbord share set"), s.Bytes()...))
	return SetID(h[:])
}

// Has tells whether a share is one of the set, and unchanged.
func (s Set) Has(x Share) bool {
	i := x.Index()
	return x.Set() == s.ID && i <= len(s.seals) && x.seal() == s.seals[i-1]
}

// ErrNumbers: a set that cannot be.
var ErrNumbers = fmt.Errorf("a root is split in %d to %d shares, of which at least %d and at most all restore it",
	MinThreshold, MaxShares, MinThreshold)

// Split makes n shares of a root, any threshold of which restore it. check is
// the site's key check value, which stands on every share. Splitting the same root again
// gives another set, whose shares do not work with the first.
func Split(root *[32]byte, check [CheckSize]byte, threshold, n int) (Set, []Share, error) {
	if threshold < MinThreshold || n < threshold || n > MaxShares {
		return Set{}, nil, fmt.Errorf("splitting the root: %w", ErrNumbers)
	}
	q, r := new(big.Int).DivMod(new(big.Int).SetBytes(root[:]), order(), new(big.Int))
	secret := group.Ristretto255.NewScalar().SetBigInt(r)
	defer secret.SetUint64(0)
	set := Set{Threshold: threshold, Shares: n}
	set.open = [setAt]byte{version<<4 | byte(threshold), byte(n) << 4, byte(q.Uint64()) << 4, check[0], check[1], check[2]}
	all := make([]Share, n)
	// Its randomness is that of the system.
	for i, part := range secretsharing.New(nil, uint(threshold-1), secret).Share(uint(n)) {
		value, err := part.Value.MarshalBinary()
		if err != nil {
			return Set{}, nil, fmt.Errorf("splitting the root: %w", err)
		}
		all[i] = Share{new([bodySize]byte)}
		copy(all[i].body[:], set.open[:])
		all[i].body[1] |= byte(i + 1)
		copy(all[i].body[valueAt:], value)
		clear(value)
		set.seals = append(set.seals, all[i].seal())
	}
	set.ID = set.id()
	for _, s := range all {
		copy(s.body[setAt:], set.ID[:])
	}
	return set, all, nil
}

// order is that of ristretto255: 2^252 + 27742317777372353535851937790883648493.
func order() *big.Int {
	low, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
	return low.Add(low, new(big.Int).Lsh(big.NewInt(1), 252))
}

func scalar(b []byte) (group.Scalar, error) {
	s := group.Ristretto255.NewScalar()
	return s, s.UnmarshalBinary(b)
}

// interpolate gives the root that exactly threshold shares of different index
// stand for.
func interpolate(some []Share) (root [32]byte, err error) {
	parts := make([]secretsharing.Share, len(some))
	for i, s := range some {
		parts[i].ID = group.Ristretto255.NewScalar().SetUint64(uint64(s.Index()))
		if parts[i].Value, err = scalar(s.value()); err != nil {
			return root, fmt.Errorf("reading share %d: %w", s.Index(), err)
		}
		defer parts[i].Value.SetUint64(0)
	}
	secret, err := secretsharing.Recover(uint(len(some)-1), parts)
	if err != nil {
		return root, fmt.Errorf("putting shares together: %w", err)
	}
	defer secret.SetUint64(0)
	b, err := secret.MarshalBinary()
	if err != nil {
		return root, fmt.Errorf("putting shares together: %w", err)
	}
	defer clear(b)
	slices.Reverse(b)
	r := new(big.Int).Mul(order(), big.NewInt(int64(some[0].quotient())))
	if r.Add(r, new(big.Int).SetBytes(b)); r.BitLen() > 256 {
		return root, ErrDoNotFit
	}
	r.FillBytes(root[:])
	return root, nil
}
