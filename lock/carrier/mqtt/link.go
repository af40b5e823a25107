package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"sleutelbord/internal/mistake"
	"sleutelbord/lock/bundle"
)

// Errors of the broker.
var (
	// ErrBroker is a broker that cannot be reached, or breaks the protocol.
	ErrBroker = errors.New("broker cannot be reached")
	// ErrDenied is a broker that does not let this client do what it must.
	ErrDenied = errors.New("broker denies this client its topics")
)

const (
	// answerTime is how long the broker may take for one answer.
	answerTime = 10 * time.Second
	keepAlive  = 60 // seconds
	// inFlight is how many messages the broker may send before the first is
	// acknowledged.
	inFlight = 64
	atLeast  = 1 // quality of service: delivered at least once
	// steady is how long a connection must last before the next attempt
	// comes at once again.
	steady = 30 * time.Second
)

// State is the state of a connection.
type State struct {
	Connected bool
	// Err is why it is not connected, or what the broker denies; nil while the
	// first attempt goes on, and when all is well.
	Err error
}

// link is a connection that comes back by itself.
type link struct {
	cm *autopaho.ConnectionManager
	// up gets a token after each connection.
	up chan struct{}

	mu      sync.Mutex
	state   State
	changed chan struct{} // closed at the next change of state
	why     error         // of what the present connection is about to die
	since   time.Time     // of the last connection
	short   int           // connections in a row that did not last
	// alive is done when the present connection is: paho leaves who waits for
	// an answer waiting.
	alive context.Context
	kill  context.CancelFunc
}

// dial begins to connect. message is called with each message, one at a time,
// and must not wait.
func dial(ctx context.Context, c Config, clientID string, message func(topic string, payload []byte)) (*link, error) {
	if c.Broker == "" || c.TLS == nil {
		return nil, fmt.Errorf("%w: broker or certificates are missing", ErrConfig)
	}
	l := &link{up: make(chan struct{}, 1), changed: make(chan struct{})}
	l.alive, l.kill = context.WithCancel(ctx)
	l.kill()
	longest := c.MaxDelay
	if longest == 0 {
		longest = DefaultMaxDelay
	}
	grow := autopaho.NewExponentialBackoff(longest/30, longest, longest/15, 1.7)
	cm, err := autopaho.NewConnection(ctx, autopaho.ClientConfig{
		ServerUrls:       []*url.URL{{Scheme: "tls", Host: c.Broker}},
		KeepAlive:        keepAlive,
		ConnectTimeout:   answerTime,
		ReconnectBackoff: func(attempt int) time.Duration { return grow(attempt + l.failing()) },
		AttemptConnection: func(ctx context.Context, _ autopaho.ClientConfig, u *url.URL) (net.Conn, error) {
			return connect(ctx, c.TLS, u.Host)
		},
		ConnectPacketBuilder: func(p *paho.Connect, _ *url.URL) (*paho.Connect, error) {
			size, most := uint32(MaxPacket), uint16(inFlight)
			p.CleanStart = true
			p.Properties = &paho.ConnectProperties{MaximumPacketSize: &size, ReceiveMaximum: &most}
			return p, nil
		},
		OnConnectionUp:   func(*autopaho.ConnectionManager, *paho.Connack) { l.connected() },
		OnConnectionDown: func() bool { l.lost(); return true },
		OnConnectError:   l.failed,
		ClientConfig: paho.ClientConfig{
			ClientID:      clientID,
			PacketTimeout: answerTime,
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(r paho.PublishReceived) (bool, error) {
				err := mistake.Guard(func() error {
					message(r.Packet.Topic, r.Packet.Payload)
					return nil
				})
				if err != nil {
					l.trouble(err)
				}
				return true, nil
			}},
			OnClientError: l.dying,
			OnServerDisconnect: func(d *paho.Disconnect) {
				l.dying(fmt.Errorf("broker hung up, reason %02X", d.ReasonCode))
			},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	l.cm = cm
	return l, nil
}

// connect opens TLS to the broker. The environment's proxies are not asked.
func connect(ctx context.Context, config *tls.Config, host string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	d := tls.Dialer{Config: config}
	conn, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	return packets.NewThreadSafeConn(&bounded{Conn: conn}), nil
}

// failing counts the connections in a row that did not last: a broker that
// hangs up at once is not called again at once.
func (l *link) failing() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.short
}

func (l *link) connected() {
	l.mu.Lock()
	l.since, l.why = time.Now(), nil
	l.alive, l.kill = context.WithCancel(context.Background())
	l.setState(State{Connected: true})
	l.mu.Unlock()
	select {
	case l.up <- struct{}{}:
	default:
	}
}

// dying notes why the connection ends. paho tells so in its own time, perhaps
// when there is a new one.
func (l *link) dying(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.why = err
}

// lost notes that the connection has ended.
func (l *link) lost() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kill()
	l.short++
	if time.Since(l.since) > steady {
		l.short = 0
	}
	l.setState(State{Err: plain(l.why)})
}

// failed notes that an attempt to connect came to nothing.
func (l *link) failed(err error) {
	var denied *autopaho.ConnackError
	if inner := errors.Unwrap(err); inner != nil && !errors.As(err, &denied) {
		err = inner // without the words around it
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.setState(State{Err: plain(err)})
}

// during gives a context that ends with the present connection as well.
func (l *link) during(ctx context.Context) (context.Context, func()) {
	l.mu.Lock()
	alive := l.alive
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	stop := context.AfterFunc(alive, cancel)
	return ctx, func() { stop(); cancel() }
}

// trouble notes what the broker denies while the connection stands; nil is that
// all is well.
func (l *link) trouble(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state.Connected {
		l.setState(State{Connected: true, Err: err})
	}
}

// setState is called under the lock.
func (l *link) setState(s State) {
	l.state = s
	close(l.changed)
	l.changed = make(chan struct{})
}

// State is the present state, and a channel that is closed when it changes.
func (l *link) State() (State, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state, l.changed
}

// plain takes addresses and port numbers out of an error, which make every
// attempt look like a new one.
func plain(err error) error {
	if err == nil {
		return ErrBroker
	}
	if errors.Is(err, ErrBroker) {
		return err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("%w: %w", ErrBroker, err)
}

// publish sends a message and waits until the broker has it.
func (l *link) publish(ctx context.Context, topic string, payload []byte, retain bool) error {
	ctx, done := l.during(ctx)
	defer done()
	r, err := l.cm.Publish(ctx, &paho.Publish{Topic: topic, Payload: payload, QoS: atLeast, Retain: retain})
	switch {
	case r != nil && r.ReasonCode >= 0x80:
		return fmt.Errorf("%w: publishing, reason %02X", ErrDenied, r.ReasonCode)
	case err != nil:
		return fmt.Errorf("publishing: %w", plain(err))
	}
	return nil
}

// subscribe asks for topics; what is retained there comes at once.
func (l *link) subscribe(ctx context.Context, topics ...string) error {
	s := &paho.Subscribe{}
	for _, t := range topics {
		s.Subscriptions = append(s.Subscriptions, paho.SubscribeOptions{Topic: t, QoS: atLeast})
	}
	ctx, done := l.during(ctx)
	defer done()
	r, err := l.cm.Subscribe(ctx, s)
	if r != nil {
		for _, reason := range r.Reasons {
			if reason >= 0x80 {
				return fmt.Errorf("%w: subscribing, reason %02X", ErrDenied, reason)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("subscribing: %w", plain(err))
	}
	return nil
}

func (l *link) unsubscribe(ctx context.Context, topics ...string) error {
	ctx, done := l.during(ctx)
	defer done()
	if _, err := l.cm.Unsubscribe(ctx, &paho.Unsubscribe{Topics: topics}); err != nil {
		return fmt.Errorf("unsubscribing: %w", plain(err))
	}
	return nil
}

// close hangs up.
func (l *link) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	return l.cm.Disconnect(ctx)
}

// clientID is how a lock names itself to the broker.
func clientID(l bundle.LockID) string { return "sleutelbord-" + l.String() }
