package window

import (
	"slices"
	"strings"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// prefOperator is who signed in last at this computer. A name is no secret.
const prefOperator = "operator"

// signInNames are the names that can sign in at the records.
func (s *start) signInNames() []string {
	dir := s.w.o.Dir
	if s.w.desk != nil {
		dir = s.w.recordsDir()
	}
	names, err := desk.SignInNames(dir)
	if err != nil {
		// Opening the records says what is wrong with them.
		s.w.o.Log.WithError(err).Info("who can sign in is not known")
	}
	desk.SortNames(names, func(name string) string { return name })
	return names
}

// lastSignedIn is the name to suggest: who had the desk open, who was named at
// the program's start, or who signed in last.
func (s *start) lastSignedIn(names []string) int {
	for _, name := range []string{s.hadItOpen(), s.w.o.Operator, s.w.pref(prefOperator, "")} {
		if i := slices.Index(names, name); name != "" && i >= 0 {
			return i
		}
	}
	return -1
}

// hadItOpen is who had the locked desk open, "" if another is to sign in.
func (s *start) hadItOpen() string {
	if s.w.desk == nil || s.another {
		return ""
	}
	return s.w.desk.Me().Name
}

// nameChoice asks who signs in, where there is more than one.
func (s *start) nameChoice() (o fyne.CanvasObject, first fyne.Focusable) {
	s.who, s.only = nil, ""
	names := s.signInNames()
	if len(names) < 2 {
		s.only = strings.Join(names, "")
		return nil, s.passphrase
	}
	last := s.lastSignedIn(names)
	s.who = s.w.newChoice(names, last, func(int) { s.w.win.Canvas().Focus(s.passphrase) })
	o = s.w.captioned("start.who", bordered(s.who))
	if last < 0 || s.another {
		return o, s.who
	}
	return o, s.passphrase
}

// operator is who signs in: the name that was chosen, or the only one there is,
// or who was named at the program's start, or whoever's passphrase it is.
func (s *start) operator() string {
	if s.who != nil && s.who.Selected != "" {
		return s.who.Selected
	}
	if s.w.desk != nil {
		return s.only
	}
	return s.w.o.Operator
}

// rememberOperator keeps who signed in for the next time.
func (w *Window) rememberOperator() {
	if w.throwaway == "" {
		w.o.App.Preferences().SetString(prefOperator, w.desk.Me().Name)
	}
}

// changePerson has somebody else sign in: the desk is locked at once, and asks
// for a name.
func (w *Window) changePerson() {
	if w.saidWriting() {
		return
	}
	w.idle.lock()
	if w.start != nil {
		w.start.another = true
		w.start.unlock()
		w.start.begin()
	}
}

// signedIn says in the foot of the navigation who is signed in, and leads to
// another. On a demo campus there is nobody else.
func (s *shell) signedIn() fyne.CanvasObject {
	w, me := s.w, s.w.desk.Me()
	if w.throwaway != "" {
		return container.NewStack()
	}
	name := me.Name
	if name == "" {
		name = w.t("signin.shares")
	}
	s.person = w.newButton(navButton, "person", name, w.changePerson)
	return container.New(atMost{212}, s.person)
}
