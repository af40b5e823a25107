package window

import (
	"context"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

// handOut begins handing out a tag to a home.
func (w *Window) handOut(home string) {
	if !w.mayBegin() {
		return
	}
	w.openBehind(home)
	w.shell.board.show(newWritePane(w, act{
		icon: "tag-add", title: w.t("act.hand-out"), home: home, label: true,
		lay: w.t("handout.lay"), layDo: w.t("handout.lay.do"), yes: w.t("handout.yes"),
		takes: func(in desk.Inspection) (answer, string, string) { return w.takesBlank(in, home) },
		run: func(ctx context.Context, o desk.IssueOptions, p desk.ProgressFunc) (outcome, error) {
			issued, err := w.desk.Issue(ctx, w.bench.reader, home, o, p)
			return outcome{issued: &issued}, err
		},
		ready:    w.readyTag,
		again:    func() { w.handOut(home) },
		remedies: func(pr problem) *remedy { return w.consentRemedy(pr, home) },
	}))
}

// replace begins writing the replacement of a lost tag.
func (w *Window) replace(home string, lost desk.TagView) {
	if !w.mayBegin() {
		return
	}
	w.shell.board.show(newWritePane(w, act{
		icon: "tag-swap", title: w.t("act.replace", "ordinal", lost.Ordinal), home: home, label: true,
		lay: w.t("handout.lay"), layDo: w.t("replace.lay.do"), yes: w.t("replace.yes"),
		takes: func(in desk.Inspection) (answer, string, string) { return w.takesBlank(in, home) },
		run: func(ctx context.Context, o desk.IssueOptions, p desk.ProgressFunc) (outcome, error) {
			issued, err := w.desk.Replace(ctx, w.bench.reader, lost.ID, o, p)
			return outcome{issued: &issued}, err
		},
		ready: func(o outcome) readyWords {
			words := w.readyTag(o)
			words.done = w.t("replace.done")
			return words
		},
		after: func(o outcome) {
			if o.issued.Lost != nil {
				w.shell.board.show(newStatementPane(w, &w.shell.board.stand, home, *o.issued.Lost, true))
				return
			}
			w.shell.board.leavePane()
		},
	}))
}

// finish begins finishing a tag whose writing was cut; t is nil where the tag
// does not say whose it is.
func (w *Window) finish(home string, t *desk.TagView) {
	if !w.mayBegin() {
		return
	}
	w.openBehind(home)
	w.shell.board.show(newWritePane(w, act{
		icon: "tag-half", title: w.t("act.finish"), home: home,
		lay: w.t("finish.lay"), layDo: w.t("finish.lay.do"), yes: w.t("act.finish"),
		takes: func(in desk.Inspection) (answer, string, string) {
			if in.Kind == desk.KindHalf && (in.Tag == nil || in.Tag.Home == home) {
				return begin, w.t("finish.here"), w.t("finish.here.do")
			}
			return w.takesBlank(in, home)
		},
		run: func(ctx context.Context, _ desk.IssueOptions, p desk.ProgressFunc) (outcome, error) {
			issued, err := w.resume(ctx, t, p)
			return outcome{issued: &issued}, err
		},
		ready: w.readyTag,
	}))
}

// resume finishes a tag: as what it was begun, so that a blank tag can take the
// place of one that is broken, or as what lies on the reader says.
func (w *Window) resume(ctx context.Context, t *desk.TagView, p desk.ProgressFunc) (desk.Issued, error) {
	switch {
	case t == nil:
		return w.desk.Resume(ctx, w.bench.reader, p)
	case t.Replaces != "":
		return w.desk.Replace(ctx, w.bench.reader, t.Replaces, desk.IssueOptions{}, p)
	}
	return w.desk.Issue(ctx, w.bench.reader, t.Home, desk.IssueOptions{}, p)
}

// wipe begins making the tag on the reader blank.
func (w *Window) wipe(home string) {
	if !w.mayBegin() {
		return
	}
	w.shell.board.show(newWritePane(w, act{
		icon: "tag-blank", title: w.t("act.wipe"), home: home, destroys: true,
		lay: w.t("wipe.lay"), layDo: w.t("wipe.lay.do"), yes: w.t("act.wipe"),
		takes: w.takesWipe,
		run: func(ctx context.Context, _ desk.IssueOptions, p desk.ProgressFunc) (outcome, error) {
			wiped, err := w.desk.Wipe(ctx, w.bench.reader, p)
			return outcome{wiped: &wiped}, err
		},
		ready: func(outcome) readyWords {
			return readyWords{title: w.t("wipe.ready"), text: w.t("wipe.ready.do")}
		},
	}))
}

// takesBlank is for acts that need a blank tag, or the half-written one of the
// same home.
func (w *Window) takesBlank(in desk.Inspection, home string) (a answer, what, do string) {
	switch in.Kind {
	case desk.KindBlank:
		if in.Problem != "" {
			p := w.problemWords(in.Problem, nil)
			return refuse, p.what, p.do
		}
		return begin, w.t("handout.blank"), w.t("handout.blank.do")
	case desk.KindHalf:
		switch {
		case in.Tag == nil: // cut so early that it does not say whose it is
			return confirm, w.t("handout.half"), w.t("handout.half.do")
		case in.Tag.Home == home:
			return begin, w.t("handout.half"), w.t("handout.half.do")
		}
		return refuse, w.t("handout.half-other", "home", refName(in.Tag.Home)), w.t("handout.half-other.do")
	case desk.KindOurs:
		if in.Tag != nil && !in.Tag.State.Live() {
			return refuse, w.t("handout.in-use", "tag", w.tagName(*in.Tag)), w.t("handout.ended.do")
		}
		if in.Tag != nil {
			return refuse, w.t("handout.in-use", "tag", w.tagName(*in.Tag)), w.t("handout.in-use.do")
		}
	}
	return refuse, w.thingName(in), w.thingDo(in)
}

// takesWipe is for making whatever is ours blank.
func (w *Window) takesWipe(in desk.Inspection) (a answer, what, do string) {
	switch in.Kind {
	case desk.KindOurs, desk.KindUnknownOurs, desk.KindHalf:
		if in.Tag != nil && in.Tag.State == store.TagIssued {
			return confirm, w.t("wipe.live", "tag", w.tagName(*in.Tag)), w.t("wipe.live.do")
		}
		return confirm, w.t("kind." + string(in.Kind)), w.t("wipe.here.do")
	case desk.KindBlank:
		return refuse, w.t("wipe.blank"), w.t("wipe.blank.do")
	}
	return refuse, w.thingName(in), w.thingDo(in)
}

// thingName is what lies on the reader, as near as it is known.
func (w *Window) thingName(in desk.Inspection) string {
	if in.What != "" {
		return w.t("what." + in.What)
	}
	return w.t("kind." + string(in.Kind))
}

// thingDo is what to do about a thing that lies there, "" if nothing needs to
// be done.
func (w *Window) thingDo(in desk.Inspection) string {
	switch {
	case in.Problem != "":
		return w.problemWords(in.Problem, nil).do
	case in.Kind == desk.KindOurs || in.Kind == desk.KindEmpty:
		return ""
	}
	return w.t("kind." + string(in.Kind) + ".do")
}

// wipeable tells whether a thing can be made blank without taking a tag from
// anybody.
func wipeable(in desk.Inspection) bool {
	switch in.Kind {
	case desk.KindHalf, desk.KindUnknownOurs:
		return true
	case desk.KindOurs:
		return in.Tag != nil && !in.Tag.State.Live()
	}
	return false
}

// readyTag is what is said when a tag is ready.
func (w *Window) readyTag(o outcome) readyWords {
	t := o.issued.Tag
	text := w.tagTitle(t)
	if len(t.Zones) > 0 {
		text += "\n" + w.t("handout.opens", "zones", strings.Join(t.Zones, ", "))
	}
	return readyWords{title: w.t("handout.ready"), text: text, warnings: o.issued.Warnings, again: w.t("handout.next"), receipt: &t}
}

// mayBegin tells whether an act on a tag may begin now; if not it says why.
func (w *Window) mayBegin() bool {
	return w.mayBeginAt(pageBoard)
}

// mayBeginAt is [Window.mayBegin] for an act on another page than the board.
func (w *Window) mayBeginAt(page pageName) bool {
	if w.saidWriting() {
		return false
	}
	w.shell.turnTo(page)
	return true
}

// saidWriting tells whether a tag is being written, and says so if it is.
func (w *Window) saidWriting() bool {
	if w.bench.writing {
		w.tell(toneWarn, "warn", w.t("busy.writing"), w.t("busy.writing.do"))
	}
	return w.bench.writing
}

// openBehind makes home the one that is open, without showing it.
func (w *Window) openBehind(home string) {
	if home == "" {
		return
	}
	w.shell.board.home = home
	w.shell.board.markOpen()
}
