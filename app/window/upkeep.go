package window

import (
	"context"
	"time"

	"sleutelbord/app/desk"
)

// upkeepEvery is how often the window looks whether a backup is due.
const upkeepEvery = time.Hour

// keepUp makes the backups that are due, at once and while the window is open.
func (w *Window) keepUp(ctx context.Context, d *desk.Desk) {
	w.jobs.running.Go(func() {
		tick := time.NewTicker(upkeepEvery)
		defer tick.Stop()
		_ = w.jobs.protect(func() error { // a panic is logged there
			d.RunUpkeep(ctx, tick.C)
			return nil
		})
	})
}
