package lock

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"io/fs"
	"syscall"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/internal/durable"
	"sleutelbord/lock/internal/durable/durabletest"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

func seeded(s string) [32]byte { return sha256.Sum256([]byte(s)) }

func seeded16(s string) [16]byte { b := seeded(s); return [16]byte(b[:16]) }

func number(s string) keytag.Number { b := seeded(s); return keytag.Number(b[:12]) }

func signer(name string) ed25519.PrivateKey {
	seed := seeded("signer " + name)
	return ed25519.NewKeyFromSeed(seed[:])
}

func signerKey(name string) bundle.SignerKey {
	return bundle.SignerKey(signer(name).Public().(ed25519.PublicKey))
}

func lockName(t testing.TB, s string) bundle.LockName {
	t.Helper()
	n, err := bundle.ParseLockName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func lockKey(t testing.TB, name string) bundle.LockKey {
	t.Helper()
	k, err := bundle.GenerateKey(lockName(t, name), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func zoneMaster(zone keytag.Zone, version byte) desfire.Key {
	return desfire.NewAESKey(seeded16("zone "+string(rune(zone))+string(rune(version))), keytag.SlotKeyVersion)
}

func locatorKey(version byte) desfire.Key {
	return desfire.NewAESKey(seeded16("locator "+string(rune(version))), version)
}

func zone(id keytag.Zone, kind bundle.Kind, f bundle.Floor) bundle.Zone {
	return bundle.Zone{ID: id, Kind: kind, Version: 1, Key: zoneMaster(id, 1), Floor: f}
}

// bench is a lock with what a test needs to send it bundles.
type bench struct {
	t   testing.TB
	key bundle.LockKey
	dir string
	*Lock
}

// bundleFor gives the bundle of a door with a home zone 101 and a shared zone
// 900, changed as the test wants.
func (b *bench) bundleFor(sequence uint32, change func(*bundle.Bundle)) bundle.Bundle {
	v := bundle.Bundle{
		Site: bundle.SiteID{1}, Lock: b.key.Name().ID(), Sequence: sequence, Issued: 100,
		ReceiptKey: bundle.NewReceiptKey(seeded16("receipt")),
		Locators:   []bundle.Locator{{Version: 1, Key: locatorKey(1)}},
		Zones:      []bundle.Zone{zone(101, home, floor(3)), zone(900, shared, floor(0))},
	}
	if change != nil {
		change(&v)
	}
	return v
}

func (b *bench) seal(by string, v bundle.Bundle) []byte {
	b.t.Helper()
	data, err := bundle.Seal(v, signer(by), b.key.Public(), rand.Reader)
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

// send seals a bundle and applies it.
func (b *bench) send(by string, sequence uint32, change func(*bundle.Bundle)) error {
	b.t.Helper()
	return b.Apply(b.seal(by, b.bundleFor(sequence, change)))
}

// floors are those of the site whose bundle the lock works with.
func (b *bench) floors() map[zoneKey]bundle.Floor {
	s, _ := b.state.signer()
	l, _ := b.state.lineOf(s)
	return l.Floors
}

func newBench(t testing.TB, c Config) *bench {
	t.Helper()
	key := lockKey(t, "K0-101")
	c.Name, c.Key = key.Name(), key.Private()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	b := &bench{t: t, key: key, dir: c.Dir}
	b.open(c)
	return b
}

func (b *bench) open(c Config) {
	b.t.Helper()
	c.Name, c.Key, c.Dir = b.key.Name(), b.key.Private(), b.dir
	l, err := Open(c)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = l.Close() })
	b.Lock = l
}

// reopened starts the lock from a disk as a crash left it.
func (b *bench) reopened(disk *durabletest.Disk) (*Lock, error) {
	l := &Lock{name: b.key.Name(), key: b.key.Private(), clock: NoClock(), fs: disk, file: b.file}
	return l, l.load()
}

// brokenDisk refuses every write.
type brokenDisk struct{ durable.FS }

func (brokenDisk) Create(string, fs.FileMode) (durable.File, error) {
	return nil, syscall.EROFS
}
