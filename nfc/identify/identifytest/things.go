// Package identifytest has things that people lay on a reader and that are no
// usable DESFire, as a reader shows them: for tests.
package identifytest

import (
	"bytes"
	"context"
	"encoding/hex"
	"strings"
	"sync"

	"sleutelbord/nfc"
	"sleutelbord/nfc/identify"
)

// Thing is one of them.
type Thing struct {
	Name string
	What identify.What
	// ATR is the answer to reset, in hexadecimal.
	ATR string
	// Answers gives, by how a command begins, what is answered; the first that
	// fits counts. Both are hexadecimal; Else is for the rest.
	Answers [][2]string
	Else    string
	// Hardware is the first of the three frames that GetVersion is answered by,
	// in hexadecimal; "" where it is not known.
	Hardware string
}

// storage is a storage card of a standard and a name (PC/SC part 3, 3.1.3.2.3).
// A reader answers commands to it itself: 6A81, function not supported.
func storage(name string, w identify.What, standard, card string) Thing {
	atr := "3B8F8001804F0CA000000306" + standard + card + "00000000"
	b, err := hex.DecodeString(atr)
	if err != nil {
		panic(err)
	}
	var check byte
	for _, c := range b[1:] {
		check ^= c
	}
	return Thing{Name: name, What: w, ATR: atr + hex.EncodeToString([]byte{check}), Else: "6A81"}
}

// versioned answers GetVersion, of which the first frame is given, and then as
// more says; the rest is an unknown command to it.
func versioned(name string, w identify.What, hardware string, more ...[2]string) Thing {
	return Thing{
		Name: name, What: w, ATR: "3B8180018080",
		Hardware: hardware, Answers: more, Else: "911C",
	}
}

// host answers selections as more says and every other one by 6A82; what is no
// selection by refused.
func host(name string, w identify.What, atr, refused string, more ...[2]string) Thing {
	return Thing{Name: name, What: w, ATR: atr, Answers: append(more, [2]string{"00A404", "6A82"}), Else: refused}
}

// Selections by name, as they begin.
const (
	wallet   = "00A404000A4F53452E5641532E3031"
	calypso  = "00A4040008315449432E494341"
	payment  = "00A404000E325041592E5359532E4444463031"
	passport = "00A4040007A0000002471001"
	ndef     = "00A4040007D2760000850101"
)

const fci = "6F10840E325041592E5359532E44444630319000"

// Things are all of them.
func Things() []Thing {
	return []Thing{
		storage("MIFARE Classic 1K", identify.Classic1K, "03", "0001"),
		storage("MIFARE Classic 4K", identify.Classic4K, "03", "0002"),
		storage("MIFARE Mini", identify.ClassicMini, "03", "0026"),
		storage("MIFARE Ultralight", identify.Ultralight, "03", "0003"),
		storage("MIFARE Ultralight C", identify.Ultralight, "03", "003A"),
		storage("NTAG 213", identify.Ultralight, "03", "003D"),
		storage("MIFARE Plus, security level 1", identify.Plus, "03", "0037"),
		storage("FeliCa", identify.FeliCa, "11", "003B"),
		storage("FeliCa, as an ACS reader names it", identify.FeliCa, "11", "F012"),
		storage("ICODE SLI", identify.Vicinity, "0B", "0014"),
		storage("Tag-it", identify.Vicinity, "0B", "0012"),
		storage("Topaz", identify.Storage, "03", "0030"),
		storage("SRT512, of type B", identify.Storage, "07", "0006"),

		versioned("DESFire of the first generation", identify.FirstDESFire, "04010100021805"),
		versioned("DESFire Light", identify.LightDESFire, "04080130001305"),
		versioned("DESFire DUOX", identify.OtherDESFire, "040101A0001A05"),
		versioned("DESFire of another maker", identify.CopyDESFire, "1D010101001805"),
		versioned("NTAG 424 DNA", identify.NTAG4, "04040230001105"),
		versioned("MIFARE Plus EV1, security level 3", identify.Plus, "04020111001604"),
		versioned("MIFARE Ultralight behind ISO 14443-4", identify.Ultralight, "04030101000B03"),
		versioned("DESFire in Apple's wallet", identify.Phone, "04910162011A05"),
		versioned("MIFARE 2GO", identify.Phone, "04A10112001A05"),
		versioned("bank card with DESFire in it", identify.BankCard, "04810142001A05", [2]string{payment, fci}),
		versioned("DESFire applet on a Java card", identify.SmartCard, "04910130001A05"),

		host("bank card", identify.BankCard, "3B8A80010031C173C8400000900094", "6E00", [2]string{payment, fci}),
		host("bank card that has more to say", identify.BankCard, "3B80800101", "6D00", [2]string{payment, "6123"}),
		host("telephone without a wallet", identify.Phone, "3B80800101", "6F00"),
		host("telephone with Google's wallet", identify.Phone, "3B80800101", "6F00",
			[2]string{wallet, "500A416E64726F69645061799000"}, [2]string{payment, fci}),
		host("telephone with Apple's wallet", identify.Phone, "3B80800101", "6D00",
			[2]string{wallet, "6F0C50084170706C655061799000"}, [2]string{payment, fci}),
		host("passport", identify.Passport, "3B8880010073C840130090006F", "6D00", [2]string{passport, "9000"}),
		host("passport that asks for PACE first", identify.Passport, "3B8880010073C840130090006F", "6D00", [2]string{passport, "6982"}),
		host("transit card", identify.TransitCard, "3B888001000000009171710098", "6E00", [2]string{calypso, "6F238409315449432E494341319000"}),
		host("transit card that is invalidated", identify.TransitCard, "3B888001000000009171710098", "6E00", [2]string{calypso, "6283"}),
		host("tag with a link on it", identify.DataTag, "3B8180018080", "6E00", [2]string{ndef, "9000"}),
		host("Java card", identify.SmartCard, "3B8A80014A434F503331563232 4A", "6E00"),

		{Name: "card that answers nonsense", What: identify.Unknown, ATR: "3B80800101", Else: "1234"},
		{Name: "card that answers one byte", What: identify.Unknown, ATR: "3B80800101", Else: "90"},
		{Name: "card that answers nothing", What: identify.Unknown, ATR: "", Else: ""},
		{Name: "card that always has more", What: identify.Unknown, ATR: "3B80800101", Else: "91AF"},
		{Name: "card that always has more, by the byte", What: identify.Unknown, ATR: "3B80800101", Else: "0491AF"},
		{
			Name: "version that is cut off", What: identify.SmartCard, ATR: "3B80800101",
			Answers: [][2]string{{"9060", "0401010191AF"}}, Else: "6A82",
		},
		{
			Name: "storage card of a name that the reader made up", What: identify.SmartCard,
			ATR: "3B8F8001804F0CA00000030603FF200000000000", Else: "6A82",
		},
	}
}

// Reader is an [nfc.Reader] with one thing on it, which records what the thing
// was sent.
type Reader struct {
	thing Thing

	mu   sync.Mutex
	sent [][]byte
	// frame is how many frames of the version went out; 0 when none is due.
	frame int
}

var _ nfc.Reader = (*Reader)(nil)

// NewReader lays a thing on a reader.
func NewReader(t Thing) *Reader { return &Reader{thing: t} }

// Name implements [nfc.Reader].
func (r *Reader) Name() string { return "reader with a " + r.thing.Name }

// Transact implements [nfc.Reader].
func (r *Reader) Transact(ctx context.Context, f func(nfc.Transceiver) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f(r)
}

// Watch implements [nfc.Reader].
func (r *Reader) Watch(ctx context.Context, changed func(nfc.State)) error {
	changed(nfc.State{Attached: true, Present: true, ATR: r.ATR(), Presentation: 1})
	<-ctx.Done()
	return ctx.Err()
}

// Close implements [nfc.Reader].
func (r *Reader) Close() error { return nil }

// ATR implements [nfc.AnswerToReset].
func (r *Reader) ATR() []byte { return unhex(r.thing.ATR) }

// Transmit implements [nfc.Transceiver].
func (r *Reader) Transmit(command []byte) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, bytes.Clone(command))
	text := strings.ToUpper(hex.EncodeToString(command))
	if answer := r.version(text); answer != "" {
		return unhex(answer), nil
	}
	for _, a := range r.thing.Answers {
		if strings.HasPrefix(text, a[0]) {
			return unhex(a[1]), nil
		}
	}
	return unhex(r.thing.Else), nil
}

// version answers GetVersion in its three frames (NXP MF3ICD81 rev 3.5, 9.4.6).
func (r *Reader) version(command string) string {
	frames := []string{r.thing.Hardware + "91AF", r.thing.Hardware + "91AF", "04112233445566" + "BA3498BAD0" + "2912" + "9100"}
	switch {
	case r.thing.Hardware == "":
		return ""
	case strings.HasPrefix(command, "9060"):
		r.frame = 1
		return frames[0]
	case strings.HasPrefix(command, "90AF") && r.frame > 0 && r.frame < len(frames):
		r.frame++
		return frames[r.frame-1]
	}
	r.frame = 0
	return ""
}

// Sent are the commands that the thing was sent.
func (r *Reader) Sent() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// Harmless are the commands that a thing which is no tag may be sent, by how
// they begin: GetVersion and its further frames, the chip's directory, selecting
// the chip, and selecting an ISO application. None of them carries a key or
// changes anything.
var Harmless = [][]byte{
	{0x90, 0x60, 0, 0, 0},
	{0x90, 0xAF, 0, 0, 0},
	{0x90, 0x6A, 0, 0, 0},
	{0x90, 0x5A, 0, 0, 3, 0, 0, 0, 0},
	{0x00, 0xA4, 0x04, 0x00},
}

// Harmful gives the first command of sent that is not in [Harmless], or nil.
func Harmful(sent [][]byte) []byte {
	for _, c := range sent {
		ok := false
		for _, h := range Harmless {
			ok = ok || bytes.HasPrefix(c, h)
		}
		if !ok {
			return c
		}
	}
	return nil
}
