package mistake

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

//go:noinline
func burst(key [4]byte, how string) error {
	switch how {
	case "value":
		panic(append([]byte("secret"), key[:]...))
	case "index":
		var none []int
		return fmt.Errorf("%d", none[int(key[0])])
	case "nil":
		var e *Error
		return errors.New(e.Kind)
	case "nothing":
		panic(nil)
	case "error":
		return errors.New("refused")
	}
	return nil
}

// Every panic becomes an error that says where it was, and nothing of what was
// in it; what is none passes as it is.
func TestGuard(t *testing.T) {
	for how, kind := range map[string]string{"value": "[]uint8", "index": "runtime.boundsError", "nil": "runtime.errorString", "nothing": "*runtime.PanicNilError"} {
		err := Guard(func() error { return burst([4]byte{0xde, 0xad, 0xbe, 0xef}, how) })
		e, ok := errors.AsType[*Error](fmt.Errorf("doing it: %w", err))
		if !ok || e.Kind != kind && !(how == "nil" && strings.HasPrefix(e.Kind, "runtime.")) {
			t.Errorf("%s: %v, %+v", how, err, e)
			continue
		}
		if !strings.Contains(e.Trace(), "mistake.burst") || !strings.Contains(e.Trace(), "mistake_test.go:") {
			t.Errorf("%s: not where it was:\n%s", how, e.Trace())
		}
		for _, no := range []string{"secret", "222", "0xde", "efbeadde", "115 101"} {
			if strings.Contains(err.Error()+e.Trace()+e.Kind, no) {
				t.Errorf("%s: %q is told:\n%s", how, no, e.Trace())
			}
		}
	}
	if err := Guard(func() error { return burst([4]byte{}, "error") }); err == nil || err.Error() != "refused" {
		t.Errorf("an error becomes %v", err)
	}
	if err := Guard(func() error { return burst([4]byte{}, "") }); err != nil {
		t.Errorf("nothing becomes %v", err)
	}
}
