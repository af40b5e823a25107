//go:build cgo && linux

package command

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/pcsc"
	"sleutelbord/nfc/pcsc/pcscdtest"
	"sleutelbord/nfc/softcard"
)

// TestSelftestThroughPCSC runs it through a real pcscd, whose transactions end
// and reset the tag in the middle of plans.
func TestSelftestThroughPCSC(t *testing.T) {
	d := pcscdtest.Start(t)
	card, err := softcard.New(softcard.Config{Chip: softcard.EV3})
	if err != nil {
		t.Fatal(err)
	}
	ctx, takeAway := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- card.ServeVPCD(ctx, d.Addr(0)) }()
	var out, errs bytes.Buffer
	env := testEnv(&out, &errs)
	env.OpenReader, env.ListReaders = pcsc.Open, pcsc.List
	exit := Run(t.Context(), []string{"selftest", "--reader", "Virtual", "--yes", "--json", "--wait", "30s"}, env)
	var got selfTested
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || exit != exitOK || !got.Passed || got.Cuts < 15 {
		t.Errorf("exit code %d: %s%s, %v", exit, &out, &errs, err)
	}
	knowsTheATR(t, d.Reader(0), card)
	takeAway()
	<-served
	proveBlank(t, card)
	if n := card.AuthenticationFailures(); n > 2*got.Cuts {
		t.Errorf("%d wrong keys at %d cuts", n, got.Cuts)
	}
	t.Logf("%d cuts, %d commands through PC/SC", got.Cuts, total(got))
}

// knowsTheATR holds what a transaction knows against the card.
func knowsTheATR(t *testing.T, name string, card *softcard.Card) {
	t.Helper()
	r, err := pcsc.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	err = r.Transact(t.Context(), func(tag nfc.Transceiver) error {
		if got := nfc.ATR(tag); !slices.Equal(got, card.ATR()) {
			t.Errorf("answer to reset % X", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
