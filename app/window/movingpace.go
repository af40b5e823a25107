package window

import (
	"slices"
	"time"
)

// pace is how fast the tags of a moving day are handed out in this sitting. It
// is kept nowhere else: the records know days and no times.
type pace struct {
	since time.Time // when the tag that is next was asked for first; zero in a pause
	took  []time.Duration
}

const (
	// paceOf is how many of the last tags count.
	paceOf = 20
	// paceLongest is from when on nobody was at it: a talk, a coffee.
	paceLongest = 10 * time.Minute
)

// begin notes that the next tag is asked for.
func (p *pace) begin(now time.Time) {
	if p.since.IsZero() {
		p.since = now
	}
}

// pause forgets what was begun.
func (p *pace) pause() { p.since = time.Time{} }

// done notes that a tag is ready.
func (p *pace) done(now time.Time) {
	if took := now.Sub(p.since); !p.since.IsZero() && took > 0 && took < paceLongest {
		p.took = append(p.took, took)
		p.took = p.took[max(0, len(p.took)-paceOf):]
	}
	p.since = now
}

// each is the time that a tag takes: half of the last ones took less. It is 0
// as long as nobody can tell.
func (p *pace) each() time.Duration {
	if len(p.took) == 0 {
		return 0
	}
	all := slices.Sorted(slices.Values(p.took))
	return all[len(all)/2]
}

// now is the time at this desk.
func (w *Window) now() time.Time {
	if w.o.Clock != nil {
		return w.o.Clock()
	}
	return time.Now()
}

// paceWords are the time for a tag, and the time that is left for so many.
func (w *Window) paceWords(left int) string {
	each := w.pace.each()
	switch {
	case left == 0:
		return w.t("moving.none-left")
	case each == 0:
		return w.count("moving.left", left)
	}
	seconds := max(1, int(each.Round(time.Second)/time.Second))
	minutes := max(1, int((time.Duration(left)*each).Round(time.Minute)/time.Minute))
	return w.t("moving.pace", "seconds", seconds, "n", minutes)
}
