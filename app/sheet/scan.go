package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // the formats of photos and scans
	_ "image/png"
	"io"
	"os"

	"sleutelbord/store/shares"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// Limits of a picture, so that a forged one cannot take all memory.
const (
	maxFile   = 64 << 20 // bytes
	maxPixels = 60 << 20
	// workSide is how long the longer side of a picture is made at most: the
	// finest print that a photo shows has more than it needs.
	workSide = 2200
)

// Errors of reading a picture.
var (
	// ErrPicture: neither a PNG nor a JPEG picture, or too large a one.
	ErrPicture = errors.New("this is no PNG or JPEG picture")
	// ErrNoCode: no QR code was found on the picture, or none can be read.
	ErrNoCode = errors.New("no code can be read on the picture")
)

// ReadFile reads a share from a file: a picture of its sheet, or its text.
// Errors are [ErrPicture], [ErrNoCode], those of [shares.Parse], and the file's.
func ReadFile(name string) (shares.Share, error) {
	f, err := os.Open(name)
	if err != nil {
		return shares.Share{}, fmt.Errorf("reading a share: %w", err)
	}
	defer func() { _ = f.Close() }() // was only read
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return shares.Share{}, fmt.Errorf("reading a share: %w", err)
	}
	defer clear(b)
	if len(b) > maxFile {
		return shares.Share{}, fmt.Errorf("reading a share: more than %d bytes: %w", maxFile, ErrPicture)
	}
	if isText(b) {
		return shares.Parse(b)
	}
	return Scan(b)
}

// isText tells text from a picture: pictures of both kinds begin with bytes
// that no text has.
func isText(b []byte) bool {
	return len(b) < 4096 && !bytes.HasPrefix(b, []byte("\x89PNG")) && !bytes.HasPrefix(b, []byte{0xFF, 0xD8})
}

// Scan reads a share from a PNG or JPEG picture of its sheet, a photo or a scan:
// turned, askew, shaded and blurred within reason.
func Scan(b []byte) (shares.Share, error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return shares.Share{}, fmt.Errorf("reading a picture: %w (%w)", ErrPicture, err)
	}
	if size.Width < 1 || size.Height < 1 || size.Width > maxPixels/size.Height {
		return shares.Share{}, fmt.Errorf("reading a picture of %d by %d: %w", size.Width, size.Height, ErrPicture)
	}
	picture, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return shares.Share{}, fmt.Errorf("reading a picture: %w (%w)", ErrPicture, err)
	}
	return find(picture)
}

// find looks for the code in several sizes, as what is too fine or too coarse
// in one is not in another.
func find(picture image.Image) (shares.Share, error) {
	grey := newGrey(picture)
	err := fmt.Errorf("reading a picture: %w", ErrNoCode)
	for _, side := range []int{workSide, 1400, 900, 600} {
		if side > workSide/2 && max(grey.Rect.Dx(), grey.Rect.Dy()) <= side/2 {
			continue
		}
		g := grey.shrunk(side)
		for _, text := range codes(g) {
			s, perr := shares.Parse([]byte(text))
			if perr == nil {
				return s, nil
			}
			err = fmt.Errorf("reading the code on the picture: %w", perr)
		}
	}
	return shares.Share{}, err
}

// codes are the texts of the QR codes that are found on a picture.
func codes(g *grey) (found []string) {
	source := gozxing.NewLuminanceSourceFromImage(&g.Gray)
	for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
		bitmap, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil {
			continue // a picture too small to have a code
		}
		result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
		if err == nil {
			found = append(found, result.GetText())
		}
	}
	return found
}

// grey is a picture without colours.
type grey struct{ image.Gray }

func newGrey(p image.Image) *grey {
	b := p.Bounds()
	g := &grey{*image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))}
	for y := range b.Dy() {
		switch p := p.(type) {
		case *image.Gray:
			copy(g.Pix[y*g.Stride:], p.Pix[p.PixOffset(b.Min.X, b.Min.Y+y):][:b.Dx()])
			continue
		case *image.YCbCr:
			copy(g.Pix[y*g.Stride:], p.Y[p.YOffset(b.Min.X, b.Min.Y+y):][:b.Dx()])
			continue
		}
		for x := range b.Dx() {
			g.SetGray(x, y, color.GrayModel.Convert(p.At(b.Min.X+x, b.Min.Y+y)).(color.Gray))
		}
	}
	return g
}

// shrunk is the picture with its longer side no longer than side: each point the
// mean of those it stands for, so that grain goes and edges stay.
func (g *grey) shrunk(side int) *grey {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	if max(w, h) <= side {
		return g
	}
	nw, nh := max(1, w*side/max(w, h)), max(1, h*side/max(w, h))
	out := &grey{*image.NewGray(image.Rect(0, 0, nw, nh))}
	for y := range nh {
		for x := range nw {
			out.Pix[y*out.Stride+x] = g.mean(x*w/nw, y*h/nh, max(x*w/nw+1, (x+1)*w/nw), max(y*h/nh+1, (y+1)*h/nh))
		}
	}
	return out
}

// mean is the mean of the points from x0, y0 to before x1, y1.
func (g *grey) mean(x0, y0, x1, y1 int) byte {
	sum := 0
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			sum += int(g.Pix[y*g.Stride+x])
		}
	}
	return byte(sum / ((x1 - x0) * (y1 - y0)))
}
