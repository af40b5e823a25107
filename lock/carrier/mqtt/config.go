package mqtt

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/internal/durable"
)

// ErrConfig is a configuration that cannot be used.
var ErrConfig = errors.New("configuration of the broker cannot be used")

// DefaultPort is that of MQTT over TLS.
const DefaultPort = "8883"

// DefaultMaxDelay is the longest wait between two attempts to connect.
const DefaultMaxDelay = time.Minute

// Config says how to reach a broker.
type Config struct {
	// Broker is host:port.
	Broker string
	// TLS has the broker's authority and the client's certificate.
	TLS *tls.Config
	// Site and Signer are for locks: the site that the lock belongs to, and the
	// signer whose bundle may be its first. A desk knows both.
	Site   bundle.SiteID
	Signer *bundle.SignerKey
	// MaxDelay bounds the wait before connecting again, which grows from a
	// thirtieth of it; [DefaultMaxDelay] if 0.
	MaxDelay time.Duration
}

// file is the configuration file, JSON. Paths are relative to its folder.
type file struct {
	Broker      string `json:"broker"`      // tls://HOST[:PORT]
	CA          string `json:"ca"`          // PEM: who signed the broker's certificate
	Certificate string `json:"certificate"` // PEM: the client's, with those between it and the authority
	Key         string `json:"key"`         // PEM: the client's private key, for its owner's eyes only
	Site        string `json:"site,omitempty"`
	Signer      string `json:"signer,omitempty"`
}

// maxFile is more than any file of a configuration has.
const maxFile = 1 << 20

// ReadConfig reads a configuration file and the certificates that it names.
// Fields that it does not know are an error. Errors wrap [ErrConfig] and quote
// no key.
func ReadConfig(path string) (Config, error) {
	c, err := readConfig(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading %s: %w: %w", path, ErrConfig, err)
	}
	return c, nil
}

func readConfig(path string) (Config, error) {
	data, err := readFile(path)
	if err != nil {
		return Config{}, err
	}
	f, err := parseFile(data)
	if err != nil {
		return Config{}, err
	}
	c, err := f.config()
	if err != nil {
		return Config{}, err
	}
	c.TLS, err = f.tls(filepath.Dir(path))
	return c, err
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // opened for reading: nothing can be lost
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is longer than %d bytes", path, maxFile)
	}
	return data, err
}

func parseFile(data []byte) (file, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var f file
	if err := d.Decode(&f); err != nil {
		return file{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return file{}, errors.New("something stands after the configuration")
	}
	return f, nil
}

// config reads what is no file.
func (f file) config() (Config, error) {
	var c Config
	u, err := url.Parse(f.Broker)
	if err != nil || u.Hostname() == "" {
		return c, FieldBroker.of(errors.New("tls://HOST:PORT is wanted"))
	}
	if u.Scheme != "tls" && u.Scheme != "mqtts" || u.User != nil || u.Path != "" || u.RawQuery != "" {
		return c, FieldBroker.of(errors.New("tls://HOST:PORT is wanted; without TLS there is no connection, and no password"))
	}
	port := u.Port()
	if port == "" {
		port = DefaultPort
	}
	c.Broker = net.JoinHostPort(u.Hostname(), port)
	if f.Site != "" {
		id, ok := parseID(f.Site)
		if !ok {
			return c, errors.New("site: 16 hexadecimal digits are wanted")
		}
		c.Site = id
	}
	if f.Signer != "" {
		b, err := hex.DecodeString(f.Signer)
		if err != nil || len(b) != len(bundle.SignerKey{}) {
			return c, errors.New("signer: 64 hexadecimal digits are wanted")
		}
		signer := bundle.SignerKey(b)
		c.Signer = &signer
	}
	return c, nil
}

func (f file) tls(dir string) (*tls.Config, error) {
	at := func(field Field, path string) (string, error) {
		if path == "" {
			return "", field.of(errors.New("it is missing"))
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		return path, nil
	}
	ca, err := at(FieldAuthority, f.CA)
	if err != nil {
		return nil, err
	}
	certificate, err := at(FieldCertificate, f.Certificate)
	if err != nil {
		return nil, err
	}
	key, err := at(FieldKey, f.Key)
	if err != nil {
		return nil, err
	}
	pem, err := readFile(ca)
	if err != nil {
		return nil, FieldAuthority.of(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, FieldAuthority.of(errors.New("no certificate in PEM"))
	}
	own, err := readPair(certificate, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12}, nil
}

// readPair reads a certificate and its key. Except on Windows, a key that
// others than its owner can read is refused, unless the service manager hands it
// over.
func readPair(certificate, key string) (tls.Certificate, error) {
	if err := durable.CheckPrivate(key); err != nil {
		return tls.Certificate{}, FieldKey.of(err)
	}
	public, err := readFile(certificate)
	if err != nil {
		return tls.Certificate{}, FieldCertificate.of(err)
	}
	private, err := readFile(key)
	if err != nil {
		return tls.Certificate{}, FieldKey.of(err)
	}
	defer clear(private)
	pair, err := tls.X509KeyPair(public, private)
	if err != nil {
		return tls.Certificate{}, FieldCertificate.of(errors.New("certificate and key do not belong together, or are not in PEM"))
	}
	return pair, nil
}
