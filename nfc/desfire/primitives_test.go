package desfire

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"sleutelbord/nfc"
)

func TestCMACVectors(t *testing.T) {
	var v struct {
		Subkeys []struct {
			ID, Alg     string
			Key, K1, K2 hexBytes
		}
		CMAC []struct {
			ID, Alg        string
			Key, Msg, CMAC hexBytes
		}
	}
	load(t, "cmac.json", &v)
	for _, s := range v.Subkeys {
		k1, k2 := cmacSubkeys(vectorKey(t, s.Alg, s.Key, 0).block())
		if !bytes.Equal(k1, s.K1) || !bytes.Equal(k2, s.K2) {
			t.Errorf("%s: K1 %x K2 %x, want %x %x", s.ID, k1, k2, s.K1, s.K2)
		}
	}
	for _, c := range v.CMAC {
		m := newMACKey(vectorKey(t, c.Alg, c.Key, 0))
		if got := m.sum(nil, c.Msg); !bytes.Equal(got, c.CMAC) {
			t.Errorf("%s: %x, want %x", c.ID, got, c.CMAC)
		}
		half := len(c.Msg) / 2
		if got := m.sum(nil, c.Msg[:half], c.Msg[half:]); !bytes.Equal(got, c.CMAC) {
			t.Errorf("%s in two parts: %x, want %x", c.ID, got, c.CMAC)
		}
	}
	if len(v.Subkeys) != 4 || len(v.CMAC) != 16 {
		t.Errorf("ran %d subkey and %d CMAC vectors", len(v.Subkeys), len(v.CMAC))
	}
}

func TestCRCVectors(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID, Alg string
			Data    hexBytes
			Status  hexBytes `json:"status_appended"`
			CRC     hexBytes `json:"crc_le"`
		}
	}
	load(t, "crc.json", &v)
	for _, c := range v.Vectors {
		got := crc32LE(c.Data, c.Status)
		if strings.HasPrefix(c.Alg, "CRC-16") {
			got = crc16(c.Data)
		}
		if !bytes.Equal(got, c.CRC) {
			t.Errorf("%s: %x, want %x", c.ID, got, c.CRC)
		}
	}
	if len(v.Vectors) != 6 {
		t.Errorf("ran %d vectors", len(v.Vectors))
	}
}

func TestKeyVersionVectors(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID, Type string
			Key      hexBytes
			Version  hexBytes `json:"version_from_lsb"`
		}
	}
	load(t, "des-key-version.json", &v)
	for _, c := range v.Vectors {
		k, err := NewKey(typeNames[c.Type], c.Key, c.Version[0])
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(k.Reveal(), c.Key) || k.Version() != c.Version[0] {
			t.Errorf("%s: version %02X does not leave the key as it is", c.ID, c.Version[0])
		}
		if other := k.WithVersion(^c.Version[0]); bytes.Equal(other.Reveal(), c.Key) {
			t.Errorf("%s: another version leaves the key as it is", c.ID)
		}
	}
	if len(v.Vectors) != 6 {
		t.Errorf("ran %d vectors", len(v.Vectors))
	}
}

func TestDiversificationVectors(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID, Alg, Ref  string
			Key           hexBytes
			Input         hexBytes `json:"div_input"`
			Out           hexBytes
			PadTo         string `json:"pad_to"`
			Nonconforming bool
		}
	}
	load(t, "key-diversification-an10922.json", &v)
	ran := 0
	for _, c := range v.Vectors {
		if c.Alg != "aes" {
			continue // layout 1 diversifies AES keys only
		}
		ran++
		got := DiversifyAES128(vectorKey(t, c.Alg, c.Key, 0), c.Input).Reveal()
		conforms := c.PadTo == "" && !c.Nonconforming
		if bytes.Equal(got, c.Out) != conforms {
			t.Errorf("%s (%s): equal is %v", c.ID, c.Ref, !conforms)
		}
	}
	if ran != 4 {
		t.Errorf("ran %d vectors", ran)
	}
}

func TestDiversificationRefusesMisuse(t *testing.T) {
	for name, f := range map[string]func(){
		"DES master": func() { DiversifyAES128(ZeroDES, []byte{1}) },
		"no input":   func() { DiversifyAES128(ZeroAES, nil) },
		"long input": func() { DiversifyAES128(ZeroAES, make([]byte, 32)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: did not panic", name)
				}
			}()
			f()
		}()
	}
}

func TestD40Vectors(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID                 string
			Key, Plain, Cipher hexBytes
		}
	}
	load(t, "d40.json", &v)
	ran := 0
	for _, c := range v.Vectors {
		switch c.ID {
		case "d40-des-send":
			ran++
			if got := cbcSendD40(vectorKey(t, "des", c.Key, 0).block(), c.Plain); !bytes.Equal(got, c.Cipher) {
				t.Errorf("%s: %x, want %x", c.ID, got, c.Cipher)
			}
		case "d40-des-receive":
			ran++
			if got := cbcDecrypt(vectorKey(t, "des", c.Key, 0).block(), make([]byte, 8), c.Cipher); !bytes.Equal(got, c.Plain) {
				t.Errorf("%s: %x, want %x", c.ID, got, c.Plain)
			}
		}
	}
	if ran != 2 {
		t.Errorf("ran %d vectors; the others are replayed", ran)
	}
}

func TestEV2PrimitiveVectors(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID, Kind           string
			Key                hexBytes
			RndA               hexBytes `json:"rnd_a"`
			RndB               hexBytes `json:"rnd_b"`
			KSesEnc            hexBytes `json:"kses_enc"`
			KSesMAC            hexBytes `json:"kses_mac"`
			TI, IV, Code, Data hexBytes
			MAC, Plain, Enc    hexBytes
			Ctr                uint16
			CmdCtr             uint16   `json:"cmd_ctr"`
			KeyNo              byte     `json:"key_no"`
			NewKey             hexBytes `json:"new_key"`
			NewVersion         hexBytes `json:"new_version"`
		}
	}
	load(t, "ev2-primitives.json", &v)
	ran := map[string]int{}
	for _, c := range v.Vectors {
		ran[c.Kind]++
		switch c.Kind {
		case "session_keys":
			got := newEV2(vectorKey(t, "aes", c.Key, 0), [16]byte(c.RndA), [16]byte(c.RndB), [4]byte{}, 0)
			want := ev2Of(t, c.KSesEnc, c.KSesMAC, nil, 0)
			if probe(got) != probe(want) {
				t.Errorf("%s: other session keys", c.ID)
			}
		case "cmd_iv":
			if got := ev2Of(t, c.KSesEnc, make([]byte, 16), c.TI, 0).iv(ivCommand, c.CmdCtr); !bytes.Equal(got, c.IV) {
				t.Errorf("%s: %x, want %x", c.ID, got, c.IV)
			}
		case "mac":
			if got := ev2Of(t, make([]byte, 16), c.KSesMAC, c.TI, 0).sum(c.Code[0], c.Ctr, c.Data); !bytes.Equal(got, c.MAC) {
				t.Errorf("%s: %x, want %x", c.ID, got, c.MAC)
			}
		case "changekey_same":
			ch := ev2Of(t, c.KSesEnc, c.KSesMAC, c.TI, c.CmdCtr)
			material := append(append([]byte(nil), c.NewKey...), c.NewVersion...)
			got, err := ch.protect(command{ins: insChangeKey, head: []byte{c.KeyNo}, data: material, out: guardKey})
			want := append(append([]byte{c.KeyNo}, c.Enc...), c.MAC...)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %x, %v, want %x", c.ID, got, err, want)
			}
		case "tmac_session_keys": // transaction MAC files are not spoken
		default:
			t.Errorf("%s: unknown kind %q", c.ID, c.Kind)
		}
	}
	if ran["session_keys"] != 2 || ran["cmd_iv"] != 2 || ran["mac"] != 4 || ran["changekey_same"] != 1 {
		t.Errorf("ran %v", ran)
	}
}

// ev2Of is the channel of a session whose keys are given.
func ev2Of(t testing.TB, enc, mac, ti []byte, counter uint16) *ev2 {
	t.Helper()
	if ti == nil {
		ti = make([]byte, 4)
	}
	return &ev2{
		enc:     vectorKey(t, "aes", enc, 0).block(),
		mac:     newMACKey(vectorKey(t, "aes", mac, 0)),
		ti:      [4]byte(ti),
		counter: counter,
	}
}

// probe tells two channels with different keys apart.
func probe(e *ev2) string { return string(e.iv(ivCommand, 1)) + string(e.sum(1, 1, nil)) }

func TestMarkedPadding(t *testing.T) {
	for n := range 40 {
		data := bytes.Repeat([]byte{0x80}, n)
		padded := padMarked(append([]byte(nil), data...), 16)
		if len(padded)%16 != 0 || len(padded) <= n {
			t.Fatalf("%d bytes padded to %d", n, len(padded))
		}
		if got, err := unpadMarked(padded, 16); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes came back as %d, %v", n, len(got), err)
		}
	}
	for _, bad := range [][]byte{
		nil, make([]byte, 16), bytes.Repeat([]byte{0x81}, 16),
		append([]byte{0x80}, make([]byte, 31)...), // a whole block of padding too much
	} {
		if _, err := unpadMarked(bad, 16); !errors.Is(err, nfc.ErrProtocol) {
			t.Errorf("%x: %v", bad, err)
		}
	}
}
