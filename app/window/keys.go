package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"sleutelbord/assets"
)

// hearEscape has Escape go one step back where no field takes it.
func (w *Window) hearEscape() {
	w.win.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape {
			w.stepBack()
		}
	})
}

// pressHome presses a button of the home that is shown, if one is.
func (w *Window) pressHome(which func(p *homePane) *button) func() {
	return func() {
		if p, ok := w.shell.board.pane.(*homePane); ok && w.shell.current == pageBoard && p.handOut != nil {
			which(p).Tapped(nil)
		}
	}
}

// pressNew is Ctrl+N: the next tag where one was just finished, else a tag for
// the home that is open.
func (w *Window) pressNew(otherwise func()) func() {
	return func() {
		if p, ok := w.shell.frontPane().(*writePane); ok {
			if p.phase == phaseReady && p.act.again != nil {
				p.act.again()
			}
			return
		}
		if p, ok := w.shell.board.pane.(*tagPane); ok && w.shell.board.home != "" && p != nil {
			w.handOut(w.shell.board.home)
			return
		}
		otherwise()
	}
}

// pressMore presses the further button with a key in the act on a tag that is
// shown.
func (w *Window) pressMore(key string) func() {
	return func() {
		p, ok := w.shell.frontPane().(*writePane)
		if !ok {
			return
		}
		for _, b := range p.more {
			if b.shortcut == w.t("key.ctrl")+key {
				b.Tapped(nil)
				return
			}
		}
	}
}

// stepBack is Escape, whatever has the focus.
func (w *Window) stepBack() { w.jobs.guard(func() { w.goBack() }) }

// escape goes one step back, wherever one is.
func (w *Window) escape() {
	above := w.win.Canvas().Overlays()
	switch {
	case w.asked != nil:
		w.closeQuestion()
	case above.Top() != nil:
		above.Remove(above.Top()) // a choice of files
	case w.shell == nil:
		if w.start != nil {
			w.start.back()
		}
	case w.shell.front() != nil && w.shell.front().pane.back():
	case w.shell.current == pageEvidence && w.shell.evidence.back():
	case w.shell.current == pageSettings && w.shell.settings.back():
	case w.shell.current != pageBoard:
		w.shell.turnTo(pageBoard)
	default:
		w.shell.board.focusSearch()
	}
}

// askClose is called when the window is to be closed. While a tag is being
// written it asks first, and ends safely.
func (w *Window) askClose() {
	p := w.writingPane()
	if p == nil {
		w.quit()
		return
	}
	w.ask("tag-half", w.t("close.writing"), w.t("close.writing.do"), w.t("close.writing.yes"), func() {
		if w.writingPane() == nil {
			w.quit()
			return
		}
		w.closing = true
		p.stop()
	})
}

// writingPane is the pane that is writing a tag, nil if none is.
func (w *Window) writingPane() *writePane {
	if w.shell == nil {
		return nil
	}
	return w.shell.acting()
}

// afterWriting closes the window if that was asked for while a tag was written.
func (w *Window) afterWriting() {
	if w.closing {
		w.quit()
	}
}

// End closes the window as its close button does, but without asking: what is
// being written stops between two commands.
func (w *Window) End() {
	if p := w.writingPane(); p != nil {
		w.closing = true
		p.stop()
		return
	}
	w.quit()
}

// quit closes the window, which ends the program.
func (w *Window) quit() {
	w.rememberSize()
	w.win.SetCloseIntercept(nil)
	w.win.Close()
}

// appIcon is the program's own icon in a size.
func (w *Window) appIcon(size float32) fyne.CanvasObject {
	svg, _ := assets.AppIcon()
	img := canvas.NewImageFromResource(fyne.NewStaticResource("icon.svg", svg))
	img.FillMode = canvas.ImageFillContain
	return container.NewGridWrap(fyne.NewSquareSize(sized(size)), img)
}
