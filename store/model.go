package store

import (
	"errors"
	"time"

	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

// Sentinels of the store.
var (
	ErrNotFound = errors.New("no such record")
	// ErrConflict: the row was changed by somebody else since it was read.
	ErrConflict = errors.New("changed by somebody else in the meantime")
	// ErrExists: a row with this name or number is there already.
	ErrExists = errors.New("already there")
)

// Originality is a site's policy for chips whose signature does not verify.
type Originality string

// Policies for chips that are not shown to be genuine.
const (
	RequireGenuine Originality = "require" // refuse
	WarnGenuine    Originality = "warn"    // say so and go on
)

// Site is the one row that says whose store this is.
type Site struct {
	ID       [8]byte // random, stands in every bundle
	Name     string
	Created  keytag.Day
	Practice bool // accepts chips of the practice key, marks everything as practice
	Policy   Originality
	AID      desfire.AID
	// Locators are the locator key versions in use, newest first.
	Locators      []byte
	SignerVersion uint16
	// SeatsPerHome is the size of a home's range of seats in every zone.
	SeatsPerHome uint16
	// RandomUIDTold is set once the desk has said that random UID cannot be undone.
	RandomUIDTold bool
	// Changes counts the endings of tags; see [Lock].WantedChange.
	Changes int64
	// OverdueDays is for how many days a lock may wait before it is overdue, 1
	// to 3650; 0 in a new site is [DefaultOverdueDays].
	OverdueDays uint16
	RowVersion  int64
}

// ZoneKind says what a zone's locks are.
type ZoneKind string

// Kinds of zones.
const (
	HomeZone    ZoneKind = "home"
	SharedZone  ZoneKind = "shared"
	ServiceZone ZoneKind = "service"
)

// Building is a building of the site; its name is unique, compared without case.
type Building struct {
	ID   int64
	Name string
}

// Home is one dwelling or room; its name is unique in its building, compared
// without case.
type Home struct {
	ID       int64
	Building int64
	Floor    string
	Name     string
}

// Zone is a set of locks that one slot key opens.
type Zone struct {
	ID       keytag.Zone // assigned by the store, from 1
	Kind     ZoneKind
	Name     string
	Building int64
	Floor    string // "" is every floor
	Home     int64  // home zones only, else 0
	// KeyVersion is the newest version of the zone's key. While a campaign
	// rolls it over, the one before is valid as well.
	KeyVersion byte
	Epoch      uint16 // home zones: counts tenancies
	// NextEpoch is the lowest epoch that the next tenancy may have, if it is
	// above Epoch. It was raised when an old copy of the records was put back.
	NextEpoch uint16
	// FirstGeneration is what a seat begins with that was not used in Epoch
	// yet: 0, unless an old copy of the records was put back in this epoch.
	FirstGeneration uint16
	// Listed is true for a shared zone that belongs to the homes which were
	// named, and false for one that every home of its building or floor has.
	Listed     bool
	RowVersion int64
}

// HomeZoneLink says that the tags of a home get a slot in a zone, and where
// the home's range of seats begins there.
type HomeZoneLink struct {
	Home     int64
	Zone     keytag.Zone
	SeatBase uint16
}

// Carrier is what brings bundles to a lock and its receipts back.
type Carrier string

// Carriers.
const (
	CarrierUnknown Carrier = ""
	CarrierFolder  Carrier = "folder"  // a folder, mostly on a stick
	CarrierCard    Carrier = "card"    // an update card
	CarrierGateway Carrier = "gateway" // the gateway, over MQTT
)

// Lock is a lock of the site.
type Lock struct {
	ID        string // the maker's id, unique, compared without case
	Building  int64
	Floor     string
	Home      int64 // 0 for a shared door
	PublicKey [32]byte
	// Wanted is the sequence of the newest bundle made for the lock, 0 if none.
	Wanted uint32
	// WantedDigest is the digest of what that bundle said, without sequence
	// and issue day: a lock whose content has not changed needs no new bundle.
	WantedDigest [32]byte
	// SameFrom is the sequence of the first of the bundles that said the same as
	// the newest, 0 if there is none: the receipt of any of them will do.
	SameFrom uint32
	// Confirmed is the highest sequence in an authentic receipt, 0 if none.
	Confirmed uint32
	// Carrier is by which way the receipt of Confirmed came back, CarrierUnknown
	// if there is none, if it came before carriers were noted, or if it is of a
	// bundle that lost records may have made: see [Tx.LocksBehind].
	Carrier Carrier
	// WantedChange and ConfirmedChange are the site's number of changes that
	// the newest bundle and the confirmed one knew: a tag whose EndChange is
	// not higher is dead at this lock.
	WantedChange, ConfirmedChange int64
	// WantedCommit and ConfirmedCommit count the commits to the records that the
	// newest bundle and the confirmed one knew; see [Tx.KnownFloors].
	WantedCommit, ConfirmedCommit int64
	// WaitingSince is the day since which the lock has something to confirm, 0
	// if there is nothing: an older bundle or a change may have begun it.
	WaitingSince keytag.Day
	// Gone is true for a lock that was stolen or retired: it gets no bundle any
	// more, and no list has it. Only [Tx.LoseLock] and [Tx.RetireLock] set it.
	Gone bool
	// Retired is true for a lock that was taken out of service in good order.
	Retired bool
	// Stale is true when something that the lock ought to know may have changed
	// since its newest bundle. The store sets it; only [Tx.PutBundled] clears it.
	Stale bool
	// StaleSince is the day of that change, 0 if not Stale. The store sets it.
	StaleSince keytag.Day
	Zones      []keytag.Zone
	RowVersion int64
}

// Astray tells whether a lock has proved that it works with a bundle that these
// records did not make, as new as their newest or newer: it was made by records
// that are lost, and the lock takes none of theirs but a newer one.
func (l Lock) Astray() bool {
	return l.Wanted > 0 && (l.Confirmed > l.Wanted || l.Confirmed == l.Wanted && l.ConfirmedChange < l.WantedChange)
}

// Choice is what a tenant wants to open the door with.
type Choice string

// Choices of a tenancy.
const (
	ChoiceTag     Choice = "tag"
	ChoiceApp     Choice = "app"
	ChoiceBoth    Choice = "both"
	ChoiceOwnLock Choice = "own lock"
)

// Tenancy is a home for a period.
type Tenancy struct {
	ID         int64
	Home       int64
	Reference  string // the landlord's reference, not a name
	Epoch      uint16 // of the home zones, while this tenancy runs
	Start, End keytag.Day
	Choice     Choice
	// ChoiceSince is the day on which Choice was made; why it was is not asked.
	ChoiceSince keytag.Day
	RowVersion  int64
}

// TagState is where a tag is in its life.
type TagState string

// States of a tag. Every change is one row version.
const (
	TagReserved TagState = "reserved" // row and seats are taken, the tag is not touched yet
	TagWriting  TagState = "writing"  // the plan has begun; the tag may be torn
	TagIssued   TagState = "issued"
	TagLost     TagState = "lost"     // ended without the tag
	TagReturned TagState = "returned" // ended and wiped
	TagEnded    TagState = "ended"    // the tenancy ended, the tag was not returned
	TagFailed   TagState = "failed"   // the plan ended without a tag: nothing was handed out
)

// Live tells whether a tag in this state may open doors.
func (s TagState) Live() bool { return s == TagWriting || s == TagIssued }

// Tag is one tag that was handed out, is, or is going to be.
type Tag struct {
	ID      int64 // shown as T17
	Home    int64
	Tenancy int64
	Ordinal int // "tag 2 of this home", counted per tenancy from 1
	Label   string
	State   TagState
	Since   keytag.Day // day of the last change of state
	// Number is the tag number in the record; it changes with every write.
	Number keytag.Number
	// Was is the number that the tag had before, while it is being written anew:
	// as long as that is not done, the tag may carry either. Zero otherwise.
	Was   keytag.Number
	Slots []keytag.Claims
	// Locator is the version of the locator key that is written on the tag.
	Locator byte
	// Replaces is the tag whose seats this one took over, 0 if none.
	Replaces int64
	// EndChange is the site's number of changes when the tag ended, 0 while it
	// has not.
	EndChange int64
	// Chip is what the chip is, in words ("DESFire EV3 4K"); Genuine is the
	// result of the originality check ("genuine", "practice", "cannot be checked", "not genuine").
	Chip, Genuine string
	RowVersion    int64
}

// Seat is the place of one tag in a zone. Its counters are never erased and
// never go down.
type Seat struct {
	Zone keytag.Zone
	Seat uint16
	// Epoch is the epoch that the counters below belong to.
	Epoch uint16
	// Next is the generation that the next tag on this seat gets.
	Next uint16
	// Floor is the lowest generation that locks shall still accept.
	Floor uint16
	// Tag is the tag that has the seat, 0 if it is free.
	Tag        int64
	RowVersion int64
}

// PlanKind says what a plan does to a tag.
type PlanKind string

// Kinds of plans.
const (
	PlanIssue PlanKind = "issue"
	PlanWipe  PlanKind = "wipe"
)

// Plan is the journal of one write: made and committed before the first
// command, marked after each step, so that recovery reads what may have
// happened. It holds no key bytes and no hardware serial number.
type Plan struct {
	ID     int64
	Kind   PlanKind
	Tag    int64         // 0 for wiping a tag that the site does not know
	Number keytag.Number // the number being written or wiped
	Steps  []string      // names of the steps, in order
	Done   int           // steps known to be done
	// Outcome is "" while the plan is open, else "done", "failed" or "recovered".
	Outcome string
	Started keytag.Day
	// Elsewhere is set for a plan that began at another desk of the site, which
	// may be at it: nobody here can tell whether it was cut off.
	Elsewhere bool
}

// BatchState is where a tag of a moving day stands.
type BatchState string

// States of a tag in the queue of a moving day.
const (
	BatchWaiting BatchState = "waiting" // to be handed out
	BatchWritten BatchState = "written" // handed out
	BatchSkipped BatchState = "skipped" // left for later
	BatchUndone  BatchState = "undone"  // was handed out, taken back, and is to be handed out again
)

// BatchTag is one tag of a moving day: a queue of tags to hand out.
type BatchTag struct {
	ID    int64 // order in the queue
	Home  int64
	Label string // that the tag gets
	State BatchState
	// Tag is the tag that is or was written for it, 0 before.
	Tag int64
	// Done is the how-manieth of the moving day was written, 0 while State is
	// not BatchWritten.
	Done    int64
	Printed bool // a paper was made for it
	Begun   keytag.Day
	// Taken is true while a desk works on it: this one, or, where Elsewhere is
	// set, another one that is still a desk of the site.
	Taken     bool
	Here      bool
	Elsewhere bool
	// Holder is what people call the desk that took it last, "" at a site's
	// only desk.
	Holder     string
	desk       []byte
	RowVersion int64
}

// Open tells whether the tag is still to be handed out.
func (b BatchTag) Open() bool { return b.State == BatchWaiting || b.State == BatchUndone }

// CampaignKind says what a campaign rolls over.
type CampaignKind string

// Kinds of campaigns.
const (
	CampaignZone    CampaignKind = "zone"    // the key of one zone
	CampaignLocator CampaignKind = "locator" // the locator key
	CampaignLock    CampaignKind = "lock"    // all that a stolen lock knew: its zones and the locator
	CampaignSite    CampaignKind = "site"    // all zones, the locator and the signer
)

// CampaignState is where a campaign is.
type CampaignState string

// States of a campaign. Both generations are valid until it has ended.
const (
	CampaignRunning CampaignState = "running"
	CampaignPaused  CampaignState = "paused"
	CampaignEnded   CampaignState = "ended"
)

// Campaign replaces keys by their next version, over months if need be.
type Campaign struct {
	ID    int64 // shown as C3
	Kind  CampaignKind
	State CampaignState
	Lock  string // the stolen lock's id; "" for other kinds
	// Versions of the locator key and of the signer; the new one is 0 where the
	// campaign does not roll it over.
	OldLocator, NewLocator byte
	OldSigner, NewSigner   uint16
	// StartChange, SignerChange and EndChange are the site's number of changes
	// when the campaign began, when the new signer took over, and when the old
	// generation was dropped; 0 while that has not happened. A lock whose
	// ConfirmedChange is not lower knows of it.
	StartChange, SignerChange, EndChange int64
	Started, Ended                       keytag.Day
	Tags                                 int  // tags of the old generation when it began
	Forced                               bool // ended while tags or locks were on the old generation
	Zones                                []RolledZone
	RowVersion                           int64
}

// RolledZone is a zone of a campaign with its two key versions.
type RolledZone struct {
	Zone     keytag.Zone
	Old, New byte
}

// Entry is one line of the journal: what an operator did to a key.
type Entry struct {
	Seq      int64
	Day      keytag.Day
	Operator string
	Act      string // from a closed list of the desk: "tag issued", "bundles written", …
	Subject  string // building and tag id or lock id; never a home, a name or a resident's movement
	Hash     [32]byte
	Desk     int64 // number of the key that signed it; 0: from before desks signed
	Erased   bool  // its period is over: Day, Operator, Act and Subject are gone
}

// HomeSummary is one hook of the board.
type HomeSummary struct {
	Home         Home
	BuildingName string
	Tenancy      Tenancy // zero if the home is empty
	Live, Lost   int     // tags handed out; tags lost in the running tenancy
	Open         int     // tags reserved or being written
}

// Clock tells the time; tests set it.
type Clock func() time.Time
