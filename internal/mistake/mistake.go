// Package mistake turns a panic, which is a mistake of the program, into an error
// that may be written down: it tells what kind of value was panicked with and
// where, and neither the value nor what functions were called with, as those
// may be anything, also a key. Go's own stack traces print both.
//
// A goroutine that somebody waits for runs under [Guard], so that a mistake in
// it ends the act, and not the process.
package mistake

import (
	"fmt"
	"runtime"
	"strings"
)

// Error is a panic that was caught.
type Error struct {
	Kind  string   // type of the value
	Where []string // functions, and where they are called, the innermost first
}

func (*Error) Error() string { return "the program made a mistake" }

// Trace is where it happened, a line for each call.
func (e *Error) Trace() string { return strings.Join(e.Where, "\n") }

// Caught describes a panic. It is called by the function that recovered.
func Caught(p any) *Error {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	e := &Error{Kind: fmt.Sprintf("%T", p)}
	for {
		f, more := frames.Next()
		e.Where = append(e.Where, fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line))
		if !more {
			return e
		}
	}
}

// Guard runs f, and gives a panic in it as an *[Error].
func Guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Caught(p)
		}
	}()
	return f()
}
