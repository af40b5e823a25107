package desk_test

import (
	"errors"

	"sleutelbord/app/desk"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func asImport(err error, rows **desk.ImportError) bool { return errors.As(err, rows) }
