package command

import (
	"sleutelbord/app/desk"
	"sleutelbord/assets"
)

// words is the text of a key in English, the language of the commands: their
// names, flags and fields are English too, and a script that reads them finds
// the same words on every computer.
func words(key string, args map[string]any) string {
	return assets.Words(assets.Source).T(key, args)
}

// problemWords says what happened and what to do.
func problemWords(code desk.Code, args map[string]any) (what, do string) {
	key := "problem." + string(code)
	return words(key, args), words(key+".do", args)
}
