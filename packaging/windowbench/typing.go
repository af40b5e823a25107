//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// How long the picture must have stayed the same after a key, and how long it
// may take to change.
const (
	calm     = 400 * time.Millisecond
	patience = 5 * time.Second
)

// typed is how long after a key it was to be seen, and how long until what it
// finds was.
type typed struct{ letter, list time.Duration }

// hand presses keys, as a person would.
type hand struct {
	cmd  *exec.Cmd
	keys io.WriteCloser
}

// onWindow gives the keyboard to the window on a display, as a window manager
// would.
func onWindow(ctx context.Context, display, title string) (*hand, error) {
	cmd := exec.CommandContext(ctx, "xdotool", "-")
	cmd.Env = []string{"DISPLAY=:" + display, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	keys, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	h := &hand{cmd, keys}
	return h, h.say("search --onlyvisible --name " + title + " windowfocus --sync")
}

func (h *hand) say(line string) error {
	_, err := io.WriteString(h.keys, line+"\n")
	return err
}

func (h *hand) end() error { return errors.Join(h.keys.Close(), h.cmd.Wait()) }

// typing measures what it takes to type texts into the search, and to take them
// away again, letter by letter.
func (w window) typing(ctx context.Context, title string, texts []string) (all []typed, err error) {
	err = w.on(ctx, func(sc *screen, display string) (err error) {
		p, err := begin(ctx, display, w.env, w.program, w.args...)
		if err != nil {
			return err
		}
		defer p.end()
		sc.watch(p.began, opened, limit)
		h, err := onWindow(ctx, display, title)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, h.end()) }()
		for _, text := range texts {
			keys := strings.Split(text, "")
			for range text {
				keys = append(keys, "BackSpace")
			}
			for _, key := range keys {
				t, err := h.press(sc, key)
				if err != nil {
					return err
				}
				all = append(all, t)
			}
		}
		return nil
	})
	return all, err
}

// press presses a key and waits until the picture is calm.
func (h *hand) press(sc *screen, key string) (typed, error) {
	began := time.Now()
	if err := h.say("key --delay 0 " + key); err != nil {
		return typed{}, err
	}
	changes := sc.watch(began, calm, patience)
	if len(changes) == 0 {
		return typed{}, fmt.Errorf("the key %s changed nothing", key)
	}
	return typed{changes[0].after, changes[len(changes)-1].after}, nil
}
