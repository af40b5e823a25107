package nfc

import (
	"errors"
	"fmt"
)

// StatusWord is SW1 SW2 of a response APDU.
type StatusWord uint16

// Status words of ISO/IEC 7816-4:2020, 5.6, and the two that say that a
// wrapped DESFire command went well or goes on (NXP MF3ICD81, 9.2).
const (
	StatusOK         StatusWord = 0x9000
	StatusDESFireOK  StatusWord = 0x9100
	StatusMoreFrames StatusWord = 0x91AF
)

// Sentinels of what a card refuses; a [StatusError] unwraps to one of them.
var (
	ErrWrongKey       = errors.New("wrong key or not authenticated")
	ErrPermission     = errors.New("the tag does not allow this")
	ErrNotFound       = errors.New("not on the tag")
	ErrExists         = errors.New("already on the tag")
	ErrNoSpace        = errors.New("tag memory is full")
	ErrIntegrity      = errors.New("tag found the command damaged")
	ErrUnknownCommand = errors.New("tag does not know the command")
	ErrBadCommand     = errors.New("tag found the command wrong")
	ErrTagFault       = errors.New("tag reports a fault of its own")
	ErrRefused        = errors.New("tag refused")
)

// StatusError is a command that the card refused.
type StatusError struct {
	// Command is the instruction byte that was refused.
	Command byte
	Status  StatusWord
}

type meaning struct {
	words string
	is    error
}

// desfireMeanings: second byte of a 91xx status word. Source: NXP MF3ICD81
// product data sheet rev 3.5, 9.2 "status and error codes"; the same table in
// MF3D(H)x2 (EV2) and MF3D(H)x3 (EV3).
var desfireMeanings = map[byte]meaning{
	0x0C: {"no changes to commit", ErrBadCommand},
	0x0E: {"out of memory", ErrNoSpace},
	0x1C: {"illegal command", ErrUnknownCommand},
	0x1E: {"integrity error", ErrIntegrity},
	0x40: {"no such key", ErrNotFound},
	0x7E: {"length error", ErrBadCommand},
	0x97: {"cryptographic error", ErrTagFault},
	0x9D: {"permission denied", ErrPermission},
	0x9E: {"parameter error", ErrBadCommand},
	0xA0: {"application not found", ErrNotFound},
	0xA1: {"application integrity error", ErrTagFault},
	0xAD: {"authentication delay", ErrPermission},
	0xAE: {"authentication error", ErrWrongKey},
	0xAF: {"additional frame", ErrBadCommand},
	0xBE: {"boundary error", ErrBadCommand},
	0xC1: {"tag integrity error", ErrTagFault},
	0xCA: {"command aborted", ErrBadCommand},
	0xCD: {"tag disabled", ErrTagFault},
	0xCE: {"too many applications", ErrNoSpace},
	0xDE: {"duplicate", ErrExists},
	0xEE: {"memory write error", ErrTagFault},
	0xF0: {"file not found", ErrNotFound},
	0xF1: {"file integrity error", ErrTagFault},
}

// isoMeanings: ISO/IEC 7816-4:2020, table 6.
var isoMeanings = map[StatusWord]meaning{
	0x6700: {"wrong length", ErrBadCommand},
	0x6982: {"security status not satisfied", ErrWrongKey},
	0x6985: {"conditions of use not satisfied", ErrPermission},
	0x6A80: {"wrong parameters in the data field", ErrBadCommand},
	0x6A81: {"function not supported", ErrUnknownCommand},
	0x6A82: {"file or application not found", ErrNotFound},
	0x6A86: {"wrong parameters P1 P2", ErrBadCommand},
	0x6D00: {"instruction not supported", ErrUnknownCommand},
	0x6E00: {"class not supported", ErrUnknownCommand},
}

func (s StatusWord) meaning() meaning {
	if s>>8 == 0x91 {
		if m, ok := desfireMeanings[byte(s)]; ok {
			return m
		}
	} else if m, ok := isoMeanings[s]; ok {
		return m
	}
	return meaning{"unknown status", ErrRefused}
}

// String gives the number and its words: "91AE authentication error".
func (s StatusWord) String() string {
	switch s {
	case StatusOK, StatusDESFireOK:
		return fmt.Sprintf("%04X ok", uint16(s))
	}
	return fmt.Sprintf("%04X %s", uint16(s), s.meaning().words)
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("command %02X: %v", e.Command, e.Status)
}

// Unwrap gives the sentinel that e stands for.
func (e *StatusError) Unwrap() error { return e.Status.meaning().is }
