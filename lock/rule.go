package lock

import (
	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/keytag"
)

// MaxJump is how far an epoch or a generation may stand above its floor. A
// thief of a zone key cannot push the floors out of the desk's reach in one
// go; larger jumps come only by bundle.
const MaxJump = 256

// Reason says why a lock refuses, for the installer's screen. It is never
// stored.
type Reason byte

// Reasons, in the order of the rule.
const (
	// Undecided is no decision: the lock stays shut.
	Undecided Reason = iota
	// Passed is no refusal.
	Passed
	// NoBundle: the lock has no keys yet, or was reset.
	NoBundle
	// NotOurs: the tag has no application of this system.
	NotOurs
	// OtherSite: the tag does not take the locator key, or shows a version of
	// it that this lock does not have.
	OtherSite
	// BadRecord: the record cannot be read, or is of another layout.
	BadRecord
	// OtherDoors: the tag has no slot for a zone and key version of this lock.
	OtherDoors
	// WrongKey: the slot does not have the key that its claims lead to.
	WrongKey
	// OldEpoch: a tag of an earlier tenancy.
	OldEpoch
	// OldGeneration: a tag that was replaced or revoked.
	OldGeneration
	// EpochTooFar: the epoch is more than MaxJump above the floor.
	EpochTooFar
	// GenerationTooFar: the generation is more than MaxJump above the floor.
	GenerationTooFar
	// Expired: the tag's last day has passed.
	Expired

	// What a lock says of an update card, which opens nothing.

	// CardApplied: the lock works with the bundle of the card from now on.
	CardApplied
	// CardKnown: the lock has the bundle of the card already.
	CardKnown
	// CardRefused: the lock does not take the bundle of the card.
	CardRefused
	// CardNothing: the card has nothing for this lock.
	CardNothing
	// CardUnfinished: the card was torn while it was written.
	CardUnfinished
)

// OfUpdateCard tells whether r is about an update card and not a tag.
func (r Reason) OfUpdateCard() bool { return r >= CardApplied }

var reasonWords = [...]string{
	Undecided: "undecided", Passed: "passed", NoBundle: "no bundle applied", NotOurs: "not a key tag",
	OtherSite: "tag of another site", BadRecord: "record unreadable",
	OtherDoors: "tag is for other doors", WrongKey: "slot key is wrong",
	OldEpoch: "tag of an earlier tenancy", OldGeneration: "tag was replaced",
	EpochTooFar: "epoch too far ahead", GenerationTooFar: "generation too far ahead",
	Expired:     "tag has expired",
	CardApplied: "update card: bundle applied", CardKnown: "update card: nothing new",
	CardRefused: "update card: bundle not taken", CardNothing: "update card: nothing for this lock",
	CardUnfinished: "update card: half-written",
}

// String is the reason in a few words.
func (r Reason) String() string {
	if int(r) < len(reasonWords) {
		return reasonWords[r]
	}
	return "unknown reason"
}

// Judge is steps 4 and 5 of the rule, for a slot that has authenticated: it
// gives Passed and the floor that must be durable before the lock opens, or the
// reason to refuse. raised tells whether that floor is another one than floor,
// which Judge leaves as it is. today is what [NotBefore] gives.
//
// Only in a home zone does a higher epoch count, and then the seats start
// again from 0. In shared and service zones a tag's epoch may stand above the
// floor, but the seat floors hold for it all the same, and it is not stored.
func Judge(kind bundle.Kind, floor bundle.Floor, c keytag.Claims, today keytag.Day) (next bundle.Floor, raised bool, r Reason) {
	newEpoch := kind == bundle.KindHome && c.Epoch > floor.Epoch
	seat := floor.Seats[c.Seat]
	if newEpoch {
		seat = 0
	}
	switch {
	case c.Epoch < floor.Epoch:
		return floor, false, OldEpoch
	case c.Epoch-floor.Epoch > MaxJump:
		return floor, false, EpochTooFar
	case c.Generation < seat:
		return floor, false, OldGeneration
	case c.Generation-seat > MaxJump:
		return floor, false, GenerationTooFar
	case c.NotAfter != 0 && c.NotAfter < today:
		return floor, false, Expired
	case !newEpoch && c.Generation == seat:
		return floor, false, Passed
	}
	next = bundle.Floor{Epoch: c.Epoch, Seats: map[uint16]uint16{}}
	if !newEpoch {
		next = floor.Clone()
	}
	if c.Generation > 0 {
		next.Seats[c.Seat] = c.Generation
	}
	return next, true, Passed
}

// NotBefore is the earliest day that today can be: the issue day of the last
// bundle, or the clock's day where the lock has a clock that is set and not
// before that.
func NotBefore(issued keytag.Day, clock Clock) keytag.Day {
	if clock == nil {
		return issued
	}
	now, set := clock.Now()
	if !set {
		return issued
	}
	day, err := keytag.DayOf(now)
	if err != nil {
		return issued // outside 2020 to 2199: that clock is not set
	}
	return max(issued, day)
}

// Merge takes the floor of a new bundle over: a higher epoch replaces, an equal
// one takes the maximum of each seat, a lower one changes nothing. Neither
// argument is changed.
func Merge(have, got bundle.Floor) bundle.Floor {
	switch {
	case got.Epoch > have.Epoch:
		return got.Clone()
	case got.Epoch < have.Epoch:
		return have.Clone()
	}
	merged := have.Clone()
	for seat, generation := range got.Seats {
		merged.Seats[seat] = max(merged.Seats[seat], generation)
	}
	return merged
}
