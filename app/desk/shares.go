package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"sleutelbord/app/sheet"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
	"sleutelbord/store/shares"
)

// SharesSpec says how the site's root is split for paper.
type SharesSpec struct {
	Threshold, Of int
	Dir           string // folder in which a page per share is made
	Lang          string // language of the pages, such as "nl"
	// Keepers are who gets which page, in the order of the shares; fewer leave a
	// line to be filled in by hand. The names stand on paper and nowhere else.
	Keepers []string
	// Approval is that of a second custodian, as soon as the site has two: one
	// alone could make enough shares to have everything.
	Approval Approval
	// From are shares of an earlier set, where a token has the site's keys: it
	// does not give them back.
	From *EnteredShares
}

// MaxKeeper is how long the name of who gets a share can be, in letters.
const MaxKeeper = 60

// ShareSet is a set of shares on paper.
type ShareSet struct {
	Set       string `json:"set"`   // its name on the pages
	Check     string `json:"check"` // the site's key check value, as on the pages
	Threshold int    `json:"threshold"`
	Of        int    `json:"of"`
	Made      string `json:"made,omitempty"`
	Rehearsed string `json:"rehearsed,omitempty"` // when its pages were last proven; "" never
}

// SharesMade is a new set and the files that are to be printed.
type SharesMade struct {
	ShareSet
	Files []string `json:"files"` // by number of the share; each is a part of the master key
}

// MakeShares splits the site's root and makes a page for each share. Each set is
// new and does not work with the shares of another. Until the pages have been rehearsed,
// [Desk.Reminders] says so. The files hold the secret: print them, and erase them.
func (d *Desk) MakeShares(ctx context.Context, spec SharesSpec) (SharesMade, error) {
	made, err := d.makeShares(ctx, spec)
	if err != nil {
		return SharesMade{}, fmt.Errorf("making shares: %w", err)
	}
	d.log.WithField("set", made.Set).Warn("shares of the site's keys made")
	return made, nil
}

func (d *Desk) makeShares(ctx context.Context, spec SharesSpec) (made SharesMade, err error) {
	who, err := d.approveAbout(ctx, store.Custodian, "", spec.Approval)
	if err != nil {
		return made, err
	}
	if slices.ContainsFunc(spec.Keepers, func(name string) bool { return utf8.RuneCountInString(name) > MaxKeeper }) {
		return made, &inputError{"keeper", fmt.Sprintf("a name has at most %d letters", MaxKeeper)}
	}
	root, err := d.rootFrom(ctx, spec.From)
	if err != nil {
		return made, err
	}
	defer root.Wipe()
	set, all, err := d.store.MakeShares(ctx, root, spec.Threshold, spec.Of)
	if errors.Is(err, shares.ErrNumbers) {
		return made, &inputError{"threshold", shares.ErrNumbers.Error()}
	}
	if err != nil {
		return made, err
	}
	defer wipeShares(all)
	name, err := d.siteName(ctx)
	if err != nil {
		return made, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeAll(made.Files))
		}
	}()
	for _, s := range all {
		page, err := sheet.Print(s, sheet.Info{Site: name, Lang: spec.Lang, Day: d.clock(), Keeper: spec.keeper(s.Index())})
		if err != nil {
			return made, err
		}
		file := filepath.Join(spec.Dir, fmt.Sprintf("sleutelbord-%v-%d-%d.pdf", set.ID, s.Index(), s.Of()))
		err = writeNew(file, page)
		clear(page)
		if err != nil {
			return made, err
		}
		made.Files = append(made.Files, file)
	}
	made.ShareSet = setView(store.ShareSet{Set: set})
	return made, d.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.InsertShareSet(set); err != nil {
			return err
		}
		return tx.Append(store.Entry{Operator: who, Act: actShares, Subject: fmt.Sprintf("set %v, %d of %d", set.ID, set.Threshold, set.Shares)})
	})
}

// keeper is who gets a share, or "".
func (s *SharesSpec) keeper(index int) string {
	if index > len(s.Keepers) {
		return ""
	}
	return strings.TrimSpace(s.Keepers[index-1])
}

// rootFrom puts the root together from shares, or is none without any.
func (d *Desk) rootFrom(ctx context.Context, e *EnteredShares) (store.Root, error) {
	if e == nil {
		return store.Root{}, nil
	}
	sets, _, err := d.knownSets(ctx)
	if err != nil {
		return store.Root{}, err
	}
	return e.root(sets)
}

func (d *Desk) siteName(ctx context.Context) (name string, err error) {
	err = d.store.View(ctx, func(tx *store.Tx) error {
		site, err := tx.Site()
		name = site.Name
		return err
	})
	return name, err
}

func wipeShares(all []shares.Share) {
	for _, s := range all {
		s.Wipe()
	}
}

func removeAll(files []string) error {
	var errs []error
	for _, f := range files {
		errs = append(errs, os.Remove(f))
	}
	return errors.Join(errs...)
}

func setView(s store.ShareSet) ShareSet {
	return ShareSet{
		Set: s.Set.ID.String(), Check: sheet.CheckText(s.Set.Check()), Threshold: s.Set.Threshold, Of: s.Set.Shares,
		Made: day(s.Made), Rehearsed: day(s.Rehearsed),
	}
}

// ShareSets are the sets that were made, oldest first.
func (d *Desk) ShareSets(ctx context.Context) (all []ShareSet, err error) {
	err = d.store.View(ctx, func(tx *store.Tx) error {
		sets, err := tx.ShareSets()
		for _, s := range sets {
			all = append(all, setView(s))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the sets of shares: %w", err)
	}
	return all, nil
}

// Rehearsed is a rehearsal that succeeded.
type Rehearsed struct {
	ShareSet
	// Known is false where the records do not know the set: it is newer than the
	// backup that they come from. It restores this site all the same.
	Known bool   `json:"known"`
	Next  string `json:"next,omitempty"` // day on which the next one is due
}

// Rehearse proves that shares, put together, are the root of this very site and
// would open its records, by the key check values of all its master keys, its signing
// key and the slot of the root. It changes nothing but the day of the last rehearsal.
func (d *Desk) Rehearse(ctx context.Context, e *EnteredShares) (Rehearsed, error) {
	done, err := d.rehearse(ctx, e)
	if err != nil {
		return Rehearsed{}, fmt.Errorf("rehearsing: %w", err)
	}
	d.log.WithField("set", done.Set).Info("shares rehearsed")
	return done, nil
}

func (d *Desk) rehearse(ctx context.Context, e *EnteredShares) (done Rehearsed, err error) {
	if err := d.custodian(); err != nil {
		return done, err
	}
	sets, _, err := d.knownSets(ctx)
	if err != nil {
		return done, err
	}
	root, err := e.root(sets)
	if err != nil {
		return done, err
	}
	defer root.Wipe()
	if err := d.store.ProveRoot(root); err != nil {
		return done, err
	}
	first := e.all[0]
	done.ShareSet = ShareSet{Set: first.Set().String(), Check: sheet.CheckText(first.Check()), Threshold: first.Threshold(), Of: first.Of()}
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		err := tx.NoteRehearsal(first.Set())
		done.Known = err == nil
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if done.Next, err = d.nextRehearsal(tx); err != nil {
			return err
		}
		return d.journal(tx, actRehearsed, fmt.Sprintf("set %v", first.Set()))
	})
	return done, err
}

// nextRehearsal is the day on which a rehearsal of today has to be repeated.
func (d *Desk) nextRehearsal(tx *store.Tx) (string, error) {
	u, err := tx.Upkeep()
	if err != nil || u.RehearseDays == 0 {
		return "", err
	}
	today, err := d.today()
	return day(today + keytag.Day(u.RehearseDays)), err
}

// EnteredShares collects shares that people bring together. It holds secrets:
// [EnteredShares.Wipe] it. It is not safe for concurrent use.
type EnteredShares struct {
	all   []shares.Share
	lines []shares.Line
}

// EnteredShare is what a share shows of itself.
type EnteredShare struct {
	Index     int
	Of        int
	Threshold int
	Set       string
	Check     string
	Again     bool // it was entered before, and counts once
	Missing   int  // how many more are needed
}

// ReadFile takes a share from a file: a photo or scan of its page, or its text.
func (e *EnteredShares) ReadFile(name string) (EnteredShare, error) {
	s, err := sheet.ReadFile(name)
	if err != nil {
		return EnteredShare{}, err
	}
	return e.add(s), nil
}

// LinesOfShare is how many lines of a page are typed.
const LinesOfShare = shares.Lines

// Line is the number, from 1, of the line that [EnteredShares.Type] takes next.
func (e *EnteredShares) Line() int { return len(e.lines) + 1 }

// Type takes the next line of a share as somebody typed it. With its last
// line it gives the share; until then nil. A wrong line is not taken, and its error is
// one of typing, see [Typing]; where all lines are good and not of one share, typing begins at the first
// line again.
func (e *EnteredShares) Type(text string) (*EnteredShare, error) {
	l, err := shares.ParseLine(e.Line(), text)
	if err != nil {
		return nil, err
	}
	if e.lines = append(e.lines, l); len(e.lines) < shares.Lines {
		return nil, nil
	}
	s, err := shares.Join(e.lines)
	e.lines = nil
	if err != nil {
		return nil, err
	}
	v := e.add(s)
	return &v, nil
}

// Typing is a mistake of typing a share.
type Typing struct {
	// Line is where to look again, from 1; 0: the lines are not of one share.
	Line int
	// Group is which group of the line, from 1; 0: not known.
	Group int
	// Belongs is the line that was typed instead; 0: none.
	Belongs int
	// Suggestion is what the line would be if one slip explains it, or "". It
	// is part of the secret.
	Suggestion string
}

// TypingOf tells whether err is a mistake of typing a share, and which.
func TypingOf(err error) (Typing, bool) {
	t, ok := shares.IsTyping(err)
	if !ok {
		return Typing{}, false
	}
	return Typing{t.Line, t.Group, t.Belongs, t.Suggestion}, true
}

func (e *EnteredShares) add(s shares.Share) EnteredShare {
	v := EnteredShare{
		Index: s.Index(), Of: s.Of(), Threshold: s.Threshold(), Set: s.Set().String(), Check: sheet.CheckText(s.Check()),
	}
	seen := map[int]bool{s.Index(): true}
	for _, o := range e.all {
		v.Again = v.Again || o.Same(s)
		seen[o.Index()] = true
	}
	v.Missing = max(0, s.Threshold()-len(seen))
	e.all = append(e.all, s)
	return v
}

// TakeBack forgets the share that was entered last, and lines that were typed since.
func (e *EnteredShares) TakeBack() {
	if n := len(e.all); n > 0 {
		e.all[n-1].Wipe()
		e.all = e.all[:n-1]
	}
	e.lines = nil
}

// Wipe forgets the shares.
func (e *EnteredShares) Wipe() {
	wipeShares(e.all)
	e.all, e.lines = nil, nil
}

// root puts the shares together.
func (e *EnteredShares) root(sets []shares.Set) (store.Root, error) {
	return store.CombineShares(e.all, sets)
}
