package store

import "sleutelbord/nfc/keytag"

// Settings are what residents are told about a site, and its periods.
type Settings struct {
	// Controller is who is responsible (GDPR Art. 4(7)), Officer the data
	// protection officer; the contacts say how they are reached. DeskContact is
	// where a lost tag is reported. Each may have several lines, and may be "".
	Controller, ControllerContact string
	Officer, OfficerContact       string
	DeskContact                   string
	Processors                    string // who else handles the data, one a line
	// RetentionDays is how long an ended tenancy stays known.
	RetentionDays int
	// JournalDays is how long the content of the journal is kept.
	JournalDays int
	// SmallCount is the lowest number of people that a report may show; smaller
	// ones are hidden.
	SmallCount int
	RowVersion int64
}

// Rollout is how far the introduction in a building is. A day of 0 has not come.
type Rollout struct {
	Building int64
	Planned  keytag.Day
	// Assessment is the version of the impact assessment, "" if there is none;
	// Assessed its day, and Review the day by which it is looked at again.
	Assessment       string
	Assessed, Review keytag.Day
	Consulted        keytag.Day // residents and their council were heard
	Active           keytag.Day
	Evaluated        keytag.Day
	// Unassessed counts the tags that were handed out without an assessment.
	Unassessed int64
	RowVersion int64
}

// DocumentKind says what a document of a roll-out is.
type DocumentKind string

// Kinds of documents.
const (
	DocumentAssessment   DocumentKind = "assessment"
	DocumentConsultation DocumentKind = "consultation"
	DocumentDecision     DocumentKind = "decision"
	DocumentEvaluation   DocumentKind = "evaluation"
	DocumentOther        DocumentKind = "other"
)

// RolloutDocument is a document that is kept elsewhere, known by its hash.
type RolloutDocument struct {
	ID       int64
	Building int64
	Kind     DocumentKind
	Name     string
	SHA256   [32]byte
	Added    keytag.Day
}

// Outcome is what came of an objection.
type Outcome string

// Outcomes of an objection.
const (
	ObjectionOpen      Outcome = "open"
	ObjectionUpheld    Outcome = "upheld"
	ObjectionDeclined  Outcome = "declined"
	ObjectionWithdrawn Outcome = "withdrawn"
)

// Objection is a tenant's objection (GDPR Art. 21); its reasons are not kept.
type Objection struct {
	ID         int64
	Tenancy    int64
	Made       keytag.Day
	Outcome    Outcome
	Decided    keytag.Day
	RowVersion int64
}

// EraseReason says why something was erased.
type EraseReason string

// Reasons to erase.
const (
	ErasePeriod  EraseReason = "period"  // the period after the end was over
	EraseRequest EraseReason = "request" // somebody asked for it
)

// Erasure is that something was erased, and how much; of what it was nothing
// is left.
type Erasure struct {
	ID        int64
	Day       keytag.Day
	Reason    EraseReason
	Tenancies int
	Tags      int
}
