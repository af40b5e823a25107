package keytag

import (
	"errors"
	"fmt"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
)

// Observer follows a plan. Both functions may be nil. An error from either
// stops the plan between two steps, where stopping is safe.
type Observer struct {
	// Begin is called before step i of n.
	Begin func(i, n int, s StepName) error
	// Done is called when the chip has acknowledged all of step i.
	Done func(i, n int, s StepName) error
}

type step struct {
	name StepName
	run  func() error
}

// IssueSteps are the steps of [Laid.Issue] on this tag, to be journalled
// before the first of them.
func (l *Laid) IssueSteps() []StepName { return names(l.issue(Record{})) }

// WipeSteps are the steps of [Laid.Wipe] on this tag.
func (l *Laid) WipeSteps() []StepName { return names(l.wipe()) }

func names(steps []step) []StepName {
	n := make([]StepName, len(steps))
	for i, s := range steps {
		n[i] = s.name
	}
	return n
}

// Issue writes r on a blank or half-written tag, reads it back as a lock
// would, and makes it nobody's notebook. A nil error is the only success. After
// any error the tag must be recognised again: it is then blank, half-written,
// or complete with r's number if the answer to the last command was lost.
func (l *Laid) Issue(r Record, o Observer) error {
	if l.State != Blank && l.State != Half {
		return fmt.Errorf("writing the tag: %w: it is %s", ErrState, l.State)
	}
	if _, err := r.Encode(); err != nil {
		return fmt.Errorf("writing the tag: %w", err)
	}
	return l.carryOut(l.issue(r), r, o)
}

// carryOut runs the steps that make a tag one with record r.
func (l *Laid) carryOut(steps []step, r Record, o Observer) error {
	before := l.State
	l.State = Half // from the first command on, until something else is known
	l.notOurs = false
	at, err := run(steps, o)
	if err != nil && before == Complete && at.name == steps[0].name && !at.began {
		l.State = Complete // it was left alone
		return fmt.Errorf("writing the tag: step %s: %w", at.name, err)
	}
	if err == nil {
		l.State, l.Number, l.Record = Complete, r.Number, r
		return nil
	}
	if at.name == StepFinish && at.began {
		return fmt.Errorf("writing the tag: step %s: %w", at.name, err)
	}
	if !nfc.IsLine(err) && l.abandon() == nil {
		l.State = Blank
	}
	return fmt.Errorf("writing the tag: step %s: %w", at.name, err)
}

// abandon leaves a tag blank that is still there and takes the zero key. If it
// does not come to an end, the tag is half-written and recovery does it later.
func (l *Laid) abandon() error {
	if l.zero == zeroUnknown {
		return ErrState // its chip key is not zero yet
	}
	if err := l.card.SelectApplication(desfire.PICCLevel); err != nil {
		return err
	}
	if err := l.openZero(); err != nil {
		return err
	}
	return l.makeBlank()
}

// Wipe makes a tag blank that is complete, half-written or blank already, so
// that any other system can use it. After an error it must be recognised again.
func (l *Laid) Wipe(o Observer) error {
	switch l.State {
	case Blank, Half, Complete:
	default:
		return fmt.Errorf("wiping the tag: %w: it is %s", ErrState, l.State)
	}
	at, err := run(l.wipe(), o)
	if err != nil {
		return fmt.Errorf("wiping the tag: step %s: %w", at.name, err)
	}
	l.State = Blank
	return nil
}

// place is where a plan stopped.
type place struct {
	name  StepName
	began bool
}

func run(steps []step, o Observer) (place, error) {
	for i, s := range steps {
		if o.Begin != nil {
			if err := o.Begin(i, len(steps), s.name); err != nil {
				return place{s.name, false}, err
			}
		}
		if err := s.run(); err != nil {
			return place{s.name, true}, err
		}
		if o.Done != nil {
			if err := o.Done(i, len(steps), s.name); err != nil {
				return place{s.name, true}, err
			}
		}
	}
	return place{}, nil
}

// issue lists the steps of writing. The chip key comes last, so that until
// then the tag takes the zero key, and from then on its record is readable.
func (l *Laid) issue(r Record) []step {
	var steps []step
	if l.level == levelPICC {
		steps = append(steps, step{StepUnlock, l.unlock})
	}
	if l.zero == zeroLegacy {
		steps = append(steps, step{StepUnlock, l.leaveLegacy})
	}
	if l.dirty() {
		steps = append(steps, step{StepFormat, l.format})
	}
	return append(steps,
		step{StepApplication, func() error { return l.createApplication(r.Number) }},
		step{StepRecord, func() error { return l.writeRecord(r) }},
		step{StepFreeze, l.freeze},
		step{StepKeys, func() error { return l.setKeys(r) }},
		step{StepVerify, func() error { return l.readBack(r, l.locator()) }},
		step{StepFinish, func() error { return l.finish(r.Number) }},
	)
}

// dirty tells whether a tag must be formatted before it is written: a
// half-written one, one that is written anew, and one with an AES chip key, which
// has been used before and may have less free memory than a new one, by which it
// could be followed.
func (l *Laid) dirty() bool { return l.State == Half || l.State == Complete || l.zero == zeroAES }

func (l *Laid) wipe() []step {
	if l.State != Complete && l.level != levelPICC {
		return []step{{StepFormat, l.makeBlank}}
	}
	return []step{{StepUnlock, l.unlock}, {StepFormat, l.formatUnlocked}}
}

// leaveLegacy turns the factory's DES zero key into the AES zero key on a chip
// that only takes the oldest authentication.
func (l *Laid) leaveLegacy() error {
	if err := l.session.ChangeKey(0, desfire.ZeroAES, desfire.ZeroDES); err != nil {
		return err
	}
	l.zero = zeroAES
	return l.openZero()
}

// format erases. Closed settings beside an AES chip key are what a complete tag
// shows, so that they are opened first: else a cut between here and the locator
// key would leave a tag that looks like one of another site.
func (l *Laid) format() error {
	if l.settings != BlankSettings {
		if err := l.session.ChangeKeySettings(BlankSettings); err != nil {
			return err
		}
		l.settings = BlankSettings
	}
	return l.session.FormatPICC()
}

// createApplication makes the application with all fourteen keys K_unused,
// through the chip's default key, which is zero again afterwards.
func (l *Laid) createApplication(n Number) error {
	unused, err := l.site.Keys.Unused(n)
	if err != nil {
		return err
	}
	if err := l.session.SetDefaultKey(unused); err != nil {
		return err
	}
	if err := l.session.CreateApplication(l.site.Keys.AID, AppSettings, KeyCount, desfire.TypeAES); err != nil {
		return err
	}
	return l.session.SetDefaultKey(desfire.ZeroAES)
}

// writeRecord creates file 01 and writes the part of it that is not zero; a
// new file is zero already, which reading back proves.
func (l *Laid) writeRecord(r Record) error {
	unused, err := l.site.Keys.Unused(r.Number)
	if err != nil {
		return err
	}
	if err := l.card.SelectApplication(l.site.Keys.AID); err != nil {
		return err
	}
	if err := l.open(MasterKeyNo, unused, levelApp); err != nil {
		return err
	}
	if err := l.session.CreateStdDataFile(RecordFile, desfire.Full, openRights, RecordSize); err != nil {
		return err
	}
	b, err := r.Encode()
	if err != nil {
		return err
	}
	return l.session.WriteData(RecordFile, desfire.Full, 0, b[:r.usedLen()])
}

// Access rights of file 01 while it is written, and for good.
var (
	openRights   = desfire.AccessRights{Read: LocatorKeyNo, Write: MasterKeyNo, ReadWrite: MasterKeyNo, Change: MasterKeyNo}
	frozenRights = desfire.AccessRights{
		Read: LocatorKeyNo, Write: desfire.AccessNever, ReadWrite: desfire.AccessNever, Change: desfire.AccessNever,
	}
)

func (l *Laid) freeze() error {
	return l.session.ChangeFileSettings(RecordFile, desfire.Full, frozenRights)
}

// setKeys sets the keys of the used slots, the locator key, and last the
// master key, which ends the session.
func (l *Laid) setKeys(r Record) error {
	unused, err := l.site.Keys.Unused(r.Number)
	if err != nil {
		return err
	}
	for i, c := range r.Slots {
		key, err := l.site.Keys.Slot(c, r.Number)
		if err != nil {
			return err
		}
		if err := l.session.ChangeKey(byte(FirstSlotKeyNo+i), key, unused); err != nil {
			return err
		}
	}
	locator, err := l.site.Keys.Locator(l.locator())
	if err != nil {
		return err
	}
	if err := l.session.ChangeKey(LocatorKeyNo, locator, unused); err != nil {
		return err
	}
	master, err := l.site.Keys.Application(r.Number)
	if err != nil {
		return err
	}
	return l.session.ChangeKey(MasterKeyNo, master, unused)
}

// readBack proves the tag from outside: what anybody may read without a key,
// then record and slots as a lock would. Nothing is authenticated when it
// begins, and the application is still selected. version is the locator's.
func (l *Laid) readBack(r Record, version byte) error {
	if err := l.proveFrozen(); err != nil {
		return err
	}
	ok, err := l.openLocator(version)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: locator key", ErrVerify)
	}
	b, err := l.session.ReadData(RecordFile, desfire.Full, 0, RecordSize)
	if err != nil {
		return err
	}
	want, err := r.Encode()
	if err != nil {
		return err
	}
	if string(b) != string(want) {
		return fmt.Errorf("%w: record", ErrVerify)
	}
	return l.proveSlots(r)
}

func (l *Laid) proveFrozen() error {
	settings, err := l.card.GetKeySettings()
	if err != nil {
		return err
	}
	if settings != (desfire.KeySettings{Settings: AppSettings, MaxKeys: KeyCount, Type: desfire.TypeAES}) {
		return fmt.Errorf("%w: application settings", ErrVerify)
	}
	files, err := l.card.GetFileIDs()
	if err != nil {
		return err
	}
	if len(files) != 1 || files[0] != RecordFile {
		return fmt.Errorf("%w: list of files", ErrVerify)
	}
	f, err := l.card.GetFileSettings(RecordFile)
	if err != nil {
		return err
	}
	if !frozen(f) {
		return fmt.Errorf("%w: file settings", ErrVerify)
	}
	return nil
}

// frozen demands every field, also that the file has no further options:
// additional access rights could let somebody write.
func frozen(f desfire.FileSettings) bool {
	return f == desfire.FileSettings{Type: desfire.FileStandard, Comm: desfire.Full, Access: frozenRights, Size: RecordSize}
}

// proveSlots authenticates every used slot with the key that a lock derives.
func (l *Laid) proveSlots(r Record) error {
	for i, c := range r.Slots {
		key, err := l.site.Keys.Slot(c, r.Number)
		if err != nil {
			return err
		}
		keyNo := byte(FirstSlotKeyNo + i)
		if l.mode == authEV2 {
			err = l.opened(levelApp, l.session.AuthenticateEV2NonFirst(keyNo, key))
		} else {
			err = l.open(keyNo, key, levelApp)
		}
		if errors.Is(err, nfc.ErrWrongKey) {
			return fmt.Errorf("%w: slot %d", ErrVerify, i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// finish closes the chip: settings, random UID, and K_picc as the very last
// command of a plan.
func (l *Laid) finish(n Number) error {
	key, err := l.site.Keys.PICC(n)
	if err != nil {
		return err
	}
	if err := l.card.SelectApplication(desfire.PICCLevel); err != nil {
		return err
	}
	if err := l.openZero(); err != nil {
		return err
	}
	if err := l.session.ChangeKeySettings(PICCSettings); err != nil {
		return err
	}
	if !l.random {
		if err := l.session.EnableRandomUID(); err != nil {
			return err
		}
	}
	return l.session.ChangeKey(0, key, desfire.ZeroAES)
}

// unlock sets the chip key of a complete tag back to the AES zero key, with
// open settings first, so that a tag torn in between still has its record.
func (l *Laid) unlock() error {
	if l.level != levelPICC {
		if err := l.card.SelectApplication(desfire.PICCLevel); err != nil {
			return err
		}
		if err := l.openPICC(); err != nil {
			return l.unlockTorn(err)
		}
	}
	if err := l.session.ChangeKeySettings(BlankSettings); err != nil {
		return err
	}
	l.settings = BlankSettings
	if err := l.session.ChangeKey(0, desfire.ZeroAES, desfire.ZeroAES); err != nil {
		return err
	}
	l.zero = zeroAES
	return l.openZero()
}

// unlockTorn goes on where writing or wiping was cut with the record readable
// and the chip key zero. The chip says of which kind its key is.
func (l *Laid) unlockTorn(err error) error {
	if !errors.Is(err, nfc.ErrWrongKey) {
		return err
	}
	settings, err := l.card.GetKeySettings()
	if err != nil {
		return err
	}
	ok, err := l.tryZero(settings.Type)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: chip key is neither of the two that it can be", ErrState)
	}
	l.State = Half
	return nil
}

// formatUnlocked ends wiping. The default key of a complete tag is zero
// already, since its plan set it before the chip key; only a torn tag needs
// to be told.
func (l *Laid) formatUnlocked() error {
	if l.State == Half {
		return l.makeBlank()
	}
	return l.session.FormatPICC()
}

// makeBlank erases a tag whose zero key is authenticated, and sets everything
// that a plan may have changed back to what other systems expect.
func (l *Laid) makeBlank() error {
	if l.zero == zeroLegacy {
		if err := l.leaveLegacy(); err != nil {
			return err
		}
	}
	if err := l.session.ChangeKeySettings(BlankSettings); err != nil {
		return err
	}
	if err := l.session.SetDefaultKey(desfire.ZeroAES); err != nil {
		return err
	}
	return l.session.FormatPICC()
}
