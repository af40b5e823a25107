package store

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"runtime/debug"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

const (
	keySize  = 32
	saltSize = 32
	idSize   = 16 // of a store
)

// dataKey is the random key of a store, wrapped in every slot.
type dataKey struct{ b *[keySize]byte }

func newDataKey() dataKey {
	k := dataKey{b: new([keySize]byte)}
	_, _ = rand.Read(k.b[:]) // never returns an error
	return k
}

// clone is a copy that is wiped on its own.
func (k dataKey) clone() dataKey {
	c := dataKey{b: new([keySize]byte)}
	copy(c.b[:], k.b[:])
	return c
}

func (k dataKey) wipe() {
	if k.b != nil {
		clear(k.b[:])
	}
}

// Format hides the key from every verb of package fmt.
func (k dataKey) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[data key]") }

// storeKeys are the keys below a data key; see the package comment.
type storeKeys struct {
	page, column, lookup, counter, tally [keySize]byte
	// shared seals the settings of a shared database; hpke is the desk's key there.
	shared, hpke [keySize]byte
	// sign is the seed of the key with which the desk signs the journal.
	sign [keySize]byte
}

func (k dataKey) expand(id [idSize]byte) (*storeKeys, error) {
	keys := new(storeKeys)
	for _, d := range []struct {
		info string
		to   *[keySize]byte
	}{
		{"page", &keys.page},
		{"column", &keys.column},
		{"lookup", &keys.lookup},
		{"counter", &keys.counter},
		{"tally", &keys.tally},
		{"shared", &keys.shared},
		{"desk hpke", &keys.hpke},
		{"desk sign", &keys.sign},
	} {
		b, err := hkdf.Key(sha256.New, k.b[:], id[:], d.info, keySize)
		if err != nil {
			return nil, fmt.Errorf("deriving the keys of the store: %w", err)
		}
		copy(d.to[:], b)
		clear(b)
	}
	return keys, nil
}

func (k *storeKeys) wipe() { *k = storeKeys{} }

// Format hides the keys from every verb of package fmt.
func (k *storeKeys) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[store keys]") }

// kdf is how dear it is to try a passphrase: argon2id, RFC 9106.
type kdf struct {
	passes  uint32
	memory  uint32 // KiB
	threads uint8
}

var (
	// strongKDF takes well under a second on a desk of 2020 and 256 MiB while it runs.
	strongKDF = kdf{passes: 3, memory: 256 << 10, threads: 4}
	// testKDF takes no time and protects nothing.
	testKDF = kdf{passes: 1, memory: 64, threads: 1}
)

// Limits within which a slot's parameters are believed, so that a damaged or
// forged header cannot make the program ask for all the memory there is.
const (
	maxPasses  = 64
	maxMemory  = 4 << 20 // KiB
	maxThreads = 64
)

func (p kdf) check() error {
	if p.passes < 1 || p.passes > maxPasses || p.threads < 1 || p.threads > maxThreads ||
		p.memory < 8*uint32(p.threads) || p.memory > maxMemory {
		return fmt.Errorf("argon2id with %d passes, %d KiB and %d lanes is outside the limits", p.passes, p.memory, p.threads)
	}
	return nil
}

// muchMemory is from how much on, in KiB, memory is given back at once.
const muchMemory = 16 << 10

// wrapping is the key under which a passphrase's slot holds the data key. The
// caller wipes it. Go would keep what argon2id worked in for minutes, which is
// more than all the rest of the program; the system gets it back, and clears it.
func (p kdf) wrapping(passphrase []byte, salt [saltSize]byte) []byte {
	if p.memory >= muchMemory {
		defer debug.FreeOSMemory()
	}
	return argon2.IDKey(passphrase, salt[:], p.passes, p.memory, p.threads, chacha20poly1305.KeySize)
}
