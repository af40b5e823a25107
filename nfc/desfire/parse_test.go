package desfire

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	"sleutelbord/nfc"
)

func TestVersionsOfRealChips(t *testing.T) {
	var v struct {
		Cards []struct {
			ID           string
			HW, SW, Rest hexBytes
			UID, Batch   hexBytes
			Week, Year   string
			FreeMemory   int `json:"free_memory"`
			Source       any
		}
	}
	load(t, "getversion.json", &v)
	chips := map[string]Chip{"ev1": EV1, "ev2": EV2, "ev3": EV3}
	for _, c := range v.Cards {
		week, _ := strconv.ParseUint(c.Week, 16, 8)
		year, _ := strconv.ParseUint(c.Year[2:], 16, 8)
		rest := c.Rest
		if rest == nil {
			rest = append(append(append(hexBytes(nil), c.UID...), c.Batch...), byte(week), byte(year))
		}
		answers := [][]byte{append(c.HW, 0x91, 0xAF), append(c.SW, 0x91, 0xAF), append(rest, 0x91, 0x00)}
		got, err := New(&script{answers: answers}).GetVersion()
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		want := fmt.Sprintf("%v %x %x %02x %02x", chips[c.ID[:3]], []byte(c.UID), []byte(c.Batch), week, year)
		if s := fmt.Sprintf("%v %x %x %02x %02x", got.Chip(), got.UID, got.Batch, got.Week, got.Year); s != want {
			t.Errorf("%s: %s, want %s", c.ID, s, want)
		}
		if size := map[byte]int{'2': 2048, '4': 4096, '8': 8192}[c.ID[4]]; got.StorageBytes() != size {
			t.Errorf("%s: %d bytes of storage", c.ID, got.StorageBytes())
		}
	}
	if len(v.Cards) != 6 {
		t.Errorf("ran %d cards", len(v.Cards))
	}
}

func TestVersionOfOtherProducts(t *testing.T) {
	for name, p := range map[string]Part{
		"MF3ICD40":            {4, 1, 1, 0, 2, 0x18, 5},
		"DESFire Light":       {4, 8, 1, 0x30, 0, 0x13, 5},
		"NTAG 424 DNA":        {4, 4, 2, 0x30, 0, 0x11, 5},
		"another maker":       {5, 1, 1, 0x12, 0, 0x18, 5},
		"telephone":           {4, 0x91, 1, 0x62, 1, 0x1A, 5},
		"later than EV3":      {4, 1, 1, 0xA0, 0, 0x1A, 5},
		"storage of all ones": {4, 1, 1, 0xFF, 0xFF, 0xFF, 0xFF},
	} {
		v := Version{Hardware: p}
		if v.Chip() != ChipUnknown || v.StorageBytes() <= 0 {
			t.Errorf("%s: %v, %d bytes", name, v.Chip(), v.StorageBytes())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	type parser struct {
		name  string
		parse func([]byte) error
		bad   [][]byte
	}
	for _, p := range []parser{
		{"version", func(b []byte) error { _, err := parseVersion(b); return err }, [][]byte{nil, make([]byte, 27), make([]byte, 30)}},
		{"application ids", func(b []byte) error { _, err := parseAIDs(b); return err }, [][]byte{{1}, {1, 2}, {1, 2, 3, 4}, {0, 0, 0}}},
		{"key settings", func(b []byte) error { _, err := parseKeySettings(b); return err }, [][]byte{
			nil,
			{0x0F},
			{0x0F, 0xC1},
			{0x0F, 0x91},                 // key sets announced, none there
			{0x0F, 0x81, 0},              // none announced
			{15, 0x91, 1, 2, 3, 4, 5, 6}, // too many
		}},
		{"file settings", func(b []byte) error { _, err := parseFileSettings(b); return err }, [][]byte{
			nil,
			{0, 3, 0xFF},
			{0, 3, 0xFF, 0x1F, 160, 0},
			{0, 3, 0xFF, 0x1F, 160, 0, 0, 0},
			{1, 3, 0xFF, 0x1F},
			{2, 0, 0xFF, 0x1F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
			{3, 0, 0xFF, 0x1F, 0, 0, 0, 0, 0, 0, 0, 0},
			{5, 0, 0xFF, 0x1F, 0},
			{6, 0, 0xFF, 0x1F, 0, 0, 0},
			{0, 0x80, 0xFF, 0x1F, 160, 0, 0},          // rights announced, none there
			{0, 0x80, 0xFF, 0x1F, 160, 0, 0, 2, 1, 1}, // one too few
			{0, 0x80, 0xFF, 0x1F, 160, 0, 0, 0, 1, 1}, // one too many
		}},
	} {
		for _, b := range p.bad {
			if err := p.parse(b); !errors.Is(err, nfc.ErrProtocol) {
				t.Errorf("%s % X: %v", p.name, b, err)
			}
		}
	}
}

func TestParseFileSettings(t *testing.T) {
	a := AccessRights{Read: 1, Write: 0xF, ReadWrite: 2, Change: 0xE}
	for _, c := range []struct {
		b    []byte
		want FileSettings
	}{
		{[]byte{0, 0, 0x2E, 0x1F, 1, 2, 3}, FileSettings{Access: a, Size: 0x030201}},
		{[]byte{0, 2, 0x2E, 0x1F, 1, 2, 3}, FileSettings{Access: a, Size: 0x030201}},
		{[]byte{1, 1, 0x2E, 0x1F, 1, 0, 0}, FileSettings{Type: FileBackup, Comm: MAC, Access: a, Size: 1}},
		{[]byte{2, 3, 0x2E, 0x1F, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 9, 9, 9, 9, 1}, FileSettings{Type: FileValue, Comm: Full, Access: a, Lower: -1, Upper: 2}},
		{[]byte{3, 0, 0x2E, 0x1F, 4, 0, 0, 5, 0, 0, 6, 0, 0}, FileSettings{Type: FileLinearRecord, Access: a, Size: 4, MaxRecords: 5, Records: 6}},
		{[]byte{4, 0, 0x2E, 0x1F, 4, 0, 0, 5, 0, 0, 6, 0, 0}, FileSettings{Type: FileCyclicRecord, Access: a, Size: 4, MaxRecords: 5, Records: 6}},
		{[]byte{5, 0, 0x2E, 0x1F, 2, 1}, FileSettings{Type: FileTransactionMAC, Access: a}},
		{[]byte{0, 0x80, 0x2E, 0x1F, 1, 0, 0, 1, 0x11, 0x22}, FileSettings{Access: a, Size: 1, Options: 0x80}},
		{[]byte{0, 0x40, 0x2E, 0x1F, 1, 0, 0, 1, 2, 3, 4, 5}, FileSettings{Access: a, Size: 1, Options: 0x40}},
	} {
		if got, err := parseFileSettings(c.b); err != nil || got != c.want {
			t.Errorf("% X: %+v, %v", c.b, got, err)
		}
	}
}

func TestParseKeySettings(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want KeySettings
	}{
		{[]byte{0x0F, 0x01}, KeySettings{0x0F, 1, TypeDES}},
		{[]byte{0x0F, 0x41}, KeySettings{0x0F, 1, Type3K3DES}},
		{[]byte{0x0B, 0x8E}, KeySettings{0x0B, 14, TypeAES}},
		{[]byte{0x0B, 0xAE}, KeySettings{0x0B, 14, TypeAES}}, // with ISO file ids
		{[]byte{0x0B, 0x92, 0, 0, 2, 16, 0}, KeySettings{0x0B, 2, TypeAES}},
	} {
		if got, err := parseKeySettings(c.b); err != nil || got != c.want {
			t.Errorf("% X: %+v, %v", c.b, got, err)
		}
	}
}

func TestFileNumbers(t *testing.T) {
	if _, err := New(&script{answers: [][]byte{{0x20, 0x91, 0x00}}}).GetFileIDs(); !errors.Is(err, nfc.ErrProtocol) {
		t.Errorf("%v", err)
	}
}

// TestMisuse: what no chip can do is refused before anything is sent, and the
// session goes on.
func TestMisuse(t *testing.T) {
	s, p := generations()[6].session(t)
	p.answer = func(command) []byte { t.Error("something was sent"); return nil }
	frozen := AccessRights{Change: AccessNever}
	aes := testKey(TypeAES, 1)
	for name, err := range map[string]error{
		"application 000000":  s.CreateApplication(PICCLevel, 0x0B, 14, TypeAES),
		"no keys":             s.CreateApplication(AID{1}, 0x0B, 0, TypeAES),
		"15 keys":             s.CreateApplication(AID{1}, 0x0B, 15, TypeAES),
		"key type":            s.CreateApplication(AID{1}, 0x0B, 1, 4),
		"file 20":             s.CreateStdDataFile(0x20, Full, frozen, 1),
		"mode 2":              s.CreateStdDataFile(1, 2, frozen, 1),
		"access 10":           s.CreateStdDataFile(1, Full, AccessRights{Read: 0x10}, 1),
		"no size":             s.CreateStdDataFile(1, Full, frozen, 0),
		"size":                s.CreateStdDataFile(1, Full, frozen, 1<<24),
		"settings of file 20": s.ChangeFileSettings(0x20, Full, frozen),
		"settings mode":       s.ChangeFileSettings(1, 2, frozen),
		"settings access":     s.ChangeFileSettings(1, Full, AccessRights{Write: 0xFF}),
		"nothing to write":    s.WriteData(1, Full, 0, nil),
		"negative offset":     s.WriteData(1, Full, -1, []byte{1}),
		"offset":              s.WriteData(1, Full, 1<<24, []byte{1}),
		"write file 20":       s.WriteData(0x20, Full, 0, []byte{1}),
		"write mode":          s.WriteData(1, 2, 0, []byte{1}),
		"format in app":       s.FormatPICC(),
		"key 14":              s.ChangeKey(14, aes, aes),
		"DES key in AES app":  s.ChangeKey(1, ZeroDES, ZeroDES),
		"old key of DES":      s.ChangeKey(1, aes, ZeroDES),
	} {
		if err == nil || errors.Is(err, nfc.ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, f := range map[string]func() ([]byte, error){
		"negative length": func() ([]byte, error) { return s.ReadData(1, Full, 0, -1) },
		"length":          func() ([]byte, error) { return s.ReadData(1, Full, 0, maxRead+1) },
		"read mode":       func() ([]byte, error) { return s.ReadData(1, 7, 0, 1) },
		"no records":      func() ([]byte, error) { return s.ReadRecords(1, Full, 0, 0, 4) },
		"record size":     func() ([]byte, error) { return s.ReadRecords(1, Full, 0, 1, 0) },
		"many records":    func() ([]byte, error) { return s.ReadRecords(1, Full, 0, maxRead, maxRead) },
	} {
		if _, err := f(); err == nil || errors.Is(err, nfc.ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.GetValue(0x20, Full); err == nil {
		t.Error("value of file 20")
	}
	s.card.selected = PICCLevel
	if err := s.ChangeKey(1, aes, aes); err == nil {
		t.Error("key 1 of the chip")
	}
	s.card.unsure = true
	if err := s.ChangeKey(0, aes, aes); err == nil {
		t.Error("key of nobody knows what")
	}
	if !s.alive() {
		t.Error("the session ended")
	}
}

func TestAID(t *testing.T) {
	a, err := ParseAID("F53B01")
	if err != nil || a != (AID{0xF5, 0x3B, 0x01}) || a.String() != "F53B01" {
		t.Errorf("%v, %v", a, err)
	}
	if got := fmt.Sprintf("%x", a.wire()); got != "013bf5" {
		t.Errorf("on the wire %s", got)
	}
	for _, bad := range []string{"", "F53B0", "F53B0101", "F53B0G"} {
		if _, err := ParseAID(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		v    fmt.Stringer
		want string
	}{
		{Plain, "plain"},
		{MAC, "mac"},
		{Full, "full"},
		{CommMode(2), "mode 02"},
		{FileStandard, "standard data"},
		{FileTransactionMAC, "transaction MAC"},
		{FileType(9), "file type 09"},
		{EV1, "EV1"},
		{ChipUnknown, "unknown chip"},
		{TypeDES, "DES"},
		{Type2K3DES, "2K3DES"},
		{TypeAES, "AES"},
	} {
		if c.v.String() != c.want {
			t.Errorf("%q, want %q", c.v.String(), c.want)
		}
	}
}
