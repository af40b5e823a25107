package mosquittotest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"
)

const (
	// asked is how many topics a fleet asks for at once.
	asked = 100
	// hands is how many locks of one connection work at once.
	hands = 8
)

// Fleet is many locks behind few connections, each of which speaks for its part
// of them with the administrator's certificate.
type Fleet struct {
	// Addr, CA, Certificate and Key are those of [Broker.Admin].
	Addr, CA, Certificate, Key string
	Site                       string
	// Locks are their ids, 16 hexadecimal digits.
	Locks       []string
	Connections int
	// Got takes a bundle over and gives the receipt that the lock has now, nil
	// before its first. It is called by several goroutines. Without a bundle it
	// is asked for the receipt alone.
	Got func(lock int, bundle []byte) (receipt []byte) `json:"-"`
}

// Admin names the files with which a [Fleet] reaches the broker.
func (b *Broker) Admin() Fleet {
	b.t.Helper()
	certificate, key := b.ca.Issue(b.t, "admin")
	b.write("admin.pem", certificate)
	b.write("admin.key", key)
	return Fleet{Addr: b.Addr, CA: b.path("ca.pem"), Certificate: b.path("admin.pem"), Key: b.path("admin.key")}
}

// Run connects the fleet and goes on until ctx is done. After each connection,
// also a later one, the locks ask for their bundles and publish their receipts.
func (f Fleet) Run(ctx context.Context) error {
	pool := x509.NewCertPool()
	ca, err := os.ReadFile(f.CA)
	if err != nil {
		return err
	}
	if !pool.AppendCertsFromPEM(ca) {
		return errors.New("no certificate of an authority")
	}
	pair, err := tls.LoadX509KeyPair(f.Certificate, f.Key)
	if err != nil {
		return err
	}
	config := &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	part := (len(f.Locks) + f.Connections - 1) / f.Connections
	var all sync.WaitGroup
	errs := make(chan error, f.Connections)
	for first := 0; first < len(f.Locks); first += part {
		p := &platoon{Fleet: f, first: first, last: min(first+part, len(f.Locks)), work: make(chan task, 2*part)}
		all.Go(func() { errs <- p.run(ctx, config) })
	}
	all.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	return err
}

// platoon is the locks of one connection.
type platoon struct {
	Fleet
	first, last int
	work        chan task
	cm          *autopaho.ConnectionManager
}

// task is a bundle for a lock, or the wish to publish its receipt again.
type task struct {
	lock   int
	bundle []byte
}

func (p *platoon) topic(lock int, leaf string) string {
	return "sleutelbord/1/" + p.Site + "/" + p.Locks[lock] + "/" + leaf
}

func (p *platoon) run(ctx context.Context, config *tls.Config) error {
	index := make(map[string]int, p.last-p.first)
	for i := p.first; i < p.last; i++ {
		index[p.Locks[i]] = i
	}
	up := make(chan struct{}, 1)
	cm, err := autopaho.NewConnection(ctx, autopaho.ClientConfig{
		ServerUrls: []*url.URL{{Scheme: "tls", Host: p.Addr}}, TlsCfg: config, KeepAlive: 300, CleanStartOnInitialConnection: true,
		ReconnectBackoff: autopaho.NewConstantBackoff(200 * time.Millisecond),
		OnConnectionUp:   func(*autopaho.ConnectionManager, *paho.Connack) { wake(up) },
		ClientConfig: paho.ClientConfig{PacketTimeout: time.Minute, OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(r paho.PublishReceived) (bool, error) {
			parts := strings.Split(r.Packet.Topic, "/")
			if lock, ok := index[parts[3]]; ok && len(r.Packet.Payload) > 0 {
				p.give(ctx, task{lock, slices.Clone(r.Packet.Payload)})
			}
			return true, nil
		}}},
	})
	if err != nil {
		return err
	}
	p.cm = cm
	var working sync.WaitGroup
	for range hands {
		working.Go(func() { p.serve(ctx) })
	}
	defer working.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-up:
			p.ask(ctx)
		}
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (p *platoon) give(ctx context.Context, t task) {
	select {
	case p.work <- t:
	case <-ctx.Done():
	}
}

// ask subscribes for the locks' bundles, and lets them publish their receipts. A
// connection that breaks meanwhile is followed by another.
func (p *platoon) ask(ctx context.Context) {
	for first := p.first; first < p.last; first += asked {
		s := &paho.Subscribe{}
		for lock := first; lock < min(first+asked, p.last); lock++ {
			s.Subscriptions = append(s.Subscriptions, paho.SubscribeOptions{Topic: p.topic(lock, "bundle"), QoS: 1})
			p.give(ctx, task{lock: lock})
		}
		if _, err := p.cm.Subscribe(ctx, s); err != nil {
			return
		}
	}
}

// serve is one hand.
func (p *platoon) serve(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case t := <-p.work:
			receipt := p.Got(t.lock, t.bundle)
			if receipt == nil {
				continue
			}
			// What is lost with a connection is published again after the next.
			_, _ = p.cm.Publish(ctx, &paho.Publish{Topic: p.topic(t.lock, "receipt"), Payload: receipt, QoS: 1, Retain: true})
		}
	}
}
