package desfire

import (
	"errors"
	"fmt"
)

// SetConfiguration options: NXP MF3ICD81 rev 3.5, 9.4.9.
const (
	insSetConfiguration = 0x5C
	configPICC          = 0x00
	configDefaultKey    = 0x01

	// configRandomUID is bit 1 of the PICC configuration. Bit 0, which is never
	// set here, would disable FormatPICC for ever.
	configRandomUID = 0x02
)

// setConfiguration is defined for sessions of EV1 and later only.
func (s *Session) setConfiguration(what string, option byte, data []byte) error {
	if _, legacy := s.ch.(*d40); legacy && s.alive() {
		return fmt.Errorf("%s: %w", what, errors.New("not possible in a session of AuthenticateLegacy"))
	}
	_, err := s.run(command{what: what, ins: insSetConfiguration, head: []byte{option}, data: data, out: guardFull})
	return err
}

// SetDefaultKey sets the key, with its version, that all keys of applications
// created from now on begin with. Shorter keys are filled up with zeros to 24
// bytes. The session must be of the PICC master key.
//
// Source: NXP MF3ICD81 rev 3.5, 9.4.9 (5C 01).
func (s *Session) SetDefaultKey(k Key) error {
	data := make([]byte, 25)
	copy(data, k.wire())
	data[24] = k.version
	return s.setConfiguration("setting the default key", configDefaultKey, data)
}

// EnableRandomUID makes the chip show a random UID from now on. This cannot be
// undone. The true one is given by [Session.GetCardUID]. The session must be
// of the PICC master key.
//
// Source: NXP MF3ICD81 rev 3.5, 9.4.9 (5C 00).
func (s *Session) EnableRandomUID() error {
	return s.setConfiguration("enabling the random UID", configPICC, []byte{configRandomUID})
}

// GetCardUID reads the chip's true UID, 7 bytes, enciphered. Any key will do.
//
// Source: NXP MF3ICD81 rev 3.5, 9.4.10 (51); AN12343 rev 1.1, table 7.
func (s *Session) GetCardUID() ([]byte, error) {
	return s.run(command{what: "getting the UID", ins: 0x51, in: guardFull, min: 7, max: 7})
}
