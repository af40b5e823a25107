package window

import (
	"fmt"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// beatEvery is how often the window shows that work goes on.
const beatEvery = 500 * time.Millisecond

// busy shows that work goes on, as long as some is taking long: a mark that
// steps, and the seconds. It draws twice a second then, and never else.
type busy struct {
	w     *Window
	since time.Time
	beats int
	timer *time.Timer // nil while nothing takes long
}

// busyView is where a screen shows it.
type busyView struct {
	root fyne.CanvasObject
	mark *pulse
	text *word
	// cancel ends what is taking long.
	cancel *button
	// changed lays the screen out again, as root has come or gone.
	changed func()
}

// newBusyView makes one, which is hidden at first.
func (w *Window) newBusyView(size fyne.ThemeSizeName) *busyView {
	v := &busyView{mark: newPulse(), text: newWord("", size, colorMuted, false)}
	v.cancel = w.newButton(quietButton, "cross", w.t("button.cancel"), w.cancelSlow)
	v.root = line(8, v.mark, v.text, v.cancel)
	v.root.Hide()
	return v
}

// set begins or ends it.
func (b *busy) set(on bool) {
	switch {
	case on && b.timer == nil:
		b.since, b.beats = time.Now().Add(-slowAfter), 0
		b.beat()
	case !on && b.timer != nil:
		b.stop()
		b.show(false)
	}
}

// stop ends the beating.
func (b *busy) stop() {
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
}

// beat shows one step more, on whatever screen is there now.
func (b *busy) beat() {
	b.show(true)
	b.beats++
	var t *time.Timer
	t = time.AfterFunc(beatEvery, func() {
		b.w.jobs.onMain(func() {
			if b.timer == t {
				b.beat()
			}
		})
	})
	b.timer = t
}

func (b *busy) show(on bool) {
	var v *busyView
	switch {
	case b.w.shell != nil:
		v = b.w.shell.strip.busy
	case b.w.start != nil:
		v = b.w.start.busy
	}
	if v == nil {
		return
	}
	text := v.text.text
	if on {
		took := int(time.Since(b.since) / time.Second)
		text = fmt.Sprintf("%s %d:%02d", b.w.t("strip.working"), took/60, took%60)
		v.mark.step(b.beats)
	}
	fits := v.root.Visible() == on && len(text) == len(v.text.text)
	v.text.set(text)
	setShown(v.root, on)
	if !fits {
		v.changed()
	}
}

// pulse is a row of dots, of which one is bright.
type pulse struct {
	widget.BaseWidget
	at int
}

// pulseDots is how many dots there are.
const pulseDots = 5

func newPulse() *pulse {
	p := &pulse{}
	p.ExtendBaseWidget(p)
	return p
}

// step makes another dot the bright one: to the right, and back.
func (p *pulse) step(n int) {
	n %= 2 * (pulseDots - 1)
	if p.at = n; n >= pulseDots {
		p.at = 2*(pulseDots-1) - n
	}
	p.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (p *pulse) CreateRenderer() fyne.WidgetRenderer {
	r := &pulseRenderer{p: p}
	for range pulseDots {
		r.dots = append(r.dots, canvas.NewCircle(color.Transparent))
	}
	r.paint()
	return r
}

type pulseRenderer struct {
	p    *pulse
	dots []fyne.CanvasObject
}

func (r *pulseRenderer) paint() {
	for i, d := range r.dots {
		name := colorEdge
		if i == r.p.at {
			name = theme.ColorNamePrimary
		}
		d.(*canvas.Circle).FillColor = paint(name)
	}
}

func (r *pulseRenderer) Layout(s fyne.Size) {
	for i, d := range r.dots {
		d.Resize(fyne.NewSquareSize(sized(7)))
		d.Move(fyne.NewPos(float32(i)*sized(11), (s.Height-sized(7))/2))
	}
}

func (r *pulseRenderer) MinSize() fyne.Size {
	return fyne.NewSize(sized(11*(pulseDots-1)+7), sized(7))
}
func (r *pulseRenderer) Objects() []fyne.CanvasObject { return r.dots }
func (r *pulseRenderer) Destroy()                     {}
func (r *pulseRenderer) Refresh() {
	r.paint()
	for _, d := range r.dots {
		d.Refresh()
	}
}
