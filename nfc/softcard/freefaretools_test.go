//go:build linux

package softcard_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sleutelbord/nfc/softcard"
	"sleutelbord/nfc/softcard/freefaretest"
)

// toolbox runs libfreefare's command-line tools on one card.
type toolbox struct {
	t      *testing.T
	reader *freefaretest.Reader
	runs   *int
}

// run compares what a tool prints, where ~ stands for a random UID of 8 digits and
// * for a version. With an exit code other than 0 the text is what it prints as an
// error.
func (b toolbox) run(code int, want, name string, args ...string) {
	b.t.Helper()
	stdout, stderr, got := freefaretest.Tool(b.t, b.reader, name, args...)
	printed, silent := stdout, stderr
	if code != 0 {
		printed, silent = stderr, ""
	}
	pattern := strings.NewReplacer("~", "08[0-9a-f]{6}", `\*`, `[0-9.]+`).Replace(regexp.QuoteMeta(want))
	if got != code || silent != "" || !regexp.MustCompile("^"+pattern+"$").MatchString(printed) {
		b.t.Fatalf("%s %v: exit code %d, want %d\n%s%s\nwant\n%s", name, args, got, code, stdout, stderr, want)
	}
	*b.runs++
}

// info is what mifare-desfire-info prints of a card: UID at the reader, UID in
// GetVersion, hardware and software version, free memory, random UID.
const info = `===> Version information for tag %s:
UID:                      0x%s
Batch number:             0x534f465400
Production date:          week 1, 2026
Hardware Information:
    Vendor ID:            0x04
    Type:                 0x01
    Subtype:              0x01
    Version:              %s
    Storage size:         0x18 (=4096 bytes)
    Protocol:             0x05
Software Information:
    Vendor ID:            0x04
    Type:                 0x01
    Subtype:              0x01
    Version:              %s
    Storage size:         0x18 (=4096 bytes)
    Protocol:             0x05
Master Key settings (0x0f):
    0x08 configuration changeable;
    0x04 PICC Master Key not required for create / delete;
    0x02 Free directory list access without PICC Master Key;
    0x01 Allow changing the Master Key;
Master Key version: 0 (0x00)
Free memory: %d bytes
Use random UID: %s
`

const nfcList = `nfc-list uses libnfc *
NFC device: user defined device opened
1 ISO14443A passive target(s) found:
ISO/IEC 14443A (106 kbps) target:
    ATQA (SENS_RES): 03  44  
       UID (NFCID1): 04  10  32  54  76  98  ba  
      SAK (SEL_RES): 20  
                ATS: 75  77  81  02  80  

`

// TestFreefareTools runs the tools that come with libfreefare, and libnfc's list
// of tags, as a person would.
func TestFreefareTools(t *testing.T) {
	runs := 0
	for _, chip := range chipsOutside {
		t.Run(chip.String(), func(t *testing.T) {
			card, err := softcard.New(softcard.Config{Chip: chip, UID: uidOutside})
			if err != nil {
				t.Fatal(err)
			}
			useTools(toolbox{t, freefaretest.Lay(t, card), &runs}, card, chip)
		})
	}
	t.Logf("%d runs of the tools of libfreefare and libnfc, each with the right outcome", runs)
}

func useTools(b toolbox, card *softcard.Card, chip softcard.Chip) {
	b.t.Helper()
	hardware := map[softcard.Chip]string{softcard.EV1: "1.0", softcard.EV2: "18.0", softcard.EV3: "51.0"}[chip]
	software := map[softcard.Chip]string{softcard.EV1: "1.4", softcard.EV2: "2.1", softcard.EV3: "3.0"}[chip]
	const uid = "041032547698ba"
	found := "Found Mifare DESFire with UID " + uid + "."

	b.run(0, fmt.Sprintf(info, uid, uid, hardware, software, 4864, "no"), "mifare-desfire-info")
	b.run(0, nfcList, "nfc-list")
	b.run(0, "", "mifare-desfire-access")
	b.run(0, found+" \n", "mifare-desfire-ev1-configure-ats", "-y")
	b.run(0, found+" \n", "mifare-desfire-ev1-configure-default-key", "-y")
	b.writeMessage(card, found, software)

	b.run(1, "mifare-desfire-format: Can't authenticate on Mifare DESFire target.\n", "mifare-desfire-format", "-y", "-K", "0123456789ABCDEF")
	b.run(0, found+" \n", "mifare-desfire-format", "-y")
	b.run(1, "mifare-desfire-read-ndef: Application selection failed. Try mifare-desfire-create-ndef before running mifare-desfire-read-ndef.\n",
		"mifare-desfire-read-ndef", "-y", "-o", os.DevNull)
	b.run(0, fmt.Sprintf(info, uid, uid, hardware, software, 4864, "no"), "mifare-desfire-info")

	b.run(0, found+" \n", "mifare-desfire-ev1-configure-random-uid", "-y")
	b.run(0, "Found Mifare DESFire with UID ~. Old card UID: "+uid+"\n", "mifare-desfire-ev1-configure-random-uid", "-y")
	b.run(0, fmt.Sprintf(info, "~", strings.Repeat("00", 7), hardware, software, 4864, "yes"), "mifare-desfire-info")
	if n := card.AuthenticationFailures(); n != 1 {
		b.t.Errorf("%d authentications with a wrong key, want the one that was made", n)
	}
	card.Arm(softcard.LeaveBefore(1))
	b.run(1, "mifare_desfire_get_version: Target Released\n", "mifare-desfire-info")
	b.run(0, "", "mifare-desfire-info") // there is no tag
}

// writeMessage makes the card an NFC Forum Type 4 tag, writes a message and
// reads it, with the tools and with the commands that a telephone sends.
func (b toolbox) writeMessage(card *softcard.Card, found, software string) {
	b.t.Helper()
	message := bytes.Repeat([]byte("a message of some length, with every kind of byte \x00\xFF\x80"), 7)
	dir := b.t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, message, 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.run(0, strings.TrimSuffix(found, ".")+" and software v"+software+"\n\n", "mifare-desfire-create-ndef", "-y")
	b.run(0, fmt.Sprintf("NDEF file is %d bytes long.\n%s \nMax NDEF size: 4096 bytes\n", len(message)+2, found), "mifare-desfire-write-ndef", "-y", "-i", in)
	b.run(0, fmt.Sprintf("%s \nMax NDEF size: 4096 bytes\nNDEF size: %d bytes\n", found, len(message)), "mifare-desfire-read-ndef", "-y", "-o", out)
	got, err := os.ReadFile(out)
	if err != nil || !bytes.Equal(got, message) {
		b.t.Errorf("read back %q, %v", got, err)
	}
	for _, c := range []struct{ command, want string }{
		{"\x00\xA4\x04\x00\x07\xD2\x76\x00\x00\x85\x01\x01\x00", "\x90\x00"},
		{"\x00\xA4\x00\x0C\x02\xE1\x04", "\x90\x00"},
		{"\x00\xB0\x00\x00\x02", string([]byte{byte(len(message) >> 8), byte(len(message)), 0x90, 0x00})},
		{"\x00\xB0\x00\x02\x3B", string(message[:59]) + "\x90\x00"},
	} {
		if got, err := card.Transmit([]byte(c.command)); err != nil || string(got) != c.want {
			b.t.Errorf("%X: %X, %v", c.command, got, err)
		}
	}
}
