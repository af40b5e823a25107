package window

import "sleutelbord/app/sound"

// prefSound is whether the window may be heard.
const prefSound = "sound"

// audible tells whether the window may be heard: it may, until somebody says
// no.
func (w *Window) audible() bool { return w.o.App.Preferences().BoolWithFallback(prefSound, true) }

// sound says by ear what a screen says by words and colour, if the person wants
// to hear it. It waits for nothing.
func (w *Window) sound(k sound.Kind) {
	if w.o.Sound != nil && w.audible() {
		w.o.Sound(k)
	}
}
