package updatecard

import (
	"errors"
	"fmt"
	"slices"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

// Errors of a card that the desk does not write.
var (
	// ErrForeign is a card with somebody else's applications.
	ErrForeign = errors.New("card carries somebody else's applications")
	// ErrOtherSite is an update card of another site.
	ErrOtherSite = errors.New("update card belongs to another site")
	// ErrLocked is a card whose chip key is neither this site's nor zero.
	ErrLocked = errors.New("card's chip key is not known here")
	// ErrVerify is a card that does not read back as it was written.
	ErrVerify = errors.New("update card does not read back as written")
)

// Settings of the chip, and of the application: NXP MF3ICD81 rev 3.5, 9.3.4.
// Closed: the list of applications or files is free, creating and deleting
// needs the master key. Open is how a chip leaves the factory.
const (
	closedSettings = 0x0B
	openSettings   = 0x0F
	keyVersion     = 1
)

// State is what a card is to this site.
type State string

// States of a card.
const (
	Blank      State = "blank"      // no application
	Written    State = "written"    // a good list of this site
	Unfinished State = "unfinished" // our application without a good list: to be written again
)

// Site is what this package must know of a site.
type Site struct {
	ID      bundle.SiteID
	Custody keytag.Custody
	// Tags is the application of the site's key tags.
	Tags desfire.AID
}

// Card is a card on the desk's reader, for the length of one transaction.
type Card struct {
	State State
	// List is what is on it, where State is Written.
	List List
	// Version is what GetVersion told.
	Version desfire.Version

	site    Site
	card    *desfire.Card
	session *desfire.Session
}

// Recognise finds out what lies on the reader and tries no key. A key tag is
// [ErrKeyTag], and so on; a card that is no DESFire is
// [keytag.ErrNotDESFire].
func (s Site) Recognise(t nfc.Transceiver) (*Card, error) {
	c := &Card{site: s, card: desfire.New(t)}
	if err := c.recognise(); err != nil {
		return nil, fmt.Errorf("recognising the card: %w", err)
	}
	return c, nil
}

func (c *Card) recognise() error {
	apps, err := c.look()
	if err != nil {
		return err
	}
	switch {
	case slices.Contains(apps, c.site.Tags):
		return ErrKeyTag
	case slices.ContainsFunc(apps, func(a desfire.AID) bool { return a != AID }):
		return ErrForeign
	case len(apps) == 0:
		c.State = Blank
		return nil
	}
	if err := c.card.SelectApplication(AID); err != nil {
		return err
	}
	c.State = Written
	c.List, err = readList(c.card)
	switch {
	case errors.Is(err, ErrUnfinished):
		c.State = Unfinished
	case err != nil:
		return err
	case c.List.Site != c.site.ID:
		return ErrOtherSite
	}
	return nil
}

// look asks for version and directory. A card that another program left in the
// middle of something answers wrongly once; selecting the chip clears that.
func (c *Card) look() (apps []desfire.AID, err error) {
	for try := range 2 {
		if try > 0 {
			if err = c.card.SelectApplication(desfire.PICCLevel); err != nil {
				break
			}
		}
		if c.Version, err = c.card.GetVersion(); err == nil {
			apps, err = c.card.GetApplicationIDs()
		}
		if err == nil || nfc.IsLine(err) {
			break
		}
	}
	switch {
	case nfc.IsLine(err):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", keytag.ErrNotDESFire, err)
	case c.Version.Chip() == desfire.ChipUnknown:
		return nil, keytag.ErrNotDESFire
	}
	return apps, nil
}

// Receipt is what lies in one receipt file, unverified.
type Receipt struct {
	Lock bundle.LockID
	Data [bundle.ReceiptSize]byte
}

// Receipts reads the receipt files that are not empty. Only a card that is
// Written has any.
func (c *Card) Receipts() ([]Receipt, error) {
	if c.State != Written {
		return nil, nil
	}
	if err := c.card.SelectApplication(AID); err != nil {
		return nil, fmt.Errorf("reading receipts: %w", err)
	}
	var all []Receipt
	for i, s := range c.List.Slots {
		b, err := c.card.ReadData(byte(receiptFile+1+i), desfire.Plain, 0, bundle.ReceiptSize)
		if err != nil {
			return nil, fmt.Errorf("reading receipts: %w", err)
		}
		if r := [bundle.ReceiptSize]byte(b); r != [bundle.ReceiptSize]byte{} {
			all = append(all, Receipt{s.Lock, r})
		}
	}
	return all, nil
}

// key derives one of the two keys of this card from the chip's number, which
// is zeros where the chip shows a random one.
func (c *Card) key(m keytag.Master, p keytag.Purpose) (desfire.Key, error) {
	in := keytag.Input{Purpose: p, AID: AID}
	copy(in.Number[:], c.Version.UID[:])
	b, err := c.site.Custody.Diversify(m, in.Encode())
	if err != nil {
		return desfire.Key{}, fmt.Errorf("deriving a key of the update card: %w", err)
	}
	return desfire.NewAESKey(b, keyVersion), nil
}

func (c *Card) chipKey() (desfire.Key, error) {
	return c.key(keytag.MasterPICC, keytag.PurposeUpdateCard)
}

func (c *Card) applicationKey() (desfire.Key, error) {
	return c.key(keytag.MasterApplication, keytag.PurposeUpdateApplication)
}

// open authenticates an AES key in the way the chip speaks.
func (c *Card) open(key desfire.Key) (err error) {
	if c.Version.Chip() == desfire.EV1 {
		c.session, err = c.card.AuthenticateAES(0, key)
	} else {
		c.session, err = c.card.AuthenticateEV2First(0, key)
	}
	return err
}

// openZeroDES authenticates with the key that a chip leaves the factory with.
func (c *Card) openZeroDES() (err error) {
	c.session, err = c.card.AuthenticateISO(0, desfire.ZeroDES)
	if errors.Is(err, nfc.ErrUnknownCommand) {
		c.session, err = c.card.AuthenticateLegacy(0, desfire.ZeroDES)
	}
	return err
}

// take makes the chip's key this site's, with closed settings, and leaves it
// authenticated. At most two keys are tried, the likelier first.
func (c *Card) take() error {
	if err := c.card.SelectApplication(desfire.PICCLevel); err != nil {
		return err
	}
	settings, err := c.card.GetKeySettings()
	if err != nil {
		return err
	}
	own, err := c.chipKey()
	if err != nil {
		return err
	}
	zero := desfire.ZeroDES
	if settings.Type == desfire.TypeAES {
		zero = desfire.ZeroAES
	}
	taken, err := c.tryKeys(own, settings)
	if err != nil {
		return err
	}
	if !taken {
		if err := c.session.ChangeKey(0, own, zero); err != nil {
			return err
		}
		if err := c.open(own); err != nil {
			return err
		}
	}
	if settings.Settings == closedSettings {
		return nil
	}
	return c.session.ChangeKeySettings(closedSettings)
}

// tryKeys tells whether the chip has this site's key already; if not, the zero
// key is authenticated.
func (c *Card) tryKeys(own desfire.Key, s desfire.KeySettings) (taken bool, err error) {
	zero := c.openZeroDES
	if s.Type == desfire.TypeAES {
		zero = func() error { return c.open(desfire.ZeroAES) }
		if s.Settings == closedSettings {
			if err := c.open(own); !errors.Is(err, nfc.ErrWrongKey) {
				return err == nil, err
			}
		}
	}
	err = zero()
	if !errors.Is(err, nfc.ErrWrongKey) {
		return false, err
	}
	if s.Type == desfire.TypeAES && s.Settings != closedSettings {
		err = c.open(own)
		if !errors.Is(err, nfc.ErrWrongKey) {
			return err == nil, err
		}
	}
	return false, fmt.Errorf("%w: %w", ErrLocked, err)
}

// Erase makes the card blank again, for any use.
func (c *Card) Erase() error {
	if err := c.erase(); err != nil {
		return fmt.Errorf("erasing the update card: %w", err)
	}
	c.State, c.List = Blank, List{}
	return nil
}

func (c *Card) erase() error {
	if err := c.take(); err != nil {
		return err
	}
	if err := c.session.FormatPICC(); err != nil {
		return err
	}
	if err := c.session.SetDefaultKey(desfire.ZeroAES); err != nil {
		return err
	}
	if err := c.session.ChangeKeySettings(openSettings); err != nil {
		return err
	}
	own, err := c.chipKey()
	if err != nil {
		return err
	}
	return c.session.ChangeKey(0, desfire.ZeroAES, own)
}
