//go:build cgo && linux

package command

import (
	"bytes"
	"testing"

	"sleutelbord/nfc/pcsc"
	"sleutelbord/nfc/pcsc/pcscdtest"
)

// TestDemoThroughPCSC tells the demo through a real pcscd, and expects what
// the built-in reader tells, byte for byte.
func TestDemoThroughPCSC(t *testing.T) {
	d := pcscdtest.Start(t)
	var want, out, errs bytes.Buffer
	if code := Run(t.Context(), []string{"demo"}, testEnv(&want, &errs)); code != exitOK {
		t.Fatalf("built-in: exit code %d\n%s%s", code, &want, &errs)
	}
	env := testEnv(&out, &errs)
	env.OpenReader, env.ListReaders = pcsc.Open, pcsc.List
	if code := Run(t.Context(), []string{"demo", "--reader", "Virtual", "--vpcd", d.Addr(0)}, env); code != exitOK {
		t.Fatalf("exit code %d\n%s%s", code, &out, &errs)
	}
	if !bytes.Equal(out.Bytes(), want.Bytes()) {
		t.Errorf("through PC/SC:\n%s\non the built-in reader:\n%s", &out, &want)
	}
	if errs.Len() > 0 {
		t.Errorf("standard error: %s", &errs)
	}
}
