package nfc

import "fmt"

// Command is a short command APDU (ISO/IEC 7816-4:2020, 5.2): CLA INS P1 P2,
// Lc and data if there are any, and Le = 00 if an answer is wanted.
type Command struct {
	Class, Instruction, P1, P2 byte
	// Data is 0 to 255 bytes.
	Data []byte
	// Le asks for an answer of any length up to 256 bytes.
	Le bool
}

// Bytes encodes c. Data longer than 255 bytes does not fit a short APDU and is
// an error.
func (c Command) Bytes() ([]byte, error) {
	if len(c.Data) > 255 {
		return nil, fmt.Errorf("encoding command %02X: %d data bytes do not fit a short APDU", c.Instruction, len(c.Data))
	}
	b := make([]byte, 0, 6+len(c.Data))
	b = append(b, c.Class, c.Instruction, c.P1, c.P2)
	if len(c.Data) > 0 {
		b = append(b, byte(len(c.Data)))
		b = append(b, c.Data...)
	}
	if c.Le {
		b = append(b, 0)
	}
	return b, nil
}

// Response is a response APDU: data and status word.
type Response struct {
	Data   []byte
	Status StatusWord
}

// ParseResponse splits a response APDU. Data shares memory with b.
func ParseResponse(b []byte) (Response, error) {
	if len(b) < 2 {
		return Response{}, fmt.Errorf("%w: response of %d bytes has no status word", ErrProtocol, len(b))
	}
	n := len(b) - 2
	return Response{Data: b[:n:n], Status: StatusWord(b[n])<<8 | StatusWord(b[n+1])}, nil
}
