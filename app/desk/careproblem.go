package desk

import (
	"errors"
	"strconv"
	"strings"

	"sleutelbord/store/shares"
)

// explainCare explains what goes wrong with shares and backups, where a person
// needs to know which of several things it is.
func explainCare(err error) (Problem, bool) {
	var (
		wrong  *shares.WrongError
		few    *shares.TooFewError
		folder *folderError
	)
	switch {
	case errors.As(err, &wrong):
		code := CodeShareOtherSet
		if wrong.Reason == shares.Forged {
			code = CodeShareForged
		}
		var names []string
		for _, i := range wrong.Index {
			names = append(names, strconv.Itoa(i))
		}
		return Problem{code, map[string]any{"Shares": strings.Join(names, ", ")}}, true
	case errors.As(err, &few):
		return Problem{CodeSharesTooFew, map[string]any{"Have": few.Have, "Need": few.Need}}, true
	case errors.As(err, &folder):
		return Problem{CodeBackupFolder, map[string]any{"Folder": folder.dir}}, true
	}
	t, ok := TypingOf(err)
	switch {
	case !ok:
		return Problem{}, false
	case t.Line == 0:
		return Problem{Code: CodeShareLines}, true
	}
	return Problem{CodeShareTyping, map[string]any{"Line": t.Line}}, true
}
