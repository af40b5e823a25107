package nfc

import (
	"errors"
	"fmt"
	"testing"
)

func TestStatusErrors(t *testing.T) {
	sentinels := []error{
		ErrWrongKey, ErrPermission, ErrNotFound, ErrExists, ErrNoSpace,
		ErrIntegrity, ErrUnknownCommand, ErrBadCommand, ErrTagFault, ErrRefused,
	}
	for status, want := range map[StatusWord]error{
		0x91AE: ErrWrongKey, 0x9140: ErrNotFound, 0x919D: ErrPermission, 0x91DE: ErrExists,
		0x910E: ErrNoSpace, 0x91CE: ErrNoSpace, 0x911E: ErrIntegrity, 0x911C: ErrUnknownCommand,
		0x917E: ErrBadCommand, 0x919E: ErrBadCommand, 0x91BE: ErrBadCommand, 0x91EE: ErrTagFault,
		0x91A0: ErrNotFound, 0x91F0: ErrNotFound, 0x9155: ErrRefused,
		0x6D00: ErrUnknownCommand, 0x6A82: ErrNotFound, 0x6982: ErrWrongKey, 0x6F00: ErrRefused, 0x0000: ErrRefused,
	} {
		err := fmt.Errorf("doing x: %w", &StatusError{Command: 0x3D, Status: status})
		for _, s := range sentinels {
			if errors.Is(err, s) != (s == want) {
				t.Errorf("%v: is %q: %v", err, s, errors.Is(err, s))
			}
		}
		if IsLine(err) || errors.Is(err, ErrProtocol) {
			t.Errorf("%v is more than a refusal", err)
		}
	}
	err := &StatusError{Command: 0x3D, Status: 0x91AE}
	if err.Error() != "command 3D: 91AE authentication error" {
		t.Errorf("%q", err.Error())
	}
	if s := StatusOK.String() + ", " + StatusDESFireOK.String(); s != "9000 ok, 9100 ok" {
		t.Errorf("%q", s)
	}
}

func TestIsLine(t *testing.T) {
	for _, err := range []error{ErrTagRemoved, ErrNoTag, ErrNoReader, ErrReaderBusy, ErrNoService, ErrLine} {
		if !IsLine(fmt.Errorf("x: %w", err)) {
			t.Errorf("%v is no broken line", err)
		}
	}
	for _, err := range []error{nil, ErrProtocol, ErrUnsupported, ErrWrongKey, errors.New("x")} {
		if IsLine(err) {
			t.Errorf("%v is a broken line", err)
		}
	}
}
