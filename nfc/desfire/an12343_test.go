package desfire

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"sleutelbord/nfc"
)

type an12343 struct {
	ID   string
	Auth *struct{ Key, C1, R1, C2, R2 hexBytes }

	RndA         hexBytes `json:"rnd_a"`
	TI           hexBytes
	KSesEnc      hexBytes `json:"kses_enc"`
	KSesMAC      hexBytes `json:"kses_mac"`
	CmdCtr       uint16   `json:"cmd_ctr"`
	Ins          hexBytes
	Header, Data hexBytes
	Mode         string
	CAPDU        hexBytes `json:"c_apdu"`
	RAPDU        hexBytes `json:"r_apdu"`
	RespData     hexBytes `json:"resp_data"`
	RespMode     string   `json:"resp_mode"`
	AuthKeyNo    byte     `json:"auth_key_no"`
	KeyNo        byte     `json:"key_no"`
	OldKey       hexBytes `json:"old_key"`
	NewKey       hexBytes `json:"new_key"`
	NewVersion   hexBytes `json:"new_version"`
	Verified     bool
}

func loadAN12343(t *testing.T) []an12343 {
	t.Helper()
	var v struct{ Vectors []an12343 }
	load(t, "ev2-an12343.json", &v)
	return v.Vectors
}

func TestAN12343Authentications(t *testing.T) {
	ran := 0
	for _, v := range loadAN12343(t) {
		if v.Auth == nil {
			continue
		}
		ran++
		line := &replay{t: t, turns: [][2]hexBytes{{v.Auth.C1, v.Auth.R1}, {v.Auth.C2, v.Auth.R2}}}
		card := New(line, WithRandom(bytes.NewReader(v.RndA)))
		s, err := card.AuthenticateEV2First(v.Auth.C1[5], vectorKey(t, "aes", v.Auth.Key, 0))
		if err != nil {
			t.Errorf("%s: %v", v.ID, err)
			continue
		}
		line.finish()
		got := s.ch.(*ev2)
		want := ev2Of(t, v.KSesEnc, v.KSesMAC, v.TI, 0)
		if got.ti != want.ti || got.counter != 0 || probe(got) != probe(want) {
			t.Errorf("%s: other session than in the note", v.ID)
		}
	}
	if ran != 6 {
		t.Errorf("ran %d authentications", ran)
	}
}

// TestAN12343Commands drives every worked example whose keys are printed:
// through the exported method where the note's chip has the same command,
// else through the pipeline with the note's instruction byte.
func TestAN12343Commands(t *testing.T) {
	ran, noKeys := 0, 0
	for _, v := range loadAN12343(t) {
		if v.Auth != nil {
			continue
		}
		if !v.Verified {
			noKeys++
			continue
		}
		ran++
		t.Run(v.ID, func(t *testing.T) { playAN12343(t, v) })
	}
	if ran != 17 || noKeys != 2 {
		t.Errorf("ran %d commands, %d have no keys in the note", ran, noKeys)
	}
}

func playAN12343(t *testing.T, v an12343) {
	answer := v.RAPDU
	if answer == nil {
		answer = hexBytes{0x91, 0x00} // the note prints no answer: any will do, it must be refused
	}
	line := &replay{t: t, turns: [][2]hexBytes{{v.CAPDU, answer}}}
	card := New(line)
	card.selected = AID{1}
	enc := v.KSesEnc
	if enc == nil {
		enc = make([]byte, 16) // not needed for MACs
	}
	ch := ev2Of(t, enc, v.KSesMAC, v.TI, v.CmdCtr)
	s := card.begin(v.AuthKeyNo, TypeAES, ch)
	got, err := performAN12343(t, s, v)
	line.finish()
	if v.RAPDU == nil {
		if !errors.Is(err, nfc.ErrProtocol) {
			t.Errorf("answer without MAC: %v", err)
		}
		return
	}
	if v.RespMode == "full-nopad" {
		got = fmt.Sprintf("%x", cbcDecrypt(ch.enc, ch.iv(ivAnswer, ch.counter), unhex(t, got)))
	}
	if err != nil || got != fmt.Sprintf("%x", []byte(v.RespData)) {
		t.Errorf("got %s, %v, want %x", got, err, []byte(v.RespData))
	}
	if ch.counter != v.CmdCtr+1 {
		t.Errorf("counter went from %d to %d", v.CmdCtr, ch.counter)
	}
}

func performAN12343(t *testing.T, s *Session, v an12343) (string, error) {
	switch v.Ins[0] {
	case 0x51:
		uid, err := s.GetCardUID()
		return fmt.Sprintf("%x", uid), err
	case 0x5F:
		return "", s.ChangeFileSettings(v.Header[0], CommMode(v.Data[0]), parseAccess([2]byte(v.Data[1:])))
	case 0x64:
		version, err := s.GetKeyVersion(v.Header[0])
		return fmt.Sprintf("%02x", version), err
	case 0x6C:
		value, err := s.GetValue(v.Header[0], Full)
		return fmt.Sprintf("%08x", value), err
	case 0xC4:
		err := s.ChangeKey(v.KeyNo, vectorKey(t, "aes", v.NewKey, v.NewVersion[0]), vectorKey(t, "aes", v.OldKey, 0))
		if own := v.KeyNo == v.AuthKeyNo; err == nil && own == s.alive() {
			t.Errorf("session alive is %v", s.alive())
		}
		return "", err
	}
	c := command{
		what: v.ID, ins: v.Ins[0], head: v.Header, data: v.Data,
		min: len(v.RespData), max: len(v.RespData),
	}
	if v.Mode == "full" && len(v.Data) > 0 {
		c.out = guardFull
	}
	if v.RespMode == "full" {
		c.in = guardFull
	}
	b, err := s.run(c)
	return fmt.Sprintf("%x", b), err
}

// TestAN12343Plain: the plain commands of the note that this client speaks.
func TestAN12343Plain(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID    string
			APDUs [][2]string
		}
	}
	load(t, "plain-apdus-an12343.json", &v)
	turns := map[string][][2]hexBytes{}
	for _, x := range v.Vectors {
		var all [][2]hexBytes
		for i := 0; i+1 < len(x.APDUs); i += 2 {
			all = append(all, [2]hexBytes{unhex(t, x.APDUs[i][1]), unhex(t, x.APDUs[i+1][1])})
		}
		turns[x.ID] = all
	}

	line := &replay{t: t, turns: turns["an12343-t12"][1:]} // without selection by name
	card := New(line)
	if ids, err := card.GetFileIDs(); err != nil || !bytes.Equal(ids, []byte{0x0F, 0x1F, 0x03, 0x00, 0x01, 0x04}) {
		t.Errorf("file ids %x, %v", ids, err)
	}
	f, err := card.GetFileSettings(0)
	if want := (FileSettings{Comm: Full, Access: AccessRights{Read: 1, Write: 0xF, ReadWrite: 3}, Size: 256}); err != nil || f != want {
		t.Errorf("file 0: %+v, %v", f, err)
	}
	f, err = card.GetFileSettings(3)
	if want := (FileSettings{Type: FileValue, Comm: Full, Access: AccessRights{Read: 1, Write: 2, ReadWrite: 3}, Upper: 0x7FFFFFFF}); err != nil || f != want {
		t.Errorf("file 3: %+v, %v", f, err)
	}
	line.finish()

	line = &replay{t: t, turns: append(append(turns["an12343-t21"], turns["an12343-t22"]...), turns["an12343-t34"]...)}
	card = New(line)
	data := bytes.Repeat([]byte{0x22}, 25)
	_, err = card.run(command{what: "t21", ins: 0x8D, head: unhex(t, "00000000190000"), data: data, out: guardPlain, in: guardPlain})
	if err != nil {
		t.Error(err)
	}
	got, err := card.run(command{what: "t22", ins: 0xAD, head: make([]byte, 7), out: guardPlain, in: guardPlain, max: maxRead})
	if want := append(data, make([]byte, 256-25)...); err != nil || len(got) < 25 || !bytes.Equal(got, want[:len(got)]) {
		t.Errorf("%x, %v", got, err)
	}
	if value, err := card.GetValue(3, Plain); err != nil || value != 0 {
		t.Errorf("value %d, %v", value, err)
	}
	line.finish()
}
