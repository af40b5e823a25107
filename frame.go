package main

import (
	"fmt"
	"image"

	"github.com/go-gl/gl/v2.1/gl"
)

// readFrame reads the frame that Fyne is painting, for the pictures of the
// tour. Fyne's own Capture reads the front buffer, which Mesa's software
// drivers leave black.
func readFrame(width, height int) (image.Image, error) {
	if err := gl.Init(); err != nil {
		return nil, fmt.Errorf("reading the frame: %w", err)
	}
	upside := make([]byte, 4*width*height)
	gl.ReadPixels(0, 0, int32(width), int32(height), gl.RGBA, gl.UNSIGNED_BYTE, gl.Ptr(upside))
	if code := gl.GetError(); code != gl.NO_ERROR {
		return nil, fmt.Errorf("reading the frame: OpenGL error %#x", code)
	}
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height { // OpenGL's first row is the lowest
		row := img.Pix[y*img.Stride : y*img.Stride+4*width]
		copy(row, upside[4*width*(height-1-y):])
		for x := 3; x < len(row); x += 4 {
			row[x] = 0xFF
		}
	}
	return img, nil
}
