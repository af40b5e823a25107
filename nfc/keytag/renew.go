package keytag

import (
	"fmt"
	"slices"
)

// RenewSteps are the steps of [Laid.Renew] on this tag.
func (l *Laid) RenewSteps() []StepName { return l.IssueSteps() }

// Renew writes r on a complete tag in the place of its record: the chip key is
// set back to zero, the tag is formatted and written as a new one. Its errors
// are those of [Laid.Issue]; if nothing was sent yet, the tag is still Complete
// with the record that it had.
func (l *Laid) Renew(r Record, o Observer) error {
	if l.State != Complete || l.level != levelPICC {
		return fmt.Errorf("writing the tag anew: %w: it is %s", ErrState, l.State)
	}
	if r.Number == l.Number {
		return fmt.Errorf("writing the tag anew: %w: it has this number", ErrState)
	}
	if _, err := r.Encode(); err != nil {
		return fmt.Errorf("writing the tag anew: %w", err)
	}
	return l.carryOut(l.issue(r), r, o)
}

// Locator is the version of the locator key with which the record was read, 0 if
// it was not.
func (l *Laid) Locator() byte {
	if l.Number == (Number{}) {
		return 0
	}
	return l.shown
}

// WriteLocator chooses the version of the locator key that is written on the
// tag; without it, that is the newest. It must be one of the site's.
func (l *Laid) WriteLocator(version byte) error {
	if !slices.Contains(l.site.Keys.Locators, version) {
		return fmt.Errorf("choosing the locator key: the site has no version %d", version)
	}
	l.write = version
	return nil
}

// locator is the version of the locator key to write.
func (l *Laid) locator() byte {
	if l.write != 0 {
		return l.write
	}
	return l.site.Keys.Locators[0]
}
