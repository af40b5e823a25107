package keytag

import (
	"fmt"

	"sleutelbord/nfc/desfire"
)

// readTorn reads whose number a half-written tag has, if it came so far: such a
// tag may open doors. Only a frozen file is worth the locator key.
func (l *Laid) readTorn() error {
	if l.notOurs {
		return nil
	}
	if err := l.card.SelectApplication(l.site.Keys.AID); err != nil {
		return err
	}
	f, err := l.card.GetFileSettings(RecordFile)
	if err == nil && frozen(f) {
		l.frozen = true
		err = l.readNumber()
	}
	if refusal(err) != nil {
		return err
	}
	if err := l.card.SelectApplication(desfire.PICCLevel); err != nil {
		return err
	}
	return l.openZero()
}

// TornInKeys tells whether the plan of a half-written tag was cut while its
// keys were set, and before the locator key was: nobody can read its record, and
// it opens no door.
func (l *Laid) TornInKeys() bool {
	return l.State == Half && l.frozen && l.Number == (Number{})
}

func (l *Laid) readNumber() error {
	ok, err := l.openRecord(true)
	if err != nil || !ok {
		return err
	}
	b, err := l.session.ReadData(RecordFile, desfire.Full, 0, recordHeaderLen)
	if err != nil {
		return err
	}
	if n, _, err := parseHeader(b); err == nil {
		l.Number = n
	}
	return nil
}

// FinishSteps are the steps of [Laid.Finish] on this tag.
func (l *Laid) FinishSteps() []StepName { return names(l.rest(Record{})) }

// Finishable tells whether the tag is half-written, and so far that its record
// can be read. Whether all of its keys are set, the journal of its plan knows.
func (l *Laid) Finishable() bool {
	return l.State == Half && l.level == levelZero && l.Number != (Number{})
}

// Finish goes on where writing r was cut after all keys were set: it reads r
// back and closes the chip. Its errors are those of [Laid.Issue].
func (l *Laid) Finish(r Record, o Observer) error {
	if !l.Finishable() || l.Number != r.Number {
		return fmt.Errorf("finishing the tag: %w: it is %s", ErrState, l.State)
	}
	return l.carryOut(l.rest(r), r, o)
}

// rest lists the steps that are left when all keys are set.
func (l *Laid) rest(r Record) []step {
	return []step{
		{StepVerify, func() error {
			if err := l.card.SelectApplication(l.site.Keys.AID); err != nil {
				return err
			}
			return l.readBack(r, l.shown)
		}},
		{StepFinish, func() error { return l.finish(r.Number) }},
	}
}
