package desfire

import (
	"fmt"
)

// AuthenticateEV2First authenticates with an AES key into an EV2 session, with
// a new transaction identifier and the command counter at zero. No
// capabilities are announced (length 0). It ends any live session. A wrong key
// is [sleutelbord/nfc.ErrWrongKey].
//
// Source: NXP AN12343 rev 1.1, table 16; MF3D(H)x2 "AuthenticateEV2First" (71).
func (c *Card) AuthenticateEV2First(keyNo byte, k Key) (*Session, error) {
	what := authenticating(keyNo)
	if err := c.prepare(what, keyNo, k, TypeAES); err != nil {
		return nil, err
	}
	// E(TI ‖ RndA rotated ‖ PDcap2 6 ‖ PCDcap2 6)
	p, err := c.shakeEV2(handshake{what: what, ins: insAuthEV2First, first: []byte{keyNo, 0}, proof: 32}, k)
	if err != nil {
		return nil, err
	}
	if !equalSecret(p.plain[4:20], rotated(p.rndA[:])) {
		return nil, unproven(what)
	}
	return c.begin(keyNo, TypeAES, newEV2(k, p.rndA, p.rndB, [4]byte(p.plain), 0)), nil
}

// AuthenticateEV2NonFirst changes the session to another key, or to new
// session keys; transaction identifier and command counter go on. Only a
// session of AuthenticateEV2First can do it. An error ends the session.
//
// Source: MF3D(H)x2 "AuthenticateEV2NonFirst" (77).
func (s *Session) AuthenticateEV2NonFirst(keyNo byte, k Key) error {
	what := authenticating(keyNo)
	if !s.alive() {
		return fmt.Errorf("%s: %w", what, ErrSessionEnded)
	}
	ch, ok := s.ch.(*ev2)
	if !ok {
		return fmt.Errorf("%s: not a session of AuthenticateEV2First", what)
	}
	if keyNo > 0x0F || k.kind != TypeAES {
		return fmt.Errorf("%s: key is %v", what, k.kind)
	}
	// E(RndA rotated)
	p, err := s.card.shakeEV2(handshake{what: what, ins: insAuthEV2NonFirst, first: []byte{keyNo}, proof: 16}, k)
	if err == nil && !equalSecret(p.plain, rotated(p.rndA[:])) {
		err = unproven(what)
	}
	if err != nil {
		s.end()
		return err
	}
	s.ch, s.keyNo = newEV2(k, p.rndA, p.rndB, ch.ti, ch.counter), keyNo
	return nil
}

// provenEV2 is what both sides know after an EV2 authentication.
type provenEV2 struct {
	rndA, rndB [16]byte
	plain      []byte // the chip's last answer, deciphered
}

// shakeEV2: CBC with a zero IV for each of the three messages.
func (c *Card) shakeEV2(h handshake, k Key) (provenEV2, error) {
	var p provenEV2
	a, err := c.challenge(16)
	if err != nil {
		return p, err
	}
	p.rndA = [16]byte(a)
	b, zero := k.block(), make([]byte, 16)
	h.size = 16
	h.answer = func(challenge []byte) []byte {
		p.rndB = [16]byte(cbcDecrypt(b, zero, challenge))
		return cbcEncrypt(b, zero, append(append([]byte(nil), p.rndA[:]...), rotated(p.rndB[:])...))
	}
	proof, err := c.link.shake(h)
	if err != nil {
		return p, err
	}
	p.plain = cbcDecrypt(b, zero, proof)
	return p, nil
}
