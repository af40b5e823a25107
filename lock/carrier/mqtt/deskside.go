package mqtt

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"sleutelbord/internal/mistake"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
)

const (
	// chunk is how many locks are compared at once: brokers drop what they
	// cannot send at once, mosquitto from the thousandth message on.
	chunk = 100
	// keptReceipts is how many receipts wait until they are taken.
	keptReceipts = 4096
	// senders publish at once.
	senders = 16
)

// Received is a receipt as it came, unverified.
type Received struct {
	// Lock is the lock in whose topic it was.
	Lock bundle.LockID
	// Data is at most one byte longer than a receipt.
	Data []byte
}

// Deskside is a desk's connection to a broker.
type Deskside struct {
	site bundle.SiteID
	link *link

	mu       sync.Mutex
	receipts []Received
	missed   bool
	woken    chan struct{}
	mark     string
	marked   chan struct{}
	// comparing has an entry for each lock that is being asked about.
	comparing map[bundle.LockID]bundle.Header
	signer    bundle.SignerKey
}

// ConnectDesk begins to connect a site's desk and returns at once. It goes on
// until Close.
func ConnectDesk(c Config, site bundle.SiteID) (*Deskside, error) {
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	d := &Deskside{site: site, woken: make(chan struct{}, 1)}
	link, err := dial(context.Background(), c, "sleutelbord-desk-"+hex.EncodeToString(id[:]), d.message)
	if err != nil {
		return nil, err
	}
	d.link = link
	return d, nil
}

// Up gets a token after each connection: time to compare.
func (d *Deskside) Up() <-chan struct{} { return d.link.up }

// State is the state of the connection, and a channel that is closed when it
// changes.
func (d *Deskside) State() (State, <-chan struct{}) { return d.link.State() }

// Woken says that receipts have come.
func (d *Deskside) Woken() <-chan struct{} { return d.woken }

// Receipts takes the receipts that have come. missed tells that there were more
// than were kept: those are still at the broker, for the next comparison.
func (d *Deskside) Receipts() (got []Received, missed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	got, missed = d.receipts, d.missed
	d.receipts, d.missed = nil, false
	return got, missed
}

// message takes in what the broker sends.
func (d *Deskside) message(topic string, payload []byte) {
	if topic == markTopic(d.site) {
		d.sawMark(string(payload))
		return
	}
	lock, leaf, ok := parseTopic(d.site, topic)
	if !ok || len(payload) == 0 {
		return
	}
	if leaf == bundleLeaf {
		d.sawBundle(lock, payload)
		return
	}
	d.mu.Lock()
	if len(d.receipts) < keptReceipts {
		d.receipts = append(d.receipts, Received{lock, slices.Clone(payload[:min(len(payload), bundle.ReceiptSize+1)])})
	} else {
		d.missed = true
	}
	d.mu.Unlock()
	wake(d.woken)
}

func (d *Deskside) sawMark(mark string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.marked != nil && mark == d.mark {
		close(d.marked)
		d.marked = nil
	}
}

// sawBundle notes a bundle that is ours and for the lock in whose topic it is.
// Anything else is as good as nothing there.
func (d *Deskside) sawBundle(lock bundle.LockID, data []byte) {
	d.mu.Lock()
	_, asked := d.comparing[lock]
	signer := d.signer
	d.mu.Unlock()
	if !asked {
		return
	}
	h, err := bundle.Verify(data, signer)
	if err != nil || h.Lock != lock || h.Site != d.site {
		h = bundle.Header{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, asked := d.comparing[lock]; asked {
		d.comparing[lock] = h
	}
}

// Compare asks the broker what it has for these locks, and calls found for each
// with the bundle there: one of this site, signed by signer, or a zero header
// if there is none. Receipts that lie there come by way of Receipts, and from
// then on those that locks send. An error ends it.
func (d *Deskside) Compare(ctx context.Context, locks []bundle.LockID, signer bundle.SignerKey, found func(bundle.LockID, bundle.Header)) error {
	for part := range slices.Chunk(locks, chunk) {
		have, err := d.compare(ctx, part, signer)
		if errors.Is(err, ErrDenied) {
			d.link.trouble(err)
		}
		if err != nil {
			return fmt.Errorf("comparing with the broker: %w", err)
		}
		for _, l := range part {
			found(l, have[l])
		}
	}
	d.link.trouble(nil)
	return nil
}

func (d *Deskside) compare(ctx context.Context, locks []bundle.LockID, signer bundle.SignerKey) (map[bundle.LockID]bundle.Header, error) {
	have := make(map[bundle.LockID]bundle.Header, len(locks))
	topics := make([]string, 0, 2*len(locks))
	for _, l := range locks {
		have[l] = bundle.Header{}
		topics = append(topics, bundleTopic(d.site, l))
	}
	bundles := topics[:len(topics):len(topics)]
	for _, l := range locks {
		topics = append(topics, receiptTopic(d.site, l))
	}
	d.mu.Lock()
	d.comparing, d.signer = have, signer
	d.mu.Unlock()
	err := d.link.subscribe(ctx, append(topics, markTopic(d.site))...)
	if err == nil {
		err = d.passMark(ctx)
	}
	d.mu.Lock()
	d.comparing = nil
	d.mu.Unlock()
	if err == nil {
		err = d.link.unsubscribe(ctx, bundles...)
	}
	return have, err
}

// passMark sends a mark to this desk itself and waits until it comes back:
// what the broker had to send before it has come then.
func (d *Deskside) passMark(ctx context.Context) error {
	var mark [16]byte
	if _, err := rand.Read(mark[:]); err != nil {
		return err
	}
	back := make(chan struct{})
	d.mu.Lock()
	d.mark, d.marked = string(mark[:]), back
	d.mu.Unlock()
	if err := d.link.publish(ctx, markTopic(d.site), mark[:], false); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	for {
		s, changed := d.link.State()
		if !s.Connected {
			return plain(s.Err)
		}
		select {
		case <-back:
			return nil
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%w: it does not send what it was asked for: %w", ErrBroker, ctx.Err())
		}
	}
}

// Deliver publishes bundles, each in place of the lock's older one, and waits
// until the broker has them. It tells how many it has.
func (d *Deskside) Deliver(ctx context.Context, bundles []carrier.Sealed) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan carrier.Sealed)
	var done int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range min(senders, len(bundles)) {
		wg.Go(func() {
			err := mistake.Guard(func() error {
				for b := range todo {
					if err := d.link.publish(ctx, bundleTopic(d.site, b.Name.ID()), b.Data, true); err != nil {
						return err
					}
					mu.Lock()
					done++
					mu.Unlock()
				}
				return nil
			})
			if err != nil {
				cancel(err)
			}
		})
	}
	for _, b := range bundles {
		select {
		case todo <- b:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(todo)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		if errors.Is(err, ErrDenied) {
			d.link.trouble(err)
		}
		return done, fmt.Errorf("delivering bundles: %w", err)
	}
	return done, nil
}

// Remove takes away what the broker has of these locks, bundles and receipts,
// and stops listening to them.
func (d *Deskside) Remove(ctx context.Context, locks []bundle.LockID) error {
	for _, l := range locks {
		if err := d.remove(ctx, l); err != nil {
			if errors.Is(err, ErrDenied) {
				d.link.trouble(err)
			}
			return fmt.Errorf("removing what is for lock %v: %w", l, err)
		}
	}
	return nil
}

// remove publishes nothing, retained: MQTT 5.0, 3.3.1.3.
func (d *Deskside) remove(ctx context.Context, l bundle.LockID) error {
	if err := d.link.unsubscribe(ctx, receiptTopic(d.site, l)); err != nil {
		return err
	}
	if err := d.link.publish(ctx, bundleTopic(d.site, l), nil, true); err != nil {
		return err
	}
	return d.link.publish(ctx, receiptTopic(d.site, l), nil, true)
}

// Close hangs up.
func (d *Deskside) Close() error { return d.link.close() }
