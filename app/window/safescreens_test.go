package window

import (
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// TestSafeScreens goes through the screens of safekeeping and of the ways back
// into the records, in four looks, as [TestScreens] does.
func TestSafeScreens(t *testing.T) {
	inLooks(t, []aLook{
		{"safe-light-nl", variantLight, "nl", 1, fyne.NewSize(1366, 768)},
		{"safe-dark-en", variantDark, "en", 1, fyne.NewSize(1024, 640)},
		{"safe-light-de", variantLight, "de", 1, fyne.NewSize(1024, 640)},
		{"safe-large-nl", variantDark, "nl", 1.6, fyne.NewSize(1366, 768)},
	}, func(t *testing.T, l aLook, shot func(*rig, string)) {
		grown := func(r *rig, name string) {
			r.settle()
			// The test driver does not lay out again what has grown.
			r.w.win.Resize(l.size.AddWidthHeight(1, 1))
			r.w.win.Resize(l.size)
			shot(r, name)
		}
		backup, sheets := l.rig(t).walkSafe(grown)
		l.rig(t).walkRestore(grown, backup, sheets)
	})
}

// walkSafe makes sheets, checks and rehearses them, and makes a backup.
func (r *rig) walkSafe(shot func(r *rig, name string)) (backup string, sheets []sheet) {
	r.site()
	p := r.safe()
	r.until("what is due", func() bool { return len(r.w.shell.settings.due) > 0 })
	shot(r, "safe")
	r.tap(p.make)
	m := p.act.(*sheetMaker)
	m.keepers[0].SetText("Anna de Wit")
	m.keepers[1].SetText("Bernard Jansen-Oude Lansink")
	shot(r, "make")
	r.tap(m.make)
	r.until("the sheets", func() bool { return m.print != nil })
	shot(r, "made")
	dir := r.TempDir()
	m.saveTo(dir)
	r.until("the files", func() bool { return m.kept && !m.working })
	shot(r, "saved")
	sheets = sheetsIn(r.TB, dir)
	r.tap(m.check)
	r.typeSheet(sheets[2])
	for _, l := range sheets[0].lines[:3] {
		test.Type(r.w.entry.field, l)
	}
	slip := []byte(sheets[0].lines[3])
	slip[6] = "ABCDEFGHJK"[(slip[6]+1)%10]
	test.Type(r.w.entry.field, string(slip))
	shot(r, "slip")
	r.w.entry.field.SetText("")
	r.photograph(sheets[0].photo)
	r.until("the proof", func() bool { return m.done != nil })
	shot(r, "proven")
	r.tap(m.done)
	to := r.TempDir()
	p.care.backupTo(to)
	r.until("the backup", func() bool { return r.w.asked != nil })
	r.w.escape()
	p.backups.toFolder(to)
	r.until("the plan", func() bool { return p.backups.plan.BackupDays == 1 })
	shot(r, "kept")
	r.w.shell.settings.scroll.ScrollToBottom()
	shot(r, "kept-below")
	r.tap(p.rehearse)
	r.photograph(sheets[1].photo)
	r.w.escape()
	shot(r, "leave")
	r.w.onYes()
	files, err := filepath.Glob(filepath.Join(to, "*.backup"))
	if err != nil || len(files) == 0 {
		r.Fatal(files, err)
	}
	return files[0], sheets
}

// walkRestore brings a backup back with sheets.
func (r *rig) walkRestore(shot func(r *rig, name string), backup string, sheets []sheet) {
	shot(r, "welcome")
	s := r.w.start
	r.tap(s.restoreFrom)
	shot(r, "file")
	r.dropBackup(backup)
	shot(r, "backup")
	r.tap(s.rescue.sheets)
	shot(r, "shares")
	r.photograph(sheets[0].photo, sheets[2].photo)
	r.newPassphrase()
	shot(r, "shares-read")
	r.tap(s.rescue.yes)
	r.until("the records", func() bool { return s.step == stepRestored })
	shot(r, "restored")
	r.tap(s.first.(*button))
	r.until("the board", func() bool { return r.w.shell != nil })
	if err := r.w.desk.Close(); err != nil {
		r.Fatal(err)
	}
	r.w.desk, r.w.shell = nil, nil
	r.w.start = newStart(r.w)
	r.w.win.SetContent(r.w.start.object())
	shot(r, "unlock")
	r.tap(r.w.start.forgotten)
	shot(r, "emergency")
}
