package window

import (
	"context"

	"sleutelbord/app/desk"
)

// returned begins taking back a tag: it is laid, named, and wiped.
func (w *Window) returned(home string) {
	if !w.mayBegin() {
		return
	}
	var tag string // the one that was shown to the person
	w.shell.board.show(newWritePane(w, act{
		icon: "tag-back", title: w.t("act.returned"), home: home, destroys: true,
		lay: w.t("returned.lay"), layDo: w.t("returned.lay.do"), yes: w.t("returned.yes"),
		takes: func(in desk.Inspection) (answer, string, string) {
			if in.Tag != nil && (in.Kind == desk.KindOurs || in.Kind == desk.KindHalf) {
				tag = in.Tag.ID
				do := w.t("returned.here.do")
				if home != "" && in.Tag.Home != home {
					do = w.t("returned.other-home") + " " + do
				}
				return confirm, w.t("returned.here", "tag", w.tagName(*in.Tag)), do
			}
			if in.Kind == desk.KindBlank {
				return refuse, w.t("wipe.blank"), w.t("wipe.blank.do")
			}
			return refuse, w.thingName(in), w.thingDo(in)
		},
		run: func(ctx context.Context, _ desk.IssueOptions, p desk.ProgressFunc) (outcome, error) {
			revoked, err := w.desk.RevokeReturned(ctx, w.bench.reader, tag, p)
			return outcome{revoked: &revoked}, err
		},
		ready: func(o outcome) readyWords {
			w.shell.board.changed(o.revoked.Tag.Home)
			return readyWords{
				title: w.t("returned.ready"), text: w.t("returned.ready.do", "tag", w.tagName(o.revoked.Tag)),
				again: w.t("returned.next"), receipt: &o.revoked.Tag,
			}
		},
		again: func() { w.returned(home) },
		after: func(o outcome) {
			w.shell.board.show(newStatementPane(w, &w.shell.board.stand, o.revoked.Tag.Home, o.revoked.Statement, false))
		},
	}))
}
