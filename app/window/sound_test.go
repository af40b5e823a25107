package window

import (
	"slices"
	"testing"

	"sleutelbord/app/sound"
)

// heard gathers the sounds of a rig's window.
func heard(all *[]sound.Kind) func(*Options) {
	return func(o *Options) { o.Sound = func(k sound.Kind) { *all = append(*all, k) } }
}

func TestSounds(t *testing.T) {
	var all []sound.Kind
	r := newRig(t, heard(&all))
	r.demo(90)
	expect := func(what string, want ...sound.Kind) {
		t.Helper()
		if !slices.Equal(all, want) {
			t.Errorf("%s sounds like %v instead of %v", what, all, want)
		}
		all = nil
	}
	r.handOut(home)
	expect("a tag that is ready", sound.Ready)

	r.tap(r.w.tray.cards[0].button)
	r.tagPane("ours")
	r.w.handOut(home)
	r.phase(phaseRefused)
	expect("a tag that lay there before", sound.Take)
	r.lift()
	r.tap(r.w.tray.cards[0].button)
	r.phase(phaseRefused)
	expect("a tag that is laid and cannot be used", sound.Wrong)
	r.lift()
	r.w.tray.tear.SetChecked(true)
	r.layBlank()
	r.phase(phaseTorn)
	expect("a tag that is torn", sound.Wrong)
	r.tap(r.writing().leave)

	r.app.Preferences().SetBool(prefSound, false)
	r.handOut(neighbour)
	expect("a window that may not be heard")
}
