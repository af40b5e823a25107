package softcard

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// operation is one command of a transcript of a real chip, with all its frames.
type operation struct {
	Ins, Cmd, What string
	APDUs          [][2]string // ISO-wrapped
	Frames         [][2]string // native
	RndB           string      `json:"rnd_b"`
	Verified       *bool
}

type transcript struct {
	ID  string
	Ops []operation
}

func transcripts(t *testing.T, name string) []transcript {
	t.Helper()
	var v struct{ Transcripts []transcript }
	vectors(t, name, &v)
	return v.Transcripts
}

func newTestCard(t testing.TB, c Config) *Card {
	t.Helper()
	if c.UID == nil {
		c.UID = unhex(t, "04C0FFEE123480")
	}
	card, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// send transmits a command and wants an answer, both in hexadecimal.
func send(t testing.TB, c *Card, command, want string) {
	t.Helper()
	got, err := c.Transmit(unhex(t, command))
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	if hex.EncodeToString(got) != hex.EncodeToString(unhex(t, want)) {
		t.Fatalf("%s: got %x, want %s", command, got, want)
	}
}

// challenges gives the card the RndB of the transcript, in order.
func challenges(t *testing.T, tr transcript) *bytes.Reader {
	t.Helper()
	var all []byte
	for _, op := range tr.Ops {
		all = append(all, unhex(t, op.RndB)...)
	}
	return bytes.NewReader(all)
}

// replay sends every frame and wants exactly the chip's answers.
func replay(t *testing.T, c *Card, tr transcript, wrap bool) (frames int) {
	t.Helper()
	for i, op := range tr.Ops {
		for j, f := range append(op.APDUs, op.Frames...) {
			command, want := unhex(t, f[0]), unhex(t, f[1])
			if wrap {
				command, want = wrapped(command, want)
			}
			got, err := c.Transmit(command)
			if err != nil {
				t.Fatalf("%s, command %d (%s): %v", tr.ID, i, op.What, err)
			}
			frames++
			if op.Verified != nil && !*op.Verified {
				// The published answer was altered; what the chip's state became
				// afterwards is known.
				c.session.channel.(*ev1).iv = want[:8]
				continue
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("%s, command %d (%s), frame %d:\n got %x\nwant %x", tr.ID, i, op.What, j, got, want)
			}
		}
	}
	return frames
}

// wrapped turns a native exchange into its ISO-wrapped form.
func wrapped(command, answer []byte) (c, a []byte) {
	c = []byte{0x90, command[0], 0, 0}
	if len(command) > 1 {
		c = append(c, byte(len(command)-1))
		c = append(c, command[1:]...)
	}
	a = append(append([]byte(nil), answer[1:]...), 0x91, answer[0])
	return append(c, 0), a
}

func TestEV3Transcripts(t *testing.T) {
	for _, wrap := range []bool{false, true} {
		total := 0
		for _, tr := range transcripts(t, "ev3-card-transcripts.json") {
			c := newTestCard(t, Config{Chip: EV3, Random: challenges(t, tr)})
			total += replay(t, c, tr, wrap)
		}
		t.Logf("wrapped %v: %d frames", wrap, total)
		if total < 60 {
			t.Errorf("only %d frames", total)
		}
	}
}

func TestEV1Transcripts(t *testing.T) {
	prepare := map[string]func(*testing.T, *image){
		"ev1-testdes1":    func(t *testing.T, im *image) { im.uid = unhex(t, "044c5992da2c80") },
		"ev1-testaes2":    prepareAES,
		"ev1-test3k3des1": func(t *testing.T, im *image) { im.apps = append(im.apps, app3K3DES(t, 0xCC)) },
		"ev1-test3k3des3": prepareFiles,
	}
	total := 0
	for _, tr := range transcripts(t, "ev1-wrapped-transcripts.json") {
		c := newTestCard(t, Config{Chip: EV1, Random: challenges(t, tr)})
		c.image.batch, c.image.week, c.image.year = unhex(t, "ba3498bad0"), 0x29, 0x12
		if prepare[tr.ID] == nil {
			t.Fatalf("transcript %s is not known here", tr.ID)
		}
		prepare[tr.ID](t, c.image)
		total += replay(t, c, tr, false)
	}
	t.Logf("%d frames", total)
	if total < 50 {
		t.Errorf("only %d frames", total)
	}
}

func prepareAES(t *testing.T, im *image) {
	im.uid = unhex(t, "041f5b92da2c80")
	im.key = key{kind: kindAES, bytes: make([]byte, 16), aesVersion: 0x42}
}

func app3K3DES(t *testing.T, aid byte) *application {
	a := &application{aid: [3]byte{aid, aid, aid}, settings: 0x02, kind: kind3K3DES}
	for range 14 {
		a.keys = append(a.keys, key{kind: kind3K3DES, bytes: unhex(t, "000100010001000100000000000000000000000000000000")})
	}
	return a
}

// prepareFiles makes the files that the transcript finds; how they came to be is
// not in it.
func prepareFiles(t *testing.T, im *image) {
	a := app3K3DES(t, 0xBB)
	backup := make([]byte, 64)
	copy(backup, "00")
	a.files = []*file{
		{no: 15, kind: typeStandard, comm: commFull, access: 0x1254, data: make([]byte, 100)},
		{no: 5, kind: typeBackup, comm: commFull, access: 0x1254, data: backup},
		{no: 4, kind: typeValue, comm: commFull, access: 0x1254, upper: 1000, value: 3, limit: 97},
		{no: 0, kind: typeCyclic, comm: commFull, access: 0x1254, recordSize: 4, maxRecords: 10, records: [][]byte{[]byte("r.00")}},
	}
	im.apps = append(im.apps, a)
}

func TestD40Authentication(t *testing.T) {
	var v struct {
		Vectors []struct {
			ID, Key, C1, R1, C2, R2 string
			RndB                    string `json:"rnd_b"`
		}
	}
	vectors(t, "d40.json", &v)
	n := 0
	for _, a := range v.Vectors {
		if a.C1 == "" {
			continue
		}
		n++
		c := newTestCard(t, Config{Chip: EV1, Random: bytes.NewReader(unhex(t, a.RndB))})
		c.image.key.bytes = doubled(unhex(t, a.Key))
		send(t, c, a.C1, a.R1)
		send(t, c, a.C2, a.R2)
	}
	if n == 0 {
		t.Error("no vectors")
	}
}

func TestGetVersionVectors(t *testing.T) {
	var v struct {
		Cards []struct{ ID, HW, SW, UID, Batch, Week, Year string }
	}
	vectors(t, "getversion.json", &v)
	chips := map[byte]Chip{0x01: EV1, 0x12: EV2, 0x33: EV3}
	sizes := map[byte]int{0x16: 2048, 0x18: 4096, 0x1A: 8192}
	for _, g := range v.Cards {
		hw := unhex(t, g.HW)
		c := newTestCard(t, Config{Chip: chips[hw[3]], Memory: sizes[hw[5]], UID: unhex(t, g.UID)})
		c.image.batch, c.image.week, c.image.year = unhex(t, g.Batch), unhex(t, g.Week)[0], unhex(t, g.Year[2:])[0]
		send(t, c, "9060000000", g.HW+"91af")
		send(t, c, "90af000000", g.SW+"91af")
		send(t, c, "90af000000", g.UID+g.Batch+g.Week+g.Year[2:]+"9100")
	}
}
