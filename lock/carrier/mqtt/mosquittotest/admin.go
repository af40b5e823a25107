package mosquittotest

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// Publish publishes as somebody who may do everything at the broker, and
// returns when the broker has it.
func (b *Broker) Publish(topic string, payload []byte, retain bool) {
	b.t.Helper()
	c, done := b.admin(nil)
	defer done()
	if _, err := c.Publish(b.t.Context(), &paho.Publish{Topic: topic, Payload: payload, QoS: 1, Retain: retain}); err != nil {
		b.t.Fatal(err)
	}
}

// Retained gives the topics below root, such as "sleutelbord", that have a
// retained message, in no order.
func (b *Broker) Retained(root string) []string {
	b.t.Helper()
	const mark = "mark-of-the-administrator"
	var topics []string
	all := make(chan struct{})
	c, done := b.admin(func(topic string) {
		if topic == mark {
			close(all)
			return
		}
		topics = append(topics, topic)
	})
	defer done()
	// What is retained is sent before what is published afterwards.
	if _, err := c.Subscribe(b.t.Context(), &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: root + "/#"}, {Topic: mark}}}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := c.Publish(b.t.Context(), &paho.Publish{Topic: mark, Payload: []byte{1}}); err != nil {
		b.t.Fatal(err)
	}
	select {
	case <-all:
	case <-time.After(patience):
		b.t.Fatal("the broker does not send what is retained")
	}
	return topics
}

// admin connects the administrator; got is told of each message.
func (b *Broker) admin(got func(topic string)) (c *paho.Client, done func()) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	config := paho.ClientConfig{Conn: packets.NewThreadSafeConn(b.dial("admin"))}
	if got != nil {
		config.OnPublishReceived = []func(paho.PublishReceived) (bool, error){func(r paho.PublishReceived) (bool, error) {
			got(r.Packet.Topic)
			return true, nil
		}}
	}
	c = paho.NewClient(config)
	if _, err := c.Connect(ctx, &paho.Connect{ClientID: "admin", CleanStart: true, KeepAlive: 30}); err != nil {
		b.t.Fatal(err)
	}
	return c, func() { _ = c.Disconnect(&paho.Disconnect{}) }
}

// dial opens TLS to the broker with a certificate that says name.
func (b *Broker) dial(name string) net.Conn {
	b.t.Helper()
	certificate, key := b.ca.Issue(b.t, name)
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		b.t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", b.Addr, &tls.Config{RootCAs: b.ca.Pool(), Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	if err != nil {
		b.t.Fatal(err)
	}
	return conn
}
