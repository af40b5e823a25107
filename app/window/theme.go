package window

import (
	"image/color"

	"sleutelbord/assets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours of the window that Fyne has no name for.
const (
	colorNav       fyne.ThemeColorName = "sleutelbord.nav"
	colorNavText   fyne.ThemeColorName = "sleutelbord.nav.text"
	colorNavMuted  fyne.ThemeColorName = "sleutelbord.nav.muted"
	colorNavActive fyne.ThemeColorName = "sleutelbord.nav.active"
	colorNavHover  fyne.ThemeColorName = "sleutelbord.nav.hover"
	colorCard      fyne.ThemeColorName = "sleutelbord.card"
	colorEdge      fyne.ThemeColorName = "sleutelbord.edge"
	colorMuted     fyne.ThemeColorName = "sleutelbord.muted"
	colorBrass     fyne.ThemeColorName = "sleutelbord.brass"
	colorInfoSoft  fyne.ThemeColorName = "sleutelbord.info.soft"
	colorGoodSoft  fyne.ThemeColorName = "sleutelbord.good.soft"
	colorWarnSoft  fyne.ThemeColorName = "sleutelbord.warn.soft"
	colorBadSoft   fyne.ThemeColorName = "sleutelbord.bad.soft"
	colorPlainSoft fyne.ThemeColorName = "sleutelbord.plain.soft"
	colorBrassSoft fyne.ThemeColorName = "sleutelbord.brass.soft"
	colorPractice  fyne.ThemeColorName = "sleutelbord.practice"
	colorRing      fyne.ThemeColorName = "sleutelbord.ring"
	colorClear     fyne.ThemeColorName = "sleutelbord.clear"
)

// sizeBig is the size of the text that is read from a step away.
const sizeBig fyne.ThemeSizeName = "sleutelbord.big"

// variant is which of the two sets of colours is shown.
type variant string

const (
	variantSystem variant = "system"
	variantLight  variant = "light"
	variantDark   variant = "dark"
)

// look is the window's theme.
type look struct {
	variant variant
	scale   float32 // of text and targets, 1 is normal
}

var _ fyne.Theme = (*look)(nil)

// dark tells which set of colours to use, v being what the system asks for.
func (l *look) dark(v fyne.ThemeVariant) bool {
	switch l.variant {
	case variantLight:
		return false
	case variantDark:
		return true
	}
	return v == theme.VariantDark
}

// Color implements [fyne.Theme].
func (l *look) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	set := &lightColors
	base := theme.VariantLight
	if l.dark(v) {
		set = &darkColors
		base = theme.VariantDark
	}
	if c, ok := (*set)[name]; ok {
		return c
	}
	return theme.DefaultTheme().Color(name, base)
}

// Font implements [fyne.Theme].
func (l *look) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Monospace, style.Symbol, style.Italic:
		return theme.DefaultTheme().Font(style)
	case style.Bold:
		return fontBold
	}
	return fontNormal
}

// Icon implements [fyne.Theme].
func (l *look) Icon(name fyne.ThemeIconName) fyne.Resource {
	return theme.DefaultTheme().Icon(name)
}

// Size implements [fyne.Theme].
func (l *look) Size(name fyne.ThemeSizeName) float32 {
	s, ok := sizes[name]
	if !ok {
		s = theme.DefaultTheme().Size(name)
	}
	switch name {
	case theme.SizeNameSeparatorThickness, theme.SizeNameInputBorder:
		return s
	}
	return s * l.scale
}

var (
	fontNormal = fyne.NewStaticResource("Inter-Regular.otf", assets.Font(false))
	fontBold   = fyne.NewStaticResource("Inter-SemiBold.otf", assets.Font(true))
)

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:            14,
	theme.SizeNameCaptionText:     12,
	theme.SizeNameSubHeadingText:  16,
	theme.SizeNameHeadingText:     24,
	sizeBig:                       30,
	theme.SizeNamePadding:         4,
	theme.SizeNameInnerPadding:    9,
	theme.SizeNameInputRadius:     9,
	theme.SizeNameButtonRadius:    9,
	theme.SizeNameSelectionRadius: 9,
	theme.SizeNameCardRadius:      14,
	theme.SizeNameDialogRadius:    14,
	theme.SizeNamePopupRadius:     9,
	theme.SizeNameMenuRadius:      9,
	theme.SizeNameScrollBar:       12,
	theme.SizeNameScrollBarSmall:  4,
}

// rgb is the opaque colour 0xRRGGBB.
func rgb(hex uint32) color.NRGBA { return rgba(hex, 0xff) }

// rgba is the colour 0xRRGGBB with opacity a.
func rgba(hex uint32, a uint8) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: a}
}

// lightColors: paper and petrol, brass for the tags. Text on each stands at a
// contrast of at least 4.5 to 1; a test computes it.
var lightColors = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground:          rgb(0xf5f2ec),
	theme.ColorNameForeground:          rgb(0x17282c),
	theme.ColorNamePrimary:             rgb(0x0d626c),
	theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	theme.ColorNameSuccess:             rgb(0x17693f),
	theme.ColorNameForegroundOnSuccess: rgb(0xffffff),
	theme.ColorNameWarning:             rgb(0x8f5300),
	theme.ColorNameForegroundOnWarning: rgb(0xffffff),
	theme.ColorNameError:               rgb(0xa92e26),
	theme.ColorNameForegroundOnError:   rgb(0xffffff),
	theme.ColorNameButton:              rgb(0xebe6dc),
	theme.ColorNameDisabledButton:      rgb(0xefece5),
	theme.ColorNameDisabled:            rgb(0x9aa3a3),
	theme.ColorNamePlaceHolder:         rgb(0x66757a),
	theme.ColorNameInputBackground:     rgb(0xffffff),
	theme.ColorNameInputBorder:         rgb(0xcfc8ba),
	theme.ColorNameHover:               rgba(0x0d626c, 0x12),
	theme.ColorNamePressed:             rgba(0x0d626c, 0x26),
	theme.ColorNameFocus:               rgba(0x0d626c, 0x30),
	theme.ColorNameSelection:           rgba(0x0d626c, 0x20),
	theme.ColorNameSeparator:           rgb(0xe3ddd1),
	theme.ColorNameScrollBar:           rgba(0x17282c, 0x66),
	theme.ColorNameScrollBarBackground: rgba(0x17282c, 0x08),
	theme.ColorNameShadow:              rgba(0x17282c, 0x30),
	theme.ColorNameMenuBackground:      rgb(0xffffff),
	theme.ColorNameOverlayBackground:   rgb(0xffffff),
	theme.ColorNameHeaderBackground:    rgb(0xefebe2),
	theme.ColorNameHyperlink:           rgb(0x0d626c),

	colorNav:       rgb(0x0f3f47),
	colorNavText:   rgb(0xf4ebd8),
	colorNavMuted:  rgb(0xb6cdce),
	colorNavActive: rgb(0x1d5a63),
	colorNavHover:  rgb(0x174d56),
	colorCard:      rgb(0xffffff),
	colorEdge:      rgb(0xe3ddd1),
	colorMuted:     rgb(0x5a696d),
	colorBrass:     rgb(0xb5780f),
	colorBrassSoft: rgb(0xfaeed2),
	colorInfoSoft:  rgb(0xdfeef0),
	colorGoodSoft:  rgb(0xdff2e6),
	colorWarnSoft:  rgb(0xfdefd3),
	colorBadSoft:   rgb(0xfbe3df),
	colorPlainSoft: rgb(0xefebe2),
	colorPractice:  rgb(0xece6f7),
	colorRing:      rgb(0x0d626c),
	colorClear:     color.NRGBA{},
}

var darkColors = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground:          rgb(0x11191b),
	theme.ColorNameForeground:          rgb(0xe9efee),
	theme.ColorNamePrimary:             rgb(0x5cc4cd),
	theme.ColorNameForegroundOnPrimary: rgb(0x04262a),
	theme.ColorNameSuccess:             rgb(0x62d09a),
	theme.ColorNameForegroundOnSuccess: rgb(0x052a18),
	theme.ColorNameWarning:             rgb(0xf2bd66),
	theme.ColorNameForegroundOnWarning: rgb(0x2e1d00),
	theme.ColorNameError:               rgb(0xff958a),
	theme.ColorNameForegroundOnError:   rgb(0x3a0703),
	theme.ColorNameButton:              rgb(0x263235),
	theme.ColorNameDisabledButton:      rgb(0x1c2628),
	theme.ColorNameDisabled:            rgb(0x65757a),
	theme.ColorNamePlaceHolder:         rgb(0x8fa0a3),
	theme.ColorNameInputBackground:     rgb(0x172123),
	theme.ColorNameInputBorder:         rgb(0x54686d),
	theme.ColorNameHover:               rgba(0x5cc4cd, 0x18),
	theme.ColorNamePressed:             rgba(0x5cc4cd, 0x30),
	theme.ColorNameFocus:               rgba(0x5cc4cd, 0x40),
	theme.ColorNameSelection:           rgba(0x5cc4cd, 0x2c),
	theme.ColorNameSeparator:           rgb(0x2b383b),
	theme.ColorNameScrollBar:           rgba(0xe9efee, 0x66),
	theme.ColorNameScrollBarBackground: rgba(0xe9efee, 0x08),
	theme.ColorNameShadow:              rgba(0x000000, 0x80),
	theme.ColorNameMenuBackground:      rgb(0x1d282b),
	theme.ColorNameOverlayBackground:   rgb(0x1b2527),
	theme.ColorNameHeaderBackground:    rgb(0x1f2a2d),
	theme.ColorNameHyperlink:           rgb(0x5cc4cd),

	colorNav:       rgb(0x0b1214),
	colorNavText:   rgb(0xf1e9d8),
	colorNavMuted:  rgb(0x9cb0b3),
	colorNavActive: rgb(0x1d3d42),
	colorNavHover:  rgb(0x152427),
	colorCard:      rgb(0x1a2426),
	colorEdge:      rgb(0x344448),
	colorMuted:     rgb(0x9babae),
	colorBrass:     rgb(0xe8b54f),
	colorBrassSoft: rgb(0x3a2f16),
	colorInfoSoft:  rgb(0x163539),
	colorGoodSoft:  rgb(0x14352a),
	colorWarnSoft:  rgb(0x3b2c10),
	colorBadSoft:   rgb(0x432220),
	colorPlainSoft: rgb(0x253134),
	colorPractice:  rgb(0x2b2540),
	colorRing:      rgb(0x5cc4cd),
	colorClear:     color.NRGBA{},
}

// tone is how good or bad something is. It is never said by colour alone: an
// icon and words stand beside it.
type tone int

const (
	tonePlain tone = iota
	toneInfo
	toneGood
	toneWarn
	toneBad
	toneBrass
)

// fore is the colour of text and icons of this tone.
func (t tone) fore() fyne.ThemeColorName {
	return [...]fyne.ThemeColorName{
		colorMuted, theme.ColorNamePrimary, theme.ColorNameSuccess,
		theme.ColorNameWarning, theme.ColorNameError, colorBrass,
	}[t]
}

// soft is the colour of a surface of this tone.
func (t tone) soft() fyne.ThemeColorName {
	return [...]fyne.ThemeColorName{
		colorPlainSoft, colorInfoSoft, colorGoodSoft, colorWarnSoft, colorBadSoft, colorBrassSoft,
	}[t]
}

// sized is a size of the theme's present scale.
func sized(s float32) float32 {
	if l, ok := fyne.CurrentApp().Settings().Theme().(*look); ok {
		return s * l.scale
	}
	return s
}
