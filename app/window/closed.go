package window

import (
	"context"
	"errors"
	"slices"

	"sleutelbord/app/desk"
)

// whileClosed closes the records, has act change how they are kept, and opens
// them again, whatever came of it. It needs the passphrase of who is signed in,
// and wipes it; a wrong one is noticed before anything is closed. done is called
// if it went well, in the new window.
func (w *Window) whileClosed(passphrase []byte, act func(ctx context.Context, o desk.Options) error, done func()) {
	if w.saidWriting() {
		clear(passphrase)
		return
	}
	who := w.desk.Me().Name
	w.jobs.run(func(ctx context.Context) error { return w.desk.Unlock(ctx, "", passphrase) }, func(err error) {
		if err != nil {
			clear(passphrase)
			w.complain(err)
			return
		}
		if w.saidWriting() { // a tag was laid meanwhile
			clear(passphrase)
			return
		}
		at := w.spot()
		o := desk.Options{Dir: w.recordsDir(), Log: w.o.Log, Clock: w.o.Clock, Operator: who, Passphrase: passphrase, Store: w.o.Store}
		w.closeForAct()
		w.reopen(o, at, act, done)
	})
}

// closeForAct takes everything away that uses the records.
func (w *Window) closeForAct() {
	w.letGo()
	w.leaveScreens()
	w.start.put(stepBusy, w.t("closed.title"), w.t("closed.do"), nil)
	w.start.hold(true)
}

// reopen does the act and opens the records again.
func (w *Window) reopen(o desk.Options, at spot, act func(ctx context.Context, o desk.Options) error, done func()) {
	was := w.desk
	var d *desk.Desk
	var site desk.SiteView
	var failed error // of the act
	w.jobs.run(func(ctx context.Context) (err error) {
		defer clear(o.Passphrase)
		if err := was.Close(); err != nil {
			return err
		}
		typed := slices.Clone(o.Passphrase)
		defer clear(typed)
		failed = act(ctx, o)
		o.Passphrase = typed
		if d, err = desk.Open(context.WithoutCancel(ctx), o); err != nil {
			return errors.Join(failed, err)
		}
		if site, err = d.Site(context.WithoutCancel(ctx)); err != nil {
			return errors.Join(failed, err, d.Close())
		}
		return nil
	}, func(err error) {
		if err != nil {
			w.desk = nil
			w.start = newStart(w)
			w.win.SetContent(w.start.object())
			w.start.begin()
			w.start.refused(w.explain(err))
			return
		}
		w.opened(d, site)
		w.turnBack(at)
		if failed != nil {
			w.complain(failed)
			return
		}
		done()
	})
}

// letGo ends what runs beside the window on the open records.
func (w *Window) letGo() {
	if w.release != nil {
		w.release()
		w.release = nil
	}
	if w.gateway.cancel != nil {
		w.gateway.cancel() // it starts again with the records
	}
}
