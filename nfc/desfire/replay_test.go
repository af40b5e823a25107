package desfire

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"sleutelbord/nfc"
)

// replay is a tag that knows one conversation: it wants exactly these
// commands in this order, and answers as the real chip did.
type replay struct {
	t     testing.TB
	turns [][2]hexBytes
	done  int
}

func (r *replay) Transmit(cmd []byte) ([]byte, error) {
	r.t.Helper()
	if r.done == len(r.turns) {
		r.t.Errorf("turn %d: command %X after the end", r.done, cmd)
		return nil, nfc.ErrLine
	}
	turn := r.turns[r.done]
	if !bytes.Equal(cmd, turn[0]) {
		r.t.Errorf("turn %d:\n got %X\nwant %X", r.done, cmd, []byte(turn[0]))
		return nil, nfc.ErrLine
	}
	r.done++
	return turn[1], nil
}

func (r *replay) finish() {
	r.t.Helper()
	if r.done != len(r.turns) {
		r.t.Errorf("%d of %d turns were asked for", r.done, len(r.turns))
	}
}

// op is one command of a recorded conversation, as the vector files have it.
type op struct {
	Ins, Cmd   hexBytes
	APDUs      [][2]hexBytes
	Frames     [][2]hexBytes
	What       string
	Alg        string
	KeyNo      byte `json:"key_no"`
	Key        hexBytes
	RndA       hexBytes `json:"rnd_a"`
	SessionKey hexBytes `json:"session_key"`
	IVIn       hexBytes `json:"iv_in"`
	Plain      hexBytes
	Data       hexBytes
	Answer     hexBytes
	NewKey     hexBytes `json:"new_key"`
	OldKey     hexBytes `json:"old_key"`
	NewVersion any      `json:"new_version"` // hexadecimal digits or a number
	Verified   *bool
}

func (o op) ins() byte {
	if len(o.Cmd) == 1 {
		return o.Cmd[0]
	}
	return o.Ins[0]
}

// turns gives the conversation as wrapped APDUs.
func (o op) turns() [][2]hexBytes {
	turns := slices.Clone(o.APDUs)
	for _, f := range o.Frames {
		turns = append(turns, [2]hexBytes{wrap(f[0]), append(slices.Clone(f[1][1:]), 0x91, f[1][0])})
	}
	return turns
}

func wrap(native []byte) []byte {
	apdu := []byte{0x90, native[0], 0, 0}
	if len(native) > 1 {
		apdu = append(append(apdu, byte(len(native)-1)), native[1:]...)
	}
	return append(apdu, 0)
}

// request puts the command together again: parameters and data of all frames.
func (o op) request() []byte {
	var b []byte
	for _, turn := range o.turns() {
		if c := turn[0]; len(c) > 5 {
			b = append(b, c[5:len(c)-1]...)
		}
	}
	return b
}

// player drives a client through a conversation.
type player struct {
	t     *testing.T
	card  *Card
	s     *Session
	line  *replay
	key   Key               // of the session
	files map[byte]CommMode // as their settings said
	text  []byte            // in the files of the EV3 conversations
}

func newPlayer(t *testing.T, ops []op) *player {
	var random []byte
	line := &replay{t: t}
	for _, o := range ops {
		random = append(random, o.RndA...)
		line.turns = append(line.turns, o.turns()...)
	}
	return &player{
		t: t, line: line, files: map[byte]CommMode{},
		card: New(line, WithRandom(bytes.NewReader(random))),
	}
}

// who is where the commands of both states are found.
func (p *player) who() commands {
	if p.s != nil && p.s.alive() {
		return p.s.commands
	}
	return p.card.commands
}

// play performs one command through the exported methods and compares what
// they give with what the source says the bytes mean.
func (p *player) play(o op) {
	p.t.Helper()
	p.card.link.framing = framingOf(o)
	got, want, err := p.perform(o)
	if o.Verified != nil && !*o.Verified {
		p.damaged(o, err)
		return
	}
	if err != nil {
		p.t.Fatalf("%02X %s: %v", o.ins(), o.What, err)
	}
	if got != want {
		p.t.Fatalf("%02X %s: got %s, want %s", o.ins(), o.What, got, want)
	}
}

// damaged: the source's copy of this answer is known to be wrong. The client
// must say so; the conversation then goes on where the chip stood.
func (p *player) damaged(o op, err error) {
	p.t.Helper()
	if !errors.Is(err, nfc.ErrProtocol) || p.s.alive() {
		p.t.Fatalf("%02X %s: a damaged answer gave %v", o.ins(), o.What, err)
	}
	last := o.turns()[len(o.turns())-1][1]
	ch := &ev1{key: newMACKey(p.key), iv: last[len(last)-2-8 : len(last)-2]}
	p.s = p.card.begin(p.s.keyNo, p.s.kind, ch)
}

func (p *player) perform(o op) (got, want string, err error) {
	req := o.request()
	switch o.ins() {
	case insAuthLegacy, insAuthISO, insAuthAES:
		err = p.authenticate(o)
	case 0x5A:
		err = p.card.SelectApplication(AID{req[2], req[1], req[0]})
	case 0x60:
		var v Version
		v, err = p.who().GetVersion()
		return fmt.Sprintf("%x", v.UID), fmt.Sprintf("%x", []byte(o.turns()[2][1][:7])), err
	case 0x64:
		var v byte
		v, err = p.who().GetKeyVersion(req[0])
		return fmt.Sprintf("%02x", v), fmt.Sprintf("%x", []byte(o.turns()[0][1][:1])), err
	case 0x45:
		var k KeySettings
		k, err = p.who().GetKeySettings()
		want = fmt.Sprint(KeySettings{o.Answer[0], int(o.Answer[1] & 0xF), TypeAES})
		return fmt.Sprint(k), want, err
	case 0x6F:
		var ids []byte
		ids, err = p.who().GetFileIDs()
		return fmt.Sprintf("%x", ids), fmt.Sprintf("%x", []byte(o.Answer)), err
	case 0xF5:
		return p.fileSettings(o, req)
	case 0xCA:
		err = p.who().CreateApplication(AID{req[2], req[1], req[0]}, req[3], int(req[4]&0xF), TypeAES)
	case 0xDA:
		err = p.who().DeleteApplication(AID{req[2], req[1], req[0]})
	case 0xCD:
		p.files[req[0]] = CommMode(req[1])
		err = p.who().CreateStdDataFile(req[0], CommMode(req[1]), parseAccess([2]byte(req[2:])), u24(req[4:]))
	default:
		return p.performMore(o, req)
	}
	return "", "", err
}

func (p *player) performMore(o op, req []byte) (got, want string, err error) {
	switch o.ins() {
	case 0x54:
		err = p.s.ChangeKeySettings(o.Plain[0])
	case 0xC4:
		err = p.changeKey(o, req)
	case 0xFC:
		err = p.s.FormatPICC()
	case 0x3D:
		data := o.Data
		if data == nil {
			data = p.text
		}
		err = p.who().WriteData(req[0], p.files[req[0]], u24(req[1:]), data)
	case 0xBD:
		var b []byte
		b, err = p.who().ReadData(req[0], p.files[req[0]], u24(req[1:]), u24(req[4:]))
		data := o.Data
		if data == nil {
			data = p.text
		}
		return fmt.Sprintf("%x", b), fmt.Sprintf("%x", []byte(data)), err
	case 0x6C:
		var v int32
		v, err = p.who().GetValue(req[0], p.files[req[0]])
		if o.Data != nil {
			want = fmt.Sprint(i32(o.Data))
		}
		return fmt.Sprint(v), want, err
	case 0xBB:
		var b []byte
		b, err = p.who().ReadRecords(req[0], p.files[req[0]], u24(req[1:]), u24(req[4:]), 4)
		return fmt.Sprintf("%x", b), fmt.Sprintf("%x", []byte(o.Data)), err
	default:
		p.t.Fatalf("command %02X is not known here", o.ins())
	}
	return "", "", err
}

func (p *player) authenticate(o op) error {
	k := vectorKey(p.t, o.Alg, o.Key, 0)
	var err error
	switch o.ins() {
	case insAuthLegacy:
		p.s, err = p.card.AuthenticateLegacy(o.KeyNo, k)
	case insAuthISO:
		p.s, err = p.card.AuthenticateISO(o.KeyNo, k)
	case insAuthAES:
		p.s, err = p.card.AuthenticateAES(o.KeyNo, k)
	}
	p.key = vectorKey(p.t, o.Alg, o.SessionKey, 0)
	return err
}

func (p *player) changeKey(o op, req []byte) error {
	version := byte(0)
	switch v := o.NewVersion.(type) {
	case string:
		version = unhex(p.t, v)[0]
	case float64:
		version = byte(v)
	}
	old := ZeroAES
	if o.OldKey != nil {
		old = vectorKey(p.t, "aes", o.OldKey, 0)
	}
	no := req[0] & 0x3F
	own := no == p.s.keyNo
	err := p.s.ChangeKey(no, vectorKey(p.t, "aes", o.NewKey, version), old)
	if err == nil && own == p.s.alive() {
		p.t.Errorf("after key %d was changed in a session of key %d, session alive is %v", no, p.s.keyNo, p.s.alive())
	}
	return err
}

func (p *player) fileSettings(o op, req []byte) (got, want string, err error) {
	f, err := p.who().GetFileSettings(req[0])
	p.files[req[0]] = f.Comm
	expect, parseErr := parseFileSettings(o.Answer)
	if parseErr != nil {
		p.t.Fatal(parseErr)
	}
	return fmt.Sprint(f), fmt.Sprint(expect), err
}

// framingOf is how the recorded client cut this command: it is not what
// [safeFraming] does in every case, but every cut was taken by a real chip.
func framingOf(o op) framing {
	turns := o.turns()
	if o.ins() != 0x3D || len(turns) == 1 {
		return safeFraming
	}
	lc := int(turns[0][0][4])
	if lc > 7 {
		return framing{size: lc}
	}
	return framing{size: int(turns[1][0][4]), headAlone: true}
}

type conversation struct {
	ID  string
	Ops []op
}

// TestRecordedConversations: real chips, the client sends exactly the recorded
// bytes and reads out of the answers what the source says.
func TestRecordedConversations(t *testing.T) {
	var v1, v3 struct {
		Text        hexBytes `json:"text_of_file"`
		Transcripts []conversation
	}
	load(t, "ev1-wrapped-transcripts.json", &v1)
	load(t, "ev3-card-transcripts.json", &v3)
	ops, turns := 0, 0
	for _, c := range append(v1.Transcripts, v3.Transcripts...) {
		t.Run(c.ID, func(t *testing.T) {
			p := newPlayer(t, c.Ops)
			p.text = v3.Text
			for _, o := range c.Ops {
				p.play(o)
				ops++
			}
			p.line.finish()
			turns += p.line.done
		})
	}
	t.Logf("%d commands in %d frames", ops, turns)
	if ops != 75 || turns != 140 {
		t.Errorf("played %d commands", ops)
	}
}

// TestRecordedLegacy: the vectors of D40 that are conversations.
func TestRecordedLegacy(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID          string
			Key, C1, R1 hexBytes
			C2, R2      hexBytes
			RndA        hexBytes `json:"rnd_a"`
			APDUs       [][2]hexBytes
			SessionKey  hexBytes `json:"session_key"`
			Plain       hexBytes
			NewKey      hexBytes `json:"new_key"`
			NewVersion  hexBytes `json:"new_version"`
		}
	}
	load(t, "d40.json", &v)
	ran := 0
	for _, c := range v.Vectors {
		line := &replay{t: t, turns: c.APDUs}
		card := New(line, WithRandom(bytes.NewReader(c.RndA)))
		var err error
		switch c.ID {
		case "d40-auth-0":
			line.turns = [][2]hexBytes{{c.C1, c.R1}, {c.C2, c.R2}}
			_, err = card.AuthenticateLegacy(0, vectorKey(t, "2k3des", c.Key, 0))
		case "d40-real-auth":
			_, err = card.AuthenticateLegacy(0, vectorKey(t, "des", c.Key, 0))
		case "d40-real-changekeysettings":
			s := card.begin(0, TypeDES, newD40(vectorKey(t, "des", c.SessionKey, 0)))
			err = s.ChangeKeySettings(c.Plain[0])
		case "d40-real-changekey-des-to-aes":
			s := card.begin(0, TypeDES, newD40(vectorKey(t, "des", c.SessionKey, 0)))
			err = s.ChangeKey(0, vectorKey(t, "aes", c.NewKey, c.NewVersion[0]), ZeroDES)
		default:
			continue
		}
		ran++
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
		line.finish()
	}
	if ran != 4 {
		t.Errorf("ran %d vectors", ran)
	}
}
