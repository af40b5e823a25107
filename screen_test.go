package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what ought to come at once. A machine
// that does much else may take that long.
const patience = 2 * time.Minute

// glance is how often it looks.
const glance = 30 * time.Millisecond

// screen is a display that nobody sees, whose memory is a file, with keys that
// nobody presses.
type screen struct {
	*testing.T
	display string
	memory  string // the file, in the format of xwd
	shots   string // folder of the pictures
	taken   map[uint64]string
}

// newScreen starts a display; its pictures go to a folder below build, where
// they stay for people to look at.
func newScreen(t *testing.T, shots string) *screen {
	t.Helper()
	if err := os.RemoveAll(shots); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &screen{T: t, display: xvfb(t, "-fbdir", dir, "-noreset"), memory: filepath.Join(dir, "Xvfb_screen0"), shots: shots, taken: make(map[uint64]string)}
	s.xdotool("mousemove", "1365", "767") // out of the window: nobody points at anything
	return s
}

// look is what the display shows now.
func (s *screen) look() *picture {
	s.Helper()
	b, err := os.ReadFile(s.memory)
	if err != nil {
		s.Fatal(err)
	}
	p, err := parseDump(b)
	if err != nil {
		s.Fatalf("the display's memory: %v", err)
	}
	return p
}

// until waits for what the display shows.
func (s *screen) until(what string, shown func(p *picture) bool) {
	s.Helper()
	again, over := time.Tick(glance), time.After(patience)
	for !shown(s.look()) {
		select {
		case <-again:
		case <-over:
			s.save("failed")
			s.Fatalf("the window never shows %s; it shows %s", what, s.look().marks())
		}
	}
}

// shot keeps a picture, which has to show something, and something else than
// all before.
func (s *screen) shot(name string) {
	s.Helper()
	name = fmt.Sprintf("%02d-%s", len(s.taken)+1, name)
	p := s.save(name)
	if n := p.colors(); n < 64 {
		s.Errorf("%s: %d colours", name, n)
	}
	h := fnv.New64a()
	_, _ = h.Write(p.Pix)
	if twin, twice := s.taken[h.Sum64()]; twice {
		s.Errorf("%s is the same picture as %s", name, twin)
	}
	s.taken[h.Sum64()] = name
}

func (s *screen) save(name string) *picture {
	s.Helper()
	p := s.look()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.shots, name+".png"), b.Bytes(), 0o644); err != nil {
		s.Fatal(err)
	}
	return p
}

// xdotool does something to the display as a person would.
func (s *screen) xdotool(args ...string) string {
	s.Helper()
	out, err := s.tryXdotool(args...)
	if err != nil {
		s.Fatalf("xdotool %s (make test installs it): %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (s *screen) tryXdotool(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "xdotool", args...)
	cmd.Env = []string{"DISPLAY=" + s.display, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// press presses keys, one after the other.
func (s *screen) press(keys ...string) {
	s.Helper()
	s.xdotool(append([]string{"key", "--delay", "12"}, keys...)...)
}

// write types a text.
func (s *screen) write(text string) {
	s.Helper()
	s.xdotool("type", "--delay", "12", text)
}

// titled waits for a window whose title is that (a regular expression), and gives it the keyboard, as a window
// manager would.
func (s *screen) titled(title string) {
	s.Helper()
	again, over := time.Tick(glance), time.After(patience)
	for {
		// It ends with an error where there is no such window yet.
		id, err := s.tryXdotool("search", "--onlyvisible", "--name", "^"+title+"$")
		if err == nil && id != "" {
			s.xdotool("windowfocus", "--sync", id)
			return
		}
		select {
		case <-again:
		case <-over:
			s.save("failed")
			s.Fatalf("there is no window %q: %s, %v", title, id, err)
		}
	}
}

// picture is a picture of the display.
type picture struct{ *image.NRGBA }

// parseDump reads a picture in the format of xwd (XWDFile.h): a header of
// numbers of four bytes, the high one first, a list of colours, and the pixels,
// here of four bytes with blue first.
func parseDump(b []byte) (*picture, error) {
	const fields = 20
	if len(b) < 4*fields {
		return nil, errors.New("it has no header")
	}
	var h [fields]int
	for i := range h {
		h[i] = int(binary.BigEndian.Uint32(b[4*i:]))
	}
	size, width, height, order, bits, stride, colors := h[0], h[4], h[5], h[7], h[11], h[12], h[19]
	if order != 0 || bits != 32 {
		return nil, fmt.Errorf("byte order %d, %d bits for a pixel", order, bits)
	}
	b = b[min(len(b), size+12*colors):]
	if width <= 0 || stride < 4*width || len(b) < height*stride {
		return nil, fmt.Errorf("%d by %d, and %d bytes", width, height, len(b))
	}
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		row, out := b[y*stride:], img.Pix[y*img.Stride:]
		for x := 0; x < 4*width; x += 4 {
			out[x], out[x+1], out[x+2], out[x+3] = row[x+2], row[x+1], row[x], 0xFF
		}
	}
	return &picture{img}, nil
}

// Places of the window, broadly: what stands beside the list, and the strip of
// the reader below.
var (
	besideList = image.Rect(640, 0, 1280, 700)
	strip      = image.Rect(240, 712, 1280, 755)
)

// Colours of the light theme that mean something.
var (
	paperColor   = color.NRGBA{0xff, 0xff, 0xff, 0xff} // a card
	primaryColor = color.NRGBA{0x0d, 0x62, 0x6c, 0xff} // the likeliest act
	dangerColor  = color.NRGBA{0xa9, 0x2e, 0x26, 0xff} // what destroys
	infoColor    = color.NRGBA{0xdf, 0xee, 0xf0, 0xff} // the round plane behind what is asked for
	plainColor   = color.NRGBA{0xef, 0xeb, 0xe2, 0xff} // nothing in particular
	goodColor    = color.NRGBA{0xdf, 0xf2, 0xe6, 0xff} // a plane that says that it worked
)

// count is how many pixels of a place have a colour.
func (p *picture) count(in image.Rectangle, c color.NRGBA) (n int) {
	in = in.Intersect(p.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		row := p.Pix[p.PixOffset(in.Min.X, y) : p.PixOffset(in.Max.X-1, y)+4]
		for x := 0; x < len(row); x += 4 {
			if row[x] == c.R && row[x+1] == c.G && row[x+2] == c.B {
				n++
			}
		}
	}
	return n
}

// part is a place of the picture, to compare.
func (p *picture) part(in image.Rectangle) string {
	var b strings.Builder
	for y := in.Min.Y; y < in.Max.Y; y++ {
		b.Write(p.Pix[p.PixOffset(in.Min.X, y):p.PixOffset(in.Max.X, y)])
	}
	return b.String()
}

// colors is how many colours the picture has.
func (p *picture) colors() int {
	seen := make(map[[3]byte]bool)
	for i := 0; i < len(p.Pix); i += 4 {
		seen[[3]byte(p.Pix[i:])] = true
	}
	return len(seen)
}

// marks is what tests look for, for people.
func (p *picture) marks() string {
	return fmt.Sprintf("%d pixels of primary, %d of danger, %d of good beside the list, %d of paper in all",
		p.count(besideList, primaryColor), p.count(besideList, dangerColor), p.count(besideList, goodColor), p.count(p.Rect, paperColor))
}

// empty tells that nothing lies on the reader.
func (p *picture) empty() bool { return p.count(strip, plainColor) > 300 }

// idle tells that nothing beside the list is there to be pressed with Enter.
func (p *picture) idle() bool { return p.count(besideList, primaryColor) < 3_000 && !p.good() }

// waits tells that a tag is asked for.
func (p *picture) waits() bool { return p.idle() && p.count(besideList, infoColor) > 4_000 }

// wide tells that a button as wide as the pane can be pressed: a home is open,
// or a question is asked.
func (p *picture) wide() bool { return p.count(besideList, primaryColor) > 24_000 }

// button tells that a button of usual size, or several, can be pressed.
func (p *picture) button() bool { return p.count(besideList, primaryColor) > 3_500 }

// danger tells that something will be destroyed if that is wanted.
func (p *picture) danger() bool { return p.count(besideList, dangerColor) > 100 }

// good tells that an act has worked.
func (p *picture) good() bool { return p.count(besideList, goodColor) > 100_000 }
