//go:build linux

package softcard_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"sleutelbord/nfc/softcard"
	"sleutelbord/nfc/softcard/freefaretest"
)

// The tests of this file let libfreefare, which shares nothing with this project,
// say whether the card is one. It knows the commands of an EV1; what an EV2 or
// EV3 is asked in the same words has to be answered in the same way.

var chipsOutside = []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3}

// scheme is a kind of key with a way to authenticate it.
type scheme struct {
	name, cipher, authenticate string
	// zero is the key of a new application; own, other and next are keys to be.
	zero, own, other, next string
	// d40 sessions outlive an error.
	d40 bool
}

var schemes = []scheme{
	{
		"DES 0A", "des", "authenticate", "des:" + zeros(8), "des:0011223344556677", "des:8899AABBCCDDEEFF", "des:FEDCBA9876543210", true,
	},
	{
		"2K3DES 0A", "des", "authenticate", "des:" + zeros(8), "3des:00112233445566778899AABBCCDDEEFF",
		"3des:0123456789ABCDEFFEDCBA9876543210", "3des:A0A1A2A3A4A5A6A7B0B1B2B3B4B5B6B7", true,
	},
	{
		"DES 1A", "des", "authenticateiso", "des:" + zeros(8), "des:0011223344556677", "des:8899AABBCCDDEEFF", "des:FEDCBA9876543210", false,
	},
	{
		"2K3DES 1A", "des", "authenticateiso", "des:" + zeros(8), "3des:00112233445566778899AABBCCDDEEFF",
		"3des:0123456789ABCDEFFEDCBA9876543210", "3des:A0A1A2A3A4A5A6A7B0B1B2B3B4B5B6B7", false,
	},
	{
		"3K3DES 1A", "3k3des", "authenticate", "3k3des:" + zeros(24), "3k3des:00112233445566778899AABBCCDDEEFF1021324354657687",
		"3k3des:0123456789ABCDEFFEDCBA9876543210F0E1D2C3B4A59687", "3k3des:A0A1A2A3A4A5A6A7B0B1B2B3B4B5B6B7C0C1C2C3C4C5C6C7", false,
	},
	{
		"AES AA", "aes", "authenticate", "aes:" + zeros(16), "aes:00112233445566778899AABBCCDDEEFF:42",
		"aes:0123456789ABCDEFFEDCBA9876543210:07", "aes:A0A1A2A3A4A5A6A7B0B1B2B3B4B5B6B7:FF", false,
	},
}

func zeros(n int) string { return strings.Repeat("00", n) }

// version is the key version that a key shows: for DES the low bits of its first
// eight bytes.
func version(key string) string {
	kind, rest, _ := strings.Cut(key, ":")
	if kind == "aes" {
		_, v, told := strings.Cut(rest, ":")
		if !told {
			v = "00"
		}
		return v
	}
	b, _ := hex.DecodeString(rest[:16])
	v := 0
	for _, x := range b {
		v = v<<1 | int(x&1)
	}
	return fmt.Sprintf("%02X", v)
}

// after is what an EV1 session needs after an error, which ended it; a D40
// session goes on.
func (s scheme) after(keyNo int, key string) string {
	if s.d40 {
		return ""
	}
	return s.login(keyNo, key)
}

func (s scheme) login(keyNo int, key string) string {
	return fmt.Sprintf("%s %d %s\n", s.authenticate, keyNo, key)
}

// outside is a card with libfreefare before it, which has listed it.
type outside struct {
	*freefaretest.Client
	t    *testing.T
	chip softcard.Chip
	card *softcard.Card
}

var uidOutside = []byte{0x04, 0x10, 0x32, 0x54, 0x76, 0x98, 0xBA}

func newOutside(t *testing.T, p freefaretest.Program, chip softcard.Chip) *outside {
	t.Helper()
	card, err := softcard.New(softcard.Config{Chip: chip, UID: uidOutside, Memory: 8192})
	if err != nil {
		t.Fatal(err)
	}
	o := &outside{p.Start(t, freefaretest.Lay(t, card)), t, chip, card}
	o.Run("list => ok 041032547698ba Mifare DESFire")
	return o
}

// TestFreefare makes hundreds of calls of libfreefare on every chip, with every
// kind of key, and compares every outcome.
func TestFreefare(t *testing.T) {
	p := freefaretest.Build(t)
	answers := 0
	for _, chip := range chipsOutside {
		for _, s := range schemes {
			t.Run(fmt.Sprintf("%v %s", chip, s.name), func(t *testing.T) {
				o := newOutside(t, p, chip)
				o.application(s)
				o.keys(s)
				for _, mode := range []int{3, 0, 1} { // see dataFile
					o.dataFile(s, mode)
					o.backupFile(s, mode)
					o.valueFile(s, mode)
					o.linearFile(s, mode)
					o.cyclicFile(s, mode)
				}
				o.fileSettings(s)
				o.fullBlock(s)
				o.leave(s)
				answers += o.Answers
			})
		}
		t.Run(chip.String(), func(t *testing.T) {
			o := newOutside(t, p, chip)
			o.names()
			o.crowd()
			o.chipKeys()
			o.defaultKeys()
			o.configuration()
			answers += o.Answers
		})
	}
	t.Logf("%d answers to libfreefare, each as expected", answers)
}

// application makes an application of five keys and enters it.
func (o *outside) application(s scheme) {
	o.t.Helper()
	o.Run(fmt.Sprintf(`
		authenticate 0 des:%s
		getapplicationids
		createapplication %s 112233 0F 5
		createapplication %[2]s 112233 0F 5 => picc DE
		getapplicationids => ok 112233
		select 445566 => picc A0
		select 112233
		getkeysettings => ok 0F 5
		getfileids => ok
		getkeyversion 4 => ok 00
		getkeyversion 5 => picc 40
	`, zeros(8), s.cipher))
}

// keys changes the key of the session and others, and is refused with wrong ones.
func (o *outside) keys(s scheme) {
	o.t.Helper()
	o.Run(s.login(0, s.zero))
	for no := 1; no <= 4; no++ {
		o.Run(fmt.Sprintf("changekey %d %s %s\ngetkeyversion %[1]d => ok %[4]s\n", no, s.other, s.zero, version(s.other)))
	}
	o.Run(fmt.Sprintf(`
		changekey 3 %s %s => picc 1E # not the key that it holds
		%s
		changekey 5 %[1]s %[4]s => picc 40
		%[3]s
		changekey 0 %[2]s
		getkeyversion 0 => ok %[5]s
		%[6]s 0 %[4]s => picc AE
		%[6]s 7 %[4]s => picc 40
		%[6]s 1 %[2]s => picc AE
		`, s.next, s.own, s.after(0, s.zero), s.zero, version(s.own), s.authenticate))
	// Key settings say who changes keys: 0, E each key itself, 2 key 2.
	o.Run(s.login(1, s.other) + fmt.Sprintf("changekey 1 %s => picc AE\n", s.next) +
		s.login(0, s.own) + "changekeysettings EF\ngetkeysettings => ok EF 5\n" +
		s.login(1, s.other) + fmt.Sprintf("changekey 1 %s\n", s.next) + s.login(1, s.next) +
		s.login(0, s.own) + "changekeysettings 2F\n" +
		s.login(2, s.other) + fmt.Sprintf("changekey 1 %s %s\n", s.other, s.next) + s.login(1, s.other) +
		s.login(0, s.own) + "changekeysettings 0F\n")
}

// content are n bytes, others for another seed.
func content(n, seed int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(seed + 7*i + i>>6)
	}
	return b
}

// The files of a scheme have these rights: key 1 reads, 2 writes, 3 does both, 0
// changes. Three mistakes of libfreefare 0.4.0 say how long their contents are:
//
//   - It checks a D40 MAC over a zero block too many where the length leaves 0 or
//     7 by 8.
//   - It takes an answer of unknown length for wrong that ends in a whole block of
//     padding; see fullBlock.
//   - It appends eight bytes of CMAC to a buffer with room for four, if a DES key
//     was authenticated by 1A, which does no harm once the buffer has grown: the
//     enciphered file comes first, and is the longest.

func (o *outside) dataFile(s scheme, mode int) {
	o.t.Helper()
	size := 301 + 32*(mode/3)
	last := size - 1
	all, part := content(size, mode), content(70, 99)
	merged := append(append(append([]byte(nil), all[:11]...), part...), all[81:]...)
	o.Run(s.login(0, s.own) + fmt.Sprintf(`
		createstd 1 %d 1230 %X
		createstd 1 %[1]d 1230 %[2]X => picc DE
		%[3]s
		getfilesettings 1 => ok type 0 mode %[1]d access 1230 size %[2]d
		getfileids => ok 01
		`, mode, size, s.after(0, s.own)))
	o.Run(s.login(2, s.other) + fmt.Sprintf("write 1 0 %X\n", all) + s.login(1, s.other) + fmt.Sprintf(`
		read 1 0 %X => ok %X
		read 1 0 0 => ok %[2]X # to the end
		read 1 B 19 => ok %[3]X
		`, size, all, all[11:36]))
	o.Run(s.login(3, s.other) + fmt.Sprintf(`
		write 1 B %X
		read 1 0 %X => ok %[3]X
		read 1 %[4]X 1 => ok %[5]X
		read 1 %[4]X 2 => picc BE
		%[6]s
		write 1 %[4]X 0102 => picc BE
		%[6]s
		read 1 %[2]X 1 => picc BE
		`, part, size, merged, last, merged[last:], s.after(3, s.other)))
	o.Run(s.login(4, s.other) + "read 1 0 A => picc AE\n" + s.login(1, s.other) + "write 1 0 AA => picc AE\n" +
		s.login(0, s.own) + "deletefile 1\ngetfileids => ok\n")
}

func (o *outside) backupFile(s scheme, mode int) {
	o.t.Helper()
	old, fresh := content(45, mode), content(21, 200)
	mixed := append(append([]byte(nil), fresh...), old[21:]...)
	o.Run(s.login(0, s.own) + fmt.Sprintf("createbackup 2 %d 1230 2D\n", mode) + s.login(3, s.other) + fmt.Sprintf(`
		getfilesettings 2 => ok type 1 mode %d access 1230 size 45
		read 2 0 2D => ok %s
		write 2 0 %X
		read 2 0 2D => ok %[2]s # not before the commit
		commit
		read 2 0 2D => ok %[3]X
		commit => picc 0C
		%[5]s
		write 2 0 %[4]X
		abort
		read 2 0 2D => ok %[3]X
		abort => picc 0C
		%[5]s
		write 2 0 %[4]X
		%[6]s
		commit # the transaction outlived the new authentication
		%[7]s
		read 2 0 2D => ok %[8]X
		`, mode, zeros(45), old, fresh, s.after(3, s.other), s.login(4, s.other), s.login(1, s.other), mixed))
	o.Run(s.login(3, s.other) + fmt.Sprintf("write 2 0 %X\nselect 112233\n", old) + s.login(3, s.other) +
		fmt.Sprintf("commit => picc 0C # dropped by selection\n%sread 2 0 2D => ok %X\n", s.after(3, s.other), mixed) +
		s.login(0, s.own) + "deletefile 2\n")
}

func (o *outside) valueFile(s scheme, mode int) {
	o.t.Helper()
	rw := s.login(3, s.other)
	o.Run(s.login(0, s.own) + fmt.Sprintf(`
		createvalue 3 %d 1230 FFFFFFF6 3E8 64 1
		getfilesettings 3 => ok type 2 mode %[1]d access 1230 from -10 to 1000 limited 0 enabled 1
		createvalue 4 %[1]d 1230 A 5 7 0 => picc 9E # from 10 to 5
		`, mode) + rw + `
		getvalue 3 => ok 100
		credit 3 32
		getvalue 3 => ok 100
		commit
		getvalue 3 => ok 150
		debit 3 A0
		abort
		getvalue 3 => ok 150
		debit 3 A0
		commit
		getvalue 3 => ok -10
		debit 3 1 => picc BE
		` + rw + `
		getfilesettings 3 => ok type 2 mode ` + fmt.Sprint(mode) + ` access 1230 from -10 to 1000 limited 160 enabled 1
		credit 3 3F3 => picc BE # 1001 is too much
		` + rw + `
		commit => picc 0C
		` + rw + `
		limitedcredit 3 A1 => picc BE # 160 were taken
		` + rw + `
		limitedcredit 3 9B
		commit
		getvalue 3 => ok 145
		limitedcredit 3 1 => picc BE # only once
		` + s.login(1, s.other) + fmt.Sprintf(`
		debit 3 5 %d # whoever may read may take
		commit
		getvalue 3 => ok 140
		credit 3 1 %[1]d => picc AE # and may not give
		%[2]s
		limitedcredit 3 1 %[1]d => picc AE
		%[3]s
		limitedcredit 3 3 %[1]d
		commit
		%[4]s
		getvalue 3 => ok 143
		`, mode, s.after(1, s.other), s.login(2, s.other), rw))
}

func (o *outside) linearFile(s scheme, mode int) {
	o.t.Helper()
	a, b, c := content(11, 1), content(11, 2), content(11, 3)
	o.Run(s.login(0, s.own) + fmt.Sprintf("createlinear 5 %d 1230 B 3\n", mode) + s.login(3, s.other) + fmt.Sprintf(`
		getfilesettings 5 => ok type 3 mode %d access 1230 size 11 most 3 now 0
		readrecords 5 0 1 => picc BE
		%[5]s
		writerecord 5 0 %[2]X
		readrecords 5 0 1 => picc BE # not before the commit
		%[5]s
		writerecord 5 0 %[2]X
		commit
		readrecords 5 0 1 => ok %[2]X
		writerecord 5 0 %[3]X
		abort
		readrecords 5 0 0 => ok %[2]X
		writerecord 5 0 %[3]X
		commit
		writerecord 5 0 %[6]X
		writerecord 5 4 %[7]X # the same record, goes on
		commit
		readrecords 5 0 3 => ok %[2]X%[3]X%[4]X
		readrecords 5 0 0 => ok %[2]X%[3]X%[4]X
		readrecords 5 1 2 => ok %[2]X%[3]X
		readrecords 5 0 1 => ok %[4]X
		writerecord 5 0 %[2]X => picc BE # full
		%[5]s
		getfilesettings 5 => ok type 3 mode %[1]d access 1230 size 11 most 3 now 3
		clearrecords 5
		readrecords 5 0 1 => ok %[4]X
		commit
		readrecords 5 0 1 => picc BE
		`, mode, a, b, c, s.login(3, s.other), c[:4], c[4:]))
	o.Run(s.login(0, s.own) + "deletefile 5\n")
}

func (o *outside) cyclicFile(s scheme, mode int) {
	o.t.Helper()
	a, b, c := content(5, 10), content(5, 20), content(5, 30)
	o.Run(s.login(0, s.own) + fmt.Sprintf(`createcyclic 6 %d 1230 5 1 => picc 9E # room for the next is missing
		%s
		createcyclic 6 %[1]d 1230 5 3
		`, mode, s.after(0, s.own)) + s.login(3, s.other) + fmt.Sprintf(`
		writerecord 6 0 %X
		commit
		writerecord 6 0 %X
		commit
		readrecords 6 0 2 => ok %[1]X%[2]X
		writerecord 6 0 %[3]X
		readrecords 6 0 2 => ok %[1]X%[2]X
		commit
		readrecords 6 0 2 => ok %[2]X%[3]X
		readrecords 6 0 0 => ok %[2]X%[3]X
		readrecords 6 0 3 => picc BE
		`, a, b, c))
	o.Run(s.login(0, s.own) + "deletefile 6\ndeletefile 3\ngetfileids => ok\n")
}

// fileSettings changes a file's, and reads where everybody may.
func (o *outside) fileSettings(s scheme) {
	o.t.Helper()
	data := content(37, 77)
	o.Run(s.login(0, s.own) + fmt.Sprintf(`
		createstd 7 3 5230 25 => picc 9E # there is no key 5
		%s
		createstd 7 3 1230 25
		changefilesettings 7 1 EE30
		getfilesettings 7 => ok type 0 mode 1 access EE30 size 37
		%s
		write 7 0 %X # by key 3, with a MAC
		read 7 0 25 => ok %[3]X
		%[4]s
		read 7 0 25 => ok %[3]X # by nobody's right but everybody's, in clear
		select 112233
		read 7 0 25 => ok %[3]X # without a session
		write 7 24 00
		write 7 24 %[5]X
		%[6]s
		changefilesettings 7 3 EEEE
		select 112233
		changefilesettings 7 0 0F1E # everybody may
		getfilesettings 7 => ok type 0 mode 0 access 0F1E size 37
		%[6]s
		read 7 0 25 => ok %[3]X
		write 7 0 00 => picc AE
		%[7]s
		write 7 0 %[8]X
		%[6]s
		changefilesettings 7 3 FFFF
		read 7 0 25 => picc 9D # nobody, for ever
		%[6]s
		changefilesettings 7 3 EEEE => picc 9D
		%[6]s
		deletefile 7
		deletefile 7 => picc F0
		`, s.after(0, s.own), s.login(3, s.other), data, s.login(4, s.other), data[36:], s.login(0, s.own), s.login(1, s.other), data[:1]))
}

// fullBlock reads to the end of a file which with its check value fills whole
// blocks. Padding begins with 80 then, always, and so takes a block of its own:
// NXP's reader library (phalMfdf) pads so and accepts nothing else. libfreefare
// looks for the check value in the last 19 bytes, of a D40 answer in the last
// nine, and so finds it in DES sessions of 1A alone.
func (o *outside) fullBlock(s scheme) {
	o.t.Helper()
	data := content(28, 5)
	if s.d40 {
		data = content(30, 5)
	}
	toEnd := "pcd 01"
	if !s.d40 && s.cipher != "aes" {
		toEnd = fmt.Sprintf("ok %X", data)
	}
	o.Run(s.login(0, s.own) + fmt.Sprintf("createstd 8 3 1230 %X\n", len(data)) + s.login(3, s.other) + fmt.Sprintf(`
		write 8 0 %X
		read 8 0 %X => ok %[1]X
		read 8 0 0 => %[3]s
		`, data, len(data), toEnd))
}

// leave deletes the application from within.
func (o *outside) leave(s scheme) {
	o.t.Helper()
	o.Run(s.login(0, s.own) + fmt.Sprintf(`
		deleteapplication 112233
		getapplicationids => ok
		select 112233 => picc A0
		authenticate 0 des:%s
		formatpicc
		freemem => ok 7936
		disconnect
		connect
		getapplicationids => ok
		`, zeros(8)))
	if n := o.card.AuthenticationFailures(); n != 2 {
		o.t.Errorf("%d authentications with a wrong key, want the 2 that were made", n)
	}
}

// names gives applications and files those of ISO 7816.
func (o *outside) names() {
	o.t.Helper()
	o.Run(fmt.Sprintf(`
		authenticate 0 des:%s
		createapplication des A1 0F 2 1 E110 D2760000850101
		createapplication aes A2 0F 1 0 1234 4E616D65
		createapplication 3k3des A3 0F E
		createapplication aes A4 0F 1 0 1234 4E616D66 => picc DE # the file id is taken
		createapplication aes A4 0F 1 0 1235 4E616D65 => picc DE # the name is
		createapplication aes A4 0F F => picc 9E # 15 keys
		createapplication aes 0 0F 1 => picc 9E # the chip itself
		getapplicationids => ok 0000A1 0000A2 0000A3
		select 0
		getdfnames => ok 0000A1 E110 D2760000850101 0000A2 1234 4E616D65
		select A1
		authenticate 0 des:%[1]s
		createstd 1 0 EEEE 14 E103
		createbackup 2 0 EEEE 14 E104
		createlinear 3 0 EEEE 5 2 E105
		createcyclic 4 0 EEEE 5 2 E106
		createvalue 5 0 EEEE 0 9 5 0
		createstd 6 0 EEEE 14 => picc 7E # an id is needed here
		createstd 6 0 EEEE 14 E103 => picc DE
		getisofileids => ok E103 E104 E105 E106
		getfileids => ok 0102030405
		select A3
		createstd 1 0 EEEE 14
		getisofileids => picc F0
		`, zeros(8)))
}

// crowd fills the chip with applications: their list takes two frames.
func (o *outside) crowd() {
	o.t.Helper()
	var list strings.Builder
	list.WriteString("getapplicationids => ok 0000A1 0000A2 0000A3")
	o.Run("select 0")
	for aid := 0xB0; aid < 0xB0+25; aid++ {
		o.Run(fmt.Sprintf("createapplication des %X 0F 1", aid))
		fmt.Fprintf(&list, " %06X", aid)
	}
	o.Run(fmt.Sprintf(`
		%s
		authenticate 0 des:%s
		%[1]s
		authenticateiso 0 des:%[2]s
		%[1]s
		getversion => ok %[3]s
		`, &list, zeros(8), o.version(uidOutside)))
	if o.chip == softcard.EV1 {
		o.Run("createapplication des FF 0F 1 => picc CE # an EV1 takes 28\n")
	}
}

// version is the chip's answer to GetVersion with this UID.
func (o *outside) version(uid []byte) string {
	o.t.Helper()
	hardware := map[softcard.Chip]string{softcard.EV1: "0100", softcard.EV2: "1200", softcard.EV3: "3300"}
	software := map[softcard.Chip]string{softcard.EV1: "0104", softcard.EV2: "0201", softcard.EV3: "0300"}
	return fmt.Sprintf("040101%s1A05040101%s1A05%X534F4654000126", hardware[o.chip], software[o.chip], uid)
}

// chipKeys gives the chip's key every cipher there is.
func (o *outside) chipKeys() {
	o.t.Helper()
	aes, triple := "aes:00112233445566778899AABBCCDDEEFF:11", "3k3des:00112233445566778899AABBCCDDEEFF1021324354657687"
	o.Run(fmt.Sprintf(`
		select 0
		authenticate 0 des:%s
		changekey 0 %s
		getkeyversion 0 => ok 11
		authenticate 0 des:%[1]s => picc AE
		authenticate 0 %[2]s
		getkeysettings => ok 0F 1
		getversion => ok %[4]s
		getcarduid => ok %[5]x
		getkeyversion 0 => ok 11
		formatpicc
		authenticate 0 %[2]s
		getapplicationids => ok
		freemem => ok 7936
		changekey 0 %[3]s
		authenticate 0 %[3]s
		getkeyversion 0 => ok 55
		getcarduid => ok %[5]x
		getversion => ok %[4]s
		freemem => ok 7936
		formatpicc
		authenticate 0 %[3]s
		changekey 0 3des:00112233445566778899AABBCCDDEEFF
		authenticateiso 0 3des:00112233445566778899AABBCCDDEEFF
		getcarduid => ok %[5]x
		changekey 0 des:%[1]s
		authenticate 0 des:%[1]s
		getcarduid => ok %[5]x
		getkeyversion 0 => ok 00
		`, zeros(8), aes, triple, o.version(uidOutside), uidOutside))
}

// defaultKeys sets the key of new applications, in sessions of every kind.
func (o *outside) defaultKeys() {
	o.t.Helper()
	triple := "3k3des:00112233445566778899AABBCCDDEEFF1021324354657687"
	o.Run(fmt.Sprintf(`
		authenticate 0 des:%s
		setdefaultkey des:0011223344556677
		createapplication des C1 0F 2
		authenticateiso 0 des:%[1]s
		setdefaultkey %[2]s
		createapplication 3k3des C2 0F 2
		changekey 0 aes:%[3]s:01
		authenticate 0 aes:%[3]s
		setdefaultkey aes:00112233445566778899AABBCCDDEEFF
		createapplication aes C3 0F 2
		setdefaultkey aes:%[3]s
		createapplication aes C4 0F 2
		changekey 0 des:%[1]s
		select C1
		getkeyversion 1 => ok 55
		authenticate 1 des:0011223344556677
		select C2
		getkeyversion 1 => ok 55
		authenticate 1 %[2]s
		select C3
		getkeyversion 1 => ok 55 # libfreefare looks for the version in the key's bits, in an AES key too
		authenticate 1 aes:00112233445566778899AABBCCDDEEFF
		select C4
		getkeyversion 1 => ok 00
		authenticate 1 aes:%[3]s
		`, zeros(8), triple, zeros(16)))
}

// configuration closes the chip: what cannot be undone comes last.
func (o *outside) configuration() {
	o.t.Helper()
	o.Run(fmt.Sprintf(`
		select 0
		authenticate 0 des:%s
		setats 087577810280A1A2
		authenticateiso 0 des:%[1]s
		setats 097577810280A1A2A3
		list => ok 041032547698ba Mifare DESFire
		authenticateiso 0 des:%[1]s
		setconfiguration 0 1
		getcarduid => ok 041032547698ba
		`, zeros(8)))
	_, ats, err := o.card.Activate()
	if err != nil || !bytes.Equal(ats, []byte{9, 0x75, 0x77, 0x81, 0x02, 0x80, 0xA1, 0xA2, 0xA3}) {
		o.t.Errorf("ATS %X, %v", ats, err)
	}
	first, second := o.Call("list"), o.Call("list")
	for _, shown := range []string{first, second} {
		if !strings.HasPrefix(shown, "ok 08") || !strings.HasSuffix(shown, " Mifare DESFire") || len(shown) != len("ok 08000000 Mifare DESFire") {
			o.t.Errorf("with random UID: %s", shown)
		}
	}
	if first == second {
		o.t.Errorf("twice the same random UID: %s", first)
	}
	o.Run(fmt.Sprintf(`
		getversion => ok %s
		disconnect
		connect # by the same random UID
		authenticateiso 0 des:%s
		getversion => ok %s
		changekeysettings 08
		getkeysettings => ok 08 1
		select 0
		getkeysettings => picc AE # the directory is not free any more
		getapplicationids => picc AE
		createapplication des D1 0F 1 => picc AE
		authenticateiso 0 des:%[2]s
		getapplicationids => ok 0000C1 0000C2 0000C3 0000C4
		deleteapplication C1
		createapplication des D1 0F 1
		changekey 0 des:0011223344556677 => picc 9D # the key is frozen
		authenticateiso 0 des:%[2]s
		setconfiguration 1 1
		formatpicc => picc 9D
		authenticateiso 0 des:%[2]s
		changekeysettings 00
		changekeysettings 0F => picc 9D
		`, o.version(make([]byte, 7)), zeros(8), o.version(uidOutside)))
}
