package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
)

// story tells the demo and checks it: nothing is said that was not seen. What
// it prints depends on nothing but the story itself, so that it is the same,
// byte for byte, on every reader.
type story struct {
	ctx   context.Context
	out   io.Writer
	stage stage
	dir   string // of the whole demo
	// passphrase is drawn anew, and forgotten with the site.
	passphrase string
	campus     desk.DemoCampus
	d          *desk.Desk
	doors      map[string]*demoDoor
	checks     []atADoor
	// first and second are the tags in the tenant's life: the one that is
	// lost, and its replacement, which later goes to the next tenant.
	first, second *softcard.Card
}

// errStory is a claim of the demo that turned out to be wrong.
var errStory = errors.New("the demo found something that must not be")

func (s *story) tell() error {
	for i, chapter := range []struct {
		title string
		tell  func() error
	}{
		{"A site, its homes and its locks", s.makeSite},
		{"A tenant gets a tag", s.handOut},
		{"The tag is lost and replaced", s.replace},
		{"What still opened, ends", s.sync},
		{"The tenant moves out", s.moveOut},
		{"The tag is wiped and handed out again", s.reuse},
	} {
		if err := s.say("\n%d. %s\n\n", i+1, chapter.title); err != nil {
			return err
		}
		if err := chapter.tell(); err != nil {
			return fmt.Errorf("demo, chapter %d: %w", i+1, err)
		}
	}
	return s.say("\nAll of this was checked: %d times a tag was held to a door, and every door did what is written here.\n", len(s.checks))
}

func (s *story) close() error {
	errs := []error{s.stage.close(), s.d.Close()}
	for _, d := range s.doors {
		errs = append(errs, d.lock.Close())
	}
	return errors.Join(errs...)
}

func (s *story) say(format string, args ...any) error { return say(s.out, format, args...) }

func (s *story) makeSite() error {
	var err error
	if s.campus, err = desk.NewDemoCampus(demoHomes); err != nil {
		return err
	}
	n, err := s.d.Import(s.ctx, bytes.NewReader(s.campus.CSV))
	if err != nil {
		return err
	}
	if err := s.openDoors(); err != nil {
		return err
	}
	if s.first, err = softcard.New(demoChip()); err != nil {
		return err
	}
	if s.second, err = softcard.New(demoChip()); err != nil {
		return err
	}
	err = s.say("A site is made. Its keys were drawn at random and lie encrypted on the desk.\n"+
		"A list is imported: %s in %s, %s.\n",
		count(n.Homes, "home", "homes"), count(n.Buildings, "building", "buildings"), count(n.Locks, "lock", "locks"))
	if err != nil {
		return err
	}
	return s.syncAll()
}

// demoChip is a chip as it comes from the factory.
func demoChip() softcard.Config {
	return softcard.Config{Chip: softcard.EV3, Memory: virtualMemory}
}

func (s *story) handOut() error {
	var got desk.Issued
	err := s.stage.lay(s.ctx, s.first, func(r nfc.Reader) (err error) {
		if got, err = s.d.Issue(s.ctx, r, demoHome, desk.IssueOptions{}, nil); err != nil {
			return err
		}
		return s.checkOpenly(r)
	})
	if err != nil {
		return err
	}
	err = s.say("A blank tag is laid on the reader and written for %s. It is %s.\n"+
		"Its keys open: %s.\n"+
		"Anybody can check without a key that no lock can write on it: checked.\n"+
		"No lock was told anything. The tenant walks home:\n",
		demoHome, got.Tag.ID, strings.Join(got.Tag.Zones, ", "))
	if err != nil {
		return err
	}
	return s.try(got.Tag.ID, s.first,
		at{demoEntrance, true}, at{demoHomeLock, true}, at{demoOtherLock, false})
}

func (s *story) replace() error {
	var got desk.Issued
	err := s.stage.lay(s.ctx, s.second, func(r nfc.Reader) (err error) {
		got, err = s.d.Replace(s.ctx, r, "T1", desk.IssueOptions{}, nil)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.stillOpens(got.Lost, demoTagDoors); err != nil {
		return err
	}
	err = s.say("T1 is lost. A new tag is written in its place: it is %s.\n"+
		"The desk says it plainly: until %[1]s is used, or the locks are visited, whoever finds T1 can still enter.\n", got.Tag.ID)
	if err != nil {
		return err
	}
	if err := s.try("T1", s.first, at{demoHomeLock, true}); err != nil {
		return err
	}
	if err := s.say("The tenant comes home with %s, and that alone ends T1 at this door. No lock was visited:\n", got.Tag.ID); err != nil {
		return err
	}
	if err := s.try(got.Tag.ID, s.second, at{demoHomeLock, true}); err != nil {
		return err
	}
	return s.try("T1", s.first, at{demoHomeLock, false}, at{demoEntrance, true})
}

func (s *story) sync() error {
	if err := s.say("The caretaker writes bundles for the locks onto a stick and visits the entrance.\n"); err != nil {
		return err
	}
	if err := s.writeBundles(); err != nil {
		return err
	}
	if err := s.doors[demoEntrance].visit(); err != nil {
		return err
	}
	if err := s.try("T1", s.first, at{demoEntrance, false}, at{demoCorridor, true}); err != nil {
		return err
	}
	if err := s.say("Nobody visits the corridor. The first use of T2 there is enough:\n"); err != nil {
		return err
	}
	if err := s.try("T2", s.second, at{demoCorridor, true}, at{demoEntrance, true}); err != nil {
		return err
	}
	return s.try("T1", s.first, at{demoCorridor, false})
}

func (s *story) moveOut() error {
	moved, err := s.d.MoveOut(s.ctx, demoHome)
	if err != nil {
		return err
	}
	if len(moved.NotReturned) != 1 {
		return fmt.Errorf("%w: %d tags are said to be out, not 1", errStory, len(moved.NotReturned))
	}
	if err := s.stillOpens(&moved.NotReturned[0], demoTagDoors); err != nil {
		return err
	}
	if err := s.say("The tenancy ends, and T2 was not returned. The desk lists the %d doors that it still opens until they are visited.\n", demoTagDoors); err != nil {
		return err
	}
	if err := s.syncAll(); err != nil {
		return err
	}
	if err := s.say("All old tags are dead:\n"); err != nil {
		return err
	}
	for _, t := range []struct {
		id   string
		card *softcard.Card
	}{{"T1", s.first}, {"T2", s.second}} {
		if err := s.try(t.id, t.card, at{demoEntrance, false}, at{demoHomeLock, false}, at{demoCorridor, false}); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) reuse() error {
	var wiped desk.Wiped
	var got desk.Issued
	err := s.stage.lay(s.ctx, s.second, func(r nfc.Reader) (err error) {
		if wiped, err = s.d.Wipe(s.ctx, r, nil); err != nil {
			return err
		}
		if seen, err := s.d.Inspect(s.ctx, r); err != nil || seen.Kind != desk.KindBlank {
			return errors.Join(err, fmt.Errorf("%w: the wiped tag is %s", errStory, seen.Kind))
		}
		got, err = s.d.Issue(s.ctx, r, demoHome, desk.IssueOptions{}, nil)
		return err
	})
	if err != nil {
		return err
	}
	if wiped.Tag == nil || wiped.Tag.ID != "T2" {
		return fmt.Errorf("%w: the desk did not know the tag that it wiped", errStory)
	}
	err = s.say("T2 lies in the letter box after all. It is wiped: a blank tag again, for any use.\n"+
		"The next tenant gets it. It is %s now, and works at once:\n", got.Tag.ID)
	if err != nil {
		return err
	}
	if err := s.try(got.Tag.ID, s.second, at{demoEntrance, true}, at{demoHomeLock, true}, at{demoOtherLock, false}); err != nil {
		return err
	}
	return s.try("T1", s.first, at{demoEntrance, false}, at{demoHomeLock, false})
}

// checkOpenly checks the tag on the reader as anybody can.
func (s *story) checkOpenly(r nfc.Reader) error {
	report, err := desk.Check(s.ctx, r)
	if err != nil {
		return err
	}
	if !report.Passed() {
		return fmt.Errorf("%w: the open check of the tag did not pass", errStory)
	}
	return nil
}

// stillOpens holds the desk's statement against the number of doors that a tag
// still opens.
func (s *story) stillOpens(st *desk.Statement, want int) error {
	if st == nil {
		return fmt.Errorf("%w: the desk does not say where the tag still opens", errStory)
	}
	open := 0
	for _, d := range st.Doors {
		if !d.Dead {
			open++
		}
	}
	if open != want {
		return fmt.Errorf("%w: the desk says that %s still opens %d doors, not %d", errStory, st.Tag.ID, open, want)
	}
	return nil
}

// recordsDir and counterDir hold the store of the site.
func (s *story) recordsDir() string { return filepath.Join(s.dir, "records") }

func (s *story) counterDir() string { return filepath.Join(s.dir, "counter") }

// bundleDir is the stick that goes to the locks.
func (s *story) bundleDir() string { return filepath.Join(s.dir, "stick") }
