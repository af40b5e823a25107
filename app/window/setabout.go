package window

import (
	"runtime"
	"runtime/debug"
	"strings"

	"sleutelbord/assets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// aboutPage is the sub-page that says what this is, and under which licences
// its parts are.
type aboutPage struct {
	w        *Window
	root     *fyne.Container
	licences *button
	leave    *button
	list     *list
}

func newAboutPage(w *Window) *aboutPage {
	p := &aboutPage{w: w, root: container.NewStack()}
	p.licences = w.newButton(plainButton, "file", w.t("about.licences"), p.showLicences)
	p.leave = w.newButton(quietButton, "back", w.t("button.back"), func() { p.back() })
	p.intro()
	return p
}

func (p *aboutPage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *aboutPage) shown() {
	if p.list != nil {
		p.w.win.Canvas().Focus(p.list)
		return
	}
	p.w.win.Canvas().Focus(p.licences)
}

// back implements [stepping].
func (p *aboutPage) back() bool {
	if p.list == nil {
		return false
	}
	p.intro()
	p.shown()
	return true
}

func (p *aboutPage) put(o fyne.CanvasObject) {
	p.root.Objects = []fyne.CanvasObject{o}
	p.root.Refresh()
}

// intro says what this is.
func (p *aboutPage) intro() {
	w := p.w
	p.list = nil
	p.put(w.section("info", w.t("app.name")+" "+w.o.Version, "", column(8,
		para(w.t("settings.about.text"), toneInfo, theme.SizeNameText),
		para(w.t("about.made-with", "with", w.madeWith()), tonePlain, theme.SizeNameCaptionText),
		para(w.t("settings.about.font"), tonePlain, theme.SizeNameCaptionText),
		container.NewHBox(p.licences))))
}

// showLicences shows the licences of what is linked in, to be read line by
// line: as one text they would be too much to draw.
func (p *aboutPage) showLicences() {
	w := p.w
	lines := strings.Split(strings.TrimSpace(assets.Notices()), "\n")
	p.list = w.newList(func() int { return len(lines) },
		func() fyne.CanvasObject {
			return padded(0, 0, 6, 6, newWord("", theme.SizeNameCaptionText, theme.ColorNameForeground, false).shrinking())
		},
		func(i int, o fyne.CanvasObject) {
			o.(*fyne.Container).Objects[0].(*word).set(strings.ReplaceAll(lines[i], "\t", "    "))
		}, nil)
	p.list.HideSeparators = true
	p.put(w.section("file", w.t("about.licences"), "", container.NewBorder(container.NewHBox(p.leave), nil, nil, nil,
		container.New(atLeastSize{fyne.NewSize(300, 420)}, p.list))))
	p.shown()
}

// madeWith names what the program is made with: Go, the toolkit, the system.
func (w *Window) madeWith() string {
	parts := []string{strings.Replace(runtime.Version(), "go", "Go ", 1)}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "fyne.io/fyne/v2" {
				parts = append(parts, "Fyne "+strings.TrimPrefix(m.Version, "v"))
			}
		}
	}
	return strings.Join(append(parts, runtime.GOOS+"/"+runtime.GOARCH), ", ")
}
