package softcard

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sleutelbord/nfc"
)

// cardFile makes a card in a file and something of everything on it.
func cardFile(t testing.TB, chip Chip) (path string, c *Card) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "tag")
	c, err := Open(path, Config{Chip: chip, Memory: 2048, PICCKeyAES: true})
	if err != nil {
		t.Fatal(err)
	}
	x := newTerminal(t, c)
	x.login()
	x.must(0xCA, join([]byte{1, 2, 3, 0x0F, 0xA2, 0x10, 0xE1}, []byte("APP"))...)
	x.must(0xCA, 1, 2, 4, 0x0F, 0x42)
	x.secret(0x5C, 0, []byte{0x02})
	x.enter(1, 2, 3)
	x.login()
	x.must(0xCD, 1, 1, 0xE1, 3, 0x00, 0x00, 20, 0, 0)
	x.must(0xCB, 2, 2, 0xE1, 0, 0x10, 0x00, 20, 0, 0)
	x.must(0xCC, 3, 3, 0x00, 0x00, 1, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 3)
	x.must(0xC1, 4, 4, 0xE1, 0, 0x00, 0x00, 5, 0, 0, 4, 0, 0)
	x.must(0xC0, 5, 5, 0xE1, 0, 0x00, 0x00, 5, 0, 0, 4, 0, 0)
	for _, no := range []byte{4, 5} {
		if _, st := x.do(0x3B, isoLE(no, 0, 5), []byte("abcde"), bare, bare, 0); st != statusOK {
			t.Fatal(st)
		}
	}
	x.must(0xC7)
	if st := x.changeKey(1, key{kind: kindAES, bytes: bytes.Repeat([]byte{6}, 16), aesVersion: 3}, zeroAES); st != statusOK {
		t.Fatal(st)
	}
	x.auth(insAuthAES, 1, kindAES, zeroAES) // a wrong key, kept too
	return path, c
}

func TestPersistence(t *testing.T) {
	for _, chip := range chips {
		path, c := cardFile(t, chip)
		d, err := Open(path, Config{})
		if err != nil {
			t.Fatal(err)
		}
		want, _ := encodeImage(c.image)
		got, _ := encodeImage(d.image)
		if !bytes.Equal(got, want) {
			t.Errorf("%v: got %s\nwant %s", chip, got, want)
		}
		if d.AuthenticationFailures() != 1 || !bytes.Equal(d.UID(), c.UID()) {
			t.Errorf("%v: failures or uid not kept", chip)
		}
		if len(d.shownUID()) != 4 {
			t.Errorf("%v: random uid not shown after opening", chip)
		}
		if _, err := New(Config{Path: path}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%v: new card over an old one: %v", chip, err)
		}
		if runtime.GOOS == "windows" {
			continue
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v: mode %v, %v", chip, info.Mode(), err)
		}
	}
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	path, _ := cardFile(t, EV3)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(from, to string) string {
		if !strings.Contains(string(good), from) {
			t.Fatalf("file has no %s", from)
		}
		return strings.Replace(string(good), from, to, 1)
	}
	for name, b := range map[string]string{
		"empty":                   "",
		"text":                    "hello\n",
		"cut":                     string(good[:len(good)/2]),
		"a byte more":             string(good) + "\n",
		"another version":         replace(`"software_card": 1`, `"software_card": 2`),
		"unknown field":           replace(`"chip"`, `"chop"`),
		"field twice":             replace(`"chip": 3`, `"chip": 3, "chip": 3`),
		"no such chip":            replace(`"chip": 3`, `"chip": 4`),
		"EV1 with a signature":    replace(`"chip": 3`, `"chip": 1`),
		"no such memory":          replace(`"memory": 2048`, `"memory": 4000`),
		"short uid":               replace(`"uid": "04`, `"uid": "`),
		"no signature":            replace(`"signature": "`, `"signature": "","was": "`),
		"bad configuration":       replace(`"configuration": 2`, `"configuration": 4`),
		"bad ATS":                 replace(`"ats": "06`, `"ats": "07`),
		"less memory used":        replace(`"used_blocks": `, `"used_blocks": 1, "was": `),
		"memory used less":        replaceNumber(string(good), "used_blocks", "9"),
		"more memory than it has": replaceNumber(string(good), "used_blocks", "99"),
		"negative failures":       replaceNumber(string(good), "authentication_failures", "-1"),
		"short key":               replace(`"key": "0606`, `"key": "06`),
		"key of another kind":     replace(`"kind": 64,`+"\n\t\t\t\t\t", `"kind": 128,`+"\n\t\t\t\t\t"),
		"record too long":         replace(`"6162636465"`, `"616263646566"`),
		"file of no type":         replace(`"type": 4`, `"type": 5`),
		"value beyond its limit":  replace(`"value": 5`, `"value": 10`),
		"right of no key":         replace(`"access": 16`, `"access": 32`),
		"application twice":       replace(`"aid": "010204"`, `"aid": "010203"`),
		"application of no name":  replace(`"aid": "010204"`, `"aid": "000000"`),
		"upper case":              strings.ToUpper(string(good)),
	} {
		if err := os.WriteFile(path, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := Open(path, Config{}); err == nil || c != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Open("", Config{}); err == nil {
		t.Error("no path was accepted")
	}
	if _, err := Open(t.TempDir(), Config{}); err == nil {
		t.Error("a folder was accepted")
	}
}

func replaceNumber(s, field, to string) string {
	at := strings.Index(s, `"`+field+`": `) + len(field) + 4
	return s[:at] + to + s[at+strings.IndexByte(s[at:], ','):]
}

// A card whose file cannot be written does not act, and says so.
func TestFileThatCannotBeWritten(t *testing.T) {
	path, c := cardFile(t, EV2)
	c.Reset()
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	before, _ := encodeImage(c.image)
	x := newTerminal(t, c)
	x.login()
	body := join([]byte{0xCA, 7, 7, 7, 0x0F, 0x81})
	if _, err := c.Transmit(join(body, x.sign(0xCA, body[1:]))); !errors.Is(err, nfc.ErrLine) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if after, _ := encodeImage(c.image); !bytes.Equal(before, after) {
		t.Error("the card acted")
	}
	if _, err := c.Transmit(unhex(t, "9064000001 0000")); err != nil {
		t.Errorf("a command that changes nothing: %v", err)
	}
}

const killedCard = "SOFTCARD_TEST_KILLED"

// TestMain plays the program that is killed in TestKilled.
func TestMain(m *testing.M) {
	if path := os.Getenv(killedCard); path != "" {
		changeForEver(path)
	}
	os.Exit(m.Run())
}

// changeForEver creates and deletes an application until it is killed, and says
// each time that it has done so.
func changeForEver(path string) {
	c, err := Open(path, Config{})
	for n := 0; err == nil; n++ {
		command := createApp
		if n%2 == 1 {
			command = []byte{0x90, 0xFC, 0, 0, 0}
			if err = loginForKill(c); err != nil {
				break
			}
		}
		if _, err = c.Transmit(command); err == nil {
			_, err = os.Stdout.WriteString("\n")
		}
	}
	os.Stderr.WriteString(err.Error() + "\n")
	os.Exit(1)
}

func loginForKill(c *Card) error {
	block := newBlock(kindDES, make([]byte, 16))
	e, err := c.Transmit([]byte{0x0A, 0})
	if err != nil {
		return err
	}
	rndB, _ := decrypt(block, make([]byte, 8), e[1:])
	_, err = c.Transmit(join([]byte{0xAF}, decipherToSend(block, join(make([]byte, 8), rotated(rndB)))))
	return err
}

// TestKilled kills a program in the middle of its writing, again and again: the
// file is always a whole card, before or after a command.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tag")
	if _, err := Open(path, Config{Chip: EV1, Memory: 2048}); err != nil {
		t.Fatal(err)
	}
	seen := map[bool]int{}
	for round := range 20 {
		p := exec.Command(os.Args[0])
		p.Env = append(os.Environ(), killedCard+"="+path)
		out, err := p.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for range 1 + round%7 {
			if _, err := lines.ReadByte(); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err == nil {
			t.Fatal("was not killed")
		}
		c, err := Open(path, Config{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		seen[hasApp(c)]++
	}
	t.Logf("20 kills: %d with the application, %d without", seen[true], seen[false])
}

func FuzzDecodeImage(f *testing.F) {
	for _, chip := range chips {
		path, _ := cardFile(f, chip)
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		im, err := decodeImage(b)
		if err != nil {
			return
		}
		again, err := encodeImage(im)
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("encodes to other bytes: %v", err)
		}
		c := &Card{image: im, random: bytes.NewReader(make([]byte, 64))}
		c.powerOn()
		for _, command := range []string{"9060000000", "906a000000", "906d000000", "906e000000", "ffca000000"} {
			if _, err := c.Transmit(unhex(t, command)); err != nil {
				t.Error(err)
			}
		}
	})
}
