package lock

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"sleutelbord/lock/bundle"
)

// accept decides on a bundle that has come, and gives the state that the lock
// has after it. s itself is left as it is. current is the content of s.Bundle,
// nil if there is none. changed is false for the bundle that the lock has
// already. After a reset the bundle that was applied last may come again.
func (s state) accept(data []byte, current *bundle.Bundle, open func(bundle.Trust) (bundle.Bundle, error)) (next state, b bundle.Bundle, changed bool, err error) {
	if current != nil && bytes.Equal(data, s.Bundle) {
		return s, *current, false, nil
	}
	h, err := bundle.ParseHeader(data)
	if err != nil {
		return s, b, false, err
	}
	if b, err = open(s.trust(current)); err != nil {
		return s, b, false, err
	}
	base, ok := s.lineage(h.Signer)
	if !ok {
		base = line{Floors: map[zoneKey]bundle.Floor{}}
	}
	if b.Sequence < base.Sequence || b.Sequence == base.Sequence && current != nil {
		return s, b, false, fmt.Errorf("%w: its sequence is %d, applied is %d", bundle.ErrOlder, b.Sequence, base.Sequence)
	}
	receipt := bundle.NewReceipt(b.ReceiptKey, b.Lock, b.Sequence)
	next = state{Lock: s.Lock, Receipt: &receipt, Bundle: slices.Clone(data)}
	next.Lines = s.replaced(base.taking(h.Signer, b))
	return next, b, true, nil
}

// signer is the one the lock trusts: whose bundle it applied last.
func (s state) signer() (bundle.SignerKey, bool) {
	h, err := bundle.ParseHeader(s.Bundle)
	return h.Signer, err == nil
}

// trust says whose bundle may come next: anybody's for a new lock and after a
// reset; else the last signer's, and his whom the last bundle named.
func (s state) trust(current *bundle.Bundle) bundle.Trust {
	signer, ok := s.signer()
	switch {
	case !ok || current == nil:
		return bundle.TrustFirst()
	case current.Next != nil:
		return bundle.TrustSigners(signer, *current.Next)
	}
	return bundle.TrustSigners(signer)
}

// lineage gives what the lock knows of the site that signer signs for. A
// signer who was named by the trusted one inherits all of it.
func (s state) lineage(signer bundle.SignerKey) (line, bool) {
	own, known := s.lineOf(signer)
	trusted, ok := s.signer()
	if !ok || trusted == signer {
		return own, known
	}
	before, ok := s.lineOf(trusted)
	if !ok {
		return own, known
	}
	return before.joined(own), true
}

func (s state) lineOf(signer bundle.SignerKey) (line, bool) {
	for _, l := range s.Lines {
		if slices.Contains(l.Signers, signer) {
			return l, true
		}
	}
	return line{}, false
}

// joined is both lines as one, with the higher of everything.
func (l line) joined(o line) line {
	j := line{Signers: slices.Clone(l.Signers), Sequence: max(l.Sequence, o.Sequence), Floors: maps.Clone(l.Floors)}
	for _, k := range o.Signers {
		if !slices.Contains(j.Signers, k) {
			j.Signers = append(j.Signers, k)
		}
	}
	for z, floor := range o.Floors {
		j.Floors[z] = Merge(j.Floors[z], floor)
	}
	return j
}

// taking is l after a bundle. Floors of a zone key that a bundle no longer has
// are kept: they hold again if it comes back.
func (l line) taking(signer bundle.SignerKey, b bundle.Bundle) line {
	t := line{Signers: slices.Clone(l.Signers), Sequence: b.Sequence, Floors: maps.Clone(l.Floors)}
	if !slices.Contains(t.Signers, signer) {
		t.Signers = append(t.Signers, signer)
	}
	for _, z := range b.Zones {
		k := zoneKey{z.ID, z.Version}
		t.Floors[k] = Merge(t.Floors[k], z.Floor)
	}
	return t
}

// replaced is the lines of s with l in place of every line that shares a
// signer with it.
func (s state) replaced(l line) []line {
	var lines []line
	for _, have := range s.Lines {
		if !slices.ContainsFunc(have.Signers, func(k bundle.SignerKey) bool { return slices.Contains(l.Signers, k) }) {
			lines = append(lines, have)
		}
	}
	return append(lines, l)
}

// raised is s with one floor of the trusted signer's line replaced.
func (s state) raised(z zoneKey, floor bundle.Floor) state {
	signer, _ := s.signer()
	l, _ := s.lineOf(signer)
	l.Floors = maps.Clone(l.Floors)
	l.Floors[z] = floor
	s.Lines = s.replaced(l)
	return s
}
