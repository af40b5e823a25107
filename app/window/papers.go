package window

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"sleutelbord/app/evidence"
	"sleutelbord/assets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// paperMaker makes a document in the form that the ending of a file asks for
// (".pdf"), in a language. It is called in the background.
type paperMaker func(ctx context.Context, ending, lang string) ([]byte, error)

// paperRoom is a folder of this process for papers that are shown or printed. It is
// removed when the desk locks itself and when the window closes.
type paperRoom struct {
	mu     sync.Mutex
	folder string
}

// put writes a paper that only its owner can read, and gives the file.
func (r *paperRoom) put(name string, content []byte) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.folder == "" {
		var err error
		if r.folder, err = os.MkdirTemp("", "sleutelbord-papers-"); err != nil {
			return "", err
		}
	}
	// A folder of its own: the name is what people see, and the same paper may be
	// open already.
	dir, err := os.MkdirTemp(r.folder, "")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, name)
	return file, os.WriteFile(file, content, 0o600)
}

// clear removes all papers.
func (r *paperRoom) clear() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.folder == "" {
		return nil
	}
	err := os.RemoveAll(r.folder)
	if err == nil {
		r.folder = ""
	}
	return err
}

// clearPapers removes the papers that were shown. A program that still shows one may
// hold it; then it stays until the window closes, or the system clears its
// temporary files.
func (w *Window) clearPapers() {
	if err := w.papers.clear(); err != nil {
		w.o.Log.WithError(err).Warn("removing papers that were shown")
	}
}

// saveNew writes a paper into a file that a dialog has made: where that fails,
// none is left.
func saveNew(file string, content []byte) error {
	err := evidence.WritePaper(file, content)
	if err != nil {
		if i, serr := os.Stat(file); serr == nil && i.Size() == 0 {
			_ = os.Remove(file) // the dialog made it
		}
	}
	return err
}

// paperBar offers a document: to look at, to print and to save.
type paperBar struct {
	w       *Window
	name    string // of the file, without its ending
	lang    func() string
	make    paperMaker
	object  fyne.CanvasObject
	show    *button
	print   *button
	saves   map[string]*button // by ending
	working bool
}

// newPaperBar offers the document that maker makes, in the language that lang gives.
// The first of the endings is .pdf, which is what is shown and printed.
func (w *Window) newPaperBar(name string, lang func() string, maker paperMaker, endings ...string) *paperBar {
	b := &paperBar{w: w, name: name, lang: lang, make: maker, saves: make(map[string]*button)}
	row := flowing(6)
	if len(endings) > 0 && endings[0] == ".pdf" {
		b.show = w.newButton(plainButton, "inspect", w.t("paper.show"), b.preview)
		b.print = w.newButton(plainButton, "print", w.t("paper.print"), b.toPrinter)
		row.Add(b.show)
		row.Add(b.print)
	}
	saves := line(2, newWord(w.t("paper.save"), theme.SizeNameText, colorMuted, false))
	for _, ending := range endings {
		b.saves[ending] = w.newButton(quietButton, "", kindOf(ending)+" …", func() { b.chooseFile(ending) })
		saves.Add(b.saves[ending])
	}
	row.Add(saves)
	b.object = row
	return b
}

// kindOf is a kind of file as people call it.
func kindOf(ending string) string {
	switch ending {
	case ".pdf":
		return "PDF"
	case ".ods":
		return "ODS"
	case ".csv":
		return "CSV"
	}
	return "JSON"
}

// hold switches the buttons off while a document is made.
func (b *paperBar) hold(on bool) {
	b.working = on
	for _, x := range []*button{b.show, b.print} {
		if x != nil {
			x.enable(!on)
		}
	}
	for _, x := range b.saves {
		x.enable(!on)
	}
}

// run makes the document, hands it to use in the background, and calls then.
func (b *paperBar) run(ending string, use func(content []byte) error, then func()) {
	if b.working {
		return
	}
	b.hold(true)
	lang := b.lang()
	b.w.jobs.run(func(ctx context.Context) error {
		content, err := b.make(ctx, ending, lang)
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return use(content)
	}, func(err error) {
		b.hold(false)
		if err != nil {
			b.w.complain(err)
			return
		}
		then()
	})
}

// preview shows the document with the system's own program for it.
func (b *paperBar) preview() {
	var file string
	b.run(".pdf", func(content []byte) (err error) {
		file, err = b.w.papers.put(b.name+".pdf", content)
		return err
	}, func() {
		if err := b.w.openFile(file); err != nil {
			b.w.o.Log.WithError(err).Warn("showing a paper")
			b.w.tell(toneWarn, "file", b.w.t("paper.not-shown"), b.w.t("paper.not-shown.do"))
		}
	})
}

// toPrinter prints the document.
func (b *paperBar) toPrinter() {
	var file string
	b.run(".pdf", func(content []byte) (err error) {
		file, err = b.w.papers.put(b.name+".pdf", content)
		return err
	}, func() { b.w.printPaper(file) })
}

// chooseFile asks where the document goes.
func (b *paperBar) chooseFile(ending string) {
	b.w.askNew(b.name+ending, func(file string) { b.saveTo(ending, file) })
}

// saveTo makes the document and writes it into a file.
func (b *paperBar) saveTo(ending, file string) {
	b.run(ending, func(content []byte) error { return saveNew(file, content) },
		func() { b.w.tell(toneGood, "done", b.w.t("paper.saved"), file) })
}

// languageChoice lets one choose the language of papers. It is remembered for
// nobody.
type languageChoice struct {
	*choice
	langs []string
}

// newLanguageChoice begins with the window's language, where papers have it.
func (w *Window) newLanguageChoice(langs []string) *languageChoice {
	var names []string
	for _, l := range langs {
		names = append(names, assets.Words(l).T("language.name", nil))
	}
	at := max(0, slices.Index(langs, w.words.Lang()))
	return &languageChoice{w.newChoice(names, at, func(int) {}), langs}
}

// lang is the language that is chosen.
func (c *languageChoice) lang() string { return c.langs[max(c.SelectedIndex(), 0)] }

// labelled is a choice with its name before it.
func (w *Window) labelled(key string, o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewHBox(line(10, newWord(w.t(key), theme.SizeNameText, colorMuted, false), container.New(atLeast{200}, bordered(o))))
}

// certificateName is the name of a certificate's file.
func certificateName(number int64) string { return "certificate-" + strconv.FormatInt(number, 10) }
