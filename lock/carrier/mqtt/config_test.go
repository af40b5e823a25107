package mqtt

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/mqtt/mosquittotest"
)

func TestConfig(t *testing.T) {
	b := mosquittotest.Start(t)
	site := bundle.SiteID{1, 2, 3}
	signer := bundle.SignerKey{9}
	path := b.ConfigFile("lock", fmt.Sprintf("%q: %q", "site", site), fmt.Sprintf("%q: %q", "signer", signer))
	c, err := ReadConfig(path)
	mustBe(t, "reading", err, nil)
	if c.Broker != b.Addr || c.Site != site || *c.Signer != signer || len(c.TLS.Certificates) != 1 {
		t.Errorf("%+v", c)
	}
	good, err := os.ReadFile(path)
	mustBe(t, "reading", err, nil)
	key, err := os.ReadFile(filepath.Join(filepath.Dir(path), "lock.key"))
	mustBe(t, "reading", err, nil)
	for name, change := range map[string][2]string{
		"plain MQTT":      {"tls://", "mqtt://"},
		"password":        {"tls://", "tls://me:secret@"},
		"a path":          {b.Addr, b.Addr + "/x"},
		"no host":         {"tls://" + b.Addr, "tls://"},
		"unknown field":   {`"ca"`, `"password": "x", "ca"`},
		"no authority":    {`"ca.pem"`, `""`},
		"missing file":    {`"ca.pem"`, `"nowhere.pem"`},
		"no certificate":  {`"ca.pem"`, `"lock.key"`},
		"another's key":   {`"lock.key"`, `"broker.key"`},
		"short site":      {site.String(), "0102"},
		"upper case site": {site.String(), strings.Repeat("AB", 8)},
		"short signer":    {signer.String(), "09"},
		"two documents":   {"}\n", "}\n{}"},
		"no JSON":         {"{\n", "broker = "},
	} {
		bad := strings.Replace(string(good), change[0], change[1], 1)
		if bad == string(good) {
			t.Fatalf("%s changes nothing", name)
		}
		file := filepath.Join(filepath.Dir(path), "bad.json")
		mustBe(t, "writing", os.WriteFile(file, []byte(bad), 0o600), nil)
		_, err := ReadConfig(file)
		mustBe(t, name, err, ErrConfig)
		if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), strings.Split(string(key), "\n")[1]) {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
	_, err = ReadConfig(filepath.Join(t.TempDir(), "nowhere"))
	mustBe(t, "no file", err, ErrConfig)
	if _, err := ConnectLock(Config{Broker: b.Addr, TLS: c.TLS}, lockName(t, "A")); err == nil {
		t.Error("a lock without a site connects")
	}
	if _, err := ConnectDesk(Config{}, site); err == nil {
		t.Error("a desk without a broker connects")
	}
	if runtime.GOOS != "windows" {
		mustBe(t, "chmod", os.Chmod(filepath.Join(filepath.Dir(path), "lock.key"), 0o644), nil)
		_, err = ReadConfig(path)
		mustBe(t, "a key for everybody's eyes", err, ErrConfig)
	}
}

// FuzzConfig: any file is a configuration or an error.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"broker":"tls://a:1","ca":"x","certificate":"y","key":"z","site":"0102030405060708"}`))
	f.Add([]byte(`{"broker":"tls://[::1]"}`))
	f.Add([]byte(`{}{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := parseFile(data)
		if err != nil {
			return
		}
		if c, err := parsed.config(); err == nil && c.Broker == "" {
			t.Error("a configuration without a broker")
		}
	})
}

// FuzzTopic: what is taken for a topic of a lock is that lock's topic.
func FuzzTopic(f *testing.F) {
	site := bundle.SiteID{1}
	f.Add(bundleTopic(site, bundle.LockID{2}))
	f.Add(receiptTopic(site, bundle.LockID{3}))
	f.Add(markTopic(site))
	f.Add(topicRoot + site.String() + "/ABCDEF0123456789/bundle")
	f.Fuzz(func(t *testing.T, topic string) {
		l, leaf, ok := parseTopic(site, topic)
		if ok && topic != bundleTopic(site, l) && topic != receiptTopic(site, l) {
			t.Errorf("%q is taken for %v of %v", topic, leaf, l)
		}
	})
}

// TestTopicsSayLittle: a topic holds ids and fixed words only.
func TestTopicsSayLittle(t *testing.T) {
	site, l := bundle.SiteID{0xAB}, lockName(t, "FRONT-1").ID()
	for got, want := range map[string]string{
		bundleTopic(site, l):  "sleutelbord/1/ab00000000000000/" + l.String() + "/bundle",
		receiptTopic(site, l): "sleutelbord/1/ab00000000000000/" + l.String() + "/receipt",
		markTopic(site):       "sleutelbord/1/ab00000000000000/mark",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestDocs: the access list that the tests run with is the one that
// docs/operations.md recommends, and the configurations there can be read.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "operations.md"))
	mustBe(t, "reading", err, nil)
	ours := strings.Replace(mosquittotest.Access, "user admin\ntopic readwrite #\n\n", "", 1)
	if !strings.Contains(string(text), "```\n"+ours+"```\n") {
		t.Errorf("docs/operations.md recommends another access list than\n%s", ours)
	}
	parts := strings.Split(string(text), "```json\n")
	if len(parts) != 3 {
		t.Fatalf("%d configurations", len(parts)-1)
	}
	for _, part := range parts[1:] {
		example, _, _ := strings.Cut(part, "```")
		f, err := parseFile([]byte(example))
		mustBe(t, "parsing "+example, err, nil)
		c, err := f.config()
		mustBe(t, "reading "+example, err, nil)
		if c.Broker != "broker.example:8883" || (c.Signer == nil) != (c.Site == bundle.SiteID{}) {
			t.Errorf("%+v", c)
		}
	}
}
