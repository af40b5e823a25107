package mqtt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
)

// keptBundles is how many messages a lock keeps that it has not looked at: a
// newer and an older one that came in the wrong order, and some that somebody
// invented. The oldest go first.
const keptBundles = 8

// Lockside is a lock's connection to a broker. It implements
// [carrier.Lockside].
type Lockside struct {
	name   bundle.LockName
	site   bundle.SiteID
	signer *bundle.SignerKey
	delay  time.Duration
	link   *link
	cancel context.CancelFunc
	ended  chan struct{}
	woken  chan struct{}
	leave  chan struct{}

	mu      sync.Mutex
	bundles [][]byte
	seen    bool // the last of bundles was looked at
	receipt *bundle.Receipt
}

var _ carrier.Lockside = (*Lockside)(nil)

// ConnectLock begins to connect a lock to its broker and returns at once. It
// goes on until Close.
func ConnectLock(c Config, name bundle.LockName) (*Lockside, error) {
	if c.Site == (bundle.SiteID{}) {
		return nil, fmt.Errorf("%w: the site is missing", ErrConfig)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Lockside{
		name: name, site: c.Site, signer: c.Signer, delay: c.MaxDelay, cancel: cancel,
		ended: make(chan struct{}), woken: make(chan struct{}, 1), leave: make(chan struct{}, 1),
	}
	if l.delay == 0 {
		l.delay = DefaultMaxDelay
	}
	link, err := dial(ctx, c, clientID(name.ID()), l.message)
	if err != nil {
		cancel()
		return nil, err
	}
	l.link = link
	go l.run(ctx)
	return l, nil
}

// message takes in what the broker sends.
func (l *Lockside) message(topic string, payload []byte) {
	if topic != bundleTopic(l.site, l.name.ID()) || len(payload) == 0 || len(payload) > bundle.MaxSize {
		return
	}
	l.mu.Lock()
	if l.seen {
		l.bundles, l.seen = nil, false
	}
	l.bundles = append(l.bundles, slices.Clone(payload))
	if n := len(l.bundles); n > keptBundles {
		l.bundles = l.bundles[n-keptBundles:]
	}
	l.mu.Unlock()
	wake(l.woken)
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Woken says that a bundle has come.
func (l *Lockside) Woken() <-chan struct{} { return l.woken }

// State is the state of the connection, and a channel that is closed when it
// changes.
func (l *Lockside) State() (State, <-chan struct{}) { return l.link.State() }

// Bundles implements [carrier.Lockside]: what has come, the last message also
// when it was looked at before. It does not wait for the broker; without a
// connection the error wraps [ErrBroker], and bundles that came before are
// given all the same.
func (l *Lockside) Bundles(_ context.Context, name bundle.LockName) ([][]byte, error) {
	if !name.Is(l.name) {
		return nil, nil
	}
	s, _ := l.link.State()
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.bundles
	if n := len(all); n > 0 {
		l.bundles, l.seen = all[n-1:], true
	}
	return all, s.Err
}

// Leave implements [carrier.Lockside]: the receipt is published as soon as
// there is a connection, and after each new one.
func (l *Lockside) Leave(_ context.Context, name bundle.LockName, r bundle.Receipt) error {
	if !name.Is(l.name) {
		return nil
	}
	l.mu.Lock()
	fresh := l.receipt == nil || *l.receipt != r
	l.receipt = &r
	l.mu.Unlock()
	if fresh {
		wake(l.leave)
	}
	return nil
}

// Vouches implements [carrier.Lockside]: only for the signer whom the
// installer wrote down.
func (l *Lockside) Vouches(signer bundle.SignerKey) bool {
	return l.signer != nil && *l.signer == signer
}

// run subscribes after each connection, and publishes the receipt.
func (l *Lockside) run(ctx context.Context) {
	defer close(l.ended)
	subscribed := false
	var published *bundle.Receipt
	var retry <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.link.up:
			subscribed, published = false, nil
		case <-l.leave:
		case <-retry:
		}
		retry = nil
		err := l.settle(ctx, &subscribed, &published)
		if errors.Is(err, ErrDenied) {
			l.link.trouble(err)
		}
		if err != nil {
			retry = time.After(l.delay)
		} else {
			l.link.trouble(nil)
		}
	}
}

// settle brings the broker up to date with the lock.
func (l *Lockside) settle(ctx context.Context, subscribed *bool, published **bundle.Receipt) error {
	if s, _ := l.link.State(); !s.Connected {
		return nil
	}
	if !*subscribed {
		if err := l.link.subscribe(ctx, bundleTopic(l.site, l.name.ID())); err != nil {
			return err
		}
		*subscribed = true
	}
	l.mu.Lock()
	r := l.receipt
	l.mu.Unlock()
	if r == nil || *published != nil && **published == *r {
		return nil
	}
	if err := l.link.publish(ctx, receiptTopic(l.site, l.name.ID()), r[:], true); err != nil {
		return err
	}
	*published = r
	return nil
}

// Close hangs up.
func (l *Lockside) Close() error {
	err := l.link.close()
	l.cancel()
	<-l.ended
	return err
}
