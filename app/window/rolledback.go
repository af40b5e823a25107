package window

import (
	"context"

	"sleutelbord/app/desk"
)

// askRaise says that an older copy of the records was put back, and offers what
// has to be done before tags can be handed out again.
func (w *Window) askRaise() {
	w.ask("warn", w.t("rolledback"), w.t("rolledback.do"), w.t("rolledback.yes"), func() {
		var done desk.Raised
		w.jobs.run(func(ctx context.Context) (err error) {
			done, err = w.desk.RaiseCounters(ctx, desk.RaiseOptions{})
			return err
		}, func(err error) {
			if err != nil {
				w.complain(err)
				return
			}
			w.reloadSite()
			w.tell(toneGood, "done", w.t("rolledback.done"), w.t("rolledback.done.do", "zones", int(done.Zones), "by", int(done.By)))
		})
	})
}
