package nfc

// AnswerToReset is a [Transceiver] that also knows the tag's answer to reset,
// as PC/SC reports it, without a command to the tag. A reader's transceivers
// have it; ask with [ATR].
type AnswerToReset interface {
	// ATR is the answer to reset; nil if it is not known.
	ATR() []byte
}

// ATR is the answer to reset of the tag behind t, nil if t does not know it.
func ATR(t Transceiver) []byte {
	if a, ok := t.(AnswerToReset); ok {
		return a.ATR()
	}
	return nil
}
