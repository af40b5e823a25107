//go:build !unix

package command

// ForbidCoreDumps does nothing: this system writes no core dumps of its own
// accord. (Windows Error Reporting keeps them only where an administrator asks
// for it.)
func ForbidCoreDumps() error { return nil }
