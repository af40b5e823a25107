package window

import "fyne.io/fyne/v2"

// carriersPage is the sub-page of what brings the keys to the locks by itself.
type carriersPage struct {
	w       *Window
	gateway *gatewayForm
}

func newCarriersPage(w *Window) *carriersPage {
	return &carriersPage{w: w, gateway: newGatewayForm(w)}
}

func (p *carriersPage) object() fyne.CanvasObject { return p.gateway.card }

// shown implements [subpage].
func (p *carriersPage) shown() {
	p.gateway.load()
	p.w.win.Canvas().Focus(p.gateway.fields[gatewayFields[0]])
}
