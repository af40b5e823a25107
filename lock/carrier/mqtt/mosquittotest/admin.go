package mosquittotest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// Publish publishes as somebody who may do everything at the broker, and
// returns when the broker has it.
func (b *Broker) Publish(topic string, payload []byte, retain bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	c := paho.NewClient(paho.ClientConfig{Conn: packets.NewThreadSafeConn(b.dial("admin"))})
	if _, err := c.Connect(ctx, &paho.Connect{ClientID: "admin", CleanStart: true, KeepAlive: 30}); err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = c.Disconnect(&paho.Disconnect{}) }()
	if _, err := c.Publish(ctx, &paho.Publish{Topic: topic, Payload: payload, QoS: 1, Retain: retain}); err != nil {
		b.t.Fatal(err)
	}
}

// dial opens TLS to the broker with a certificate that says name.
func (b *Broker) dial(name string) net.Conn {
	b.t.Helper()
	certificate, key := b.ca.issue(b.t, name)
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		b.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(b.ca.certificate)
	conn, err := tls.Dial("tcp", b.Addr, &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	if err != nil {
		b.t.Fatal(err)
	}
	return conn
}
