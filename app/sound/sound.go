// Package sound plays three short sounds, so that whoever holds a tag need not
// look at the screen: ready, wrong, and take it away.
//
// The sounds are made here, in [melodies], and played by a program of the
// system: a library that speaks to the sound card itself would bring in cgo,
// or a second way to be wrong. A sound never keeps anybody waiting and never
// fails loudly: every one is also words and a picture on the screen.
package sound

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Kind is what a sound says.
type Kind string

// The sounds.
const (
	Ready Kind = "ready" // the act on the tag is done
	Wrong Kind = "wrong" // it cannot be done, or was cut
	Take  Kind = "take"  // take away what lies on the reader
)

// patience is how long a sound may take; after that its player is ended.
const patience = 5 * time.Second

// Player plays sounds, one after the other, on a goroutine of its own.
type Player struct {
	next   chan Kind
	cancel context.CancelFunc
	ended  chan struct{}
	close  sync.Once
	ways   []way
	folder string // of the files, "" as long as there are none
}

// way is one way to play a sound: it gets the kind and, where it needs one, a
// WAV file of it.
type way struct {
	play func(ctx context.Context, k Kind, file string) error
	file bool // it plays a file
}

// New makes a player with the ways that this computer has.
func New() *Player {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Player{next: make(chan Kind, 1), cancel: cancel, ended: make(chan struct{}), ways: ways()}
	go p.run(ctx)
	return p
}

// Can tells whether this computer has a way to play a sound.
func (p *Player) Can() bool { return len(p.ways) > 0 }

// Play plays a sound soon, and returns at once. While one is being played the
// newest waits; those between are left out, as they would come too late.
func (p *Player) Play(k Kind) {
	for {
		select {
		case p.next <- k:
			return
		default:
		}
		select {
		case <-p.next: // one that is older
		default:
		}
	}
}

// Close ends the sound that is played, and removes what was written for it.
func (p *Player) Close() {
	p.close.Do(p.cancel)
	<-p.ended
}

func (p *Player) run(ctx context.Context) {
	defer close(p.ended)
	defer func() {
		if p.folder != "" {
			_ = os.RemoveAll(p.folder) // a few kilobytes among the temporary files
		}
	}()
	for {
		select {
		case k := <-p.next:
			p.try(ctx, k)
		case <-ctx.Done():
			return
		}
	}
}

// try plays a sound in the first way that works. A way that does not is tried
// again for the next sound: a loudspeaker may be plugged in meanwhile.
func (p *Player) try(ctx context.Context, k Kind) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, w := range p.ways {
		file := ""
		if w.file {
			var err error
			if file, err = p.file(k); err != nil {
				continue
			}
		}
		if w.play(ctx, k, file) == nil || ctx.Err() != nil {
			return
		}
	}
}

// file is a sound as a file.
func (p *Player) file(k Kind) (string, error) {
	if p.folder == "" {
		dir, err := os.MkdirTemp("", "sleutelbord-sound-")
		if err != nil {
			return "", err
		}
		p.folder = dir
	}
	name := filepath.Join(p.folder, string(k)+".wav")
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	return name, os.WriteFile(name, wave(melodies[k]), 0o600)
}
