package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

// layNext begins writing the tags of a campaign anew, one after the other: each
// begins when it is laid, and the next when the one before was taken away.
func (w *Window) layNext(campaign string) {
	if !w.mayBeginAt(pageKeys) {
		return
	}
	var v desk.CampaignView
	w.jobs.run(func(ctx context.Context) (err error) {
		v, err = w.desk.Campaign(ctx, campaign)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			w.complain(err)
		case v.Left.Tags == 0:
			w.shell.keys.turnTo(campaign)
		default:
			w.shell.keys.show(w.renewPane(act{
				at: &w.shell.keys.stand, note: w.count("renew.left", v.Left.Tags), queue: true,
				again: func() { w.layNext(campaign) },
				after: func(outcome) { w.shell.keys.turnTo(campaign) },
			}))
		}
	})
}

// renew begins writing one tag anew that lies on the reader.
func (w *Window) renew(home string) {
	if w.mayBegin() {
		w.shell.board.show(w.renewPane(act{home: home}))
	}
}

// renewPane is an act that writes tags anew.
func (w *Window) renewPane(a act) *writePane {
	a.icon, a.title = "sync", w.t("act.renew")
	a.lay, a.layDo, a.yes = w.t("renew.lay"), w.t("renew.lay.do"), w.t("act.renew")
	a.takes = w.takesRenew
	a.run = func(ctx context.Context, _ desk.IssueOptions, p desk.ProgressFunc) (outcome, error) {
		issued, err := w.desk.Renew(ctx, w.bench.reader, "", desk.RenewOptions{}, p)
		return outcome{issued: &issued}, err
	}
	a.ready = func(o outcome) readyWords {
		w.shell.board.changed(o.issued.Tag.Home)
		words := w.readyTag(o)
		words.again, words.icon = w.t("renew.next"), "sync"
		return words
	}
	return newWritePane(w, a)
}

// takesRenew is for writing a tag anew.
func (w *Window) takesRenew(in desk.Inspection) (a answer, what, do string) {
	switch {
	case in.Kind == desk.KindHalf:
		return begin, w.t("renew.half"), w.t("finish.here.do")
	case in.Kind != desk.KindOurs || in.Tag == nil:
		return refuse, w.thingName(in), w.thingDo(in)
	case in.Tag.State != store.TagIssued:
		return refuse, w.tagTitle(*in.Tag), w.t("renew.ended")
	case len(in.Renew) > 0:
		return begin, w.tagTitle(*in.Tag), w.t("renew.why." + string(in.Renew[0]))
	case in.RenewWaits:
		p := w.problemWords(desk.CodeLocksWaiting, nil)
		return refuse, p.what, p.do
	}
	return refuse, w.tagTitle(*in.Tag), w.t("renew.newest")
}
