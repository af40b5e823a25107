package window

import (
	"context"
	"os"
	"path/filepath"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tokenLibraries are where the libraries of tokens usually are.
var tokenLibraries = []string{
	"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/*/opensc-pkcs11.so", "/usr/lib/*/libykcs11.so*", "/usr/lib/*/libcryptoki.so", "/usr/lib/*/libnethsm_pkcs11.so",
	"/usr/local/lib/opensc-pkcs11.so", "/usr/local/lib/softhsm/libsofthsm2.so", "/Library/OpenSC/lib/opensc-pkcs11.so",
	`C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll`, `C:\Program Files\Yubico\Yubico PIV Tool\bin\libykcs11.dll`,
}

// librariesHere are those that this computer has.
func librariesHere() (found []string) {
	for _, pattern := range tokenLibraries {
		names, err := filepath.Glob(pattern)
		if err != nil {
			continue // a pattern of ours is well-formed; the test of this list tells
		}
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
				found = append(found, name)
			}
		}
	}
	return found
}

// lookAtKeys says when the keys cannot be used now, such as when their token is
// not plugged in: before somebody at the counter waits for a tag.
func (w *Window) lookAtKeys(d *desk.Desk) {
	var keys desk.KeysView
	w.jobs.run(func(ctx context.Context) (err error) {
		keys, err = d.Keys(ctx)
		return err
	}, func(err error) {
		if err != nil {
			w.o.Log.WithError(err).Warn("looking at the keys")
			return
		}
		if keys.Problem == "" || w.asked != nil || w.shell == nil {
			return
		}
		p := w.problemWords(keys.Problem, nil)
		ok := w.newButton(plainButton, "", w.t("button.understood"), w.closeQuestion)
		there := w.newButton(primaryButton, "shield", w.t("token.there"), func() {
			w.closeQuestion()
			w.shell.settings.goTo(subSafe)
		})
		w.question(toneWarn, "keys", p.what, p.do, ok, there, ok)
	})
}

// addTokens adds what can be done with tokens to the card of the keys.
func (p *safePage) addTokens(body *fyne.Container) {
	w := p.w
	if !p.loaded {
		return
	}
	for _, t := range p.view.Left {
		body.Add(marked("warn", theme.ColorNameWarning, 20, para(w.t("token.left", "label", t.Label, "serial", t.Serial), toneInfo, theme.SizeNameText)))
	}
	row := flowing(8)
	add := func(icon, key string, do func()) *button {
		b := w.newButton(plainButton, icon, w.t(key)+" …", do)
		row.Add(b)
		return b
	}
	p.tokenIn, p.tokenOut, p.tokenPIN, p.tokenClear = nil, nil, nil, nil
	if p.view.Kind == store.TokenCustodyKind {
		p.tokenPIN = add("lock", "token.pin", p.askPIN)
		p.tokenOut = add("back", "token.out", func() { p.begin("back", w.t("token.out"), newTokenOut(p)) })
		p.tokenIn = add("keys", "token.other", func() { p.begin("keys", w.t("token.other"), newTokenIn(p)) })
	} else {
		p.tokenIn = add("keys", "token.in", func() { p.begin("keys", w.t("token.in"), newTokenIn(p)) })
	}
	if len(p.view.Left) > 0 {
		p.tokenClear = add("cross", "token.clear", func() { p.clearTokens(false) })
	}
	body.Add(row)
}

// clearTokens removes keys that are not used any more from tokens that are there.
// Tokens that never will be are taken off the list when somebody says so.
func (p *safePage) clearTokens(forget bool) {
	w := p.w
	var keys desk.KeysView
	w.jobs.run(func(ctx context.Context) (err error) {
		keys, err = w.desk.ClearTokens(ctx, forget)
		return err
	}, func(err error) {
		p.load()
		switch {
		case err != nil:
			w.complain(err)
		case len(keys.Left) > 0:
			w.ask("keys", w.t("token.clear.left", "label", keys.Left[0].Label), w.t("token.clear.left.do"), w.t("token.clear.forget"), func() { p.clearTokens(true) })
		default:
			w.tell(toneGood, "done", w.t("token.cleared"), "")
		}
	})
}

// askPIN begins to note another PIN.
func (p *safePage) askPIN() { p.begin("lock", p.w.t("token.pin"), newTokenPIN(p)) }

// tokenPIN takes the token's PIN.
type tokenPIN struct {
	p    *safePage
	root fyne.CanvasObject
	pin  *field
	yes  *button
}

func newTokenPIN(p *safePage) *tokenPIN {
	w := p.w
	t := &tokenPIN{p: p}
	t.pin = w.newSecretField("", nil)
	t.pin.enter = func() { t.store(false) }
	t.yes = w.newButton(primaryButton, "check", w.t("token.pin.yes"), func() { t.store(false) }).grown()
	back := w.newButton(quietButton, "back", w.t("button.back"), t.away)
	t.root = column(12, para(w.t("token.pin.do"), tonePlain, theme.SizeNameText), t.pin, flowing(8, t.yes, back))
	return t
}

func (t *tokenPIN) object() fyne.CanvasObject { return t.root }
func (t *tokenPIN) shown()                    { t.p.w.win.Canvas().Focus(t.pin) }

// away implements [safeAct].
func (t *tokenPIN) away() {
	if t.yes.Disabled() { // it is being tried
		return
	}
	t.pin.SetText("")
	t.p.finish()
}

// store tries the PIN once; last is a try after which the token would lock
// itself.
func (t *tokenPIN) store(last bool) {
	w := t.p.w
	if t.pin.Text == "" || t.yes.Disabled() {
		return
	}
	pin := []byte(t.pin.Text)
	t.yes.enable(false)
	w.jobs.run(func(ctx context.Context) error {
		defer clear(pin)
		return w.desk.SetTokenPIN(ctx, pin, last)
	}, func(err error) {
		t.yes.enable(true)
		switch problem := w.explain(err); {
		case err == nil:
			t.away()
			w.tell(toneGood, "done", w.t("token.pin.done"), "")
		case problem.code == desk.CodeTokenLastTry && !last:
			w.ask("lock", problem.what, w.t("token.pin.last.do"), w.t("token.pin.last"), func() { t.store(true) })
		default:
			t.pin.SetText("")
			w.complain(err)
		}
	})
}

// tokenOut moves the keys back into the records, from sheets.
type tokenOut struct {
	p     *safePage
	root  fyne.CanvasObject
	entry *sharesEntry
	yes   *button
}

func newTokenOut(p *safePage) *tokenOut {
	w := p.w
	t := &tokenOut{p: p}
	t.yes = w.newButton(primaryButton, "check", w.t("token.out"), t.move).grown()
	t.yes.enable(false)
	t.entry = w.newSharesEntry("", func() {
		t.yes.enable(true)
		w.win.Canvas().Focus(t.yes)
	})
	back := w.newButton(quietButton, "back", w.t("button.back"), t.away)
	t.root = column(12, para(w.t("token.out.do"), tonePlain, theme.SizeNameText), t.entry.object(), widget.NewSeparator(), flowing(8, t.yes, back))
	return t
}

func (t *tokenOut) object() fyne.CanvasObject { return t.root }
func (t *tokenOut) shown()                    { t.entry.shown() }

// away implements [safeAct].
func (t *tokenOut) away() {
	if !t.entry.working {
		t.entry.leave(t.p.finish)
	}
}

func (t *tokenOut) move() {
	w := t.p.w
	if !t.entry.complete() || t.entry.working {
		return
	}
	t.yes.enable(false)
	t.entry.approve(w.t("token.out"), func(ctx context.Context, a desk.Approval, e *desk.EnteredShares) error {
		return w.desk.MoveFromToken(ctx, e, a)
	}, func(ok bool) {
		if !ok {
			t.yes.enable(t.entry.complete())
			return
		}
		t.p.finish()
		w.tell(toneGood, "done", w.t("token.out.done"), w.t("token.out.done.do"))
	})
}

// tokenIn moves the keys into a token: which library, which token, its PIN.
type tokenIn struct {
	p                  *safePage
	root               *fyne.Container
	libraries          []*button
	module             string
	tokens             []store.TokenSeen
	which              *radio
	pin                *field
	entry              *sharesEntry // where a token has the keys already
	yes, back, another *button
	working            bool
}

func newTokenIn(p *safePage) *tokenIn {
	t := &tokenIn{p: p, root: container.NewStack()}
	t.back = p.w.newButton(quietButton, "back", p.w.t("button.back"), t.away)
	t.chooseLibrary()
	return t
}

func (t *tokenIn) object() fyne.CanvasObject { return t.root }

func (t *tokenIn) put(objects ...fyne.CanvasObject) {
	t.root.Objects = []fyne.CanvasObject{column(12, objects...)}
	t.root.Refresh()
}

// shown implements [safeAct].
func (t *tokenIn) shown() {
	switch {
	case t.pin != nil:
		t.p.w.win.Canvas().Focus(t.pin)
	case len(t.libraries) > 0:
		t.p.w.win.Canvas().Focus(t.libraries[0])
	default:
		t.p.w.win.Canvas().Focus(t.another)
	}
}

// away implements [safeAct].
func (t *tokenIn) away() {
	if t.working {
		return
	}
	leave := func() {
		if t.pin != nil {
			t.pin.SetText("")
		}
		t.p.finish()
	}
	if t.entry != nil {
		t.entry.leave(leave)
		return
	}
	leave()
}

// chooseLibrary asks for the library of the token's maker.
func (t *tokenIn) chooseLibrary() {
	w := t.p.w
	t.libraries = nil
	list := column(6)
	for _, name := range librariesHere() {
		b := w.newButton(plainButton, "file", name, func() { t.look(name) }).aligned()
		t.libraries = append(t.libraries, b)
		list.Add(b)
	}
	t.another = w.newButton(plainButton, "file", w.t("token.library.other"), func() { w.askFile([]string{".so", ".dll", ".dylib"}, t.look) })
	list.Add(container.NewHBox(t.another))
	t.put(para(w.t("token.in.do"), tonePlain, theme.SizeNameText),
		newWord(w.t("token.library"), theme.SizeNameText, theme.ColorNameForeground, true), list, container.NewHBox(t.back))
}

// look asks a library for its tokens.
func (t *tokenIn) look(module string) {
	w := t.p.w
	if t.working {
		return
	}
	t.hold(true)
	w.jobs.run(func(context.Context) (err error) {
		t.tokens, err = w.desk.Tokens(module)
		return err
	}, func(err error) {
		t.hold(false)
		switch {
		case err != nil:
			w.complain(err)
		case len(t.tokens) == 0:
			w.tell(toneWarn, "warn", w.t("token.none"), w.t("token.none.do"))
		default:
			t.module = module
			t.chooseToken()
		}
	})
}

// chooseToken asks for the token and its PIN.
func (t *tokenIn) chooseToken() {
	w := t.p.w
	var names []string
	first := -1
	for i, seen := range t.tokens {
		key := "token.name"
		switch {
		case !seen.Fits:
			key = "token.name.unfit"
		case seen.LockedPIN:
			key = "token.name.locked"
		case first < 0:
			first = i
		}
		names = append(names, w.t(key, "label", seen.Label, "serial", seen.Serial))
	}
	t.which = w.newRadio(names, t.check)
	if first >= 0 {
		t.which.choose(names[first])
	}
	t.pin = w.newSecretField("", func(string) { t.check() })
	t.pin.enter = t.ask
	t.yes = w.newButton(primaryButton, "check", w.t("token.in"), t.ask).grown()
	body := []fyne.CanvasObject{
		newWord(w.t("token.which"), theme.SizeNameText, theme.ColorNameForeground, true), t.which,
		w.captioned("token.pin.field", t.pin),
	}
	if t.p.view.Kind == store.TokenCustodyKind {
		t.entry = w.newSharesEntry("", func() { t.check() })
		body = append(body, widget.NewSeparator(), para(w.t("token.again"), toneInfo, theme.SizeNameText), t.entry.object())
	}
	t.put(append(body, flowing(8, t.yes, t.back))...)
	t.check()
	t.shown()
}

// check enables the button when everything is there.
func (t *tokenIn) check() {
	if t.yes != nil {
		t.yes.enable(!t.working && t.chosen() != nil && t.pin.Text != "" && (t.entry == nil || t.entry.complete()))
	}
}

// chosen is the token that was chosen, nil if none.
func (t *tokenIn) chosen() *store.TokenSeen {
	for i, name := range t.which.names {
		if name == t.which.selected && t.tokens[i].Fits && !t.tokens[i].LockedPIN {
			return &t.tokens[i]
		}
	}
	return nil
}

func (t *tokenIn) hold(on bool) {
	t.working = on
	t.back.enable(!on)
	for _, b := range append(t.libraries, t.another) {
		b.enable(!on)
	}
	t.check()
}

// ask says what it means before it is done.
func (t *tokenIn) ask() {
	w := t.p.w
	if t.yes.Disabled() {
		return
	}
	w.ask("keys", w.t("token.in.ask", "label", t.chosen().Label), w.t("token.in.ask.do"), w.t("token.in.ask.yes"), t.move)
}

// move moves the keys.
func (t *tokenIn) move() {
	w, seen := t.p.w, t.chosen()
	in := desk.TokenIn{Module: t.module, Label: seen.Label, Serial: seen.Serial, PIN: []byte(t.pin.Text)}
	t.pin.SetText("")
	t.hold(true)
	work := func(ctx context.Context, a desk.Approval, e *desk.EnteredShares) error {
		in.Approval, in.Shares = a, e
		return w.desk.MoveToToken(ctx, in)
	}
	done := func(ok bool) {
		t.hold(false)
		if !ok {
			return
		}
		t.p.finish()
		w.tell(toneGood, "done", w.t("token.in.done", "label", seen.Label), w.t("token.in.done.do"))
	}
	if t.entry != nil {
		t.entry.approve(w.t("token.in"), work, done, in.PIN)
		return
	}
	w.askConsent(w.t("token.in"), func(ctx context.Context, a desk.Approval) error { return work(ctx, a, nil) }, done, in.PIN)
}
