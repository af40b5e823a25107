package keytag

import (
	"errors"
	"slices"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
)

// maxWrongKeys is how many authentications may fail in one laying, for whatever
// reason: a tag that counts them, as EV2 and EV3 can, is never brought near its
// limit.
const maxWrongKeys = 2

// line counts the commands that go to a tag.
type line struct {
	t    nfc.Transceiver
	sent int
}

func (l *line) Transmit(command []byte) ([]byte, error) {
	l.sent++
	return l.t.Transmit(command)
}

type level int

const (
	levelNone level = iota
	levelZero       // PICC level, zero key
	levelPICC       // PICC level, K_picc
	levelApp        // application, locator key
)

// zeroKind is how the chip's zero key is authenticated.
type zeroKind int

const (
	zeroUnknown zeroKind = iota
	zeroAES
	zeroISO    // DES, command 1A
	zeroLegacy // DES, command 0A: the fallback
)

// authMode is how AES keys are authenticated.
type authMode int

const (
	authUnknown authMode = iota
	authEV2              // 71: EV2 and EV3
	authAES              // AA: EV1
)

// openRecord authenticates with the locator key of the version that the tag
// shows, in the selected application. False means that the key is not ours.
func (l *Laid) openRecord(ask bool) (bool, error) {
	if l.notOurs {
		return false, nil
	}
	version := l.site.Keys.Locators[0]
	if ask {
		v, err := l.card.GetKeyVersion(LocatorKeyNo)
		if err != nil {
			return false, refusal(err)
		}
		if !l.site.Keys.holdsLocator(v) {
			return false, nil
		}
		version = v
	}
	return l.openLocator(version)
}

// openLocator authenticates with the locator key of a version.
func (l *Laid) openLocator(version byte) (bool, error) {
	key, err := l.site.Keys.Locator(version)
	if err != nil {
		return false, err
	}
	l.shown = version
	err = l.open(LocatorKeyNo, key, levelApp)
	if errors.Is(err, nfc.ErrWrongKey) {
		l.notOurs = true
		return false, nil
	}
	return err == nil, refusal(err)
}

func (k Keys) holdsLocator(v byte) bool {
	return slices.Contains(k.Locators, v)
}

// open authenticates an AES key in the way the chip speaks: a chip that does
// not know the EV2 command is an EV1, and says so at once.
func (l *Laid) open(keyNo byte, key desfire.Key, at level) (err error) {
	l.session, l.level = nil, levelNone
	if l.failed >= maxWrongKeys {
		return ErrWrongKeys
	}
	if l.mode != authAES {
		before := l.line.sent
		l.session, err = l.card.AuthenticateEV2First(keyNo, key)
		if l.mode == authUnknown && l.unknown(before, err) {
			l.mode = authAES
		} else {
			l.mode = authEV2
		}
	}
	if l.mode == authAES {
		l.session, err = l.card.AuthenticateAES(keyNo, key)
	}
	return l.opened(at, err)
}

// unknown tells whether the chip does not know the command that was sent after
// so many others. Said later than at once, it is a refusal like any other: the
// key may have been tried by then.
func (l *Laid) unknown(before int, err error) bool {
	return errors.Is(err, nfc.ErrUnknownCommand) && l.line.sent == before+1
}

// opened notes how an authentication ended.
func (l *Laid) opened(at level, err error) error {
	if err == nil {
		l.level = at
		return nil
	}
	l.session = nil
	l.failed++
	if errors.Is(err, nfc.ErrWrongKey) {
		l.WrongKeys++
	}
	return err
}

func (l *Laid) openPICC() error {
	key, err := l.site.Keys.PICC(l.Number)
	if err != nil {
		return err
	}
	return l.open(0, key, levelPICC)
}

// tryZero authenticates with the chip's zero key of the given type. False
// means that the key is another one.
func (l *Laid) tryZero(t desfire.KeyType) (bool, error) {
	l.zero = zeroISO
	if t == desfire.TypeAES {
		l.zero = zeroAES
	}
	err := l.openZero()
	if errors.Is(err, nfc.ErrWrongKey) {
		return false, nil
	}
	return err == nil, refusal(err)
}

// openZero authenticates at chip level with the zero key.
func (l *Laid) openZero() (err error) {
	if l.zero == zeroAES {
		return l.open(0, desfire.ZeroAES, levelZero)
	}
	l.session, l.level = nil, levelNone
	if l.failed >= maxWrongKeys {
		return ErrWrongKeys
	}
	if l.zero == zeroISO {
		before := l.line.sent
		l.session, err = l.card.AuthenticateISO(0, desfire.ZeroDES)
		if l.unknown(before, err) {
			l.zero = zeroLegacy
		}
	}
	if l.zero == zeroLegacy {
		l.session, err = l.card.AuthenticateLegacy(0, desfire.ZeroDES)
	}
	return l.opened(levelZero, err)
}

// reopen authenticates again after a refusal ended the session.
func (l *Laid) reopen() error {
	switch l.level {
	case levelZero:
		return l.openZero()
	case levelPICC:
		return l.openPICC()
	}
	return nil
}
