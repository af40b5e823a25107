package store

import (
	"runtime"
	"testing"
)

// The memory that a passphrase takes is given back at once: Go would keep it
// for minutes, in a window that is open all day.
func TestPassphraseGivesMemoryBack(t *testing.T) {
	strongKDF.wrapping([]byte("passphrase"), [saltSize]byte{})
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if kept := (m.HeapIdle - m.HeapReleased) >> 20; kept > 64 {
		t.Errorf("%d MiB are kept", kept)
	}
}
