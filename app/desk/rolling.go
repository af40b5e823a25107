package desk

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// versions puts into zones the key versions that a tag gets: the newest that
// every lock of the zone has confirmed. So a tag works at once, also while the
// locks of a campaign are still being visited. have is what the tag has already
// or had before; it does not go back behind that.
func (w *writing) versions(tx *store.Tx, zones []store.Zone, have *store.Tag) error {
	for i := range zones {
		z := &zones[i]
		version, err := w.version(tx, *z)
		if err != nil {
			return err
		}
		if have != nil {
			for _, c := range have.Slots {
				if c.Zone == z.ID && c.Version <= z.KeyVersion {
					version = max(version, c.Version)
				}
			}
		}
		z.KeyVersion = version
	}
	return nil
}

func (w *writing) version(tx *store.Tx, z store.Zone) (byte, error) {
	if w.unconfirmed {
		return z.KeyVersion, nil
	}
	r, err := tx.RollingZone(z.ID)
	if errors.Is(err, store.ErrNotFound) {
		return z.KeyVersion, nil
	}
	if err != nil {
		return 0, err
	}
	waits, err := tx.ZoneWaits(z.ID, r.StartChange)
	if err != nil || !waits {
		return z.KeyVersion, err
	}
	return r.Old, nil
}

// locator is the version of the locator key that a tag with these slots gets:
// the newest that every lock of its zones has confirmed, and not behind what it
// has.
func (w *writing) locator(tx *store.Tx, slots []keytag.Claims, have byte) (byte, error) {
	site, err := tx.Site()
	if err != nil {
		return 0, err
	}
	newest := site.Locators[0]
	if w.unconfirmed || have == newest {
		return newest, nil
	}
	c, err := tx.RollingLocator()
	if errors.Is(err, store.ErrNotFound) {
		return newest, nil
	}
	if err != nil {
		return 0, err
	}
	for _, s := range slots {
		waits, err := tx.ZoneWaits(s.Zone, c.StartChange)
		if err != nil {
			return 0, err
		}
		if waits {
			return c.OldLocator, nil
		}
	}
	return newest, nil
}

// tagLocators are the locator versions that a tag may carry: those in use, and
// all that were, so that a tag that nobody wrote anew is still known and can be
// wiped.
func tagLocators(inUse []byte) []byte {
	all := slices.Clone(inUse)
	for v := slices.Min(inUse); v > 1; v-- {
		all = append(all, v-1)
	}
	return all
}

// nextSigner is the public key of the signer that the bundles name, nil for
// none.
func (m *maker) nextSigner(tx *store.Tx) (*bundle.SignerKey, uint16, error) {
	c, err := tx.RollingSigner()
	if errors.Is(err, store.ErrNotFound) || err == nil && c.NewSigner <= m.site.SignerVersion {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	s, err := m.d.store.Custody().Signer(c.NewSigner)
	if err != nil {
		return nil, 0, err
	}
	public, ok := s.Public().(ed25519.PublicKey)
	if !ok {
		return nil, 0, fmt.Errorf("signer %d has no Ed25519 key", c.NewSigner)
	}
	key := bundle.SignerKey(public)
	return &key, c.NewSigner, nil
}

// advanceSigner lets the next signer sign as soon as every lock that has had a
// bundle has confirmed one that names it.
func (d *Desk) advanceSigner(tx *store.Tx) error {
	c, err := tx.RollingSigner()
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	site, err := tx.Site()
	if err != nil || c.State != store.CampaignRunning || site.SignerVersion >= c.NewSigner {
		return err
	}
	behind, err := tx.CountLocksBehind(c.ID, c.StartChange)
	if err != nil || behind > 0 {
		return err
	}
	site.SignerVersion = c.NewSigner
	site.Changes++
	if err := tx.PutSite(&site); err != nil {
		return err
	}
	c.SignerChange = site.Changes
	if err := tx.PutCampaign(&c); err != nil {
		return err
	}
	return d.journal(tx, actNewSigner, campaignName(c.ID))
}
