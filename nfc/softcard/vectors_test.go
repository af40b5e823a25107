package softcard

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatalf("hex %q: %v", s, err)
	}
	return b
}

// vectors reads a file of testdata; each names its sources.
func vectors(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func kindOf(t testing.TB, alg string) kind {
	t.Helper()
	k, ok := map[string]kind{"des": kindDES, "2k3des": kindDES, "3k3des": kind3K3DES, "aes": kindAES}[alg]
	if !ok {
		t.Fatalf("unknown algorithm %q", alg)
	}
	return k
}

// doubled writes a DES key of eight bytes twice, as a slot holds it.
func doubled(b []byte) []byte {
	if len(b) == 8 {
		return join(b, b)
	}
	return b
}

func TestCMACVectors(t *testing.T) {
	var v struct {
		CMAC []struct{ ID, Alg, Key, Msg, CMAC string } `json:"cmac"`
	}
	vectors(t, "cmac.json", &v)
	for _, c := range v.CMAC {
		b := newBlock(kindOf(t, c.Alg), unhex(t, c.Key))
		got := cmac(b, make([]byte, b.BlockSize()), unhex(t, c.Msg))
		if hex.EncodeToString(got) != c.CMAC {
			t.Errorf("%s: got %x, want %s", c.ID, got, c.CMAC)
		}
	}
	if len(v.CMAC) == 0 {
		t.Error("no vectors")
	}
}

func TestCMACSubkeys(t *testing.T) {
	var v struct {
		Subkeys []struct{ ID, Alg, Key, K1, K2 string }
	}
	vectors(t, "cmac.json", &v)
	for _, c := range v.Subkeys {
		b := newBlock(kindOf(t, c.Alg), unhex(t, c.Key))
		k := make([]byte, b.BlockSize())
		b.Encrypt(k, k)
		for _, want := range []string{c.K1, c.K2} {
			double(k)
			if hex.EncodeToString(k) != want {
				t.Errorf("%s: got %x, want %s", c.ID, k, want)
			}
		}
	}
}

func TestCRCVectors(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID, Alg, Data, Status string
			Appended              string `json:"status_appended"`
			CRC                   string `json:"crc_le"`
		}
	}
	vectors(t, "crc.json", &v)
	for _, c := range v.Vectors {
		sum := crc32jam
		if strings.HasPrefix(c.Alg, "CRC-16") {
			sum = crc16
		}
		if got := sum(unhex(t, c.Data), unhex(t, c.Appended)); hex.EncodeToString(got) != c.CRC {
			t.Errorf("%s: got %x, want %s", c.ID, got, c.CRC)
		}
	}
}

func TestKeyVersionVectors(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID, Key, Type string
			Version       string `json:"version_from_lsb"`
		}
	}
	vectors(t, "des-key-version.json", &v)
	for _, c := range v.Vectors {
		k := key{kind: kindOf(t, c.Type), bytes: doubled(unhex(t, c.Key))}
		if want := unhex(t, c.Version)[0]; k.version() != want {
			t.Errorf("%s: got %02x, want %02x", c.ID, k.version(), want)
		}
	}
}

func TestD40CipherVectors(t *testing.T) {
	var v struct {
		Vectors []struct{ ID, Kind, Key, Plain, Cipher string }
	}
	vectors(t, "d40.json", &v)
	n := 0
	for _, c := range v.Vectors {
		if c.Cipher == "" {
			continue
		}
		n++
		d := d40{block: newBlock(kindDES, unhex(t, c.Key))}
		plain, cipher := unhex(t, c.Plain), unhex(t, c.Cipher)
		if got := encipherReceived(d.block, cipher); !bytes.Equal(got, plain) {
			t.Errorf("%s: received %x, want %x", c.ID, got, plain)
		}
		if got, _ := encrypt(d.block, make([]byte, 8), plain); !bytes.Equal(got, cipher) {
			t.Errorf("%s: sent %x, want %x", c.ID, got, cipher)
		}
	}
	if n == 0 {
		t.Error("no vectors")
	}
}

func TestEV2PrimitiveVectors(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID, Kind, Key, TI, Code, Data, MAC, IV string
			RndA                                   string `json:"rnd_a"`
			RndB                                   string `json:"rnd_b"`
			Enc                                    string `json:"kses_enc"`
			Mac                                    string `json:"kses_mac"`
			CmdCtr                                 uint16 `json:"cmd_ctr"`
			Ctr                                    uint16 `json:"ctr"`
		}
	}
	vectors(t, "ev2-primitives.json", &v)
	done := map[string]int{}
	for _, c := range v.Vectors {
		switch c.Kind {
		case "session_keys":
			k := newBlock(kindAES, unhex(t, c.Key))
			for label, want := range map[uint16]string{0xA55A: c.Enc, 0x5AA5: c.Mac} {
				if got := derive(k, label, unhex(t, c.RndA), unhex(t, c.RndB)); hex.EncodeToString(got) != want {
					t.Errorf("%s: label %04X: got %x, want %s", c.ID, label, got, want)
				}
			}
		case "cmd_iv":
			s := ev2{enc: newBlock(kindAES, unhex(t, c.Enc)), ti: [4]byte(unhex(t, c.TI)), counter: c.CmdCtr}
			if got := s.iv(0xA55A); hex.EncodeToString(got) != c.IV {
				t.Errorf("%s: got %x, want %s", c.ID, got, c.IV)
			}
		case "mac":
			s := ev2{mac: newBlock(kindAES, unhex(t, c.Mac)), ti: [4]byte(unhex(t, c.TI)), counter: c.Ctr}
			if got := s.sign(unhex(t, c.Code)[0], unhex(t, c.Data)); hex.EncodeToString(got) != c.MAC {
				t.Errorf("%s: got %x, want %s", c.ID, got, c.MAC)
			}
		}
		done[c.Kind]++
	}
	for _, k := range []string{"session_keys", "cmd_iv", "mac"} {
		if done[k] == 0 {
			t.Errorf("no vector of kind %s", k)
		}
	}
}

// an12343 is one worked example of NXP AN12343.
type an12343 struct {
	ID   string
	Auth struct{ Key, C1, R1, C2, R2 string }
	RndB string `json:"rnd_b"`
	TI   string
	Enc  string `json:"kses_enc"`
	Mac  string `json:"kses_mac"`
	Ctr  uint16 `json:"cmd_ctr"`

	Ins, Header, Data, Mode string
	CAPDU                   string `json:"c_apdu"`
	RAPDU                   string `json:"r_apdu"`
	RespData                string `json:"resp_data"`
	RespMode                string `json:"resp_mode"`
	CRC                     string `json:"crc32_new_key"`
	Verified                bool
}

func TestAN12343Authentication(t *testing.T) {
	var v struct{ Vectors []an12343 }
	vectors(t, "ev2-an12343.json", &v)
	n := 0
	for _, c := range v.Vectors {
		if c.Auth.C1 == "" {
			continue
		}
		n++
		card := newTestCard(t, Config{Chip: EV2, Random: bytes.NewReader(unhex(t, c.RndB+c.TI))})
		k := key{kind: kindAES, bytes: unhex(t, c.Auth.Key)}
		app := &application{aid: [3]byte{1, 2, 3}, kind: kindAES, keys: []key{k, k}}
		card.image.apps = append(card.image.apps, app)
		send(t, card, "905a00000301020300", "9100")
		send(t, card, c.Auth.C1, c.Auth.R1)
		send(t, card, c.Auth.C2, c.Auth.R2)
	}
	if n != 6 {
		t.Errorf("%d authentications, want 6", n)
	}
}

func TestAN12343Messages(t *testing.T) {
	var v struct{ Vectors []an12343 }
	vectors(t, "ev2-an12343.json", &v)
	modes := map[string]protection{"mac": standard, "full": full}
	n := 0
	for _, c := range v.Vectors {
		if c.CAPDU == "" || !c.Verified || c.RespMode == "full-nopad" {
			continue
		}
		n++
		s := &ev2{ti: [4]byte(unhex(t, c.TI)), counter: c.Ctr}
		s.mac = newBlock(kindAES, unhex(t, c.Mac))
		if c.Enc != "" {
			s.enc = newBlock(kindAES, unhex(t, c.Enc))
		}
		raw := unhex(t, c.CAPDU)
		body, h := raw[5:len(raw)-1], len(c.Header)/2
		in := inbound{ins: raw[1], header: body[:h], body: body[h:], plan: plan{in: modes[c.Mode], need: -1, trailer: c.CRC != ""}}
		data, trailer, st := s.open(in)
		if st != statusOK {
			t.Errorf("%s: open: %02X", c.ID, byte(st))
			continue
		}
		if got := hex.EncodeToString(join(data, trailer)); got != c.Data {
			t.Errorf("%s: opened %s, want %s", c.ID, got, c.Data)
		}
		if c.CRC != "" && hex.EncodeToString(trailer) != c.CRC {
			t.Errorf("%s: trailer %x, want %s", c.ID, trailer, c.CRC)
		}
		if c.RAPDU == "" || c.RAPDU == "9100" {
			continue
		}
		got := s.seal(modes[c.RespMode], unhex(t, c.RespData), statusOK, false)
		if c.RespMode == "" {
			got = (&ev2{mac: s.mac, enc: s.enc, ti: s.ti, counter: c.Ctr}).seal(standard, nil, statusOK, false)
		}
		if want := strings.TrimSuffix(c.RAPDU, "9100"); hex.EncodeToString(got) != want {
			t.Errorf("%s: sealed %x, want %s", c.ID, got, want)
		}
	}
	if n < 12 {
		t.Errorf("only %d messages", n)
	}
	t.Logf("%d messages", n)
}

func TestEV2ChangeKeyOfOwnKey(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID, TI, Enc, Plain string
			KEnc               string `json:"kses_enc"`
			KMac               string `json:"kses_mac"`
			Ctr                uint16 `json:"cmd_ctr"`
			NewKey             string `json:"new_key"`
			Version            string `json:"new_version"`
			MAC                string `json:"mac"`
			Kind               string
		}
	}
	vectors(t, "ev2-primitives.json", &v)
	for _, c := range v.Vectors {
		if c.Kind != "changekey_same" {
			continue
		}
		enc, _ := aes.NewCipher(unhex(t, c.KEnc))
		mac, _ := aes.NewCipher(unhex(t, c.KMac))
		s := &ev2{enc: enc, mac: mac, ti: [4]byte(unhex(t, c.TI)), counter: c.Ctr}
		in := inbound{ins: 0xC4, header: []byte{0}, body: unhex(t, c.Enc+c.MAC), plan: plan{in: full, need: 17}}
		data, _, st := s.open(in)
		if st != statusOK || hex.EncodeToString(data) != c.NewKey+c.Version {
			t.Errorf("%s: got %x, status %02X", c.ID, data, byte(st))
		}
	}
}
