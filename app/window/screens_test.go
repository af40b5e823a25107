package window

import "testing"

func TestScreens(t *testing.T) {
	for _, look := range []struct {
		name string
		v    variant
		lang string
	}{{"light-nl", variantLight, "nl"}, {"dark-en", variantDark, "en"}} {
		t.Run(look.name, func(t *testing.T) {
			r := newRig(t, func(o *Options) {
				o.App.Preferences().SetString(prefVariant, string(look.v))
				o.App.Preferences().SetString(prefLanguage, look.lang)
			})
			r.picture(look.name + "-01-welcome")
			r.tap(r.w.start.make)
			r.w.start.passphrase.SetText("fiets regen tafel")
			r.picture(look.name + "-02-make")
			r.demo(240)
			r.picture(look.name + "-03-board")
			r.handOut("Calslaan 12/204")
			r.handOut("Calslaan 12/204")
			r.handOut("Calslaan 12/201")
			p := r.open("Calslaan 12/204")
			r.picture(look.name + "-04-home")
			r.tap(p.handOut)
			r.picture(look.name + "-05-lay")
			r.layBlank()
			r.phase(phaseReady)
			r.picture(look.name + "-06-ready")
		})
	}
}
