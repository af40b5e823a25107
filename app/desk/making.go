package desk

import (
	"context"
	"crypto"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"sleutelbord/internal/mistake"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// order says which bundles are to be made for a carrier.
type order struct {
	BundleOptions
	// locks are the ids of the locks; nil is all of them.
	locks []string
	// have is what the carrier has already, verified: a lock whose newest
	// bundle is there keeps it.
	have map[bundle.LockID]bundle.Header
	// keep is how many days old a bundle may become before it is renewed
	// though nothing has changed: a lock without a clock takes its day for
	// today.
	keep keytag.Day
	// room tells whether a bundle of so many bytes still fits; nil: every one
	// does.
	room func(size int) bool
	// deliver is given the bundles part by part, as soon as their sequences are
	// in the records; nil to have all of them in the end. With it, a large site
	// takes no more memory than a small one.
	deliver func([]carrier.Sealed) error
}

// makingBatch is how many locks are dealt with in one transaction.
const makingBatch = 1000

// made is what came of an order.
type made struct {
	bundles []carrier.Sealed
	kept    int      // had their newest bundle already
	left    []string // ids of the locks whose bundle did not fit
}

// makeBundles makes bundles and commits their sequences, before any of them
// leaves: a sequence is never used twice. All carriers get theirs from here. It
// works through the locks part by part; an error leaves what was delivered.
func (d *Desk) makeBundles(ctx context.Context, o order) (made, error) {
	var all made
	if err := d.beginBundles(ctx, o.BundleOptions); err != nil {
		return all, err
	}
	for next := (part{ids: o.locks}); !next.done; {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		batch, err := d.makePart(ctx, o, &next)
		if err != nil {
			return all, err
		}
		all.kept += batch.kept
		all.left = append(all.left, batch.left...)
		if o.deliver == nil {
			all.bundles = append(all.bundles, batch.bundles...)
		} else if err := o.deliver(batch.bundles); err != nil {
			return all, err
		}
	}
	return all, nil
}

// beginBundles holds the clock against the newest sequence of the whole site,
// as one lock may well have had no bundle for a long time; and it lets the next
// signer sign. Records that are older than they ought to be make no bundles: they
// would use sequences a second time.
func (d *Desk) beginBundles(ctx context.Context, o BundleOptions) error {
	if d.store.RolledBack() {
		return errRolledBack
	}
	var counts store.LockCounts
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		counts, err = tx.CountAllLocks()
		return err
	})
	if err != nil {
		return err
	}
	if counts.Locks == 0 {
		return errNoLocks
	}
	if o.ClockConfirmed {
		if err := d.custodian(); err != nil {
			return err
		}
	}
	if _, err := bundle.NextSequence(counts.Newest, d.clock(), o.ClockConfirmed); err != nil {
		return err
	}
	return d.store.Update(ctx, func(tx *store.Tx) error { return d.advanceSigner(tx) })
}

// part is where the work is: the locks that are named, or all from one on.
type part struct {
	ids  []string // nil for all
	last string
	done bool
}

// take gives the next locks, in the order of their names or in that of ids.
func (p *part) take(tx *store.Tx) (locks []store.Lock, err error) {
	if p.ids == nil {
		locks, err = tx.LocksAfter(p.last, makingBatch)
		p.done = len(locks) == 0
		if !p.done {
			p.last = locks[len(locks)-1].ID
		}
		return locks, err
	}
	n := min(makingBatch, len(p.ids))
	locks, err = chosen(tx, p.ids[:n])
	p.ids = p.ids[n:]
	p.done = len(p.ids) == 0
	return locks, err
}

// chosen gives the locks that are named.
func chosen(tx *store.Tx, ids []string) ([]store.Lock, error) {
	locks := make([]store.Lock, 0, len(ids))
	for _, id := range ids {
		l, err := tx.Lock(id)
		if err == nil && l.Gone {
			err = store.ErrNotFound
		}
		if err != nil {
			return nil, notFound(err, errNoLock, id)
		}
		locks = append(locks, l)
	}
	return locks, nil
}

// errNothing takes back a transaction that has nothing to keep.
var errNothing = errors.New("no bundle was needed")

// makePart makes the bundles of the next locks.
func (d *Desk) makePart(ctx context.Context, o order, next *part) (made, error) {
	var all made
	from := *next
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		all, *next = made{}, from
		m, err := d.newMaker(tx)
		if err != nil {
			return err
		}
		locks, err := next.take(tx)
		if err != nil {
			return err
		}
		cleared, err := m.order(tx, locks, o, &all)
		if err != nil {
			return err
		}
		if len(all.bundles) == 0 {
			if cleared {
				return nil
			}
			return errNothing
		}
		return d.journal(tx, actBundles, fmt.Sprintf("%d locks", len(all.bundles)))
	})
	if errors.Is(err, errNothing) {
		err = nil
	}
	return all, err
}

// maker makes bundles within one transaction.
type maker struct {
	d     *Desk
	site  store.Site
	keys  keytag.Keys
	today keytag.Day
	// raises is how often counters were raised: receipts for bundles that were
	// made before have other keys.
	raises int64
	zones  map[keytag.Zone][]bundle.Zone // each made once: many doors share one
	// rolls is true while a campaign goes on: only then a zone can have two keys.
	rolls    bool
	signer   crypto.Signer
	locators []bundle.Locator
	// next is the signer that bundles name, of version nextVersion; nil for none.
	next        *bundle.SignerKey
	nextVersion uint16
}

func (d *Desk) newMaker(tx *store.Tx) (*maker, error) {
	site, err := tx.Site()
	if err != nil {
		return nil, err
	}
	today, err := d.today()
	if err != nil {
		return nil, err
	}
	m := &maker{d: d, site: site, keys: d.keytagSite(site).Keys, today: today, zones: map[keytag.Zone][]bundle.Zone{}}
	if m.raises, err = tx.Raises(); err != nil {
		return nil, err
	}
	if m.rolls, err = tx.AnyCampaign(); err != nil {
		return nil, err
	}
	if m.signer, err = d.store.Custody().Signer(site.SignerVersion); err != nil {
		return nil, err
	}
	for _, v := range site.Locators {
		key, err := m.keys.Locator(v)
		if err != nil {
			return nil, err
		}
		m.locators = append(m.locators, bundle.Locator{Version: v, Key: key})
	}
	m.next, m.nextVersion, err = m.nextSigner(tx)
	return m, err
}

// draft is a bundle that is going to be made.
type draft struct {
	lock   store.Lock
	name   bundle.LockName
	bundle bundle.Bundle
	data   []byte
}

// order makes the bundles of some locks, as far as their carrier lacks them and
// has room for them. cleared is true if the records changed without one.
func (m *maker) order(tx *store.Tx, locks []store.Lock, o order, all *made) (cleared bool, err error) {
	open, err := m.unsettled(tx, locks, o, all)
	if err != nil {
		return false, err
	}
	drafts := open[:0]
	for _, f := range open {
		if f.bundle, err = m.content(tx, f.lock, f.name); err != nil {
			return false, fmt.Errorf("lock %s: %w", f.lock.ID, err)
		}
		if fresh, err := m.current(tx, f.lock, f.bundle, o.have[f.name.ID()], o.keep); err != nil {
			return false, err
		} else if fresh {
			all.kept++
			cleared = true
			if err := tx.PutBundled(&f.lock); err != nil {
				return false, err
			}
			continue
		}
		drafts = append(drafts, f)
	}
	if err := m.sealAll(drafts); err != nil {
		return false, err
	}
	for i := range drafts {
		f := &drafts[i]
		if o.room != nil && !o.room(len(f.data)) {
			all.left = append(all.left, f.lock.ID)
			continue
		}
		all.bundles = append(all.bundles, carrier.Sealed{Name: f.name, Data: f.data})
		if err := tx.PutBundled(&f.lock); err != nil {
			return false, err
		}
	}
	return cleared, nil
}

// unsettled gives the locks that have to be looked at, without their bundles,
// and reads all of their zones at once.
func (m *maker) unsettled(tx *store.Tx, locks []store.Lock, o order, all *made) ([]draft, error) {
	open := make([]draft, 0, len(locks))
	var zones []keytag.Zone
	for _, l := range locks {
		name, err := bundle.ParseLockName(l.ID)
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", l.ID, err)
		}
		settled, err := m.settled(tx, l, o.have[name.ID()], o.keep)
		if err != nil {
			return nil, err
		}
		if settled {
			all.kept++
			continue
		}
		open = append(open, draft{lock: l, name: name})
		zones = append(zones, l.Zones...)
	}
	return open, m.load(tx, zones)
}

// sealAll seals bundles on all cores.
func (m *maker) sealAll(drafts []draft) error {
	errs := make([]error, runtime.GOMAXPROCS(0))
	var g sync.WaitGroup
	for core := range errs {
		g.Go(func() {
			errs[core] = mistake.Guard(func() error {
				for i := core; i < len(drafts); i += len(errs) {
					f := &drafts[i]
					var err error
					if f.data, err = m.seal(&f.lock, f.bundle); err != nil {
						return fmt.Errorf("lock %s: %w", f.lock.ID, err)
					}
				}
				return nil
			})
		})
	}
	g.Wait()
	return errors.Join(errs...)
}

// settled tells whether nothing has to be looked at: the carrier has the lock's
// newest bundle, and nothing has changed since that was made.
func (m *maker) settled(tx *store.Tx, l store.Lock, have bundle.Header, keep keytag.Day) (bool, error) {
	if l.Stale || l.Wanted == 0 || l.Astray() || have.Sequence != l.Wanted || have.Site != m.site.ID {
		return false, nil
	}
	return m.fresh(tx, l, keep)
}

// fresh tells whether a lock's newest bundle is not too old. A lock without a
// clock takes its day for today, which only matters where a tag's last day has
// passed since: other bundles never grow too old.
func (m *maker) fresh(tx *store.Tx, l store.Lock, keep keytag.Day) (bool, error) {
	made := dayOfSequence(l.Wanted)
	if made+keep >= m.today {
		return true, nil
	}
	for _, z := range l.Zones {
		if expired, err := tx.AnyExpired(z, made, m.today); err != nil || expired {
			return false, err
		}
	}
	return true, nil
}

// current tells whether what the carrier has is the lock's newest bundle, says
// what the lock ought to know, and is not too old. A lock that is astray would
// not take it.
func (m *maker) current(tx *store.Tx, l store.Lock, b bundle.Bundle, have bundle.Header, keep keytag.Day) (bool, error) {
	if l.Wanted == 0 || l.Astray() || have.Sequence != l.Wanted || have.Site != b.Site || m.digest(b) != l.WantedDigest {
		return false, nil
	}
	return m.fresh(tx, l, keep)
}

// seal gives a lock's next bundle, and notes in l what it is.
func (m *maker) seal(l *store.Lock, b bundle.Bundle) ([]byte, error) {
	var err error
	if b.Sequence, err = bundle.NextSequence(max(l.Wanted, l.Confirmed), m.d.clock(), true); err != nil {
		return nil, err
	}
	to, err := ecdh.X25519().NewPublicKey(l.PublicKey[:])
	if err != nil {
		return nil, err
	}
	data, err := bundle.Seal(b, m.signer, to, rand.Reader)
	if err != nil {
		return nil, err
	}
	digest := m.digest(b)
	if l.WaitingSince == 0 {
		l.WaitingSince = m.today
	}
	if digest != l.WantedDigest || l.SameFrom == 0 {
		if l.StaleSince > 0 {
			l.WaitingSince = min(l.WaitingSince, l.StaleSince)
		}
		l.SameFrom = b.Sequence
	}
	l.Wanted, l.WantedDigest, l.WantedChange = b.Sequence, digest, m.site.Changes
	return data, nil
}

// signer is the key by which the site's present bundles are known.
func (d *Desk) signer(ctx context.Context) (k bundle.SignerKey, err error) {
	err = d.store.View(ctx, func(tx *store.Tx) error {
		site, err := tx.Site()
		if err != nil {
			return err
		}
		s, err := d.store.Custody().Signer(site.SignerVersion)
		if err != nil {
			return err
		}
		public, ok := s.Public().(ed25519.PublicKey)
		if !ok || len(public) != len(k) {
			return errors.New("signer has no Ed25519 key")
		}
		k = bundle.SignerKey(public)
		return nil
	})
	return k, err
}

// dayOfSequence is the day on which a sequence was minted, or an earlier one
// where the clock was behind.
func dayOfSequence(s uint32) keytag.Day {
	const sequenceZero = 1461 // 2024-01-01 in days since 2020-01-01
	return keytag.Day(sequenceZero + s/(24*60))
}
