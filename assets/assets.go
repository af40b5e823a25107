// Package assets holds what the program shows and says: its icons, its font
// and its words in every language. It knows no toolkit, so that the commands
// speak with the same words as the window.
//
// # Icons
//
// An icon is an SVG of 24 by 24 units, drawn in lines of 1.75 units in the
// colour currentColor; the window puts the colour in. app.svg and app.png are
// the program's own icon, in its own colours.
package assets

import (
	"embed"
	"fmt"
)

//go:embed icons/*.svg icon.svg icon.png
var pictures embed.FS

//go:embed fonts/Inter-Regular.otf
var fontRegular []byte

//go:embed fonts/Inter-SemiBold.otf
var fontSemiBold []byte

//go:embed fonts/Inter-Regular.ttf
var paperRegular []byte

//go:embed fonts/Inter-SemiBold.ttf
var paperSemiBold []byte

//go:embed fonts/OFL.txt
var fontLicence string

//go:embed notices.txt
var notices string

// Notices are the licences of all software of others in the program, word for
// word. make notices collects them.
func Notices() string { return notices }

// Icon is the SVG of the icon with that name, such as "tag". An icon that is
// not there is a mistake of the caller, and panics.
func Icon(name string) []byte {
	b, err := pictures.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic(fmt.Errorf("icon %q: %w", name, err))
	}
	return b
}

// AppIcon is the program's own icon: an SVG, and a PNG of 256 by 256 pixels
// for systems that take no SVG.
func AppIcon() (svg, png []byte) {
	svg, errSVG := pictures.ReadFile("icon.svg")
	png, errPNG := pictures.ReadFile("icon.png")
	if errSVG != nil || errPNG != nil {
		panic("the program's own icon is not embedded")
	}
	return svg, png
}

// Font is the font of the window, upright, in its normal or its semi-bold
// weight: Inter, under the licence that [FontLicence] has.
func Font(bold bool) []byte {
	if bold {
		return fontSemiBold
	}
	return fontRegular
}

// PaperFont is the same font with TrueType outlines, which is what a PDF takes.
func PaperFont(bold bool) []byte {
	if bold {
		return paperSemiBold
	}
	return paperRegular
}

// FontLicence is the licence of the font.
func FontLicence() string { return fontLicence }
