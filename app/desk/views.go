package desk

import (
	"slices"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// SiteView is what people see of the site.
type SiteView struct {
	Name     string            `json:"site"`
	Practice bool              `json:"practice"`
	Policy   store.Originality `json:"originality"`
	Homes    int               `json:"homes"`
	Locks    int               `json:"locks"`
	Tags     int               `json:"tags"` // live tags
	// RolledBack is true when the records are older than they ought to be:
	// somebody put an old copy back.
	RolledBack bool `json:"rolled_back"`
	// OverdueDays is for how many days a lock may wait before it is overdue.
	OverdueDays int `json:"overdue_days"`
}

// Hook is one home on the board.
type Hook struct {
	Ref      string       `json:"home"` // BUILDING/HOME
	Building string       `json:"building"`
	Floor    string       `json:"floor"`
	Name     string       `json:"name"`
	Occupied bool         `json:"occupied"` // a tenancy is running
	Choice   store.Choice `json:"choice,omitempty"`
	Tags     int          `json:"tags"`    // handed out and live
	Lost     int          `json:"lost"`    // lost in the running tenancy
	Pending  int          `json:"pending"` // half-written, to be laid again
}

// HomeView is a home with its doors, tags and tenancy.
type HomeView struct {
	Hook
	Tenancy *TenancyView `json:"tenancy,omitempty"`
	Doors   []DoorView   `json:"doors"`
	Tags    []TagView    `json:"tag_list"` // of the running tenancy and older ones that still matter, newest first
	// SeatsLeft is how many more tags this home can have at once.
	SeatsLeft int `json:"seats_left"`
}

// TenancyView is a tenancy as people see it. Days are YYYY-MM-DD, "" is none.
type TenancyView struct {
	ID        string       `json:"tenancy"` // R12
	Reference string       `json:"reference"`
	Start     string       `json:"start"`
	End       string       `json:"end,omitempty"`
	Choice    store.Choice `json:"choice"`
	// ChoiceSince is the day of the choice; why it was made is not asked.
	ChoiceSince string `json:"choice_since"`
}

// DoorView is a lock as the desk knows it.
type DoorView struct {
	Lock     string         `json:"lock"`
	Building string         `json:"building"`
	Home     string         `json:"home,omitempty"`
	Zone     string         `json:"zone"`
	Kind     store.ZoneKind `json:"kind"`
	// Shares is how many locks hold the same zone key: the blast radius.
	Shares    int    `json:"shares"`
	Wanted    uint32 `json:"wanted"`
	Confirmed uint32 `json:"confirmed"`
	// Carrier is by which way its newest receipt came back, "" if not known.
	Carrier store.Carrier `json:"carrier,omitempty"`
	State   DoorState     `json:"state"`
	// Since is the day since which the lock lacks something, unless it is up to
	// date.
	Since string `json:"since,omitempty"`
	// Far says whether tags are so far ahead of the lock that it refuses them
	// before its next bundle, or soon will.
	Far Far `json:"far,omitempty"`
	// ZoneIDs are the numbers of its zones, such as Z3.
	ZoneIDs []string `json:"zone_ids"`
}

// DoorState says whether a lock has what the desk wants there.
type DoorState string

// States of a lock.
const (
	DoorNever    DoorState = "never"      // no bundle was ever made for it
	DoorChanged  DoorState = "changed"    // what it should know has changed since its newest bundle
	DoorWaiting  DoorState = "waiting"    // newest bundle made, no receipt for it yet
	DoorOverdue  DoorState = "overdue"    // changed or waiting for longer than the site wants
	DoorUpToDate DoorState = "up to date" // receipt for the newest bundle, and nothing has changed
	DoorResting  DoorState = "resting"    // the tenant has a lock of their own in its place
)

// Far says how far tags are ahead of what a lock has confirmed. A lock refuses
// what is more than 256 epochs or generations ahead; only a bundle brings it
// nearer.
type Far string

// How far tags are ahead of a lock.
const (
	NotFar     Far = ""
	FarSoon    Far = "soon"    // 192 or more: visit the lock before it refuses
	FarRefused Far = "refused" // more than 256: some tags open only after the next bundle
)

// TagView is a tag as people see it.
type TagView struct {
	ID       string         `json:"tag"` // T17
	Home     string         `json:"home"`
	Ordinal  int            `json:"ordinal"`
	Label    string         `json:"label,omitempty"`
	State    store.TagState `json:"state"`
	Since    string         `json:"since"`
	Chip     string         `json:"chip"`
	Genuine  string         `json:"genuine"`
	Replaces string         `json:"replaces,omitempty"`
	NotAfter string         `json:"not_after,omitempty"`
	Zones    []string       `json:"zones"`
}

// Issued is the result of handing out or replacing a tag.
type Issued struct {
	Tag TagView `json:"tag"`
	// Commands and Bytes count what went over the air, both ways.
	Commands int `json:"commands"`
	Bytes    int `json:"bytes"`
	// Warnings are problem codes that did not stop the act ("not-genuine", …).
	Warnings []Code `json:"warnings,omitempty"`
	// Lost is, for a replacement, what still opens for the lost tag.
	Lost *Statement `json:"lost,omitempty"`
	// Recovered is true when a torn tag of an earlier attempt was finished.
	Recovered bool `json:"recovered"`
}

// Statement says where a tag that is not there any more is dead, and where it
// still opens, and what ends that.
type Statement struct {
	Tag   TagView         `json:"tag"`
	Doors []DoorStatement `json:"doors"`
}

// DoorStatement is a [Statement]'s line about one lock.
type DoorStatement struct {
	Door DoorView `json:"door"`
	Dead bool     `json:"dead"`
	// Ends is what ends it, where it is not dead: "first use of the
	// replacement", "next bundle", or both.
	EndsBySync bool `json:"ends_by_sync"`
	EndsByUse  bool `json:"ends_by_use"`
}

// Opens tells whether any door may still open.
func (s Statement) Opens() bool {
	for _, d := range s.Doors {
		if !d.Dead {
			return true
		}
	}
	return false
}

// Revoked is the result of revoking a tag.
type Revoked struct {
	Statement
	Wiped bool `json:"wiped"` // the tag was on the reader and is blank now
}

// Wiped is the result of wiping the tag on the reader.
type Wiped struct {
	Tag      *TagView `json:"tag,omitempty"` // the tag it was, if this desk knows it
	Commands int      `json:"commands"`
	Bytes    int      `json:"bytes"`
}

// Moved is the result of moving out.
type Moved struct {
	Home string `json:"home"`
	// NotReturned are the tags still out, with where they still open.
	NotReturned []Statement `json:"not_returned"`
}

// Kind says what lies on the reader.
type Kind string

// Kinds of things on a reader.
const (
	KindEmpty       Kind = "empty"
	KindBlank       Kind = "blank"        // can be written
	KindOurs        Kind = "ours"         // a tag of this site, known here
	KindUnknownOurs Kind = "ours-unknown" // a tag of this site that these records do not know
	KindHalf        Kind = "half-written" // can be finished or made blank
	KindOtherSite   Kind = "other-site"   // our application, keys of another site
	KindForeign     Kind = "foreign"      // a DESFire with something else on it
	KindUpdateCard  Kind = "update-card"  // carries bundles to the locks of this site
	KindLocked      Kind = "locked"       // a DESFire without applications whose chip key is not ours
	KindNotDESFire  Kind = "not-desfire"
	KindUnreadable  Kind = "unreadable" // lies there, does not answer sensibly
)

// Inspection is what lies on the reader.
type Inspection struct {
	Kind Kind `json:"kind"`
	// What says, where it is no DESFire tag that can be used, what it is: one of
	// the ids of package identify, such as "bank-card". It is a likeness, no proof.
	What    string   `json:"what,omitempty"`
	Chip    string   `json:"chip,omitempty"`    // "DESFire EV3 4K"
	Genuine string   `json:"genuine,omitempty"` // "genuine", "practice", "not genuine", "cannot be checked", "not checked"
	Tag     *TagView `json:"tag,omitempty"`     // KindOurs; KindHalf where an open plan names it
	// Slots are the claims that the tag carries, in words.
	Slots []SlotView `json:"slots,omitempty"`
	// Renew says why the tag should be written anew now; RenewWaits is true where
	// it should be, and its doors have not confirmed the new keys yet.
	Renew      []RenewReason `json:"renew,omitempty"`
	RenewWaits bool          `json:"renew_waits,omitempty"`
	// Problem says why a thing cannot be used, if it cannot.
	Problem  Code `json:"problem,omitempty"`
	Commands int  `json:"commands"`
}

// SlotView is one slot of a tag.
type SlotView struct {
	Zone       string `json:"zone"`
	Epoch      uint16 `json:"epoch"`
	Seat       uint16 `json:"seat"`
	Generation uint16 `json:"generation"`
	NotAfter   string `json:"not_after,omitempty"`
}

// Imported counts what an import added.
type Imported struct {
	Rows      int `json:"rows"`
	Buildings int `json:"buildings"`
	Homes     int `json:"homes"`
	Zones     int `json:"zones"`
	Locks     int `json:"locks"`
	Unchanged int `json:"unchanged"` // rows that were there already, the same
}

// Bundled is the result of writing bundles into a folder.
type Bundled struct {
	Dir     string `json:"dir"`
	Written int    `json:"written"`
	Kept    int    `json:"kept"` // newest bundle already there
	ReadBack
	Locks []DoorView `json:"locks"`
}

// CardWritten is the result of writing an update card.
type CardWritten struct {
	// OnCard are the locks whose bundle is on the card now; none if no lock
	// wanted one, and then the card is as it was.
	OnCard []string `json:"on_card"`
	// Left are the locks whose bundle did not fit: they want another card.
	Left []string `json:"left,omitempty"`
	ReadBack
	Locks    []DoorView `json:"locks"`
	Commands int        `json:"commands"`
	Bytes    int        `json:"bytes"`
}

// CardRead is what was on an update card.
type CardRead struct {
	OnCard []string `json:"on_card"` // locks that it serves
	// Unfinished is a card that was torn while it was written: it serves
	// nobody until it is written again.
	Unfinished bool `json:"unfinished"`
	ReadBack
	Locks    []DoorView `json:"locks"`
	Commands int        `json:"commands"`
	Bytes    int        `json:"bytes"`
}

// GatewayView is the state of a gateway.
type GatewayView struct {
	Broker    string `json:"broker"` // host:port
	Connected bool   `json:"connected"`
	// Problem is why it is not connected, or what else is wrong; the gateway
	// goes on trying.
	Problem   Code `json:"problem,omitempty"`
	Published int  `json:"published"` // bundles since it began
	// ReadBack counts confirmations since it began; locks stand in its lists
	// once, a hundred at most.
	ReadBack
	Waiting int `json:"waiting"` // locks that have not confirmed their newest bundle
	// Site and Signer are what a lock's own configuration may name.
	Site   string `json:"site_id"`
	Signer string `json:"signer"`
}

// same tells whether both say the same.
func (v GatewayView) same(o GatewayView) bool {
	return v.Broker == o.Broker && v.Connected == o.Connected && v.Problem == o.Problem && v.Published == o.Published &&
		v.Receipts == o.Receipts && slices.Equal(v.Refused, o.Refused) && slices.Equal(v.Older, o.Older) && v.Waiting == o.Waiting
}

// ReadBack is what the receipts on a carrier said.
type ReadBack struct {
	Receipts int `json:"receipts"` // authentic ones
	// Refused are those that the lock in whose place they lay did not make, by
	// the name of the lock: damaged, forged, or of a lock that is not known.
	Refused []string `json:"refused,omitempty"`
	// Older are the locks whose receipt is authentic and says less than the
	// lock has confirmed before: an old carrier, or one that was put back.
	Older []string `json:"older,omitempty"`
}

// Progress is a step of a running act, for the progress bar.
type Progress struct {
	// Step is the step that begins; its words are translated by the window.
	Step keytag.StepName
	// Index counts from 0 to Total-1.
	Index, Total int
}

// ProgressFunc is called before each step; nil is allowed.
type ProgressFunc func(Progress)
