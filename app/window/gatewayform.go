package window

import (
	"context"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// gatewayForm is the part of the settings with those of the gateway.
type gatewayForm struct {
	w      *Window
	fields map[string]*field // by the names of [desk.GatewayField]
	note   *prose
	noted  fyne.CanvasObject
	save   *button
	card   fyne.CanvasObject
}

// gatewayFields in their order.
var gatewayFields = []string{"broker", "ca", "certificate", "key"}

func newGatewayForm(w *Window) *gatewayForm {
	f := &gatewayForm{w: w, fields: make(map[string]*field)}
	f.note = newProse("", theme.SizeNameText, theme.ColorNameError, fyne.TextStyle{}, fyne.TextAlignLeading)
	f.noted = flush(f.note.RichText)
	f.noted.Hide()
	body := column(8, para(w.t("gateway.about"), tonePlain, theme.SizeNameText))
	for _, name := range gatewayFields {
		entry := w.newField(w.t("gateway."+name+".hint"), func(string) { f.noted.Hide(); f.save.enable(true) })
		entry.enter = f.store
		f.fields[name] = entry
		var object fyne.CanvasObject = entry
		if name != "broker" {
			object = w.withChooser(entry, []string{".pem", ".crt", ".cer", ".key"})
		}
		body.Add(w.captioned("gateway."+name, object))
	}
	f.save = w.newButton(plainButton, "check", w.t("button.save"), f.store)
	f.save.enable(false)
	body.Add(f.noted)
	body.Add(container.NewHBox(f.save))
	f.card = w.section("gateway", w.t("gateway.title"), "", body)
	return f
}

// load fills the fields with what is kept.
func (f *gatewayForm) load() {
	s, err := desk.ReadGatewaySettings(f.w.gatewayConfig())
	if err != nil {
		f.say(f.w.explain(err).what)
		return
	}
	for name, value := range map[string]string{"broker": s.Broker, "ca": s.Authority, "certificate": s.Certificate, "key": s.Key} {
		f.fields[name].SetText(value)
	}
	f.save.enable(false)
}

// store checks what was typed and keeps it.
func (f *gatewayForm) store() {
	s := desk.GatewaySettings{
		Broker: f.fields["broker"].Text, Authority: f.fields["ca"].Text,
		Certificate: f.fields["certificate"].Text, Key: f.fields["key"].Text,
	}
	config := f.w.gatewayConfig()
	f.save.enable(false)
	f.w.jobs.run(func(context.Context) error { return desk.WriteGatewaySettings(config, s) }, func(err error) {
		switch name := desk.GatewayField(err); {
		case name != "":
			f.w.explain(err) // for the log
			f.say(f.w.t("gateway." + name + ".wrong"))
			f.w.win.Canvas().Focus(f.fields[name])
		case err != nil:
			f.save.enable(true)
			f.w.complain(err)
		default:
			f.noted.Hide()
			f.w.gateway.broken = ""
			f.w.gateway.restart()
			f.w.gateway.tell()
			f.w.shell.turnTo(pageLocks)
		}
	})
}

// say shows what is wrong.
func (f *gatewayForm) say(text string) {
	f.note.set(text)
	f.noted.Show()
	f.card.Refresh()
}
