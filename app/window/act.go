package window

import (
	"context"

	"sleutelbord/app/desk"
)

// outcome is what an act on a tag came to: one of these is set.
type outcome struct {
	issued  *desk.Issued
	revoked *desk.Revoked
	wiped   *desk.Wiped
	card    *desk.CardWritten // an update card was written
	read    *desk.CardRead    // an update card was read, or erased
}

// answer is what an act says to a thing that is laid on the reader.
type answer int

const (
	refuse  answer = iota // not this one
	begin                 // go ahead at once
	confirm               // go ahead when the person says so
)

// act is one act on the tag on the reader. A [writePane] leads through it.
type act struct {
	icon, title string
	home        string // reference, may be ""
	note        string // below the title, where there is no home
	at          *stand // where it is shown; nil is beside the board
	lay, layDo  string // "lay a blank tag on the reader", and why
	label       bool   // a label can be given
	labelled    string // the label that is there already
	// takes says what to do with a thing that is laid, and in words what it
	// is: the title and the explanation shown.
	takes func(in desk.Inspection) (a answer, what, do string)
	// yes is the text of the button for [confirm].
	yes string
	// destroys makes that button a dangerous one.
	destroys bool
	// gentle acts change nothing on the tag: they begin without a yes, too, on
	// what lay there before.
	gentle bool
	// run does it, in the background.
	run func(ctx context.Context, o desk.IssueOptions, p desk.ProgressFunc) (outcome, error)
	// ready is what is said when it is done.
	ready func(o outcome) readyWords
	// again begins the same act for the next tag; nil if there is no next.
	again func()
	// queue has the next tag begin by itself when this one was taken away.
	queue bool
	// remedies are what the person may do about a problem, besides trying again.
	remedies func(p problem) *remedy
	// after is called when the person is done, nil to go back to the home.
	after func(o outcome)
	// leave is called when the person leaves without a result, nil to go back
	// to what stands there at rest.
	leave func()
	// wipe makes what lies there blank, where that is offered; nil does so at
	// the home.
	wipe func()
	// more are further buttons of a phase, below the others.
	more func(ph phase) []*button
	// fresh tells whether what lies there when the act begins was laid for it.
	fresh func() bool
	// ended hears how the act on the tag ended, however that was.
	ended func(err error)
}

// remedy is a way out of a problem.
type remedy struct {
	icon, text string
	do         func()
}

// readyWords are what a finished act says.
type readyWords struct {
	title, text string
	tone        tone // tonePlain is good
	warnings    []desk.Code
	again, done string // texts of the buttons
	// receipt is the tag that the tenant gets a paper about; nil is none.
	receipt *desk.TagView
	icon    string // of the first of them; "" is that of a new tag
}
