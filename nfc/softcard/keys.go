package softcard

import (
	"crypto/subtle"
	"slices"
)

// getKeySettings answers the settings, and number and kind of the keys.
func (c *Card) getKeySettings(message) (answer, status) {
	if c.app == nil {
		return answer{data: []byte{c.image.settings, 1 | byte(c.image.key.kind)}}, statusOK
	}
	return answer{data: []byte{c.app.settings, byte(len(c.app.keys)) | byte(c.app.kind)}}, statusOK
}

// changeableSettings asks that the key settings may still be changed.
func changeableSettings(c *Card) status {
	if c.levelSettings()&settingConfigChangeable == 0 {
		return statusPermission
	}
	return statusOK
}

func (c *Card) changeKeySettings(m message) (answer, status) {
	if c.app == nil {
		c.image.settings = m.data[0]
	} else {
		c.app.settings = m.data[0]
	}
	c.touch()
	return answer{}, statusOK
}

func (c *Card) getKeyVersion(m message) (answer, status) {
	k, st := c.keyAt(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	return answer{data: []byte{k.version()}}, statusOK
}

// changeTarget reads the key number byte of ChangeKey: at PICC level its two
// high bits give the kind of the new key, in an application they are zero.
func (c *Card) changeTarget(b byte) (no byte, k kind, slot *key, st status) {
	no, k = b&0x3F, kind(b&appKind)
	if c.app != nil {
		if k != 0 {
			return 0, 0, nil, statusNoSuchKey
		}
		k = c.app.kind
	}
	if !k.valid() {
		return 0, 0, nil, statusParameter
	}
	slot, st = c.keyAt(no)
	return no, k, slot, st
}

// mayChange tells whether the session may change key no (NXP MF3ICD81 rev 3.5,
// 9.3.4 and 9.3.6).
func (c *Card) mayChange(no byte) status {
	changeKey := c.levelSettings() >> 4
	by := changeKey
	switch {
	case c.app == nil || no == 0:
		if c.levelSettings()&settingMasterKeyChangeable == 0 {
			return statusPermission
		}
		by = 0
	case changeKey == accessNever:
		return statusPermission
	case changeKey == accessFree:
		by = no // each key changes itself
	case changeKey == no:
		by = 0 // the change key itself
	}
	if !c.hasKey(by) {
		return statusWrongKey
	}
	return statusOK
}

func (c *Card) prepareChangeKey(header []byte) (plan, status) {
	if st := authenticated(c); st != statusOK {
		return plan{}, st
	}
	no, k, _, st := c.changeTarget(header[0])
	if st != statusOK {
		return plan{}, st
	}
	if st := c.mayChange(no); st != statusOK {
		return plan{}, st
	}
	n := k.size()
	if k == kindAES {
		n++ // the version
	}
	return plan{in: full, out: standard, need: n, trailer: !c.hasKey(no)}, statusOK
}

// changeKey sets a key. The key of the session itself comes as it is and ends
// the session; any other comes joined with the old one by exclusive or, and with
// a check value of its own.
func (c *Card) changeKey(m message) (answer, status) {
	no, k, slot, st := c.changeTarget(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	fresh := key{kind: k, bytes: slices.Clone(m.data[:k.size()])}
	if k == kindAES {
		fresh.aesVersion = m.data[k.size()]
	}
	if !c.hasKey(no) {
		subtle.XORBytes(fresh.bytes, fresh.bytes, slot.bytes)
		if subtle.ConstantTimeCompare(c.session.channel.crc(fresh.bytes), m.trailer) != 1 {
			return answer{}, statusIntegrity
		}
	}
	if c.hasKey(no) {
		c.session = nil
	}
	*slot = fresh
	c.touch()
	return answer{}, statusOK
}
