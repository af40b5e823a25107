package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/widget"
)

// field is a line to type in that passes Escape on.
type field struct {
	widget.Entry
	escape func()
	enter  func()
	limit  int // how many letters it takes at most; 0: any number
	keys   func(fyne.Shortcut) bool
}

// newField makes a line to type in.
func (w *Window) newField(placeholder string, changed func(string)) *field {
	f := &field{escape: w.stepBack}
	f.init(w, placeholder, changed)
	f.ExtendBaseWidget(f)
	return f
}

// newSecretField makes a line whose text is not shown.
func (w *Window) newSecretField(placeholder string, changed func(string)) *field {
	f := &field{escape: w.stepBack}
	f.Password = true
	f.init(w, placeholder, changed)
	f.ExtendBaseWidget(f)
	return f
}

func (f *field) init(w *Window, placeholder string, changed func(string)) {
	f.keys = w.press
	f.Wrapping = fyne.TextWrapOff
	f.SetPlaceHolder(placeholder)
	f.OnChanged = func(s string) {
		if r := []rune(s); f.limit > 0 && len(r) > f.limit {
			f.SetText(string(r[:f.limit]))
			return
		}
		if changed != nil {
			w.jobs.guard(func() { changed(s) })
		}
	}
	f.OnSubmitted = func(string) {
		if f.enter != nil {
			w.jobs.guard(f.enter)
		}
	}
}

// TypedKey implements [fyne.Focusable].
func (f *field) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		f.escape()
		return
	}
	f.Entry.TypedKey(e)
}

// withChooser puts a button beside a field for a file's name that chooses one,
// with one of these endings; nil is all files.
func (w *Window) withChooser(f *field, endings []string) fyne.CanvasObject {
	choose := w.newButton(quietButton, "file", w.t("gateway.choose"), func() {
		w.askFile(endings, func(path string) { f.SetText(path) })
	})
	return container.NewBorder(nil, nil, nil, container.New(middle{}, choose), f)
}

// askFile asks for a file that is there, and calls then with its path.
func (w *Window) askFile(endings []string, then func(path string)) {
	d := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		w.jobs.guard(func() {
			switch {
			case err != nil:
				w.complain(err)
			case file != nil:
				if err := file.Close(); err != nil {
					w.o.Log.WithError(err).Warn("closing a file that was chosen")
				}
				then(file.URI().Path())
			}
		})
	}, w.win)
	if endings != nil {
		d.SetFilter(storage.NewExtensionFileFilter(endings))
	}
	w.showFiles(d)
}

// askNew asks where a new file goes, and calls then with its path. name is what
// it is called unless somebody says otherwise.
func (w *Window) askNew(name string, then func(path string)) {
	d := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		w.jobs.guard(func() {
			switch {
			case err != nil:
				w.complain(err)
			case file != nil:
				if err := file.Close(); err != nil { // the whole file is put in its place later
					w.o.Log.WithError(err).Warn("closing a new file")
				}
				then(file.URI().Path())
			}
		})
	}, w.win)
	d.SetFileName(name)
	d.SetConfirmText(w.t("button.save"))
	w.showFiles(d)
}

// TypedShortcut implements [fyne.Shortcutable]: keys of the window work in a
// field, too.
func (f *field) TypedShortcut(s fyne.Shortcut) {
	if !f.keys(s) {
		f.Entry.TypedShortcut(s)
	}
}

// searchEntry is the search field of the board: Escape empties it, the arrow
// down goes into the list.
type searchEntry struct {
	field
	down func()
}

func newSearchEntry(w *Window, changed func(string)) *searchEntry {
	s := &searchEntry{}
	s.init(w, "", changed)
	s.Icon = picture("search", colorMuted, 20)
	s.escape = func() {
		if s.Text != "" {
			s.SetText("")
			return
		}
		w.stepBack()
	}
	s.ExtendBaseWidget(s)
	return s
}

// TypedKey implements [fyne.Focusable].
func (s *searchEntry) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyDown && s.down != nil {
		s.down()
		return
	}
	s.field.TypedKey(e)
}
