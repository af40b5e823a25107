package window

import (
	"math"
	"time"
)

// penalty is the wait after too many wrong passphrases, told second by second.
// The desk keeps to it by itself: this only says so.
type penalty struct {
	w *Window
	// say shows the text, free ends it: another passphrase can be tried.
	say  func(text string)
	free func()
	turn int
}

// tell shows p, and counts down if it is a wait.
func (c *penalty) tell(p problem) {
	c.turn++
	seconds, waits := p.args["Seconds"].(int)
	if !waits {
		c.say(p.what + ". " + p.do)
		c.free()
		return
	}
	c.count(p, time.Now().Add(time.Duration(seconds)*time.Second), c.turn)
}

// over forgets what is being counted.
func (c *penalty) over() { c.turn++ }

func (c *penalty) count(p problem, until time.Time, turn int) {
	if turn != c.turn {
		return
	}
	left := int(math.Ceil(time.Until(until).Seconds()))
	if left <= 0 {
		c.say(c.w.t("wait.over"))
		c.free()
		return
	}
	c.say(p.what + ". " + c.w.count("wait.seconds", left))
	time.AfterFunc(time.Second, func() { c.w.jobs.onMain(func() { c.count(p, until, turn) }) })
}
