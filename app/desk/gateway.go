package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/mqtt"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

const (
	// gatewayKeep is how many days old a bundle at the broker may become before
	// it is renewed though nothing has changed. A lock without a clock takes its
	// day for today.
	gatewayKeep keytag.Day = 7
	// gatewayEvery is how often the broker is asked what it has, besides after
	// each connection: it may have forgotten something without hanging up.
	gatewayEvery = 10 * time.Minute
	// gatewayRetry is the wait after the broker has denied something, or the
	// records could not be read.
	gatewayRetry = time.Minute
	// gatewayBatch bounds the bundles that are made before they are published.
	gatewayBatch = 2000
	// gatewayTake is after how many locks of a comparison their receipts are
	// taken.
	gatewayTake = 1000
	// shownLocks bounds the lists of a [GatewayView].
	shownLocks = 100
)

// Gateway brings bundles to the locks of a site over a broker, and their
// receipts back. Its methods may be called by several goroutines, but only one
// Run or Once goes on at a time.
type Gateway struct {
	d      *Desk
	config mqtt.Config
	site   bundle.SiteID
	link   *mqtt.Deskside
	// names are the locks as of the last comparison, by their ids in receipts.
	names map[bundle.LockID]string
	// compared is set from a comparison on until the connection ends.
	compared bool
	// sent is what the broker has of each of these locks.
	sent map[bundle.LockID]bundle.Header
	// cleared are locks that are gone, whose messages were removed in the present
	// connection.
	cleared map[bundle.LockID]bool
	// seen is the number of changes of the records that are dealt with.
	seen uint64

	mu     sync.Mutex
	view   GatewayView
	told   GatewayView
	notify func(GatewayView)
}

// NewGateway reads the configuration of a gateway; it connects to nothing.
func (d *Desk) NewGateway(ctx context.Context, config string) (*Gateway, error) {
	c, err := mqtt.ReadConfig(config)
	if err != nil {
		return nil, fmt.Errorf("preparing the gateway: %w", err)
	}
	g := &Gateway{d: d, config: c, sent: map[bundle.LockID]bundle.Header{}, cleared: map[bundle.LockID]bool{}}
	signer, err := d.signer(ctx)
	if err == nil {
		err = d.store.View(ctx, func(tx *store.Tx) error {
			site, err := tx.Site()
			g.site = site.ID
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("preparing the gateway: %w", err)
	}
	g.view = GatewayView{Broker: c.Broker, Site: g.site.String(), Signer: signer.String()}
	return g, nil
}

// View is the present state.
func (g *Gateway) View() GatewayView {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.view
	v.Refused, v.Older = slices.Clone(v.Refused), slices.Clone(v.Older)
	return v
}

// change changes the state.
func (g *Gateway) change(f func(*GatewayView)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(&g.view)
}

// tell tells of the state if it is another than was told last.
func (g *Gateway) tell() {
	v := g.View()
	if g.notify == nil || v.same(g.told) {
		return
	}
	g.told = v
	g.notify(v)
}

// Run works until ctx is done, which is no error: after each connection it
// compares what the broker has with what the locks ought to know, publishes what
// is missing, and takes receipts; and it publishes what changes in the records.
// changed is told of every new state, one at a time; nil is allowed.
func (g *Gateway) Run(ctx context.Context, changed func(GatewayView)) error {
	g.notify = changed
	if err := g.connect(); err != nil {
		return err
	}
	defer g.disconnect()
	every := time.NewTicker(gatewayEvery)
	defer every.Stop()
	var retry <-chan time.Time
	for {
		_, moved := g.state()
		n, dirty := g.d.store.changed()
		if n != g.seen && g.compared {
			dirty = closed
		}
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-moved:
			continue
		case <-g.link.Up():
			clear(g.cleared)
			err = g.compare(ctx)
		case <-every.C:
			err = g.compare(ctx)
		case <-retry:
			err = g.compare(ctx)
		case <-g.link.Woken():
			err = g.receive(ctx)
		case <-dirty:
			if n == g.seen || !g.compared {
				continue // to look how many changes there are now
			}
			g.seen = n
			err = g.publishStale(ctx, true)
		}
		retry = g.note(ctx, err)
	}
}

// closed is a channel that never waits.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// note says what an error means, and when to try again; a connection that broke
// comes back by itself.
func (g *Gateway) note(ctx context.Context, err error) <-chan time.Time {
	if ctx.Err() != nil {
		return nil
	}
	g.change(func(v *GatewayView) {
		if !errors.Is(err, mqtt.ErrBroker) && !errors.Is(err, errMissed) {
			v.Problem = Explain(err).Code
		}
	})
	if s, _ := g.state(); !s.Connected {
		g.compared = false
	}
	if err == nil {
		return nil
	}
	g.d.log.WithError(err).WithField("problem", Explain(err).Code).Warn("gateway: stopped")
	return time.After(gatewayRetry)
}

// state notes the state of the connection.
func (g *Gateway) state() (mqtt.State, <-chan struct{}) {
	s, moved := g.link.State()
	g.change(func(v *GatewayView) {
		v.Connected = s.Connected
		switch {
		case s.Err != nil:
			v.Problem = Explain(s.Err).Code
		case v.Problem == CodeBroker || v.Problem == CodeBrokerDenied:
			v.Problem = ""
		}
	})
	g.tell()
	return s, moved
}

func (g *Gateway) connect() error {
	link, err := mqtt.ConnectDesk(g.config, g.site)
	if err != nil {
		return fmt.Errorf("connecting the gateway: %w", err)
	}
	g.link = link
	return nil
}

func (g *Gateway) disconnect() {
	if err := g.link.Close(); err != nil {
		g.d.log.WithError(err).Warn("gateway: hanging up")
	}
}

// Once does it all one time: it connects, compares, publishes what is missing
// and takes the receipts that are there. Then it waits as long as wait says for
// the locks to confirm.
func (g *Gateway) Once(ctx context.Context, wait time.Duration) (GatewayView, error) {
	if err := g.connect(); err != nil {
		return g.View(), err
	}
	defer g.disconnect()
	if err := g.reach(ctx); err != nil {
		return g.View(), fmt.Errorf("connecting the gateway: %w", err)
	}
	if err := g.compare(ctx); err != nil {
		return g.View(), err
	}
	late := time.After(wait)
	for g.View().Waiting > 0 {
		select {
		case <-g.link.Woken():
			if err := g.receive(ctx); err != nil {
				return g.View(), err
			}
		case <-late:
			return g.View(), nil
		case <-ctx.Done():
			return g.View(), ctx.Err()
		}
	}
	return g.View(), nil
}

// reach waits for the first connection, or the first failure.
func (g *Gateway) reach(ctx context.Context) error {
	for {
		s, moved := g.state()
		if s.Connected || s.Err != nil {
			return s.Err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// compare asks the broker what it has, takes the receipts there, and publishes
// what is missing.
func (g *Gateway) compare(ctx context.Context) error {
	n, _ := g.d.store.changed()
	g.compared = false
	clear(g.sent)
	err := g.d.store.View(ctx, func(tx *store.Tx) (err error) {
		g.names, err = lockIDs(tx, false)
		return err
	})
	if err != nil {
		return err
	}
	signer, err := g.d.signer(ctx)
	if err != nil {
		return err
	}
	var taking error
	err = g.link.Compare(ctx, slices.Collect(maps.Keys(g.names)), signer, func(l bundle.LockID, h bundle.Header) {
		g.sent[l] = h
		if len(g.sent)%gatewayTake == 0 && taking == nil {
			taking = g.receive(ctx)
		}
	})
	if err = cmp.Or(err, taking); err != nil {
		return err
	}
	g.compared, g.seen = true, n
	if err := g.receive(ctx); err != nil {
		return err
	}
	return g.publishStale(ctx, false)
}

// clearGone removes what the broker has of locks that were stolen or retired.
func (g *Gateway) clearGone(ctx context.Context) error {
	gone, err := g.d.goneIDs(ctx)
	if err != nil {
		return err
	}
	gone = slices.DeleteFunc(gone, func(l bundle.LockID) bool { return g.cleared[l] })
	if len(gone) == 0 {
		return nil
	}
	if err := g.link.Remove(ctx, gone); err != nil {
		return err
	}
	for _, l := range gone {
		g.cleared[l] = true
		delete(g.sent, l)
		delete(g.names, l)
	}
	return nil
}

// publishStale publishes the bundles of all locks for which the broker has not
// the newest. quick passes over those in whose zones nothing has changed since.
func (g *Gateway) publishStale(ctx context.Context, quick bool) error {
	if err := g.clearGone(ctx); err != nil {
		return err
	}
	turned, err := g.d.turnSigner(ctx)
	if err != nil {
		return err
	}
	if turned {
		return g.compare(ctx) // nothing there is signed as it ought to be
	}
	stale, waiting, err := g.d.staleAt(ctx, g.sent, quick)
	if errors.Is(err, errNewLock) {
		return g.compare(ctx)
	}
	if err != nil {
		return err
	}
	for part := range slices.Chunk(stale, gatewayBatch) {
		all, err := g.d.makeBundles(ctx, order{locks: part, have: g.sent, keep: gatewayKeep})
		if err != nil {
			return err
		}
		n, err := g.link.Deliver(ctx, all.bundles)
		g.change(func(v *GatewayView) { v.Published += n })
		if err != nil {
			return err
		}
		for _, b := range all.bundles {
			h, err := bundle.ParseHeader(b.Data)
			if err != nil {
				return err
			}
			g.sent[h.Lock] = h
		}
		g.d.log.WithField("bundles", n).Info("gateway: bundles published")
		// Locks that were told answer at once, and others are still to be told.
		if err := g.receive(ctx); err != nil {
			return err
		}
	}
	if len(stale) > 0 {
		if _, waiting, err = g.d.staleAt(ctx, g.sent, true); err != nil {
			return err
		}
	}
	g.change(func(v *GatewayView) { v.Waiting = waiting })
	return nil
}

// errMissed: receipts came faster than they were taken. They lie at the broker
// until the next comparison.
var errMissed = errors.New("receipts came faster than they were taken")

// receive takes the receipts that have come.
func (g *Gateway) receive(ctx context.Context) error {
	got, missed := g.link.Receipts()
	var all []received
	for _, r := range got {
		label, ok := g.names[r.Lock]
		if !ok {
			label = r.Lock.String()
		}
		all = append(all, received{label: label, lock: r.Lock, data: r.Data})
	}
	var back ReadBack
	confirmed, err := g.d.takeReceipts(ctx, store.CarrierGateway, all, g.names, &back)
	if err != nil {
		return err
	}
	g.change(func(v *GatewayView) {
		v.Receipts += confirmed
		v.Refused = shown(v.Refused, back.Refused)
		v.Older = shown(v.Older, back.Older)
		v.Waiting = max(v.Waiting-confirmed, 0)
	})
	if len(back.Refused) > 0 {
		g.d.log.WithField("receipts", len(back.Refused)).Warn("gateway: receipts refused")
	}
	if missed {
		return errMissed
	}
	return nil
}

// shown adds locks to a list for people, each once.
func shown(list, more []string) []string {
	for _, l := range more {
		if len(list) < shownLocks && !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return list
}
