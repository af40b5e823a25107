package lock

import (
	"errors"
	"fmt"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

// Decision is what a lock does about a tag. It is shown, acted on and
// forgotten.
type Decision struct {
	Open bool
	// Reason is [Passed] if Open, else why not; of several slots, the last
	// that was tried.
	Reason Reason
	// Zone is the zone of that slot, 0 if it came to none.
	Zone keytag.Zone
}

// String is the decision in a few words.
func (d Decision) String() string {
	switch {
	case d.Open:
		return "open"
	case d.Reason.OfUpdateCard():
		return d.Reason.String()
	}
	return "refused: " + d.Reason.String()
}

// door is a tag before a lock.
type door struct {
	card *desfire.Card
	// ev1 is set once the tag has shown that it does not know EV2 commands.
	ev1 bool
}

// Try holds the rule against the tag that lies before the lock. Before it says
// open, whatever floor that raises is durable. A refusal is no error; an error
// means that the line broke, the tag broke the protocol, or the floor could not
// be stored, and the lock stays shut.
//
// Commands: 9 for the first slot (select 1, locator key 2, record 4, slot key
// 2), one more during a locator roll-over (version of key 1), one more on an
// EV1 (which answers 91 1C to 0x71), and 2 for each further slot tried.
func (l *Lock) Try(t nfc.Transceiver) (Decision, error) {
	b := l.current()
	if b == nil {
		return Decision{Reason: NoBundle}, nil
	}
	d := &door{card: desfire.New(t)}
	record, reason, err := d.readRecord(l.aid, b.Locators)
	if err != nil {
		return Decision{}, fmt.Errorf("reading tag: %w", err)
	}
	if reason != Passed {
		return Decision{Reason: reason}, nil
	}
	decision := Decision{Reason: OtherDoors}
	for i, c := range record.Slots {
		zone, ok := zoneOf(b, c)
		if !ok {
			continue
		}
		reason, err := l.try(d, byte(i), zone, c, record.Number)
		if err != nil {
			return Decision{}, fmt.Errorf("trying slot %d: %w", i, err)
		}
		decision = Decision{Open: reason == Passed, Reason: reason, Zone: c.Zone}
		if decision.Open {
			break
		}
	}
	return decision, nil
}

// try is steps 3 to 5 for one slot.
func (l *Lock) try(d *door, slot byte, zone bundle.Zone, c keytag.Claims, n keytag.Number) (Reason, error) {
	key := keytag.SlotKey(zone.Key, l.aid, c, n)
	if _, err := d.authenticate(keytag.FirstSlotKeyNo+slot, key); err != nil {
		return refusal(err, WrongKey)
	}
	return l.settle(c)
}

// settle judges a slot that has authenticated, and stores the floor it raises.
func (l *Lock) settle(c keytag.Claims) (Reason, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	zone, ok := zoneOf(l.content, c)
	if !ok {
		return OtherDoors, nil // another bundle came in between
	}
	key := zoneKey{c.Zone, c.Version}
	signer, _ := l.state.signer()
	line, _ := l.state.lineOf(signer)
	next, raised, reason := Judge(zone.Kind, line.Floors[key], c, NotBefore(l.content.Issued, l.clock))
	if reason == Passed && raised {
		if err := l.store(l.state.raised(key, next)); err != nil {
			return Undecided, err
		}
	}
	return reason, nil
}

func (l *Lock) current() *bundle.Bundle {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content
}

// zoneOf finds the zone key of a slot among those of the bundle.
func zoneOf(b *bundle.Bundle, c keytag.Claims) (bundle.Zone, bool) {
	if b == nil {
		return bundle.Zone{}, false
	}
	for _, z := range b.Zones {
		if z.ID == c.Zone && z.Version == c.Version {
			return z, true
		}
	}
	return bundle.Zone{}, false
}

// readRecord is step 1.
func (d *door) readRecord(aid desfire.AID, locators []bundle.Locator) (keytag.Record, Reason, error) {
	if err := d.card.SelectApplication(aid); err != nil {
		reason, err := refusal(err, NotOurs)
		return keytag.Record{}, reason, err
	}
	key, ok, err := d.locator(locators)
	if err != nil || !ok {
		reason, err := refusal(err, OtherSite)
		return keytag.Record{}, reason, err
	}
	session, err := d.authenticate(keytag.LocatorKeyNo, key)
	if err != nil {
		reason, err := refusal(err, OtherSite)
		return keytag.Record{}, reason, err
	}
	data, err := session.ReadData(keytag.RecordFile, desfire.Full, 0, keytag.RecordSize)
	if err != nil {
		reason, err := refusal(err, BadRecord)
		return keytag.Record{}, reason, err
	}
	record, err := keytag.ParseRecord(data)
	if err != nil {
		return keytag.Record{}, BadRecord, nil
	}
	return record, Passed, nil
}

// locator chooses the key for key 1. A lock with one version saves the command
// and lets the authentication tell.
func (d *door) locator(locators []bundle.Locator) (desfire.Key, bool, error) {
	if len(locators) == 1 {
		return locators[0].Key, true, nil
	}
	version, err := d.card.GetKeyVersion(keytag.LocatorKeyNo)
	if err != nil {
		return desfire.Key{}, false, err
	}
	for _, l := range locators {
		if l.Version == version {
			return l.Key, true, nil
		}
	}
	return desfire.Key{}, false, nil
}

// authenticate speaks to EV2 and EV3 with AuthenticateEV2First (0x71). An EV1
// answers that with 91 1C, and from then on is spoken to with AuthenticateAES
// (0xAA). Both prove the same key.
func (d *door) authenticate(no byte, key desfire.Key) (*desfire.Session, error) {
	if !d.ev1 {
		s, err := d.card.AuthenticateEV2First(no, key)
		if !errors.Is(err, nfc.ErrUnknownCommand) {
			return s, err
		}
		d.ev1 = true
	}
	return d.card.AuthenticateAES(no, key)
}

// refusal gives reason where the tag refused a command, or nothing went wrong
// but the answer was no; any other error stays one.
func refusal(err error, reason Reason) (Reason, error) {
	var status *nfc.StatusError
	if err == nil || errors.As(err, &status) {
		return reason, nil
	}
	return Undecided, err
}
