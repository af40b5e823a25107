package pcsc

import (
	"errors"
	"fmt"

	"sleutelbord/nfc"
)

// code is a return value of PC/SC that is not success. Source: winscard.h and
// winerror.h of Microsoft (Smart Card Return Values), pcsclite.h of pcsc-lite.
type code uint32

const (
	codeCancelled       code = 0x80100002
	codeUnknownReader   code = 0x80100009
	codeTimeout         code = 0x8010000A
	codeSharing         code = 0x8010000B
	codeNoCard          code = 0x8010000C
	codeProtoMismatch   code = 0x8010000F
	codeSystemCancelled code = 0x80100012
	codeComm            code = 0x80100013
	codeNotTransacted   code = 0x80100016
	codeUnavailable     code = 0x80100017
	codeShutdown        code = 0x80100018
	codeReaderUnsupp    code = 0x8010001A
	codeNoService       code = 0x8010001D
	codeServiceStopped  code = 0x8010001E
	codeNoAccess        code = 0x80100027
	codeNoReaders       code = 0x8010002E
	codeCommDataLost    code = 0x8010002F
	codeTooBusy         code = 0x80100031
	codeUnsupportedCard code = 0x80100065
	codeUnresponsive    code = 0x80100066
	codeUnpowered       code = 0x80100067
	codeResetCard       code = 0x80100068
	codeRemovedCard     code = 0x80100069
	codeDenied          code = 0x8010006A

	// Windows answers with these of its own while the service comes and goes,
	// and in a remote desktop session whose client redirects no readers.
	codeWinInvalidHandle  code = 0x00000006
	codeWinNotSupported   code = 0x00000032
	codeWinBrokenPipe     code = 0x0000006D
	codeWinInvalidFunc    code = 0x00000001
	codeWinRPCUnavailable code = 0x000006BA
	codeWinRPCFailed      code = 0x000006BE
)

// meaning is what a code says about the line: the sentinel, and words where
// the sentinel's own say too little.
type meaning struct {
	is    error
	words string
}

var meanings = map[code]meaning{
	codeCancelled:       {nfc.ErrLine, "cancelled"},
	codeUnknownReader:   {nfc.ErrNoReader, ""},
	codeUnavailable:     {nfc.ErrNoReader, ""},
	codeReaderUnsupp:    {nfc.ErrNoReader, "reader is not supported"},
	codeNoReaders:       {nfc.ErrNoReader, ""},
	codeSharing:         {nfc.ErrReaderBusy, ""},
	codeNoCard:          {nfc.ErrNoTag, ""},
	codeRemovedCard:     {nfc.ErrTagRemoved, ""},
	codeResetCard:       {nfc.ErrLine, "another program reset the tag"},
	codeUnresponsive:    {nfc.ErrLine, "tag does not answer"},
	codeUnpowered:       {nfc.ErrLine, "tag does not answer"},
	codeUnsupportedCard: {nfc.ErrLine, "reader cannot talk to this tag"},
	codeProtoMismatch:   {nfc.ErrLine, "reader cannot talk to this tag"},
	codeNotTransacted:   {nfc.ErrLine, ""},
	codeComm:            {nfc.ErrLine, ""},
	codeCommDataLost:    {nfc.ErrLine, ""},
	codeNoService:       {nfc.ErrNoService, ""},
	codeServiceStopped:  {nfc.ErrNoService, ""},
	codeSystemCancelled: {nfc.ErrNoService, "the session is ending"},
	codeShutdown:        {nfc.ErrNoService, "the system is shutting down"},
	codeTooBusy:         {nfc.ErrNoService, "smart card service is overloaded"},
	codeNoAccess:        {nfc.ErrNoService, "smart card service refuses this user"},
	codeDenied:          {nfc.ErrNoService, "smart card service refuses this user"},

	codeWinInvalidHandle:  {nfc.ErrNoService, ""},
	codeWinNotSupported:   {nfc.ErrNoService, "this session has no smart card readers"},
	codeWinBrokenPipe:     {nfc.ErrNoService, "this session has no smart card readers"},
	codeWinInvalidFunc:    {nfc.ErrNoService, ""},
	codeWinRPCUnavailable: {nfc.ErrNoService, ""},
	codeWinRPCFailed:      {nfc.ErrNoService, ""},
}

func (c code) meaning() meaning {
	if m, ok := meanings[c]; ok {
		return m
	}
	return meaning{is: nfc.ErrLine}
}

// Error gives the number only; what goes out of the package is an [Error].
func (c code) Error() string { return fmt.Sprintf("PC/SC %08X", uint32(c)) }

// Error is an answer of PC/SC that was not success, in this program's terms.
// It unwraps to a sentinel of package nfc.
type Error struct {
	// Op is what was being done: "connecting to the tag".
	Op string
	// Code is the return value as PC/SC defines it, for the log.
	Code uint32

	is    error
	words string
}

func (e *Error) Error() string {
	words := e.words
	if words == "" {
		words = e.is.Error()
	}
	return fmt.Sprintf("%s: %s (PC/SC %08X)", e.Op, words, e.Code)
}

// Unwrap gives the sentinel of package nfc.
func (e *Error) Unwrap() error { return e.is }

// explain turns an answer of PC/SC into an [Error]. Other errors, such as
// [nfc.ErrUnsupported], only get the words before them.
func explain(op string, err error) error {
	if err == nil {
		return nil
	}
	var done *Error
	if errors.As(err, &done) {
		return err
	}
	var c code
	if !errors.As(err, &c) {
		return fmt.Errorf("%s: %w", op, err)
	}
	m := c.meaning()
	return &Error{Op: op, Code: uint32(c), is: m.is, words: m.words}
}

// explainAs is explain for a cause that was found out otherwise.
func explainAs(op string, c code, is error) error {
	return &Error{Op: op, Code: uint32(c), is: is}
}

// explainService is explain for calls that only fail when there is no service
// to speak of: whatever the number, that is what it means.
func explainService(op string, err error) error {
	e := explain(op, err)
	var known *Error
	if errors.As(e, &known) && known.is == nfc.ErrLine {
		known.is = nfc.ErrNoService
		known.words = ""
	}
	return e
}

// isCode tells whether err is PC/SC's answer c.
func isCode(err error, c code) bool {
	var got code
	return errors.As(err, &got) && got == c
}
