package window

import (
	"context"
	"path/filepath"
	"sync"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// prefGateway is whether the gateway runs while the window is open.
const prefGateway = "gateway"

// gateway runs the site's gateway to its broker. All fields but those below the
// mutex belong to the main goroutine.
type gateway struct {
	w      *Window
	cancel context.CancelFunc // nil while it does not run
	// again has it started again when it has ended: its settings were changed.
	again bool
	view  desk.GatewayView
	// broken is why it ended by itself, "" if it did not.
	broken desk.Code

	mu      sync.Mutex
	newest  desk.GatewayView
	pending bool // a post for newest is under way
}

// recordsDir is the folder of the records that are open.
func (w *Window) recordsDir() string {
	if w.throwaway != "" {
		return filepath.Join(w.throwaway, demoFolder)
	}
	return w.o.Dir
}

// gatewayConfig is the file with the gateway's settings.
func (w *Window) gatewayConfig() string { return filepath.Join(w.recordsDir(), "gateway.json") }

// start connects the gateway, and keeps it so until stop.
func (g *gateway) start() {
	if g.cancel != nil {
		return
	}
	w := g.w
	w.o.App.Preferences().SetBool(prefGateway, true)
	ctx, cancel := context.WithCancel(w.jobs.ctx)
	g.cancel, g.broken, g.view = cancel, "", desk.GatewayView{}
	config := w.gatewayConfig()
	w.jobs.running.Go(func() {
		err := w.jobs.protect(func() error {
			run, err := w.desk.NewGateway(ctx, config)
			if err != nil {
				return err
			}
			return run.Run(ctx, g.changed)
		})
		w.jobs.onMain(func() { g.ended(err) })
	})
	g.tell()
}

// resume starts it on records that were just opened; if it still ends on those
// that were open before, when it has.
func (g *gateway) resume() {
	if g.cancel != nil {
		g.again = true
		return
	}
	g.start()
}

// stop hangs up.
func (g *gateway) stop() {
	if g.cancel != nil {
		g.w.o.App.Preferences().SetBool(prefGateway, false)
		g.cancel()
	}
}

// restart takes new settings over, if it runs.
func (g *gateway) restart() {
	if g.cancel != nil {
		g.again = true
		g.cancel()
	}
}

// changed takes a new state from the gateway's goroutine. Only the newest is
// kept, and one post is under way at a time.
func (g *gateway) changed(v desk.GatewayView) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.newest = v
	if g.pending {
		return
	}
	g.pending = true
	g.w.jobs.onMain(func() {
		g.mu.Lock()
		v := g.newest
		g.pending = false
		g.mu.Unlock()
		if g.cancel != nil {
			g.take(v)
		}
	})
}

// take is the new state, on the main goroutine.
func (g *gateway) take(v desk.GatewayView) {
	moved := v.Published != g.view.Published || v.Receipts != g.view.Receipts
	g.view = v
	g.tell()
	if moved && g.w.shell != nil && g.w.shell.current == pageLocks {
		g.w.shell.locks.load()
	}
}

// ended is the end of the gateway: it was stopped, or cannot work.
func (g *gateway) ended(err error) {
	g.cancel()
	g.cancel, g.view = nil, desk.GatewayView{}
	if err != nil {
		g.broken = g.w.explain(err).code
	}
	if g.again {
		g.again = false
		g.start()
		return
	}
	g.tell()
}

// tell shows the state where it is shown.
func (g *gateway) tell() {
	if g.w.shell == nil {
		return
	}
	if p, ok := g.w.shell.locks.pane.(*bringPane); ok {
		p.gateway.show()
	}
}

// gatewayState is the state in words.
type gatewayState struct {
	tone             tone
	icon, badge      string
	text             string
	running, settled bool // settled: there are settings
}

func (g *gateway) state() gatewayState {
	w := g.w
	s := gatewayState{running: g.cancel != nil, settled: true}
	say := func(t tone, icon, badge, text string) {
		s.tone, s.icon, s.badge, s.text = t, icon, w.t("gateway."+badge), text
	}
	v := g.view
	counts := w.t("gateway.counts", "published", w.count("bundled.written", v.Published), "receipts", w.count("gateway.receipts", v.Receipts), "waiting", w.count("locks.open", v.Waiting))
	switch settings, err := desk.ReadGatewaySettings(w.gatewayConfig()); {
	case s.running && v.Connected && v.Problem == "":
		say(toneGood, "check", "connected", v.Broker+". "+counts)
	case s.running && v.Connected:
		p := w.problemWords(v.Problem, nil)
		say(toneWarn, "warn", "connected", p.what+". "+p.do)
	case s.running && v.Problem != "":
		p := w.problemWords(v.Problem, nil)
		say(toneWarn, "sync", "reconnecting", p.what+". "+p.do)
	case s.running:
		say(toneInfo, "sync", "connecting", w.t("gateway.connecting.do"))
	case g.broken != "":
		p := w.problemWords(g.broken, nil)
		say(toneBad, "warn", "broken", p.what+". "+p.do)
	case err != nil:
		p := w.explain(err)
		say(toneBad, "warn", "broken", p.what+". "+p.do)
	case settings == desk.GatewaySettings{}:
		s.settled = false
		say(tonePlain, "dot", "none", w.t("gateway.none.do"))
	default:
		say(tonePlain, "dot", "stopped", w.t("gateway.stopped.do", "broker", settings.Broker))
	}
	return s
}

// gatewayCard shows the state of the gateway, and starts and stops it.
type gatewayCard struct {
	w                     *Window
	plane                 *surface
	body                  *fyne.Container
	start, stop, settings *button
}

func newGatewayCard(w *Window) *gatewayCard {
	c := &gatewayCard{w: w, body: column(10)}
	c.plane = newCard(c.body)
	c.start = w.newButton(plainButton, "play", w.t("gateway.start"), w.gateway.start)
	c.stop = w.newButton(plainButton, "pause", w.t("gateway.stop"), w.gateway.stop)
	c.settings = w.newButton(plainButton, "settings", w.t("gateway.settings"), func() { w.shell.settings.goTo(subCarriers) })
	c.show()
	return c
}

func (c *gatewayCard) object() fyne.CanvasObject { return c.plane }

// show shows the present state.
func (c *gatewayCard) show() {
	s := c.w.gateway.state()
	c.start.Hidden, c.stop.Hidden = s.running || !s.settled, !s.running
	title := line(8, newGlyph("gateway", theme.ColorNamePrimary, 20), newWord(c.w.t("gateway.title"), theme.SizeNameSubHeadingText, theme.ColorNameForeground, true))
	head := container.NewBorder(nil, nil, title, container.New(middle{}, newBadge(s.icon, s.badge, s.tone)))
	c.body.Objects = []fyne.CanvasObject{head, para(s.text, tonePlain, theme.SizeNameText), container.New(beside{6}, c.start, c.stop, c.settings)}
	c.body.Refresh()
}
