package window

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// maxList is the most bytes that a list may have: 100,000 locks have 12 MB.
const maxList = 64 << 20

// listEndings are how names of lists end.
var listEndings = []string{".csv", ".txt"}

// importer is the pane that brings homes and locks in from a list.
type importer struct {
	w       *Window
	root    fyne.CanvasObject
	body    *fyne.Container
	choose  *button
	take    *button
	wrong   *mistakes // nil unless the list was wrong
	data    []byte
	working bool
}

func newImporter(w *Window) *importer {
	p := &importer{w: w, body: container.NewStack()}
	p.choose = w.newButton(primaryButton, "file", w.t("import.choose"), p.chooseFile).grown()
	p.root = w.paneFrame("file", w.t("import.title"), w.site.Name, p.body)
	p.intro()
	return p
}

func (p *importer) object() fyne.CanvasObject { return p.root }
func (p *importer) busy() bool                { return p.working }

// shown implements [pane].
func (p *importer) shown() {
	if p.take != nil {
		p.w.win.Canvas().Focus(p.take)
		return
	}
	p.w.win.Canvas().Focus(p.choose)
}

// back implements [pane].
func (p *importer) back() bool {
	if !p.working {
		p.w.shell.board.leavePane()
	}
	return true
}

// intro says what the list looks like.
func (p *importer) intro() {
	w := p.w
	example := newProse("building,floor,home,lock,zone,kind,public_key\nCalslaan,2,12-204,SL-0001,Calslaan 12-204,home,…\nCalslaan,,,SL-0900,"+w.t("import.example.entrance")+",shared,…", theme.SizeNameCaptionText, colorMuted, fyne.TextStyle{Monospace: true}, fyne.TextAlignLeading)
	p.put(newCard(column(10,
		para(w.t("import.intro"), toneInfo, theme.SizeNameText),
		newSurface(colorPlainSoft, "", 9, 10, flush(example.RichText)),
		para(w.t("import.intro.rules"), tonePlain, theme.SizeNameText), gap(1, 2),
		container.NewHBox(p.choose))))
}

func (p *importer) put(o fyne.CanvasObject) {
	p.body.Objects = []fyne.CanvasObject{container.NewBorder(o, nil, nil, nil)}
	p.body.Refresh()
}

// chooseFile asks for the file.
func (p *importer) chooseFile() {
	p.w.askFile(listEndings, p.read)
}

// read reads a file and shows what importing it would do.
func (p *importer) read(path string) {
	p.working = true
	p.choose.enable(false)
	var data []byte
	var sum desk.Imported
	p.w.jobs.run(func(ctx context.Context) (err error) {
		if data, err = readList(path); err != nil {
			return err
		}
		sum, err = p.w.desk.PreviewImport(ctx, bytes.NewReader(data))
		return err
	}, func(err error) {
		p.working = false
		p.choose.enable(true)
		var wrong *desk.ImportError
		switch {
		case errors.As(err, &wrong):
			p.showErrors(wrong.Rows)
		case err != nil:
			p.w.complain(err)
		default:
			p.data = data
			p.preview(sum)
		}
	})
}

// readList reads a list, which is not longer than [maxList].
func readList(path string) (data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the list: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err = io.ReadAll(io.LimitReader(f, maxList+1))
	if err != nil {
		return nil, fmt.Errorf("reading the list: %w", err)
	}
	if len(data) > maxList {
		return nil, fmt.Errorf("reading the list: longer than %d bytes", maxList)
	}
	return data, nil
}

// preview shows what would be added.
func (p *importer) preview(sum desk.Imported) {
	w := p.w
	rows := column(6)
	for _, f := range []struct {
		icon, key string
		n         int
	}{
		{"building", "import.buildings", sum.Buildings},
		{"home", "import.homes", sum.Homes},
		{"door", "import.zones", sum.Zones},
		{"lock", "import.locks", sum.Locks},
		{"check", "import.unchanged", sum.Unchanged},
	} {
		rows.Add(line(10, newGlyph(f.icon, theme.ColorNamePrimary, 22), newWord(w.count(f.key, f.n), theme.SizeNameText, theme.ColorNameForeground, false)))
	}
	p.take = w.newButton(primaryButton, "check", w.t("import.yes"), p.store).grown()
	p.choose.as(plainButton)
	p.wrong = nil
	p.put(newCard(column(10, para(w.t("import.preview", "n", sum.Rows), toneGood, theme.SizeNameSubHeadingText), rows,
		para(w.t("import.preview.do"), tonePlain, theme.SizeNameText), container.NewHBox(p.take, gap(4, 1), p.choose))))
	p.shown()
}

// showErrors shows what is wrong.
func (p *importer) showErrors(rows []desk.RowError) {
	p.take = nil
	p.choose.as(primaryButton)
	p.wrong = newMistakes(p.w, rows, p.w.t("import.wrong.do"), p.choose)
	p.body.Objects = []fyne.CanvasObject{p.wrong.root}
	p.body.Refresh()
	p.shown()
}

// store takes the list over.
func (p *importer) store() {
	p.working = true
	p.take.enable(false)
	p.choose.enable(false)
	data := p.data
	var sum desk.Imported
	p.w.jobs.run(func(ctx context.Context) (err error) {
		sum, err = p.w.desk.Import(ctx, bytes.NewReader(data))
		return err
	}, func(err error) {
		p.working = false
		p.take.enable(true)
		p.choose.enable(true)
		if err != nil {
			p.w.complain(err)
			return
		}
		p.w.reloadSite()
		p.w.shell.board.load(nil)
		p.take = nil
		done := p.w.newButton(primaryButton, "next", p.w.t("import.done.go"), func() { p.back() }).grown()
		p.put(newCard(column(10, para(p.w.t("import.done", "homes", p.w.count("site.homes", sum.Homes), "locks", p.w.count("site.locks", sum.Locks)), toneGood, theme.SizeNameSubHeadingText),
			para(p.w.t("import.done.do"), tonePlain, theme.SizeNameText), container.NewHBox(done))))
		p.w.win.Canvas().Focus(done)
	})
}
