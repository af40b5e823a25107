//go:build !windows

package sound

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// late is how long a test waits; none of them waits for time to pass.
const late = 30 * time.Second

func TestWave(t *testing.T) {
	seen := make(map[string]Kind)
	for k, melody := range melodies {
		b := wave(melody)
		if !bytes.HasPrefix(b, []byte("RIFF")) || string(b[8:16]) != "WAVEfmt " || string(b[36:40]) != "data" {
			t.Errorf("%s begins with %q", k, b[:44])
		}
		if n := binary.LittleEndian.Uint32(b[4:]); int(n) != len(b)-8 {
			t.Errorf("%s: the file says %d bytes, it has %d", k, n, len(b)-8)
		}
		data := b[44:]
		if n := binary.LittleEndian.Uint32(b[40:]); int(n) != len(data) {
			t.Errorf("%s: %d bytes of sound, not %d", k, n, len(data))
		}
		length := time.Duration(len(data)/2) * time.Second / rate
		if length < 100*time.Millisecond || length > 500*time.Millisecond {
			t.Errorf("%s lasts %v", k, length)
		}
		checkSmooth(t, k, data)
		if twin, twice := seen[string(data)]; twice {
			t.Errorf("%s sounds like %s", k, twin)
		}
		seen[string(data)] = k
	}
}

// checkSmooth holds a sound to be loud enough, not too loud, and without a
// jump, which would be a click.
func checkSmooth(t *testing.T, k Kind, data []byte) {
	t.Helper()
	before, loudest := 0.0, 0.0
	for i := 0; i < len(data); i += 2 {
		v := float64(int16(binary.LittleEndian.Uint16(data[i:])))
		loudest = max(loudest, math.Abs(v))
		if math.Abs(v-before) > 4000 {
			t.Fatalf("%s clicks at sample %d: from %v to %v", k, i/2, before, v)
		}
		before = v
	}
	if loudest < 5000 || loudest > 16000 || math.Abs(before) > 500 {
		t.Errorf("%s reaches %v, and ends at %v", k, loudest, before)
	}
}

// installed makes a folder with players that do as told, and tells where they
// write what they were asked to play.
func installed(t *testing.T, scripts map[string]string) (played string) {
	t.Helper()
	dir := t.TempDir()
	played = filepath.Join(dir, "played")
	for name, script := range scripts {
		script = "#!/bin/sh\nlog=" + played + "\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("PATH", dir+string(os.PathListSeparator)+"/bin"+string(os.PathListSeparator)+"/usr/bin")
	saved := players
	t.Cleanup(func() { players = saved })
	players = [][]string{{"test-first"}, {"test-second", "-q"}}
	return played
}

// wait waits until a file has so many lines.
func wait(t *testing.T, file string, lines int) []string {
	t.Helper()
	end := time.NewTimer(late)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		b, _ := os.ReadFile(file)
		if all := strings.Split(strings.TrimSpace(string(b)), "\n"); len(b) > 0 && len(all) >= lines {
			return all
		}
		select {
		case <-tick.C:
		case <-end.C:
			t.Fatalf("%s has %q", file, b)
		}
	}
}

func TestPlay(t *testing.T) {
	played := installed(t, map[string]string{
		"test-first":  `echo "first $(basename $1)" >>$log; exit 1`,
		"test-second": `test -s "$2" && echo "second $1 $(basename $2)" >>$log`,
	})
	p := New()
	if !p.Can() {
		t.Error("nothing can be played")
	}
	p.Play(Ready)
	if got := wait(t, played, 2); got[0] != "first ready.wav" || got[1] != "second -q ready.wav" {
		t.Errorf("played %q", got)
	}
	p.Play(Wrong)
	if got := wait(t, played, 4); got[3] != "second -q wrong.wav" {
		t.Errorf("played %q", got)
	}
	p.Close()
	p.Close()
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A player that hangs keeps nobody waiting, neither for more sounds nor at the
// end.
func TestPlayerThatHangs(t *testing.T) {
	played := installed(t, map[string]string{"test-first": `echo "$(basename $1)" >>$log; exec tail -f /dev/null`})
	p := New()
	p.Play(Take)
	wait(t, played, 1)
	for range 1000 {
		p.Play(Wrong)
		p.Play(Ready)
	}
	p.Close()
	if got := wait(t, played, 1); len(got) != 1 {
		t.Errorf("played %q", got)
	}
}

func TestNothingToPlayWith(t *testing.T) {
	installed(t, nil)
	p := New()
	defer p.Close()
	if p.Can() {
		t.Error("something can be played")
	}
	p.Play(Ready)
}
