package keytag

import (
	"errors"
	"fmt"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
)

// State says what a tag is to this site.
type State string

// States of a tag that was recognised.
const (
	Blank     State = "blank"     // zero chip key, no application
	Half      State = "half"      // zero chip key and our application: can be written or made blank
	Complete  State = "complete"  // readable record and diversified chip key
	OtherSite State = "othersite" // our application, but not our keys
	Foreign   State = "foreign"   // somebody else's applications
	Locked    State = "locked"    // no application, and a chip key that is not zero
)

// Genuine is the result of the originality check.
type Genuine string

// Results of the originality check (NXP's signature over the chip's number).
const (
	GenuineYes       Genuine = "genuine"
	GenuinePractice  Genuine = "practice"          // signed by the practice key of software chips
	GenuineNo        Genuine = "not genuine"       // no signature, or a wrong one
	GenuineUncertain Genuine = "cannot be checked" // EV1 has no signature
	GenuineUnchecked Genuine = "not checked"       // the tag's state did not allow to look
)

var (
	// ErrNotDESFire is a card that is no DESFire EV1, EV2 or EV3.
	ErrNotDESFire = errors.New("not a DESFire EV1, EV2 or EV3")
	// ErrState is an act that the tag's state does not allow.
	ErrState = errors.New("the tag is not in a state for this")
	// ErrWrongKeys is a tag that has refused as many keys as may be tried in
	// one laying. Nothing more was tried.
	ErrWrongKeys = errors.New("the tag has refused two keys")
	// ErrVerify is a tag that does not read back as it was written.
	ErrVerify = errors.New("tag does not read back as written")
)

// Expect tells [Site.Recognise] what is most likely on the reader, so that the
// likely case costs the fewest commands. Every case is recognised all the same.
type Expect int

// Expectations.
const (
	ExpectAnything Expect = iota // a blank one, or one to inspect: from the chip level down
	ExpectOurs                   // about to wipe: only the number is read
)

// Site is what keytag must know of a site to work on its tags.
type Site struct {
	Keys Keys
	// PracticeKey is the public key (secp224r1, uncompressed, 57 bytes) that signs
	// software chips; nil where they are to count as not genuine like any other.
	PracticeKey []byte
}

// Laid is a tag that lies on the reader and was recognised. It is good for one
// act, within the transaction in which it was recognised.
type Laid struct {
	State   State
	Genuine Genuine
	// Version is what GetVersion told, zero where it was not asked.
	Version desfire.Version
	// Number is known where a record or its header was read: Complete, and a
	// Half whose plan tore after the locator key was set, which may open doors.
	Number Number
	// Record is read with ExpectAnything, else empty.
	Record Record
	// WrongKeys counts the authentications with wrong keys that it took: never
	// more than two.
	WrongKeys int

	site    Site
	line    *line
	card    *desfire.Card
	session *desfire.Session // the live session, nil if none
	level   level            // where session is
	zero    zeroKind
	mode    authMode
	random  bool // random UID is on
	// shown is the locator version with which the record was read; write is the
	// one to write, 0 for the newest.
	shown, write byte
	// settings are the chip's, as they were seen; 0 if they were not asked for.
	settings byte
	// failed counts the authentications that did not succeed, whatever the
	// answer was; see maxWrongKeys.
	failed int
	// frozen is set where a half-written tag has a record that nobody can change.
	frozen bool
	// notOurs is set once our locator key was refused: it is not tried again.
	notOurs bool
}

func newLaid(s Site, t nfc.Transceiver) *Laid {
	counted := &line{t: t}
	return &Laid{site: s, line: counted, card: desfire.New(counted), Genuine: GenuineUnchecked}
}

// Recognise finds out what lies on the reader without changing anything on it.
// A card that is no DESFire gives [ErrNotDESFire]; a broken line gives its
// error; everything else is a state.
func (s Site) Recognise(t nfc.Transceiver, e Expect) (*Laid, error) {
	l := newLaid(s, t)
	if e == ExpectOurs {
		known, err := l.recogniseOurs()
		if err != nil {
			return nil, fmt.Errorf("recognising the tag: %w", err)
		}
		if known {
			return l, nil
		}
	}
	if err := l.recognise(); err != nil {
		return nil, fmt.Errorf("recognising the tag: %w", err)
	}
	return l, nil
}

// recogniseOurs takes the short way to a complete tag of this site: select,
// locator, header of the record. False means that the long way is needed.
func (l *Laid) recogniseOurs() (bool, error) {
	if err := l.card.SelectApplication(l.site.Keys.AID); err != nil {
		if nfc.IsLine(err) {
			return false, err
		}
		return false, nil // not even a DESFire, maybe
	}
	ok, err := l.openRecord(len(l.site.Keys.Locators) > 1)
	if err != nil || !ok {
		return false, err
	}
	b, err := l.session.ReadData(RecordFile, desfire.Full, 0, recordHeaderLen)
	if err != nil {
		return false, refusal(err)
	}
	if l.Number, _, err = parseHeader(b); err != nil {
		return false, nil
	}
	l.State = Complete
	return true, nil
}

// recognise looks from the chip level down.
func (l *Laid) recognise() error {
	apps, err := l.look()
	if errors.Is(err, errClosed) {
		l.State = Locked // no plan of ours closes the directory
		return nil
	}
	if err != nil {
		return err
	}
	ours := false
	for _, a := range apps {
		if a != l.site.Keys.AID {
			l.State = Foreign
			return nil
		}
		ours = true
	}
	settings, err := l.card.GetKeySettings()
	if err != nil {
		l.State = Locked
		return refusal(err)
	}
	l.settings = settings.Settings
	switch {
	case !ours:
		return l.recogniseBlank(settings)
	case settings.Settings == PICCSettings && settings.Type == desfire.TypeAES:
		return l.recogniseComplete(false)
	default:
		return l.recogniseHalf(settings)
	}
}

// look asks for version and directory. A card that another program left in the
// middle of something answers wrongly once; selecting the chip clears that.
func (l *Laid) look() (apps []desfire.AID, err error) {
	for try := range 2 {
		if try > 0 {
			if err := l.card.SelectApplication(desfire.PICCLevel); err != nil {
				return nil, notDESFire(err)
			}
		}
		if l.Version, err = l.card.GetVersion(); err == nil {
			apps, err = l.card.GetApplicationIDs()
		}
		if err == nil || nfc.IsLine(err) {
			break
		}
	}
	closed := errors.Is(err, nfc.ErrWrongKey) || errors.Is(err, nfc.ErrPermission)
	if err != nil && !closed {
		return nil, notDESFire(err)
	}
	switch l.Version.Chip() {
	case desfire.EV1:
		l.mode = authAES
		l.Genuine = GenuineUncertain
	case desfire.EV2, desfire.EV3:
		l.mode = authEV2
	default:
		return nil, ErrNotDESFire
	}
	l.random = l.Version.UID == ([7]byte{})
	if closed {
		return nil, errClosed
	}
	return apps, l.checkGenuine()
}

// errClosed is a chip that tells only who has its key what is on it.
var errClosed = errors.New("the tag's directory is not free to read")

// checkGenuine verifies the originality signature as soon as the chip gives
// its number: at once, or after authentication where random UID is on.
func (l *Laid) checkGenuine() error {
	if l.mode != authEV2 || l.Genuine != GenuineUnchecked {
		return nil
	}
	uid := l.Version.UID[:]
	read := l.card.ReadSignature
	if l.random {
		if l.level != levelZero && l.level != levelPICC {
			return nil
		}
		var err error
		uid, err = l.session.GetCardUID()
		switch {
		case err == nil:
			read = l.session.ReadSignature
		case refusal(err) == nil: // no chip of NXP's refuses this
			l.Genuine = GenuineNo
			return l.reopen()
		default:
			return fmt.Errorf("reading the chip's number: %w", err)
		}
	}
	sig, err := read()
	switch {
	case nfc.IsLine(err):
		return err
	case err != nil:
		l.Genuine = GenuineNo
		return l.reopen()
	}
	l.Genuine = l.site.verify(l.Version, uid, sig)
	return nil
}

// practice is the product name under which the practice key is tried.
const practice = "practice"

func (s Site) verify(v desfire.Version, uid, sig []byte) Genuine {
	var extra []desfire.OriginalityKey
	if len(s.PracticeKey) == 57 {
		extra = append(extra, desfire.OriginalityKey{Product: practice, Point: [57]byte(s.PracticeKey)})
	}
	product, err := desfire.VerifyOriginality(v, uid, sig, extra...)
	switch {
	case err != nil:
		return GenuineNo
	case product == practice:
		return GenuinePractice
	}
	return GenuineYes
}

// ChipName is a chip in words: "DESFire EV3 4K", "" for a version that was not read.
func ChipName(v desfire.Version) string {
	if v == (desfire.Version{}) {
		return ""
	}
	return fmt.Sprintf("DESFire %v %dK", v.Chip(), v.StorageBytes()/1024)
}

func (l *Laid) recogniseBlank(s desfire.KeySettings) error {
	l.State = Locked
	ok, err := l.tryZero(s.Type)
	if err != nil || !ok {
		return err
	}
	l.State = Blank
	return l.checkGenuine()
}

// recogniseHalf: settings other than 0x0B with our application mean that the
// chip key is zero, except where wiping was cut before the key was set back;
// then the record is still readable.
func (l *Laid) recogniseHalf(s desfire.KeySettings) error {
	ok, err := l.tryZero(s.Type)
	if err != nil {
		return err
	}
	if ok {
		l.State = Half
		if err := l.checkGenuine(); err != nil {
			return err
		}
		return l.readTorn()
	}
	l.State = OtherSite
	if s.Type != desfire.TypeAES {
		return nil
	}
	return l.recogniseComplete(true)
}

// recogniseComplete reads the record and proves the chip key; zeroTried says
// that the zero key was seen not to fit.
func (l *Laid) recogniseComplete(zeroTried bool) error {
	l.State = OtherSite
	if err := l.card.SelectApplication(l.site.Keys.AID); err != nil {
		return refusal(err)
	}
	ok, err := l.openRecord(true)
	if err != nil || !ok {
		return err
	}
	b, err := l.session.ReadData(RecordFile, desfire.Full, 0, RecordSize)
	if err != nil {
		return refusal(err)
	}
	if l.Record, err = ParseRecord(b); err != nil {
		return nil // readable with our locator, yet nothing that we wrote
	}
	l.Number = l.Record.Number
	return l.proveComplete(zeroTried)
}

// proveComplete tells a complete tag from one that tore just before its chip
// key was set, or while it was being wiped. The key that was written is tried
// first, then the one before it, never a third.
func (l *Laid) proveComplete(zeroTried bool) error {
	if err := l.card.SelectApplication(desfire.PICCLevel); err != nil {
		return refusal(err)
	}
	err := l.openPICC()
	if err == nil {
		l.State = Complete
		if zeroTried {
			l.State = Half // open settings and K_picc: wiping had begun
		}
		return l.checkGenuine()
	}
	if !errors.Is(err, nfc.ErrWrongKey) {
		return err
	}
	if zeroTried || l.failed >= maxWrongKeys {
		return nil
	}
	ok, err := l.tryZero(desfire.TypeAES)
	if err != nil || !ok {
		return err
	}
	l.State = Half
	return l.checkGenuine()
}

// refusal lets a broken line through and swallows what the card refuses: a
// refusal is an answer to the question of what the tag is.
func refusal(err error) error {
	var se *nfc.StatusError
	if errors.As(err, &se) {
		return nil
	}
	return err
}

// notDESFire turns every answer but a broken line into [ErrNotDESFire].
func notDESFire(err error) error {
	if nfc.IsLine(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrNotDESFire, err)
}
