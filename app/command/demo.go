package command

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

type demoCmd struct {
	VPCD string `name:"vpcd" default:"${vpcd}" help:"With --reader: where the virtual reader (vpcd) listens, on which the demo lays its tags." placeholder:"HOST:PORT"`
}

// told is what demo prints with --json.
type told struct {
	Passed bool      `json:"passed"`
	Checks []atADoor `json:"checks"`
}

// atADoor is one check of the story: a tag at a door.
type atADoor struct {
	Tag  string `json:"tag"`
	Lock string `json:"lock"`
	Open bool   `json:"open"`
}

func (c *demoCmd) Run(a *app) (err error) {
	if strings.HasPrefix(a.Reader, virtualPrefix) {
		return usageError{errors.New("the demo lays tags of its own: --reader names a reader of the system, or is left out")}
	}
	dir, err := os.MkdirTemp("", "sleutelbord-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := c.newStory(a, dir)
	if err != nil {
		return err
	}
	err = s.tell()
	if err := errors.Join(err, s.close()); err != nil {
		return err
	}
	if a.env.demoTold != nil {
		a.env.demoTold(s)
	}
	if a.JSON {
		return writeJSON(a.env.Stdout, told{Passed: true, Checks: s.checks})
	}
	return nil
}

// newStory makes the throw-away site and the stage.
func (c *demoCmd) newStory(a *app, dir string) (*story, error) {
	out := a.env.Stdout
	if a.JSON {
		out = io.Discard
	}
	st, err := c.newStage(a)
	if err != nil {
		return nil, err
	}
	s := &story{ctx: a.ctx, out: out, stage: st, dir: dir, passphrase: rand.Text(), doors: make(map[string]*demoDoor)}
	if err := s.say("Sleutelbord: the whole story, with tags in software and keys that are thrown away.\n"); err != nil {
		return nil, errors.Join(err, st.close())
	}
	o := a.deskOptions(s.recordsDir(), []byte(s.passphrase))
	o.Store.CounterDir = s.counterDir()
	o.Operator = "demo"
	s.d, err = desk.Init(a.ctx, desk.InitOptions{Options: o, Site: "Demo campus", Policy: store.RequireGenuine, Practice: true})
	if err != nil {
		return nil, errors.Join(err, st.close())
	}
	return s, nil
}
