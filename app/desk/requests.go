package desk

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// TenancyName is how a tenancy is called: R12.
func TenancyName(id int64) string { return "R" + strconv.FormatInt(id, 10) }

// FindTenancy gives a tenancy by its name R12, or the running one of a home by
// BUILDING/HOME.
func FindTenancy(tx *store.Tx, name string) (store.Tenancy, error) {
	name = strings.TrimSpace(name)
	if strings.Contains(name, "/") {
		_, h, err := findHome(tx, name)
		if err != nil {
			return store.Tenancy{}, err
		}
		t, err := tx.CurrentTenancy(h.ID)
		return t, notFound(err, errNoTenancy, name)
	}
	digits, ok := strings.CutPrefix(strings.ToUpper(name), "R")
	id, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil {
		return store.Tenancy{}, fmt.Errorf("%w: %q is not a tenancy like R12", errNoTenancyRecord, name)
	}
	t, err := tx.Tenancy(id)
	return t, notFound(err, errNoTenancyRecord, name)
}

// LookTag gives a tag by its name T17, as the records and as people see it.
func LookTag(tx *store.Tx, name string) (store.Tag, TagView, error) {
	t, err := findTag(tx, name)
	if err != nil {
		return store.Tag{}, TagView{}, err
	}
	v, err := viewTag(tx, t)
	return t, v, err
}

// HomeName is how a home is called: BUILDING/HOME.
func HomeName(tx *store.Tx, home int64) (string, error) { return refOf(tx, home) }

// ViewTenancy is a tenancy as the desk shows it.
func ViewTenancy(t store.Tenancy) TenancyView { return *tenancyView(t) }

// ViewSettings is the settings as the desk shows them.
func ViewSettings(s store.Settings) Settings { return settingsView(s) }

// Look gives f a consistent picture of the records, for those who make papers of
// them. f must not keep its Tx.
func (d *Desk) Look(ctx context.Context, f func(*store.Tx) error) error { return d.store.View(ctx, f) }

// Today is the day at the desk.
func (d *Desk) Today() (keytag.Day, error) { return d.today() }

// evidenceMark begins everything that the site's key signs as evidence. A bundle's
// signature is over CBOR, which begins otherwise, so that neither can stand for
// the other.
const evidenceMark = "# Sleutelbord evidence"

// SignEvidence signs a text of evidence with the key that signs bundles
// (Ed25519), and gives its version and public part. The text must begin with
// "# Sleutelbord evidence".
func (d *Desk) SignEvidence(ctx context.Context, text []byte) (signature []byte, public ed25519.PublicKey, version uint16, err error) {
	if !strings.HasPrefix(string(text), evidenceMark) {
		return nil, nil, 0, fmt.Errorf("signing evidence: it does not begin with %q", evidenceMark)
	}
	err = d.store.View(ctx, func(tx *store.Tx) error {
		site, err := tx.Site()
		version = site.SignerVersion
		return err
	})
	if err != nil {
		return nil, nil, 0, fmt.Errorf("signing evidence: %w", err)
	}
	signer, err := d.store.Custody().Signer(version)
	if err != nil {
		return nil, nil, 0, fmt.Errorf("signing evidence: %w", err)
	}
	public, ok := signer.Public().(ed25519.PublicKey)
	if !ok {
		return nil, nil, 0, errors.New("signing evidence: the site's key is of another kind")
	}
	if signature, err = signer.Sign(nil, text, crypto.Hash(0)); err != nil {
		return nil, nil, 0, fmt.Errorf("signing evidence: %w", err)
	}
	return signature, public, version, nil
}

// Tenancies gives all tenancies of a home that are still known, oldest first.
func (d *Desk) Tenancies(ctx context.Context, home string) ([]TenancyView, error) {
	views := []TenancyView{}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		_, h, err := findHome(tx, home)
		if err != nil {
			return err
		}
		all, err := tx.TenanciesOfHome(h.ID)
		for _, t := range all {
			views = append(views, *tenancyView(t))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the tenancies of %s: %w", home, err)
	}
	return views, nil
}

// Correct puts the reference of a tenancy right (GDPR Art. 16).
func (d *Desk) Correct(ctx context.Context, tenancy, reference string) (TenancyView, error) {
	var v TenancyView
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		t, err := FindTenancy(tx, tenancy)
		if err != nil {
			return err
		}
		if utf8.RuneCountInString(reference) > maxReference {
			return &inputError{"reference", fmt.Sprintf("longer than %d characters", maxReference)}
		}
		t.Reference = reference
		if err := tx.PutTenancy(&t); err != nil {
			return err
		}
		v = *tenancyView(t)
		return d.journalBuilding(tx, actCorrected, t.Home)
	})
	if err != nil {
		return TenancyView{}, fmt.Errorf("correcting tenancy %s: %w", tenancy, err)
	}
	return v, nil
}

// journalBuilding writes an act of which only the building is noted.
func (d *Desk) journalBuilding(tx *store.Tx, act string, home int64) error {
	h, err := tx.Home(home)
	if err != nil {
		return err
	}
	b, err := tx.Building(h.Building)
	if err != nil {
		return err
	}
	return d.journal(tx, act, b.Name)
}

// Object notes that the tenant objects (GDPR Art. 21), or, with another outcome
// than open, what came of the objection that is open. Reasons are not kept.
func (d *Desk) Object(ctx context.Context, tenancy string, outcome store.Outcome) error {
	today, err := d.today()
	if err != nil {
		return err
	}
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		t, err := FindTenancy(tx, tenancy)
		if err != nil {
			return err
		}
		all, err := tx.ObjectionsOfTenancy(t.ID)
		if err != nil {
			return err
		}
		if err := object(tx, t, all, outcome, today); err != nil {
			return err
		}
		return d.journalBuilding(tx, actObjection, t.Home)
	})
	if err != nil {
		return fmt.Errorf("noting an objection of tenancy %s: %w", tenancy, err)
	}
	return nil
}

func object(tx *store.Tx, t store.Tenancy, all []store.Objection, outcome store.Outcome, today keytag.Day) error {
	var open *store.Objection
	for i := range all {
		if all[i].Outcome == store.ObjectionOpen {
			open = &all[i]
		}
	}
	switch outcome {
	case store.ObjectionOpen:
		if open != nil {
			return &inputError{"outcome", "an objection is open already"}
		}
		return tx.InsertObjection(&store.Objection{Tenancy: t.ID, Made: today, Outcome: outcome})
	case store.ObjectionUpheld, store.ObjectionDeclined, store.ObjectionWithdrawn:
		if open == nil {
			return &inputError{"outcome", "no objection is open"}
		}
		open.Outcome, open.Decided = outcome, today
		return tx.PutObjection(open)
	}
	return &inputError{"outcome", fmt.Sprintf("%q: the outcomes are open, upheld, declined and withdrawn", outcome)}
}

// Erased is what was erased; of whom it was nothing is left.
type Erased struct {
	// Certificate is the number under which it is noted that this was erased, 0 if
	// there was nothing to erase.
	Certificate int64             `json:"certificate"`
	Day         string            `json:"day"`
	Reason      store.EraseReason `json:"reason"`
	Tenancies   int               `json:"tenancies"`
	Tags        int               `json:"tags"`
}

// Erase forgets an ended tenancy at once (GDPR Art. 17): its reference, its
// tags, their labels and numbers, its objections. Nothing of it stays in the
// records' files. The counters that keep its keys dead stay; they say nothing
// about a person. A tenancy that runs must end first.
func (d *Desk) Erase(ctx context.Context, tenancy string) (Erased, error) {
	done, err := d.erase(ctx, store.EraseRequest, func(tx *store.Tx, _ keytag.Day) ([]store.Tenancy, error) {
		t, err := FindTenancy(tx, tenancy)
		if err == nil && t.End == 0 {
			err = errTenancyRuns
		}
		return []store.Tenancy{t}, err
	})
	if err != nil {
		return Erased{}, fmt.Errorf("erasing tenancy %s: %w", tenancy, err)
	}
	return done, nil
}

// EraseDue forgets all tenancies whose period after the end is over.
func (d *Desk) EraseDue(ctx context.Context) (Erased, error) {
	if err := d.eraseOldBatch(ctx); err != nil {
		return Erased{}, fmt.Errorf("erasing what is due: %w", err)
	}
	done, err := d.erase(ctx, store.ErasePeriod, func(tx *store.Tx, today keytag.Day) ([]store.Tenancy, error) {
		return dueBy(tx, today)
	})
	if err != nil {
		return Erased{}, fmt.Errorf("erasing what is due: %w", err)
	}
	return done, nil
}

// dueBy are the tenancies that are due for erasure on a day.
func dueBy(tx *store.Tx, today keytag.Day) ([]store.Tenancy, error) {
	s, err := tx.Settings()
	if err != nil || int(today) <= s.RetentionDays {
		return nil, err
	}
	return tx.TenanciesEndedBefore(today - keytag.Day(s.RetentionDays))
}

func (d *Desk) erase(ctx context.Context, why store.EraseReason, which func(*store.Tx, keytag.Day) ([]store.Tenancy, error)) (Erased, error) {
	today, err := d.today()
	if err != nil {
		return Erased{}, err
	}
	e := store.Erasure{Day: today, Reason: why}
	var all []store.Tenancy
	err = d.store.View(ctx, func(tx *store.Tx) (err error) {
		all, err = which(tx, today)
		return err
	})
	if err == nil && len(all) > 0 {
		err = d.store.Update(ctx, func(tx *store.Tx) error {
			e.Tenancies, e.Tags = 0, 0
			if all, err = which(tx, today); err != nil || len(all) == 0 {
				return err
			}
			return d.eraseAll(tx, all, &e)
		})
	}
	if err == nil {
		err = d.store.Scrub(ctx)
	}
	if err != nil {
		return Erased{}, err
	}
	if e.Tenancies > 0 {
		d.log.WithField("tenancies", e.Tenancies).Info("erased")
	}
	return Erased{Certificate: e.ID, Day: day(e.Day), Reason: why, Tenancies: e.Tenancies, Tags: e.Tags}, nil
}

func (d *Desk) eraseAll(tx *store.Tx, all []store.Tenancy, e *store.Erasure) error {
	for _, t := range all {
		tags, err := tx.EraseTenancy(t.ID)
		if err != nil {
			return err
		}
		e.Tenancies++
		e.Tags += tags
	}
	if err := tx.InsertErasure(e); err != nil {
		return err
	}
	return d.journal(tx, actErased, fmt.Sprintf("%d tenancies", e.Tenancies))
}

// Due is a tenancy that will be erased.
type Due struct {
	Tenancy string `json:"tenancy"` // R12
	Home    string `json:"home"`
	Ended   string `json:"ended"`
	Erased  string `json:"erased"` // the day on which it is
	Tags    int    `json:"tags"`
}

// NextDue previews what will be erased within so many days; 0 is what is due now.
func (d *Desk) NextDue(ctx context.Context, days int) ([]Due, error) {
	today, err := d.today()
	if err != nil {
		return nil, err
	}
	if days < 0 || days > maxRetention {
		return nil, &inputError{"days", fmt.Sprintf("%d: it is between 0 and %d", days, maxRetention)}
	}
	list := []Due{}
	err = d.store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Settings()
		if err != nil {
			return err
		}
		all, err := dueBy(tx, today+keytag.Day(days))
		if err != nil {
			return err
		}
		names := newNamer(tx)
		for _, t := range all {
			ref, err := names.home(t.Home)
			if err != nil {
				return err
			}
			tags, err := tx.TagsOfTenancy(t.ID)
			if err != nil {
				return err
			}
			list = append(list, Due{TenancyName(t.ID), ref, day(t.End), day(t.End + keytag.Day(s.RetentionDays) + 1), len(tags)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking what will be erased: %w", err)
	}
	return list, nil
}
