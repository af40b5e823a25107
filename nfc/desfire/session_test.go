package desfire

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"sleutelbord/nfc"
)

func none(err error) (string, error) { return "", err }

func show(v any, err error) (string, error) { return fmt.Sprintf("%v", v), err }

var record = bytes.Repeat([]byte{0xA1, 0xB2, 0xC3, 0xD4}, 40) // 160 bytes

// calls are all the methods of a session, with an answer each.
func calls(kind KeyType) []call {
	frozen := AccessRights{Read: 1, Write: AccessNever, ReadWrite: AccessNever, Change: AccessNever}
	version := append(append([]byte{4, 1, 1, 0x33, 0, 0x18, 5}, 4, 1, 1, 3, 0, 0x18, 5), make([]byte, 14)...)
	list := []call{
		{name: "GetVersion", answer: version, do: func(s *Session) (string, error) {
			v, err := s.GetVersion()
			return show(v.Chip(), err)
		}, want: "EV3"},
		{name: "GetApplicationIDs", answer: bytes.Repeat([]byte{1, 0x3B, 0xF5}, 21), do: func(s *Session) (string, error) {
			aids, err := s.GetApplicationIDs()
			return show(len(aids), err)
		}, want: "21", picc: true},
		{name: "GetKeySettings", answer: []byte{0x0B, 0x8E}, do: func(s *Session) (string, error) { return show(s.GetKeySettings()) }, want: "{11 14 AES}"},
		{name: "GetKeyVersion", answer: []byte{0x42}, do: func(s *Session) (string, error) { return show(s.GetKeyVersion(3)) }, want: "66"},
		{name: "GetFileIDs", answer: []byte{1, 0x1F}, do: func(s *Session) (string, error) { return show(s.GetFileIDs()) }, want: "[1 31]"},
		{name: "GetFileSettings", answer: []byte{0, 3, 0xFF, 0x1F, 160, 0, 0}, do: func(s *Session) (string, error) {
			f, err := s.GetFileSettings(1)
			return show(f == FileSettings{Comm: Full, Access: frozen, Size: 160}, err)
		}, want: "true"},
		{name: "FreeMemory", answer: []byte{0x20, 0x1D, 0}, do: func(s *Session) (string, error) { return show(s.FreeMemory()) }, want: "7456"},
		{name: "ReadSignature", answer: make([]byte, 56), do: func(s *Session) (string, error) {
			sig, err := s.ReadSignature()
			return show(len(sig), err)
		}, want: "56"},
		{name: "CreateApplication", do: func(s *Session) (string, error) {
			return none(s.CreateApplication(AID{0xF5, 0x3B, 1}, 0x0B, 14, TypeAES))
		}, picc: true},
		{name: "DeleteApplication", do: func(s *Session) (string, error) { return none(s.DeleteApplication(AID{1, 2, 3})) }, picc: true},
		{name: "CreateStdDataFile", do: func(s *Session) (string, error) {
			return none(s.CreateStdDataFile(1, Full, AccessRights{Read: 1}, 160))
		}},
		{name: "DeleteFile", do: func(s *Session) (string, error) { return none(s.DeleteFile(1)) }},
		{name: "FormatPICC", do: func(s *Session) (string, error) { return none(s.FormatPICC()) }, picc: true},
		{name: "ChangeKeySettings", do: func(s *Session) (string, error) { return none(s.ChangeKeySettings(0x0B)) }},
		{name: "ChangeKey other", do: func(s *Session) (string, error) {
			return none(s.ChangeKey(5, testKey(kind, 50), testKey(kind, 60)))
		}},
		{name: "ChangeKey own", do: func(s *Session) (string, error) { return none(s.ChangeKey(0, testKey(kind, 50), Key{})) }, ends: true},
		{name: "ChangeKey PICC to AES", do: func(s *Session) (string, error) {
			return none(s.ChangeKey(0, testKey(TypeAES, 50), Key{}))
		}, picc: true, ends: true},
		{name: "ChangeKey PICC to 3K3DES", do: func(s *Session) (string, error) {
			return none(s.ChangeKey(0, testKey(Type3K3DES, 50), Key{}))
		}, picc: true, ends: true},
		{name: "SetDefaultKey", do: func(s *Session) (string, error) { return none(s.SetDefaultKey(testKey(TypeAES, 9))) }, picc: true, notD40: true},
		{name: "EnableRandomUID", do: func(s *Session) (string, error) { return none(s.EnableRandomUID()) }, picc: true, notD40: true},
		{name: "GetCardUID", answer: []byte{4, 1, 2, 3, 4, 5, 6}, do: func(s *Session) (string, error) { return show(s.GetCardUID()) }, want: "[4 1 2 3 4 5 6]"},
		{name: "ChangeFileSettings", do: func(s *Session) (string, error) { return none(s.ChangeFileSettings(1, Full, frozen)) }},
	}
	return append(list, dataCalls()...)
}

// dataCalls are the methods on file data, in each mode.
func dataCalls() (list []call) {
	for _, mode := range []CommMode{Plain, MAC, Full} {
		list = append(list,
			call{name: "ReadData " + mode.String(), answer: record, do: func(s *Session) (string, error) {
				b, err := s.ReadData(1, mode, 0, 160)
				return show(bytes.Equal(b, record), err)
			}, want: "true"},
			call{name: "ReadData rest " + mode.String(), answer: record[:91], do: func(s *Session) (string, error) {
				b, err := s.ReadData(1, mode, 68, 0)
				return show(bytes.Equal(b, record[:91]), err)
			}, want: "true"},
			call{name: "WriteData " + mode.String(), do: func(s *Session) (string, error) {
				return none(s.WriteData(1, mode, 0, record[:76]))
			}},
			call{name: "ReadRecords " + mode.String(), answer: record[:12], do: func(s *Session) (string, error) {
				b, err := s.ReadRecords(2, mode, 0, 3, 4)
				return show(bytes.Equal(b, record[:12]), err)
			}, want: "true"},
			call{name: "GetValue " + mode.String(), answer: []byte{0xFE, 0xFF, 0xFF, 0xFF}, do: func(s *Session) (string, error) {
				return show(s.GetValue(3, mode))
			}, want: "-2"},
		)
	}
	return list
}

// prepared gives a session and its peer, ready for c.
func (c call) prepared(t testing.TB, g generation) (*Session, *peer) {
	s, p := g.session(t)
	if c.picc {
		s.card.selected = PICCLevel
	}
	p.answer = func(command) []byte { return c.answer }
	return s, p
}

func (c call) refuses(g generation) bool {
	_, legacy := g.open().(*d40)
	return legacy && c.notD40
}

// TestEveryCommandInEverySession: all methods, twice in a row, so that what
// the first leaves behind in the channel counts for the second.
func TestEveryCommandInEverySession(t *testing.T) {
	ran := 0
	for _, g := range generations() {
		for _, c := range calls(g.kind) {
			t.Run(g.name+"/"+c.name, func(t *testing.T) {
				s, p := c.prepared(t, g)
				s.card.link.t = &oneBuffer{t: t, line: p}
				got, err := c.do(s)
				if c.refuses(g) {
					if err == nil || !s.alive() {
						t.Fatalf("was not refused before it was sent: %v", err)
					}
					return
				}
				if err != nil || got != c.want {
					t.Fatalf("got %s, %v, want %s", got, err, c.want)
				}
				ran++
				if s.alive() == c.ends {
					t.Fatalf("session alive is %v", s.alive())
				}
				got, err = c.do(s)
				if c.ends {
					if !errors.Is(err, ErrSessionEnded) {
						t.Fatalf("ended session: %v", err)
					}
				} else if err != nil || got != c.want {
					t.Fatalf("second time: got %s, %v, want %s", got, err, c.want)
				}
			})
		}
	}
	t.Logf("%d commands", ran)
}

// TestFrames: how many frames the record costs, and that none is longer than
// the oldest chip takes.
func TestFrames(t *testing.T) {
	for _, g := range generations() {
		for _, c := range calls(g.kind) {
			if c.refuses(g) {
				continue
			}
			s, p := c.prepared(t, g)
			if _, err := c.do(s); err != nil {
				t.Fatal(err)
			}
			for _, n := range p.lens {
				if n > 54 {
					t.Errorf("%s/%s: frame of %d bytes", g.name, c.name, n)
				}
			}
			want := map[string]int{"WriteData full": 2, "ReadData full": 4}[c.name]
			if want != 0 && p.frames != want {
				t.Errorf("%s/%s: %d frames, want %d", g.name, c.name, p.frames, want)
			}
		}
	}
}

func TestSessionEnds(t *testing.T) {
	g := generations()[6]
	answer := []byte{1}
	for name, end := range map[string]func(*Session, *peer){
		"selection": func(s *Session, p *peer) {
			p.expect, p.want, p.queue = command{ins: 0x5A}, []byte{0, 0, 0}, nil
			p.got, p.lens = nil, nil
			p.twin = plainTwin{}
			p.answer = func(command) []byte { return nil }
			if err := s.card.SelectApplication(PICCLevel); err != nil {
				t.Error(err)
			}
		},
		"refused selection": func(s *Session, _ *peer) {
			s.card.link.t = nfc.TransceiverFunc(func([]byte) ([]byte, error) { return []byte{0x91, 0xA0}, nil })
			if err := s.card.SelectApplication(AID{1}); !errors.Is(err, nfc.ErrNotFound) {
				t.Error(err)
			}
		},
		"another authentication": func(s *Session, _ *peer) {
			s.card.link.t = nfc.TransceiverFunc(func([]byte) ([]byte, error) { return []byte{0x91, 0xAE}, nil })
			if _, err := s.card.AuthenticateAES(0, ZeroAES); !errors.Is(err, nfc.ErrWrongKey) {
				t.Error(err)
			}
		},
		"refused command": func(s *Session, p *peer) {
			p.mangle = func([][]byte) [][]byte { return [][]byte{{0x91, 0x9D}} }
			var refusal *nfc.StatusError
			if _, err := s.GetKeyVersion(1); !errors.As(err, &refusal) || refusal.Command != 0x64 || !errors.Is(err, nfc.ErrPermission) {
				t.Error(err)
			}
		},
		"broken line": func(s *Session, _ *peer) {
			s.card.link.t = nfc.TransceiverFunc(func([]byte) ([]byte, error) { return nil, nfc.ErrTagRemoved })
			if _, err := s.GetKeyVersion(1); !errors.Is(err, nfc.ErrTagRemoved) || !nfc.IsLine(err) {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, p := g.session(t)
			p.answer = func(command) []byte { return answer }
			if _, err := s.GetKeyVersion(1); err != nil {
				t.Fatal(err)
			}
			end(s, p)
			sent := 0
			s.card.link.t = nfc.TransceiverFunc(func([]byte) ([]byte, error) {
				sent++
				return nil, nfc.ErrLine
			})
			s.run = s.protected
			for _, c := range calls(TypeAES) {
				if _, err := c.do(s); !errors.Is(err, ErrSessionEnded) {
					t.Errorf("%s: %v", c.name, err)
				}
			}
			if err := s.AuthenticateEV2NonFirst(0, ZeroAES); !errors.Is(err, ErrSessionEnded) {
				t.Errorf("AuthenticateEV2NonFirst: %v", err)
			}
			if sent != 0 {
				t.Errorf("%d commands were sent", sent)
			}
		})
	}
}

// plainTwin is a peer's channel outside sessions.
type plainTwin struct{ plainChannel }

func TestCardRefusesBesideASession(t *testing.T) {
	s, _ := generations()[5].session(t)
	s.card.link.t = nfc.TransceiverFunc(func([]byte) ([]byte, error) {
		t.Error("something was sent")
		return nil, nfc.ErrLine
	})
	if _, err := s.card.GetVersion(); !errors.Is(err, ErrSessionLive) {
		t.Errorf("%v", err)
	}
	if !s.alive() {
		t.Error("the session ended")
	}
}

func TestCardHasNoProtectedModes(t *testing.T) {
	card := New(nfc.TransceiverFunc(func([]byte) ([]byte, error) {
		t.Error("something was sent")
		return nil, nfc.ErrLine
	}))
	for _, mode := range []CommMode{MAC, Full, 2} {
		if _, err := card.ReadData(1, mode, 0, 16); err == nil {
			t.Errorf("read in mode %v", mode)
		}
		if err := card.WriteData(1, mode, 0, []byte{1}); err == nil {
			t.Errorf("written in mode %v", mode)
		}
	}
}
