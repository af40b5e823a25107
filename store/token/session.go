package token

import (
	"errors"
	"fmt"

	"sleutelbord/store"

	"github.com/miekg/pkcs11"
)

// session is a session in which the user is logged in.
type session struct {
	*library
	abilities
	handle           pkcs11.SessionHandle
	started, logouts int // of the library, when it was opened
}

// usable tells whether what the session knows still holds.
func (s *session) usable() bool {
	return s.exists() && s.library.logouts == s.logouts
}

func (s *session) exists() bool { return s.running && s.library.started == s.started }

// caution is how much of a token's patience a login may use.
type caution int

const (
	// sparing: not if the last PIN that the token saw was wrong.
	sparing caution = iota
	// trying: unless it is the last try.
	trying
	// lastTry: whatever comes of it.
	lastTry
)

// allow tells whether a PIN may be tried at all.
func (c caution) allow(flags uint) error {
	switch {
	case flags&pkcs11.CKF_USER_PIN_LOCKED != 0:
		return store.ErrTokenLocked
	case flags&pkcs11.CKF_USER_PIN_FINAL_TRY != 0 && c < lastTry:
		return store.ErrTokenLastTry
	case flags&pkcs11.CKF_USER_PIN_COUNT_LOW != 0 && c < trying:
		return fmt.Errorf("%w: it was given a wrong one, so the noted one is not tried", store.ErrTokenPIN)
	}
	return nil
}

// open opens a session on the token of ref and logs the user in; write allows
// to change objects. If the token's user is logged in already, which counts
// for the whole process, that is undone first: a wrong PIN shall not pass.
func (l *library) open(ref store.TokenRef, pin []byte, write bool, c caution) (*session, error) {
	slot, info, err := l.find(ref)
	if err != nil {
		return nil, err
	}
	if err := c.allow(info.Flags); err != nil {
		return nil, err
	}
	s := &session{library: l, started: l.started}
	if s.abilities, err = l.abilities(slot); err != nil {
		return nil, explain(err)
	}
	flags := uint(pkcs11.CKF_SERIAL_SESSION)
	if write {
		flags |= pkcs11.CKF_RW_SESSION
	}
	if s.handle, err = l.api.OpenSession(slot, flags); err != nil {
		return nil, explain(err)
	}
	if err := s.login(string(pin)); err != nil {
		s.close()
		return nil, explain(err)
	}
	s.logouts = l.logouts
	return s, nil
}

func (s *session) login(pin string) error {
	err := s.api.Login(s.handle, pkcs11.CKU_USER, pin)
	if !errors.Is(err, pkcs11.Error(pkcs11.CKR_USER_ALREADY_LOGGED_IN)) {
		return err
	}
	s.library.logouts++
	if err := s.api.Logout(s.handle); err != nil {
		return err
	}
	return s.api.Login(s.handle, pkcs11.CKU_USER, pin)
}

// close ends the session. The last one of a token logs its user out.
func (s *session) close() {
	if s.exists() {
		_ = s.api.CloseSession(s.handle) // may be gone already
	}
}

// object finds the one object of a class with this id, if there is one.
func (s *session) object(class uint, id []byte) (o pkcs11.ObjectHandle, found bool, err error) {
	template := []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, class),
		pkcs11.NewAttribute(pkcs11.CKA_ID, id),
	}
	if err := s.api.FindObjectsInit(s.handle, template); err != nil {
		return 0, false, err
	}
	all, _, err := s.api.FindObjects(s.handle, 2)
	if err := errors.Join(err, s.api.FindObjectsFinal(s.handle)); err != nil {
		return 0, false, err
	}
	switch len(all) {
	case 0:
		return 0, false, nil
	case 1:
		return all[0], true, nil
	}
	return 0, false, fmt.Errorf("%w: two keys have the id %x", store.ErrTokenOther, id)
}
