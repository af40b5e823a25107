package sheet_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	mrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/sheet"
	"sleutelbord/assets"
	"sleutelbord/store/shares"
)

var day = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

func split(t testing.TB, k, n int) []shares.Share {
	t.Helper()
	var root [32]byte
	if _, err := rand.Read(root[:]); err != nil {
		t.Fatal(err)
	}
	_, all, err := shares.Split(&root, [3]byte{0x3F, 0x9A, 0x21}, k, n)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// paperShare is share 4 of 5 of a root that nobody uses. Which pictures can be read
// depends on the pattern of the code, so the pictures of tests are always of this one.
func paperShare(t testing.TB) shares.Share {
	t.Helper()
	s, err := shares.Parse([]byte(`
2DA2 0FWT 4403 83SY
8B98 C6TS JTMX CEHV
ZVA7 2X7B WZSJ 0Y96
ZP4N B4TJ XCH9 D4CQ
MEMM 9NJT W64N K7ZB
2JYK VD61 MCVH QYYF
`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func printed(t testing.TB, s shares.Share, lang string) string {
	t.Helper()
	b, err := sheet.Print(s, sheet.Info{Site: "Campus Boulevard één", Lang: lang, Day: day})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "sheet.pdf")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// run runs one of the system's PDF programs, which are not ours.
func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

func rendered(t testing.TB, pdf string, dpi string) image.Image {
	t.Helper()
	p, err := png.Decode(bytes.NewReader(run(t, "pdftoppm", "-r", dpi, "-png", pdf)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSheet: in every language, one page, whose text and whose picture are the
// share.
func TestSheet(t *testing.T) {
	for _, lang := range assets.Languages() {
		s := paperShare(t)
		pdf := printed(t, s, lang)
		text := string(run(t, "pdftotext", "-layout", pdf, "-"))
		var rows []string
		for row := range strings.Lines(text) {
			if words := strings.Fields(row); len(words) >= 5 && len(words[0]) == 1 && len(words[1]) == 4 && len(words[4]) == 4 && strings.ToUpper(row) == row {
				rows = append(rows, row)
			}
		}
		if got, err := shares.Parse([]byte(strings.Join(rows, ""))); err != nil || !got.Same(s) {
			t.Errorf("%s: the text of the page is not the share: %v", lang, err)
		}
		for _, want := range []string{"Campus Boulevard één", s.Set().String(), "3F 9A 21", assets.Words(lang).Date("2026-11-21"), "4"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q on the page", lang, want)
			}
		}
		if strings.Contains(text, "sheet.") || strings.ContainsAny(text, "{}") {
			t.Errorf("%s: a text is missing", lang)
		}
		if n := strings.Count(text, "\f"); n != 1 {
			t.Errorf("%s: %d pages", lang, n)
		}
		scanned := run(t, "pdftoppm", "-r", "100", "-png", pdf)
		if got, err := sheet.Scan(scanned); err != nil || !got.Same(s) {
			t.Errorf("%s, PNG: %v", lang, err)
		}
		for _, dpi := range []string{"100", "150", "300"} {
			wantShare(t, lang+" at "+dpi+" dpi", rendered(t, pdf, dpi), s)
		}
		if out := run(t, "qpdf", "--check", pdf); !bytes.Contains(out, []byte("No syntax or stream encoding errors")) {
			t.Errorf("%s: %s", lang, out)
		}
	}
}

func wantShare(t *testing.T, about string, p image.Image, want shares.Share) {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 75}); err != nil {
		t.Fatal(err)
	}
	if got, err := sheet.Scan(b.Bytes()); err != nil || !got.Same(want) {
		t.Errorf("%s: %v", about, err)
	}
}

// TestPhoto: the page is turned, small in the picture, blurred, grainy and in
// shade, as photos are.
func TestPhoto(t *testing.T) {
	s := paperShare(t)
	page := rendered(t, printed(t, s, "nl"), "110")
	for _, degrees := range []float64{3, 17, 45, 90, 180, 271} {
		wantShare(t, "turned", turned(page, degrees, 1), s)
	}
	wantShare(t, "far away", turned(page, 5, 0.7), s)
	wantShare(t, "blurred", blurred(page, 1), s)
	wantShare(t, "blurred and turned", turned(blurred(page, 1), 12, 1), s)
	wantShare(t, "shaded and grainy", shaded(turned(page, 4, 1)), s)
	wantShare(t, "large", turned(rendered(t, printed(t, s, "nl"), "300"), 2, 1), s)
}

// turned is the page on a dark table, turned by so many degrees.
func turned(p image.Image, degrees, scale float64) image.Image {
	b := p.Bounds()
	side := int(math.Hypot(float64(b.Dx()), float64(b.Dy())))
	out := image.NewGray(image.Rect(0, 0, side, side))
	draw.Draw(out, out.Rect, image.NewUniform(color.Gray{70}), image.Point{}, draw.Src)
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	for y := range side {
		for x := range side {
			dx, dy := (float64(x)-float64(side)/2)/scale, (float64(y)-float64(side)/2)/scale
			q := image.Pt(b.Dx()/2+int(math.Floor(cos*dx+sin*dy)), b.Dy()/2+int(math.Floor(cos*dy-sin*dx)))
			if q.In(b) {
				out.Set(x, y, p.At(q.X, q.Y))
			}
		}
	}
	return out
}

// blurred takes for each point the mean of those around it.
func blurred(p image.Image, radius int) image.Image {
	b := p.Bounds()
	out := image.NewGray(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			sum, n := 0, 0
			for dy := -radius; dy <= radius; dy++ {
				for dx := -radius; dx <= radius; dx++ {
					if q := image.Pt(x+dx, y+dy); q.In(b) {
						sum += int(color.GrayModel.Convert(p.At(q.X, q.Y)).(color.Gray).Y)
						n++
					}
				}
			}
			out.SetGray(x, y, color.Gray{uint8(sum / n)})
		}
	}
	return out
}

// shaded is darker towards one corner, and grainy.
func shaded(p image.Image) image.Image {
	b := p.Bounds()
	out := image.NewGray(b)
	grain := mrand.New(mrand.NewPCG(1, 2))
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			v := float64(color.GrayModel.Convert(p.At(x, y)).(color.Gray).Y)
			v = v*(0.45+0.5*float64(x+y)/float64(b.Dx()+b.Dy())) + float64(grain.IntN(30)-15)
			out.SetGray(x, y, color.Gray{uint8(max(0, min(255, v)))})
		}
	}
	return out
}

// TestNoPicture: what is no picture of a sheet says what it is.
func TestNoPicture(t *testing.T) {
	empty := image.NewGray(image.Rect(0, 0, 400, 300))
	var none bytes.Buffer
	if err := png.Encode(&none, empty); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"blank":  {none.Bytes(), sheet.ErrNoCode},
		"cut":    {none.Bytes()[:40], sheet.ErrPicture},
		"binary": {append([]byte("%PDF-1.4"), make([]byte, 5000)...), sheet.ErrPicture},
		"huge":   {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00"), sheet.ErrPicture},
	} {
		file := filepath.Join(t.TempDir(), "a")
		if err := os.WriteFile(file, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sheet.ReadFile(file); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := sheet.ReadFile(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestTextFile: a share may also come as a file of its text.
func TestTextFile(t *testing.T) {
	s := split(t, 2, 2)[1]
	file := filepath.Join(t.TempDir(), "share.txt")
	if err := os.WriteFile(file, []byte(strings.ToLower(s.Text())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := sheet.ReadFile(file); err != nil || !got.Same(s) {
		t.Error(err)
	}
}

// FuzzScan: no bytes make the program stumble.
func FuzzScan(f *testing.F) {
	small := image.NewGray(image.Rect(0, 0, 40, 30))
	var b bytes.Buffer
	if err := png.Encode(&b, small); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	b.Reset()
	if err := jpeg.Encode(&b, small, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return
		}
		if s, err := sheet.Scan(b); err == nil && s.Of() < s.Threshold() {
			t.Error("a share that cannot be")
		}
	})
}
