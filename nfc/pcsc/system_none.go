//go:build !cgo && !windows

package pcsc

import "sleutelbord/nfc"

// host stands in for PC/SC in a build without cgo, where the binding cannot be
// compiled: every attempt to use a reader says so.
var host system = noSystem{}

type noSystem struct{}

func (noSystem) establish() (session, error) { return nil, nfc.ErrUnsupported }
