package command

import (
	"fmt"
	"os"
	"path/filepath"

	"sleutelbord/lock"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
)

// The demo's campus is small, and the story is about one home in it.
const (
	demoHomes     = 24
	demoHome      = "Boulevard 3/101"
	demoHomeLock  = "H1-101"
	demoOtherLock = "H1-102"
	demoEntrance  = "E1"
	demoCorridor  = "C1-1"
	// demoTagDoors is how many doors a tag of the home opens.
	demoTagDoors = 3
)

// demoDoors are the locks of the campus that take part, with how the story
// calls them.
var demoDoors = []struct{ lock, name string }{
	{demoHomeLock, "front door of home 101"},
	{demoOtherLock, "front door of home 102"},
	{demoEntrance, "entrance"},
	{demoCorridor, "door of the corridor"},
}

// demoDoor is a door of the story: the reference lock with its own key, its own
// state, and the stick when it is visited.
type demoDoor struct {
	name  string
	lock  *lock.Lock
	stick *carrier.Folder
}

// at is a door that a tag is held to, and what must happen there.
type at struct {
	lock string
	open bool
}

func (s *story) openDoors() error {
	if err := os.MkdirAll(s.bundleDir(), 0o700); err != nil {
		return err
	}
	for _, d := range demoDoors {
		key := s.campus.Keys[d.lock]
		l, err := lock.Open(lock.Config{
			Name: key.Name(), Key: key.Private(), Clock: lock.NoClock(),
			Dir: filepath.Join(s.dir, "locks", d.lock),
		})
		if err != nil {
			return err
		}
		s.doors[d.lock] = &demoDoor{name: d.name, lock: l, stick: carrier.OpenFolder(s.bundleDir())}
	}
	return nil
}

// try holds a tag to doors, one after the other, and says what they did. A
// door that does anything else than it must ends the story.
func (s *story) try(tag string, card *softcard.Card, doors ...at) error {
	return s.stage.lay(s.ctx, card, func(r nfc.Reader) error {
		for _, a := range doors {
			door := s.doors[a.lock]
			var got lock.Decision
			err := r.Transact(s.ctx, func(t nfc.Transceiver) (err error) {
				got, err = door.lock.Try(t)
				return err
			})
			if err != nil {
				return err
			}
			if got.Open != a.open {
				return fmt.Errorf("%w: %s at lock %s: %v", errStory, tag, a.lock, got)
			}
			s.checks = append(s.checks, atADoor{Tag: tag, Lock: a.lock, Open: got.Open})
			if err := s.say("   %s at the %-24s %v\n", tag, door.name+":", got); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeBundles writes a bundle for every lock onto the stick.
func (s *story) writeBundles() error {
	got, err := s.d.WriteBundles(s.ctx, s.bundleDir())
	if err != nil {
		return err
	}
	if len(got.Refused) > 0 {
		return fmt.Errorf("%w: receipts were refused", errStory)
	}
	return nil
}

// visit brings the stick to a lock, which takes its bundle and leaves its
// receipt.
func (d *demoDoor) visit() error {
	data, err := d.stick.ReadBundle(d.lock.Name())
	if err != nil {
		return err
	}
	if err := d.lock.Apply(data); err != nil {
		return err
	}
	receipt, ok := d.lock.Receipt()
	if !ok {
		return fmt.Errorf("%w: lock %v has no receipt", errStory, d.lock.Name())
	}
	return d.stick.WriteReceipt(d.lock.Name(), receipt)
}

// syncAll brings the bundles to all locks of the story, and their receipts
// back to the desk.
func (s *story) syncAll() error {
	if err := s.writeBundles(); err != nil {
		return err
	}
	for _, d := range demoDoors {
		if err := s.doors[d.lock].visit(); err != nil {
			return err
		}
	}
	back, err := s.d.WriteBundles(s.ctx, s.bundleDir())
	if err != nil {
		return err
	}
	if back.Receipts != len(demoDoors) || len(back.Refused) > 0 {
		return fmt.Errorf("%w: %d receipts came back from %d locks", errStory, back.Receipts, len(demoDoors))
	}
	return s.say("The caretaker brings the locks their bundles on a stick: keys and floors, nothing about people. %s came back.\n",
		count(back.Receipts, "receipt", "receipts"))
}
