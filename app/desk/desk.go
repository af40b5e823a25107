// Package desk is what a caretaker does: import homes and locks, hand out,
// replace, revoke, inspect and wipe tags, and bring key material to the locks.
//
// It knows no window, no PC/SC and no SQL, and nothing above it sees a key. The
// order that makes every act safe is the same everywhere:
//
//  1. look at the tag, changing nothing;
//  2. commit to the records what is about to happen, with the plan's steps;
//  3. write the tag, marking each step when the chip has acknowledged it;
//  4. commit the result.
//
// Whatever ends an act between two of these, laying the tag again leads to a
// good tag or a blank one, and the records say which.
package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"

	"github.com/sirupsen/logrus"
)

// DefaultSeatsPerHome is how many tags a home can have at once.
const DefaultSeatsPerHome = 8

// Options open a desk.
type Options struct {
	Dir        string // of the records
	Passphrase []byte
	Log        *logrus.Entry // nil: nothing is logged
	Clock      store.Clock   // nil: time.Now
	// Operator is the sign-in name of who acts; "" is whoever's passphrase it
	// is. Of a new site it names the first custodian; "" is then [store.FirstOperator].
	Operator string
	Store    store.Options
	// Random is where tag numbers come from; nil: crypto/rand.
	Random io.Reader
}

func (o *Options) complete() {
	if o.Log == nil {
		quiet := logrus.New()
		quiet.SetOutput(io.Discard)
		o.Log = logrus.NewEntry(quiet)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Store.Clock == nil {
		o.Store.Clock = o.Clock
	}
	o.Store.Operator = o.Operator
}

// InitOptions make a site and open its desk.
type InitOptions struct {
	Options
	Site     string // its name, for people
	Policy   store.Originality
	Practice bool
	// AID is the application of the site's tags, six hexadecimal digits; "" is
	// the usual one, [keytag.DefaultAID]. Every lock must be told another one.
	AID string
}

// Desk is a site's open desk. Its methods may be called from any goroutine;
// acts on a tag exclude each other through the reader.
type Desk struct {
	store  *records
	log    *logrus.Entry
	clock  store.Clock
	random io.Reader
	// running are the ids of the plans that run now, on any reader: their tags
	// are not torn.
	running sync.Map
	// acting is held for reading by every act on a tag, so that locking the desk
	// waits for them.
	acting  sync.RWMutex
	dir     string  // of the records
	trouble trouble // of the upkeep
	search  homeIndex
	allowed allowances
}

// Init makes the records and the keys of a new site, and opens its desk. The
// directory must be new or empty.
func Init(ctx context.Context, o InitOptions) (*Desk, error) {
	o.complete()
	if strings.TrimSpace(o.Site) == "" {
		return nil, fmt.Errorf("making the site: %w", &inputError{"site", "a site needs a name"})
	}
	switch o.Policy {
	case "":
		o.Policy = store.RequireGenuine
	case store.RequireGenuine, store.WarnGenuine:
	default:
		return nil, fmt.Errorf("making the site: %w", &inputError{"originality", "the policy is require or warn"})
	}
	if !o.Practice { // there is nothing to guess there
		if err := checkPassphrase(o.Passphrase, o.Site, o.Operator); err != nil {
			return nil, fmt.Errorf("making the site: %w", err)
		}
	}
	if o.AID == "" {
		o.AID = keytag.DefaultAID.String()
	}
	aid, err := updatecard.ParseTags(o.AID)
	if err != nil {
		return nil, fmt.Errorf("making the site: %w", &inputError{"aid", err.Error()})
	}
	today, err := keytag.DayOf(o.Clock())
	if err != nil {
		return nil, fmt.Errorf("making the site: %w: %w", errClock, err)
	}
	root, err := store.GenerateRoot(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the site's keys: %w", err)
	}
	defer root.Wipe()
	site := store.Site{
		Name: strings.TrimSpace(o.Site), Created: today, Practice: o.Practice, Policy: o.Policy, AID: aid,
		Locators: []byte{1}, SignerVersion: 1, SeatsPerHome: DefaultSeatsPerHome,
	}
	return create(ctx, o.Options, site, root)
}

// create makes the records of a site with this root, and opens its desk.
func create(ctx context.Context, o Options, site store.Site, root store.Root) (*Desk, error) {
	if _, err := rand.Read(site.ID[:]); err != nil {
		return nil, fmt.Errorf("making the site: %w", err)
	}
	s, err := store.Create(ctx, o.Dir, site, root, o.Passphrase, o.Store)
	if err != nil {
		return nil, fmt.Errorf("making the site: %w", ofRecords(err))
	}
	d := newDesk(s, o)
	if err := d.store.Update(ctx, func(tx *store.Tx) error { return d.journal(tx, actSiteMade, "site") }); err != nil {
		return nil, errors.Join(fmt.Errorf("making the site: %w", err), s.Close())
	}
	d.log.Info("site made")
	return d, nil
}

// Open opens the desk of an existing site.
func Open(ctx context.Context, o Options) (*Desk, error) {
	o.complete()
	s, err := store.Open(ctx, o.Dir, o.Passphrase, o.Store)
	if err != nil {
		return nil, fmt.Errorf("opening the records: %w", ofRecords(err))
	}
	return opened(ctx, s, o), nil
}

// opened is the desk of records that were opened, once what is due is done.
func opened(ctx context.Context, s *store.Store, o Options) *Desk {
	d := newDesk(s, o)
	if s.RolledBack() {
		d.log.Warn("the records are older than they ought to be")
	} else if _, err := d.EraseDue(ctx); err != nil {
		// The desk is needed all the same; the next opening tries again.
		d.log.WithError(err).Warn("what is due was not erased")
	}
	return d
}

func newDesk(s *store.Store, o Options) *Desk {
	return &Desk{store: newRecords(s), log: o.Log, clock: o.Clock, random: o.Random, dir: o.Dir}
}

// Close ends the desk; an act that is under way must have ended.
func (d *Desk) Close() error { return d.store.Close() }

// Site tells whose desk this is.
func (d *Desk) Site(ctx context.Context) (SiteView, error) {
	v := SiteView{RolledBack: d.store.RolledBack()}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		site, err := tx.Site()
		if err != nil {
			return err
		}
		v.Name, v.Practice, v.Policy, v.OverdueDays = site.Name, site.Practice, site.Policy, int(site.OverdueDays)
		if v.Homes, v.Tags, err = tx.CountBoard(); err != nil {
			return err
		}
		locks, err := tx.CountAllLocks()
		v.Locks = locks.Locks
		return err
	})
	if err != nil {
		return SiteView{}, fmt.Errorf("reading the site: %w", err)
	}
	return v, nil
}

// Acts that the journal knows. There is none for a door that opened: the desk
// cannot learn of it.
const (
	actSiteMade    = "site made"
	actImported    = "homes and locks imported"
	actIssuing     = "tag writing begun"
	actIssued      = "tag issued"
	actFailed      = "tag not written"
	actLost        = "tag revoked without the tag"
	actReturned    = "tag returned and wiped"
	actWiped       = "tag wiped"
	actTenancyEnds = "tenancy ended"
	actTenancy     = "tenancy begun"
	actRenewed     = "tag written anew"
	actRaised      = "counters raised after an old copy was put back"
	actCampaign    = "campaign begun"
	actPaused      = "campaign paused"
	actResumed     = "campaign resumed"
	actCampaignEnd = "campaign ended"
	actNewSigner   = "next signer signs"
	actLockLost    = "lock noted as stolen"
	actLockRetired = "lock retired"
	actOverdue     = "waiting time of locks set"
	actBundles     = "bundles made"
	actReceipts    = "receipts read"
	actShares      = "shares of the root made"
	actTokenIn     = "keys moved into a token"
	actTokenOut    = "keys moved out of a token"
	actRehearsed   = "shares of the root rehearsed"
	actBackup      = "backup made"
	actRestored    = "records restored"
	actUpkeep      = "upkeep changed"
	actSettings    = "settings changed"
	actRollout     = "roll-out noted"
	actDocument    = "document noted"
	actCorrected   = "tenancy corrected"
	actObjection   = "objection noted"
	actErased      = "tenancies erased"
	actOperator    = "operator added"
	actRevoked     = "operator revoked"
	actPassphrase  = "passphrase changed"
	actReset       = "passphrase set by a custodian"
	actEmergency   = "passphrase set with shares"
	actPolicy      = "policy for chips changed"
	actMovedIn     = "site moved to a shared database"
	actMovedOut    = "site moved from the shared database"
	actAdmitted    = "desk admitted"
	actRemoved     = "desk removed"
	actMended      = "shared database mended"
	actUnassessed  = "tags allowed without an assessment"
	actPruned      = "old journal entries erased"
	actBatch       = "moving day begun"
	actBatchEnd    = "moving day finished"
)

func (d *Desk) journal(tx *store.Tx, act, subject string) error {
	return tx.Append(store.Entry{Operator: d.who(), Act: act, Subject: subject})
}

func (d *Desk) today() (keytag.Day, error) {
	day, err := keytag.DayOf(d.clock())
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errClock, err)
	}
	return day, nil
}

// keytagSite is what package keytag must know of this site.
func (d *Desk) keytagSite(site store.Site) keytag.Site {
	return keytag.Site{
		Keys:        keytag.Keys{Custody: d.store.Custody(), AID: site.AID, Locators: tagLocators(site.Locators)},
		PracticeKey: PracticeKey(),
	}
}

func day(d keytag.Day) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
