package window

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
)

// TestEvidenceScreens goes through the screens of papers, requests and evidence, as
// [TestScreens] does for the rest, also on the smallest screen.
func TestEvidenceScreens(t *testing.T) {
	for _, look := range []struct {
		name  string
		v     variant
		lang  string
		scale float64
		size  fyne.Size
	}{
		{"small-nl", variantLight, "nl", 1, fyne.NewSize(1024, 640)},
		{"dark-en", variantDark, "en", 1, fyne.NewSize(1280, 760)},
		{"light-de", variantLight, "de", 1, fyne.NewSize(1366, 700)},
		{"large-nl", variantLight, "nl", 1.6, fyne.NewSize(1920, 1040)},
	} {
		t.Run(look.name, func(t *testing.T) {
			r := newRig(t, func(o *Options) {
				o.App.Preferences().SetString(prefVariant, string(look.v))
				o.App.Preferences().SetString(prefLanguage, look.lang)
				o.App.Preferences().SetFloat(prefScale, look.scale)
			})
			r.w.win.Resize(look.size)
			n := 0
			r.walkPapers(func(name string) {
				n++
				r.screen(fmt.Sprintf("evid-%s-%02d-%s", look.name, n, name), look.size)
			})
		})
	}
}

func (r *rig) walkPapers(shot func(name string)) {
	r.demo(90)
	r.handOut(neighbour)
	r.tap(r.open(home).handOut)
	r.layBlank()
	r.phase(phaseReady)
	shot("ready")
	r.tap(r.writing().receipt)
	shot("receipt")
	r.lift()
	r.tap(r.w.shell.board.pane.(*receiptPane).done)
	r.home(home)
	shot("home")
	p := r.requests(home)
	shot("requests")
	r.tap(p.objects)
	p = r.request(func(p *requestsPane) bool { return len(p.outcomes) == 3 })
	p.scroll.ScrollToBottom()
	shot("requests-below")
	r.w.escape()
	r.tap(r.home(home).moveOut)
	r.w.onYes()
	r.until("moved out", func() bool { _, ok := r.w.shell.board.pane.(*movedPane); return ok })
	r.w.escape()
	p = r.requests(home)
	p.scroll.ScrollToBottom()
	r.tap(p.erase)
	shot("erase-ask")
	r.w.onYes()
	r.until("the certificate", func() bool { _, ok := r.w.shell.board.pane.(*erasedPane); return ok })
	shot("erased")
}
