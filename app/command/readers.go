package command

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
)

// virtualPrefix begins the name of the built-in reader; the file of its
// software tag follows.
const virtualPrefix = "virtual:"

// virtualMemory is the size of a software tag that is new, in bytes.
const virtualMemory = 4096

type readersCmd struct{}

// readerView is one line of the list of readers.
type readerView struct {
	Name string `json:"name"`
}

func (c *readersCmd) Run(a *app) error {
	names, err := a.env.ListReaders()
	if err != nil {
		return err
	}
	views := make([]readerView, 0, len(names))
	for _, n := range names {
		views = append(views, readerView{n})
	}
	return a.show(map[string][]readerView{"readers": views}, func(w io.Writer) error {
		if len(names) == 0 {
			return say(w, "No reader is attached. The built-in one is --reader %sFILE.\n", virtualPrefix)
		}
		return say(w, "%s\n", strings.Join(names, "\n"))
	})
}

// openReader opens the reader that a name means: the built-in one with its
// software tag on it, or a real one.
func (env Env) openReader(name string) (nfc.Reader, error) {
	path, virtual := strings.CutPrefix(name, virtualPrefix)
	if !virtual {
		return env.openReal(name)
	}
	card, err := softcard.Open(path, softcard.Config{Chip: softcard.EV3, Memory: virtualMemory})
	if err != nil {
		return nil, errCardFile.because(err)
	}
	r := softcard.NewReader(name)
	r.Lay(card)
	return r, nil
}

// followReader is openReader for a program that stays: a real reader need not
// be attached yet.
func (env Env) followReader(name string) (nfc.Reader, error) {
	if strings.HasPrefix(name, virtualPrefix) || env.FollowReader == nil {
		return env.openReader(name)
	}
	return env.FollowReader(name)
}

// openReal opens the real reader whose name contains part. Of a device that
// shows itself as several readers, one for each slot, it is the first.
func (env Env) openReal(part string) (nfc.Reader, error) {
	if part == "" {
		return env.OpenReader("")
	}
	names, err := env.ListReaders()
	if err != nil {
		return nil, err
	}
	fitting := fittingReaders(names, part)
	for _, n := range fitting {
		if device(n) != device(fitting[0]) {
			return nil, &complaint{
				code: "many-readers", exit: exitReader,
				what: fmt.Sprintf("Several readers fit %q: %s.", part, strings.Join(fitting, "; ")),
				do:   "Say more of the name with --reader NAME.",
			}
		}
	}
	if len(fitting) > 0 {
		return env.OpenReader(fitting[0])
	}
	return env.OpenReader(part)
}

// fittingReaders is the reader whose name is part, or else all whose names
// contain it, in upper or lower case.
func fittingReaders(names []string, part string) []string {
	if slices.Contains(names, part) {
		return []string{part}
	}
	var fitting []string
	for _, n := range names {
		if strings.Contains(strings.ToLower(n), strings.ToLower(part)) {
			fitting = append(fitting, n)
		}
	}
	return fitting
}

// device is a reader's name without the number of its slot, which PC/SC lite
// puts last: "Virtual PCD 00 01" is a slot of "Virtual PCD 00".
func device(reader string) string {
	cut := len(reader) - len(" 00")
	if cut <= 0 || reader[cut] != ' ' || strings.Trim(reader[cut+1:], "0123456789ABCDEF") != "" {
		return reader
	}
	return reader[:cut]
}

// withReader opens the reader, waits for a tag as long as wait says, and
// closes the reader after f.
func (a *app) withReader(wait time.Duration, f func(r nfc.Reader) error) (err error) {
	r, err := a.env.openReader(a.Reader)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := r.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("closing reader: %w", cerr)
		}
	}()
	if wait > 0 {
		if err := awaitTag(a.ctx, r, wait); err != nil {
			return err
		}
	}
	return f(r)
}

// awaitTag returns once a tag lies on r. After limit it returns [nfc.ErrNoTag].
func awaitTag(ctx context.Context, r nfc.Reader, limit time.Duration) error {
	return awaitState(ctx, r, limit, nfc.ErrNoTag, func(s nfc.State) bool { return s.Present })
}

// awaitState returns once r is in a state that is wanted. After limit it
// returns what keeps the reader from working, or else late.
func awaitState(ctx context.Context, r nfc.Reader, limit time.Duration, late error, wanted func(nfc.State) bool) error {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last nfc.State
	met := false
	err := r.Watch(bounded, func(s nfc.State) {
		if last = s; wanted(s) {
			met = true
			cancel()
		}
	})
	switch {
	case met:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() == nil && err != nil:
		return err
	case last.Err != nil:
		return last.Err
	case !last.Attached:
		return nfc.ErrNoReader
	}
	return late
}
