package softcard

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// selectApplication ends the session, drops an open transaction and goes to an
// application, or to PICC level with 000000.
func (c *Card) selectApplication(m message) (answer, status) {
	aid := [3]byte(m.header)
	var app *application
	if aid != [3]byte{} {
		if app = c.image.find(aid); app == nil {
			return answer{}, statusNoApplication
		}
	}
	c.enter(app)
	return answer{}, statusOK
}

// enter selects an application, nil for PICC level.
func (c *Card) enter(app *application) {
	c.app, c.ef, c.session, c.tx = app, nil, nil, nil
}

// aidsPerFrame is how many application identifiers one frame holds.
const aidsPerFrame = 19

func (c *Card) getApplicationIDs(message) (answer, status) {
	var a answer
	for i, app := range c.image.apps {
		if i > 0 && i%aidsPerFrame == 0 {
			a.cuts = append(a.cuts, 3*aidsPerFrame)
		}
		a.data = append(a.data, app.aid[:]...)
	}
	return a, statusOK
}

// getDFNames answers one application with a DF name per frame: identifier, ISO
// file id, name.
func (c *Card) getDFNames(message) (answer, status) {
	var a answer
	last := 0
	for _, app := range c.image.apps {
		if len(app.name) == 0 {
			continue
		}
		if last > 0 {
			a.cuts = append(a.cuts, last)
		}
		start := len(a.data)
		a.data = append(a.data, app.aid[:]...)
		a.data = binary.LittleEndian.AppendUint16(a.data, app.isoID)
		a.data = append(a.data, app.name...)
		last = len(a.data) - start
	}
	return a, statusOK
}

// Bits of the second settings byte of CreateApplication.
const (
	appKeyCount  = 0x0F
	appSettings3 = 0x10 // EV2: a third settings byte follows
	appFileIDs   = 0x20
	appKind      = 0xC0
)

// createApplication makes an application whose keys are all the default key.
func (c *Card) createApplication(m message) (answer, status) {
	app, st := c.parseApplication(m.header, m.data)
	if st != statusOK {
		return answer{}, st
	}
	for _, other := range c.image.apps {
		if other.clashes(app) {
			return answer{}, statusDuplicate
		}
	}
	if c.image.chip == EV1 && len(c.image.apps) >= maxApplicationsEV1 {
		return answer{}, statusTooMany
	}
	if !c.image.take(app.cost()) {
		return answer{}, statusOutOfMemory
	}
	c.image.apps = append(slices.Clip(c.image.apps), app)
	c.touch()
	return answer{}, statusOK
}

func (a *application) clashes(b *application) bool {
	return a.aid == b.aid || a.isoID != 0 && a.isoID == b.isoID || len(a.name) > 0 && bytes.Equal(a.name, b.name)
}

// parseApplication reads identifier, settings and the ISO names that may follow.
func (c *Card) parseApplication(header, names []byte) (*application, status) {
	second := header[4]
	app := &application{
		aid: [3]byte(header[:3]), settings: header[3],
		kind: kind(second & appKind), fileIDs: second&appFileIDs != 0,
	}
	if app.aid == [3]byte{} || !app.kind.valid() || second&appKeyCount > maxApplicationKeys {
		return nil, statusParameter
	}
	if second&appSettings3 != 0 {
		if c.image.chip == EV1 {
			return nil, statusParameter
		}
		if len(names) == 0 {
			return nil, statusLength
		}
		if names[0] != 0 {
			return nil, statusParameter // asks for key sets and the like
		}
		names = names[1:]
	}
	if st := app.setNames(names); st != statusOK {
		return nil, st
	}
	for range second & appKeyCount {
		app.keys = append(app.keys, c.defaultKeyOf(app.kind))
	}
	return app, statusOK
}

// maxDFName is the longest DF name (ISO/IEC 7816-4).
const maxDFName = 16

// setNames reads ISO file id, low byte first, and DF name; both are optional.
func (a *application) setNames(b []byte) status {
	switch {
	case len(b) == 0:
		return statusOK
	case len(b) < 2 || len(b) > 2+maxDFName:
		return statusLength
	}
	a.isoID = binary.LittleEndian.Uint16(b)
	a.name = slices.Clone(b[2:])
	if a.isoID == isoMaster || bytes.Equal(a.name, piccName) {
		return statusParameter
	}
	return statusOK
}

func (c *Card) defaultKeyOf(k kind) key {
	return key{kind: k, bytes: slices.Clone(c.image.defaultKey[:k.size()]), aesVersion: c.defaultVersionOf(k)}
}

func (c *Card) defaultVersionOf(k kind) byte {
	if k == kindAES {
		return c.image.defaultVersion
	}
	return 0
}

// deleteApplication needs the PICC master key, or, where the PICC leaves creating
// free, the master key of the application one is in (NXP MF3ICD81 rev 3.5,
// 9.3.4). It ends the session of an application that deletes itself.
func (c *Card) deleteApplication(m message) (answer, status) {
	app := c.image.find([3]byte(m.header))
	switch {
	case app == nil:
		return answer{}, statusNoApplication
	case !c.hasKey(0):
		return answer{}, statusWrongKey
	case c.app != nil && (c.app != app || c.image.settings&settingFreeCreate == 0):
		return answer{}, statusWrongKey
	}
	i := c.image.index(app)
	c.image.apps = slices.Delete(slices.Clone(c.image.apps), i, i+1)
	if c.app == app {
		c.enter(nil)
	}
	c.touch()
	return answer{}, statusOK
}
