package token

import (
	"fmt"
	"strings"

	"sleutelbord/store"

	"github.com/miekg/pkcs11"
)

// Mechanisms and key types of PKCS#11 v3.0 that the library in Go has no names
// for: section 2.3.5 and 2.3.10 of its mechanisms.
const (
	ckmEdDSA     = 0x1057
	ckkECEdwards = 0x40
)

// abilities is what a token can do for a site's keys.
type abilities struct {
	cmac, cbc, ecb, eddsa bool
}

func (a abilities) fits() bool { return a.eddsa && (a.cmac || a.cbc || a.ecb) }

func (l *library) abilities(slot uint) (a abilities, err error) {
	list, err := l.api.GetMechanismList(slot)
	if err != nil {
		return a, err
	}
	for _, m := range list {
		switch m.Mechanism {
		case pkcs11.CKM_AES_CMAC:
			a.cmac = true
		case pkcs11.CKM_AES_CBC:
			a.cbc = true
		case pkcs11.CKM_AES_ECB:
			a.ecb = true
		case ckmEdDSA:
			a.eddsa = true
		}
	}
	return a, nil
}

// List names the tokens that a library sees. One that is taken out meanwhile
// is left out.
func (d *Driver) List(module string) (seen []store.TokenSeen, err error) {
	seen = []store.TokenSeen{}
	err = d.with(module, func(l *library) error {
		slots, err := l.api.GetSlotList(true)
		if err != nil {
			return explain(err)
		}
		for _, slot := range slots {
			info, err := l.api.GetTokenInfo(slot)
			if err != nil || info.Flags&pkcs11.CKF_TOKEN_INITIALIZED == 0 {
				continue
			}
			a, err := l.abilities(slot)
			if err != nil {
				continue
			}
			seen = append(seen, store.TokenSeen{
				Label: trim(info.Label), Serial: trim(info.SerialNumber), Model: trim(info.Model), Manufacturer: trim(info.ManufacturerID),
				Fits:   a.fits(),
				LowPIN: info.Flags&pkcs11.CKF_USER_PIN_COUNT_LOW != 0, LastPIN: info.Flags&pkcs11.CKF_USER_PIN_FINAL_TRY != 0,
				LockedPIN: info.Flags&pkcs11.CKF_USER_PIN_LOCKED != 0,
			})
		}
		return nil
	})
	return seen, err
}

// trim takes off the blanks with which PKCS#11 fills texts up.
func trim(s string) string { return strings.TrimRight(s, " \x00") }

// find gives the slot with the token of ref. If it is not there the library is
// started again once, since some look for tokens only then.
func (l *library) find(ref store.TokenRef) (uint, pkcs11.TokenInfo, error) {
	slot, info, err := l.look(ref)
	if err == nil {
		return slot, info, nil
	}
	if err := l.restart(); err != nil {
		return 0, info, fmt.Errorf("%w: %w", store.ErrTokenMissing, err)
	}
	return l.look(ref)
}

func (l *library) look(ref store.TokenRef) (uint, pkcs11.TokenInfo, error) {
	slots, err := l.api.GetSlotList(true)
	if err != nil {
		return 0, pkcs11.TokenInfo{}, explain(err)
	}
	others := 0
	for _, slot := range slots {
		info, err := l.api.GetTokenInfo(slot)
		if err != nil || info.Flags&pkcs11.CKF_TOKEN_INITIALIZED == 0 {
			continue
		}
		if (ref.Label == "" || trim(info.Label) == ref.Label) && (ref.Serial == "" || trim(info.SerialNumber) == ref.Serial) {
			return slot, info, nil
		}
		others++
	}
	return 0, pkcs11.TokenInfo{}, fmt.Errorf("%w: token %q with serial number %s; %d others are", store.ErrTokenMissing, ref.Label, ref.Serial, others)
}
