//go:build unix && !linux

package command

// ForbidCoreDumps keeps what this process holds in memory, keys among it, out
// of core dumps. To be called before there is a secret.
func ForbidCoreDumps() error { return limitCoreDumps() }
