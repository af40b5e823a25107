package softcard

// status is the status byte of a native answer, second byte of the status word
// of a wrapped one (NXP MF3ICD81 rev 3.5, 9.2).
type status byte

const (
	statusOK            status = 0x00
	statusNoChanges     status = 0x0C
	statusOutOfMemory   status = 0x0E
	statusIllegal       status = 0x1C
	statusIntegrity     status = 0x1E
	statusNoSuchKey     status = 0x40
	statusLength        status = 0x7E
	statusSignature     status = 0x90 // success of Read_Sig (NXP AN12343 rev 1.1, table 44)
	statusPermission    status = 0x9D
	statusParameter     status = 0x9E
	statusNoApplication status = 0xA0
	statusWrongKey      status = 0xAE
	statusMore          status = 0xAF
	statusBoundary      status = 0xBE
	statusTooMany       status = 0xCE
	statusDuplicate     status = 0xDE
	statusNoFile        status = 0xF0
)

// success tells whether s lets a session live.
func (s status) success() bool {
	return s == statusOK || s == statusMore || s == statusSignature
}

// word is an ISO 7816-4 status word.
type word uint16

const (
	wordOK          word = 0x9000
	wordLength      word = 0x6700
	wordSecurity    word = 0x6982
	wordConditions  word = 0x6985
	wordUnsupported word = 0x6A81
	wordNotFound    word = 0x6A82
	wordNoRecord    word = 0x6A83
	wordNoSpace     word = 0x6A84
	wordParameters  word = 0x6A86
	wordOffset      word = 0x6B00
	wordInstruction word = 0x6D00
	wordClass       word = 0x6E00
)

func (w word) bytes() []byte { return []byte{byte(w >> 8), byte(w)} }
