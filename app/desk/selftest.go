package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// selftestText is what the keys of every self-test are made of. They are the
// same each time and no secret, so that a tag on which one was cut off is not
// lost: the next one, on any computer, makes it blank.
const selftestText = "Sleutelbord self-test of a reader and a blank tag, keys that are no secret"

// SelftestAID is an application of the self-test's own: it takes no tag of a
// site for one of its own, and no site takes one of its.
var SelftestAID = [3]byte{0xF5, 0x3B, 0xFE}

// InitSelftest makes the throw-away site of a self-test. Its keys are public,
// and it takes every chip: what the originality check says is part of the result.
func InitSelftest(ctx context.Context, o Options) (*Desk, error) {
	o.complete()
	today, err := keytag.DayOf(o.Clock())
	if err != nil {
		return nil, fmt.Errorf("making the self-test's site: %w: %w", errClock, err)
	}
	sum := sha256.Sum256([]byte(selftestText))
	root, err := store.GenerateRoot(bytes.NewReader(sum[:]))
	if err != nil {
		return nil, fmt.Errorf("making the self-test's keys: %w", err)
	}
	defer root.Wipe()
	return create(ctx, o, store.Site{
		Name: "Self-test", Created: today, Practice: true, Policy: store.WarnGenuine, AID: SelftestAID,
		Locators: []byte{1}, SignerVersion: 1, SeatsPerHome: DefaultSeatsPerHome,
	}, root)
}

// CheckOwn is [Check] for a tag of this desk's site, whatever its application.
func (d *Desk) CheckOwn(ctx context.Context, r nfc.Reader) (keytag.CheckReport, error) {
	var site store.Site
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		site, err = tx.Site()
		return err
	})
	if err != nil {
		return keytag.CheckReport{}, fmt.Errorf("checking the tag: %w", err)
	}
	return check(ctx, r, site.AID)
}
