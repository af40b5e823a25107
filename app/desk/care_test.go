package desk_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// pages makes shares and gives their pages, as pictures.
func (c *campus) pages(threshold, of int) (made desk.SharesMade, pictures []string) {
	c.t.Helper()
	made = must(c.desk.MakeShares(c.ctx, desk.SharesSpec{Threshold: threshold, Of: of, Dir: c.t.TempDir(), Lang: "nl"}))
	for _, file := range made.Files {
		picture := strings.TrimSuffix(file, ".pdf")
		if out, err := exec.Command("pdftoppm", "-r", "100", "-png", "-singlefile", file, picture).CombinedOutput(); err != nil {
			c.t.Fatalf("%v %s", err, out)
		}
		pictures = append(pictures, picture+".png")
	}
	return made, pictures
}

func entered(t *testing.T, files ...string) *desk.EnteredShares {
	t.Helper()
	e := &desk.EnteredShares{}
	for _, f := range files {
		must(e.ReadFile(f))
	}
	t.Cleanup(e.Wipe)
	return e
}

// TestShares: pages are made, rehearsed, and open records whose passphrase is
// lost; too few and others' do not.
func TestShares(t *testing.T) {
	c := newCampus(t, 2)
	made, pictures := c.pages(2, 3)
	if len(made.Files) != 3 || made.Of != 3 || made.Threshold != 2 || made.Rehearsed != "" {
		t.Errorf("%+v", made)
	}
	for _, f := range made.Files {
		if info := must(os.Stat(f)); info.Mode().Perm() != 0o600 || info.Size() < 10_000 {
			t.Errorf("%s: %v, %d bytes", f, info.Mode(), info.Size())
		}
	}
	e := &desk.EnteredShares{}
	first := must(e.ReadFile(pictures[0]))
	if first.Index != 1 || first.Missing != 1 || first.Set != made.Set || first.Check != made.Check {
		t.Errorf("%+v", first)
	}
	if again := must(e.ReadFile(pictures[0])); !again.Again || again.Missing != 1 {
		t.Errorf("%+v", again)
	}
	if _, err := c.desk.Rehearse(c.ctx, e); code(err) != desk.CodeSharesTooFew {
		t.Errorf("one share: %v", err)
	}
	must(e.ReadFile(pictures[2]))
	done := must(c.desk.Rehearse(c.ctx, e))
	if !done.Known || done.Set != made.Set || done.Next != "2027-11-21" {
		t.Errorf("%+v", done)
	}
	if sets := must(c.desk.ShareSets(c.ctx)); len(sets) != 1 || sets[0].Rehearsed != "2026-11-21" {
		t.Errorf("%+v", sets)
	}

	// A set made later does not fit the first, and the one that is wrong is named.
	_, later := c.pages(2, 3)
	mixed := entered(t, pictures[0], pictures[1], later[2])
	_, err := c.desk.Rehearse(c.ctx, mixed)
	if places, ok := desk.SharesProblem(err); code(err) != desk.CodeShareOtherSet || !ok || !slices.Equal(places, []int{2}) {
		t.Errorf("mixed up: %v, %v", err, places)
	}
	other := newCampus(t, 1)
	_, foreign := other.pages(2, 2)
	if _, err := c.desk.Rehearse(c.ctx, entered(t, foreign...)); code(err) != desk.CodeWrongShares {
		t.Errorf("of another site: %v", err)
	}

	if err := c.desk.Close(); err != nil {
		t.Fatal(err)
	}
	o := c.options()
	o.Passphrase = []byte("quite another passphrase")
	if _, err := desk.OpenWithShares(c.ctx, o, entered(t, foreign...)); code(err) != desk.CodeWrongShares {
		t.Errorf("another site's shares open these records: %v", err)
	}
	if _, err := desk.OpenWithShares(c.ctx, o, entered(t, pictures[0], later[1])); code(err) != desk.CodeShareOtherSet {
		t.Errorf("shares of two sets: %v", err)
	}
	d, err := desk.OpenWithShares(c.ctx, o, entered(t, pictures[1], pictures[2]))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Open(c.ctx, c.options()); code(err) != desk.CodeWrongPassphrase {
		t.Errorf("the lost passphrase: %v", err)
	}
	c.desk = must(desk.Open(c.ctx, o))
}

// TestSharesTyped: a page is typed line by line, with a mistake.
func TestSharesTyped(t *testing.T) {
	c := newCampus(t, 1)
	made, _ := c.pages(2, 2)
	e := &desk.EnteredShares{}
	for n, file := range made.Files {
		rows := typedRows(t, file)
		for i, row := range rows {
			if e.Line() != i+1 {
				t.Fatalf("line %d, not %d", e.Line(), i+1)
			}
			if n == 0 && i == 2 {
				wrong := "?" + row[1:]
				_, err := e.Type(wrong)
				mistake, ok := desk.TypingOf(err)
				if !ok || mistake.Line != 3 || mistake.Group != 1 || strings.ReplaceAll(mistake.Suggestion, " ", "") != strings.ReplaceAll(row, " ", "") {
					t.Errorf("%v", err)
				}
				if p := desk.Explain(err); p.Code != desk.CodeShareTyping || p.Args["Line"] != 3 || len(p.Args) != 1 {
					t.Errorf("%+v", p)
				}
			}
			got, err := e.Type(strings.ToLower(row))
			if err != nil || (got != nil) != (i == desk.LinesOfShare-1) {
				t.Fatalf("line %d: %v", i+1, err)
			}
		}
	}
	must(c.desk.Rehearse(c.ctx, e))
}

// typedRows are the lines of a page as somebody reads them.
func typedRows(t *testing.T, pdf string) (rows []string) {
	t.Helper()
	text, err := exec.Command("pdftotext", "-layout", pdf, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(string(text)) {
		if w := strings.Fields(row); len(w) >= 5 && len(w[0]) == 1 && len(w[4]) == 4 && strings.ToUpper(row) == row {
			rows = append(rows, strings.Join(w[1:5], " "))
		}
	}
	return rows
}

// TestSharesFolder: pages that cannot be written leave no set and no page.
func TestSharesFolder(t *testing.T) {
	c := newCampus(t, 1)
	gone := filepath.Join(t.TempDir(), "gone")
	if _, err := c.desk.MakeShares(c.ctx, desk.SharesSpec{Threshold: 2, Of: 3, Dir: gone}); err == nil {
		t.Error("a folder that is not there")
	}
	for _, n := range [][2]int{{1, 3}, {4, 3}, {2, 16}} {
		if _, err := c.desk.MakeShares(c.ctx, desk.SharesSpec{Threshold: n[0], Of: n[1], Dir: t.TempDir()}); code(err) != desk.CodeWrongInput {
			t.Errorf("%v: %v", n, err)
		}
	}
	if sets := must(c.desk.ShareSets(c.ctx)); len(sets) != 0 {
		t.Errorf("%+v", sets)
	}
	blank := filepath.Join(t.TempDir(), "blank.png")
	f := must(os.Create(blank))
	if err := errors.Join(png.Encode(f, image.NewGray(image.Rect(0, 0, 50, 50))), f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := (&desk.EnteredShares{}).ReadFile(blank); code(err) != desk.CodeSharePicture {
		t.Errorf("a blank picture: %v", err)
	}
}

// destroy is a fire: the records are gone, and the counter beside them.
func (c *campus) destroy() {
	c.t.Helper()
	if err := errors.Join(c.desk.Close(), os.RemoveAll(c.dir)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *campus) restore(o desk.RestoreOptions) desk.Restored {
	c.t.Helper()
	own := c.options()
	own.Dir = filepath.Join(c.t.TempDir(), "restored")
	if o.Passphrase != nil {
		own.Passphrase = o.Passphrase
	}
	o.Options = own
	d, done, err := desk.Restore(c.ctx, o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.dir, c.desk = own.Dir, d
	return done
}

// TestFire: hand out, back up, lose everything, restore by passphrase and by
// shares, hand out, and open real doors. What happened after the backup goes as docs/operations.md says.
func TestFire(t *testing.T) {
	for _, byShares := range []bool{false, true} {
		c := newCampus(t, 2)
		c.syncLocks(allDoors...)
		known, lost := c.blank(softcard.EV3), c.blank(softcard.EV3)
		c.issue(known, home101)
		lostTag := c.issue(lost, home101).Tag.ID
		_, pictures := c.pages(2, 3)
		made := must(c.desk.BackupTo(c.ctx, t.TempDir()))

		// After the backup: a tag is handed out, another is lost and replaced, and the
		// locks of one home learn of it.
		unknown, replacement := c.blank(softcard.EV2), c.blank(softcard.EV3)
		c.issue(unknown, home102)
		must(c.desk.RevokeLost(c.ctx, lostTag))
		c.syncLocks("H1-101")
		c.destroy()

		o := desk.RestoreOptions{Backup: made.File}
		if byShares {
			o.Shares, o.Passphrase = entered(t, pictures[0], pictures[2]), []byte("a new passphrase for anna")
		}
		done := c.restore(o)
		if done.Day != "2026-11-21" || done.Raised.By != desk.RaiseBy || done.Site != "Testcampus" || done.Issued != 2 || len(done.Locks) != len(allDoors) ||
			byShares != (done.Operator != "") {
			t.Errorf("%+v", done)
		}
		if must(c.desk.Site(c.ctx)).RolledBack {
			t.Error("counters are still to be raised")
		}
		// All tags that are out go on opening; the lost one where no lock learned of it.
		c.wantOpen(known, doors101...)
		c.wantOpen(unknown, "H1-102", "C1-1")
		c.wantShut(lost, "H1-101")
		c.wantOpen(lost, "E1")
		// Bundles of the restored desk are ahead of the locks, and take nothing back.
		c.now = c.now.Add(time.Hour)
		c.syncLocks(allDoors...)
		c.wantShut(lost, "H1-101")
		c.wantOpen(known, doors101...)
		c.wantOpen(unknown, "H1-102", "C1-1")
		// The loss is reported again: then the lost tag ends everywhere.
		c.lay(replacement)
		if _, err := c.desk.Replace(c.ctx, c.reader, lostTag, desk.IssueOptions{}, nil); err != nil {
			t.Fatal(err)
		}
		c.wantOpen(replacement, doors101...)
		c.now = c.now.Add(time.Hour)
		c.syncLocks(allDoors...)
		c.wantShut(lost, doors101...)
		c.wantOpen(replacement, doors101...)
		c.wantOpen(known, doors101...)
		// The tag that nobody knows is told, and a new one in its place ends it.
		if kind := c.inspect(unknown).Kind; kind != desk.KindUnknownOurs {
			t.Errorf("a tag handed out after the backup is %v", kind)
		}
		next := c.blank(softcard.EV3)
		c.issue(next, home102)
		c.wantOpen(next, "H1-102", "C1-1")
		c.wantShut(unknown, "H1-102", "C1-1")
	}
}

// TestRestoredTwice: the same backup is restored on one computer, used there, and
// then on another, which is told of it: no tag gets what another has.
func TestRestoredTwice(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	made := must(c.desk.BackupTo(c.ctx, t.TempDir()))
	c.destroy()
	var before *softcard.Card
	for n := range uint16(3) {
		done := c.restore(desk.RestoreOptions{Backup: made.File, Again: n})
		if done.Raised.By != int64(desk.RaiseBy)*int64(n+1) {
			t.Errorf("restored for the %d. time: %+v", n+1, done.Raised)
		}
		card := c.blank(softcard.EV3)
		c.issue(card, home101)
		c.wantOpen(card, doors101...)
		if before != nil {
			c.wantShut(before, doors101...)
		}
		before = card
		c.destroy()
	}
}

// TestRestoreProblems: each thing that can be wrong has words of its own, and
// leaves nothing.
func TestRestoreProblems(t *testing.T) {
	c := newCampus(t, 1)
	_, pictures := c.pages(2, 2)
	made := must(c.desk.BackupTo(c.ctx, t.TempDir()))
	whole := must(os.ReadFile(made.File))
	write := func(b []byte) string {
		file := filepath.Join(t.TempDir(), "a.backup")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	changed := bytes.Clone(whole)
	changed[len(changed)/2] ^= 1
	wrong := c.options()
	wrong.Passphrase = []byte("wrong")
	other := newCampus(t, 1)
	_, foreign := other.pages(2, 2)
	for name, r := range map[string]struct {
		o    desk.RestoreOptions
		want desk.Code
	}{
		"passphrase":    {desk.RestoreOptions{Options: wrong, Backup: made.File}, desk.CodeWrongPassphrase},
		"none":          {desk.RestoreOptions{Options: c.options(), Backup: made.File + "x"}, desk.CodeNoBackup},
		"other file":    {desk.RestoreOptions{Options: c.options(), Backup: pictures[0]}, desk.CodeNoBackup},
		"changed":       {desk.RestoreOptions{Options: c.options(), Backup: write(changed)}, desk.CodeBackupDamaged},
		"cut short":     {desk.RestoreOptions{Options: c.options(), Backup: write(whole[:len(whole)-100])}, desk.CodeBackupDamaged},
		"one share":     {desk.RestoreOptions{Options: c.options(), Backup: made.File, Shares: entered(t, pictures[0])}, desk.CodeSharesTooFew},
		"others' share": {desk.RestoreOptions{Options: c.options(), Backup: made.File, Shares: entered(t, foreign...)}, desk.CodeWrongShares},
		"signer":        {desk.RestoreOptions{Options: c.options(), Backup: made.File, Signer: 400}, desk.CodeWrongInput},
	} {
		r.o.Dir = filepath.Join(t.TempDir(), "new")
		if _, _, err := desk.Restore(c.ctx, r.o); code(err) != r.want {
			t.Errorf("%s: %v", name, err)
		}
		if store.Exists(r.o.Dir) {
			t.Errorf("%s: records were left", name)
		}
		// The folder still takes the right one.
		r.o.Options, r.o.Backup, r.o.Shares, r.o.Signer = c.options(), made.File, nil, 0
		r.o.Dir = filepath.Join(t.TempDir(), "again")
		d, _, err := desk.Restore(c.ctx, r.o)
		if err != nil {
			t.Fatal(err)
		}
		_ = d.Close()
	}
	full := desk.RestoreOptions{Options: c.options(), Backup: made.File}
	full.Dir = filepath.Dir(made.File)
	if _, _, err := desk.Restore(c.ctx, full); code(err) != desk.CodeStoreExists {
		t.Errorf("a folder that is not empty: %v", err)
	}
}

// TestBackupTo: where a backup may go, and where not.
func TestBackupTo(t *testing.T) {
	c := newCampus(t, 1)
	dir := t.TempDir()
	made := must(c.desk.BackupTo(c.ctx, filepath.Join(dir, "monday.backup")))
	if info := must(os.Stat(made.File)); info.Size() != made.Size || info.Mode().Perm() != 0o600 {
		t.Errorf("%+v, %v", made, info)
	}
	if _, err := c.desk.BackupTo(c.ctx, made.File); code(err) != desk.CodeBackupFolder && code(err) != desk.CodeFileExists {
		t.Errorf("over another: %v", err)
	}
	for _, inside := range []string{c.dir, filepath.Join(c.dir, "b.backup"), filepath.Join(c.dir, "sub")} {
		if _, err := c.desk.BackupTo(c.ctx, inside); code(err) != desk.CodeWrongInput {
			t.Errorf("in the folder of the records: %v", err)
		}
	}
	if _, err := c.desk.BackupTo(c.ctx, filepath.Join(dir, "none", "b.backup")); code(err) != desk.CodeBackupFolder {
		t.Errorf("no folder: %v", err)
	}
	if entries := must(os.ReadDir(dir)); len(entries) != 1 {
		t.Errorf("left %v", entries)
	}
}

// TestSchedule: a year of days. Backups are made when they are due, the newest
// and weekly ones stay, what is not ours stays, and a drive that is not there
// is a reminder until it is.
func TestSchedule(t *testing.T) {
	c := newCampus(t, 1)
	dir, other := t.TempDir(), newCampus(t, 1)
	theirs := must(other.desk.BackupTo(c.ctx, dir)).File
	letter := filepath.Join(dir, "letter.backup")
	half := strings.Replace(must(c.desk.BackupTo(c.ctx, dir)).File, "2026-11-21", "2026-11-20", 1) + ".part"
	for _, f := range []string{letter, half} {
		if err := os.WriteFile(f, []byte("dear"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if done := must(c.desk.KeepUp(c.ctx)); done.Backup != nil {
		t.Error("a backup that nobody asked for")
	}
	must(c.desk.ChangeUpkeep(c.ctx, func(u *desk.Upkeep) { u.BackupDays, u.BackupFolder, u.KeepLast, u.KeepWeeks = 1, dir, 3, 4 }))
	for range 60 {
		c.now = c.now.AddDate(0, 0, 1)
		if done := must(c.desk.KeepUp(c.ctx)); done.Backup == nil {
			t.Fatal("no backup on", c.now)
		}
		if done := must(c.desk.KeepUp(c.ctx)); done.Backup != nil {
			t.Fatal("twice on", c.now)
		}
	}
	var days []string
	for _, e := range must(os.ReadDir(dir)) {
		if d, err := desk.BackupDayOf(filepath.Join(dir, e.Name())); err == nil && filepath.Join(dir, e.Name()) != theirs {
			days = append(days, d)
		}
	}
	// The three newest, and the newest of this week and of the three before.
	if want := []string{"2027-01-05", "2027-01-12", "2027-01-18", "2027-01-19", "2027-01-20"}; !slices.Equal(days, want) {
		t.Errorf("there are %v", days)
	}
	for f, want := range map[string]bool{theirs: true, letter: true, half: false} {
		if _, err := os.Stat(f); (err == nil) != want {
			t.Errorf("%s: %v", f, err)
		}
	}

	// The drive is taken out.
	c.now = c.now.AddDate(0, 0, 1)
	if err := os.Rename(dir, dir+"-out"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.KeepUp(c.ctx); code(err) != desk.CodeBackupFolder {
		t.Errorf("no drive: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder was made where the drive ought to be")
	}
	if r := must(c.desk.Reminders(c.ctx)); len(r) != 1 || r[0].Code != desk.DutyBackupFailed || r[0].Problem != desk.CodeBackupFolder {
		t.Errorf("%+v", r)
	}
	if err := os.Rename(dir+"-out", dir); err != nil {
		t.Fatal(err)
	}
	must(c.desk.KeepUp(c.ctx))
	if r := must(c.desk.Reminders(c.ctx)); len(r) != 0 {
		t.Errorf("%+v", r)
	}
}

// TestRunUpkeep: the desk keeps up by itself, and ends when it is told.
func TestRunUpkeep(t *testing.T) {
	c := newCampus(t, 1)
	dir := t.TempDir()
	must(c.desk.ChangeUpkeep(c.ctx, func(u *desk.Upkeep) { u.BackupDays, u.BackupFolder = 1, dir }))
	ctx, stop := context.WithCancel(c.ctx)
	tick, ended := make(chan time.Time), make(chan struct{})
	go func() {
		c.desk.RunUpkeep(ctx, tick)
		close(ended)
	}()
	tick <- c.now // taken only after the first round
	tick <- c.now
	stop()
	<-ended
	if n := len(must(os.ReadDir(dir))); n != 1 {
		t.Errorf("%d backups", n)
	}
}

// TestUpkeepInput: a plan that cannot be is refused.
func TestUpkeepInput(t *testing.T) {
	c := newCampus(t, 1)
	for name, change := range map[string]func(*desk.Upkeep){
		"no folder":    func(u *desk.Upkeep) { u.BackupDays = 1 },
		"gone":         func(u *desk.Upkeep) { u.BackupDays, u.BackupFolder = 1, filepath.Join(t.TempDir(), "gone") },
		"inside":       func(u *desk.Upkeep) { u.BackupDays, u.BackupFolder = 1, c.dir },
		"negative":     func(u *desk.Upkeep) { u.RehearseDays = -1 },
		"too often":    func(u *desk.Upkeep) { u.BackupDays = 367 },
		"none is kept": func(u *desk.Upkeep) { u.KeepLast = 0 },
		"weeks":        func(u *desk.Upkeep) { u.KeepWeeks = 1001 },
	} {
		if _, err := c.desk.ChangeUpkeep(c.ctx, change); code(err) != desk.CodeWrongInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	if u := must(c.desk.Upkeep(c.ctx)); u.RehearseDays != 365 || u.BackupDays != 0 || u.KeepLast != 14 || u.KeepWeeks != 8 {
		t.Errorf("%+v", u)
	}
}

// TestReminders: what a site is reminded of, from its first day on.
func TestReminders(t *testing.T) {
	c := newCampus(t, 1, func(o *desk.InitOptions) { o.Practice = false })
	want := func(about string, codes ...desk.DutyCode) {
		t.Helper()
		var got []desk.DutyCode
		for _, r := range must(c.desk.Reminders(c.ctx)) {
			got = append(got, r.Code)
		}
		if !slices.Equal(got, codes) {
			t.Errorf("%s: %v", about, got)
		}
	}
	want("new", desk.DutyNoShares, desk.DutyNoBackup)
	_, pictures := c.pages(2, 2)
	want("printed", desk.DutyUnproven, desk.DutyNoBackup)
	must(c.desk.Rehearse(c.ctx, entered(t, pictures...)))
	must(c.desk.BackupTo(c.ctx, t.TempDir()))
	want("all done")
	c.now = c.now.AddDate(0, 0, 31)
	want("a month later", desk.DutyBackupLate)
	must(c.desk.BackupTo(c.ctx, t.TempDir()))
	c.now = c.now.AddDate(0, 11, 4)
	must(c.desk.BackupTo(c.ctx, t.TempDir()))
	want("a year later", desk.DutyRehearsal)
	must(c.desk.ChangeUpkeep(c.ctx, func(u *desk.Upkeep) { u.RehearseDays = 0 }))
	want("nobody asks")
	c.pages(2, 2)
	want("a new set", desk.DutyUnproven)
	if r := must(newCampus(t, 1).desk.Reminders(c.ctx)); len(r) != 0 {
		t.Errorf("a practice site: %+v", r)
	}
}
