package window

import (
	"strings"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// groupCount is how many groups of eight characters a lock's key has.
const groupCount = 7

// keyGroups shows a key group by group as it is typed, as it stands on the
// label, and which group is wrong.
type keyGroups struct {
	root   *fyne.Container
	planes [groupCount]*surface
	texts  [groupCount]*word
}

func newKeyGroups() *keyGroups {
	g := &keyGroups{root: container.New(layout.NewGridLayoutWithColumns(4))}
	for i := range groupCount {
		g.texts[i] = newWord("", theme.SizeNameText, colorMuted, true)
		g.texts[i].align = fyne.TextAlignCenter
		g.planes[i] = newSurface(colorPlainSoft, "", 8, 4, g.texts[i])
		g.root.Add(g.planes[i])
	}
	g.show("", nil)
	return g
}

// show shows what was typed; wrong is what is wrong with it, nil if nothing is.
func (g *keyGroups) show(typed string, wrong *desk.RowError) {
	groups := groupsOf(typed)
	bad := 0
	if wrong != nil {
		bad, _ = wrong.Args["Group"].(int)
	}
	for i := range groupCount {
		text, t := "········", tonePlain
		if i < len(groups) {
			text = groups[i]
			switch {
			case wrong == nil:
				t = toneGood
			case bad == i+1:
				t = toneBad
			}
		}
		g.texts[i].paint(ellipsis(text, sized(96), theme.Size(theme.SizeNameText), fyne.TextStyle{Bold: true}), t.fore())
		g.planes[i].paint(t.soft(), "")
	}
}

// groupsOf cuts what was typed into groups: where there are hyphens or spaces,
// or else every eight characters.
func groupsOf(typed string) []string {
	groups := strings.FieldsFunc(strings.ToUpper(typed), func(r rune) bool { return r == '-' || r == ' ' })
	if len(groups) != 1 {
		return groups
	}
	rest := []rune(groups[0])
	groups = nil
	for len(rest) > 8 {
		groups = append(groups, string(rest[:8]))
		rest = rest[8:]
	}
	return append(groups, string(rest))
}
