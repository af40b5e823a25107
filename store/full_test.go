package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
)

// fullVFS is a disk with room for so many more writes; a negative number is
// room enough.
type fullVFS struct {
	diskVFS
	room int
}

func (f *fullVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	file, out, err := f.diskVFS.Open(name, flags)
	if err != nil {
		return nil, out, err
	}
	return fullFile{file, f}, out, nil
}

type fullFile struct {
	vfs.File
	disk *fullVFS
}

func (f fullFile) WriteAt(p []byte, off int64) (int, error) {
	if f.disk.room == 0 {
		return 0, sqlite3.FULL
	}
	f.disk.room--
	return f.File.WriteAt(p, off)
}

// TestFullAtEachWrite fills the disk at each write of a commit, and of emptying
// the log, in turn: the commit is refused and says why, nothing of it is there, what was
// acknowledged is, and with room again it goes on at once.
func TestFullAtEachWrite(t *testing.T) {
	disk := &fullVFS{room: -1}
	vfs.Register("full", adiantum.Wrap(disk, nil))
	t.Cleanup(func() { vfs.Unregister("full") })
	base := fastTemp(t)
	dir := filepath.Join(base, "store")
	closeStore(t, createIn(t, dir))
	opts := testOptions()
	opts.vfs = "full"
	s, err := Open(t.Context(), dir, testPass, opts)
	must(t, err)
	defer closeStore(t, s)
	n, refused := 0, 0
	var zone Zone
	for at := 0; ; at++ {
		disk.room = at
		err := commitOnce(s, &zone, n+1)
		disk.room = -1
		if err == nil {
			n++
			break
		}
		refused++
		wantErr(t, "commit", err, ErrFull)
		same(t, "commits", committedSoFar(t, s), n)
		must(t, commitOnce(s, &zone, n+1))
		n++
		if at%4 == 0 {
			checkCopy(t, base, dir, n)
		}
	}
	for at := range 12 {
		disk.room = at
		_, err := s.db.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`)
		disk.room = -1
		if err == nil && at == 0 {
			t.Error("the log is emptied without a write")
		}
		must(t, commitOnce(s, &zone, n+1))
		n++
		checkCopy(t, base, dir, n)
	}
	if refused < 5 {
		t.Errorf("refused %d times", refused)
	}
	must(t, s.Check(t.Context()))
	t.Logf("refused at %d writes", refused)
}

func committedSoFar(t *testing.T, s *Store) int {
	t.Helper()
	if len(entriesOf(t, s)) == 0 {
		return 0
	}
	return committed(t, s)
}

// checkCopy opens the store as a crash would leave it now.
func checkCopy(t *testing.T, base, dir string, want int) {
	t.Helper()
	again := filepath.Join(base, "again")
	must(t, os.RemoveAll(again))
	put(t, again, snapshot(t, dir))
	s, err := Open(t.Context(), again, testPass, lazyOptions())
	must(t, err)
	defer closeStore(t, s)
	same(t, "commits after a crash", committed(t, s), want)
	same(t, "rolled back", s.RolledBack(), false)
	must(t, s.Check(t.Context()))
}
