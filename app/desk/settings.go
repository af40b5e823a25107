package desk

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"sleutelbord/store"
)

// Settings are what residents are told about a site, and its periods. Texts may
// have several lines.
type Settings struct {
	Controller        string `json:"controller"` // who is responsible for the data
	ControllerContact string `json:"controller_contact"`
	Officer           string `json:"officer"` // data protection officer
	OfficerContact    string `json:"officer_contact"`
	DeskContact       string `json:"desk_contact"` // where a lost tag is reported
	Processors        string `json:"processors"`   // who else handles the data, one a line
	// RetentionDays is how long an ended tenancy stays known, 1 to 3650.
	RetentionDays int `json:"retention_days"`
	// JournalDays is how long the content of the journal is kept, 30 to 7300.
	JournalDays int `json:"journal_days"`
	// SmallCount is the lowest number of people that a report shows, 2 to 100.
	SmallCount int `json:"small_count"`
}

// Bounds of the numbers, and how long a text may be.
const (
	minRetention, maxRetention = 1, 3650
	minJournal, maxJournal     = 30, 7300
	minSmall, maxSmall         = 2, 100
	maxContact                 = 300
)

func settingsView(s store.Settings) Settings {
	return Settings{
		Controller: s.Controller, ControllerContact: s.ControllerContact, Officer: s.Officer, OfficerContact: s.OfficerContact,
		DeskContact: s.DeskContact, Processors: s.Processors,
		RetentionDays: s.RetentionDays, JournalDays: s.JournalDays, SmallCount: s.SmallCount,
	}
}

// Settings gives the site's settings.
func (d *Desk) Settings(ctx context.Context) (Settings, error) {
	var v Settings
	err := d.store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Settings()
		v = settingsView(s)
		return err
	})
	if err != nil {
		return Settings{}, fmt.Errorf("reading the settings: %w", err)
	}
	return v, nil
}

// ChangeSettings lets change change the settings, and gives what they are then.
func (d *Desk) ChangeSettings(ctx context.Context, change func(*Settings)) (Settings, error) {
	if err := d.custodian(); err != nil {
		return Settings{}, fmt.Errorf("changing the settings: %w", err)
	}
	var v Settings
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		old, err := tx.Settings()
		if err != nil {
			return err
		}
		v = settingsView(old)
		change(&v)
		if err := v.check(); err != nil {
			return err
		}
		s := store.Settings{
			Controller: v.Controller, ControllerContact: v.ControllerContact, Officer: v.Officer, OfficerContact: v.OfficerContact,
			DeskContact: v.DeskContact, Processors: v.Processors,
			RetentionDays: v.RetentionDays, JournalDays: v.JournalDays, SmallCount: v.SmallCount, RowVersion: old.RowVersion,
		}
		if s == old {
			return nil
		}
		if err := tx.PutSettings(&s); err != nil {
			return err
		}
		return d.journal(tx, actSettings, "site")
	})
	if err != nil {
		return Settings{}, fmt.Errorf("changing the settings: %w", err)
	}
	return v, nil
}

// check trims the texts, and says what does not fit.
func (v *Settings) check() error {
	for name, text := range map[string]*string{
		"controller": &v.Controller, "controller-contact": &v.ControllerContact, "officer": &v.Officer,
		"officer-contact": &v.OfficerContact, "desk-contact": &v.DeskContact, "processors": &v.Processors,
	} {
		*text = strings.TrimSpace(*text)
		if utf8.RuneCountInString(*text) > maxContact || !utf8.ValidString(*text) {
			return &inputError{name, fmt.Sprintf("longer than %d characters", maxContact)}
		}
	}
	for _, n := range []struct {
		name          string
		is, low, high int
	}{
		{"retention-days", v.RetentionDays, minRetention, maxRetention},
		{"journal-days", v.JournalDays, minJournal, maxJournal},
		{"small-count", v.SmallCount, minSmall, maxSmall},
	} {
		if n.is < n.low || n.is > n.high {
			return &inputError{n.name, fmt.Sprintf("%d: it is between %d and %d", n.is, n.low, n.high)}
		}
	}
	return nil
}
