package store

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
)

// A power cut is simulated below the page encryption: a recorder notes every
// write to the files of the database, and what was forced to the disk. From
// the record come the states in which a disk can be found: everything that
// was forced is there, of the rest any part, and of any write any of its
// sectors. The other files of a store are noted as they change between two of
// these operations.

// sectorSize is what a disk writes whole or not at all, in bytes.
const sectorSize = 512

// powerOp is one thing that happened to a file.
type powerOp struct {
	kind string // write, cut, sync, gone; file: another file of the store has this content now; mark
	name string
	at   int64 // of a write; size of a cut; number of a mark
	data []byte
}

// recorder notes what happens to the files of a database.
type recorder struct {
	diskVFS
	dir    string
	ops    []powerOp
	others map[string]string // as they were at the last operation
	from   int               // operations before this one happened before the test
}

// record gives a recorder of a store in dir, and the name of an encrypting VFS above it.
func record(t *testing.T, dir string) (*recorder, string) {
	t.Helper()
	r := &recorder{dir: dir, others: make(map[string]string)}
	name := "power-" + strings.ToLower(strings.NewReplacer("/", "-", " ", "-").Replace(t.Name()))
	vfs.Register(name, adiantum.Wrap(r, nil))
	t.Cleanup(func() { vfs.Unregister(name) })
	return r, name
}

func (r *recorder) note(op powerOp) {
	for _, name := range []string{keysName, counterName, creatingName} {
		b, err := os.ReadFile(filepath.Join(r.dir, name))
		if err != nil && r.others[name] != "" {
			delete(r.others, name)
			r.ops = append(r.ops, powerOp{kind: "file", name: name})
		}
		if err == nil && r.others[name] != string(b) {
			r.others[name] = string(b)
			r.ops = append(r.ops, powerOp{kind: "file", name: name, data: b})
		}
	}
	op.name = filepath.Base(op.name)
	r.ops = append(r.ops, op)
}

// mark notes that n commits are acknowledged.
func (r *recorder) mark(n int) { r.note(powerOp{kind: "mark", at: int64(n)}) }

func (r *recorder) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, out, err := r.diskVFS.Open(name, flags)
	if err != nil {
		return nil, out, err
	}
	return &recorded{File: f, r: r, name: name}, out, nil
}

func (r *recorder) Delete(name string, sync bool) error {
	err := r.diskVFS.Delete(name, sync)
	if err == nil {
		r.note(powerOp{kind: "gone", name: name})
	}
	return err
}

type recorded struct {
	vfs.File
	r    *recorder
	name string
}

func (f *recorded) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.File.WriteAt(p, off)
	f.r.note(powerOp{kind: "write", name: f.name, at: off, data: bytes.Clone(p[:n])})
	return n, err
}

func (f *recorded) Truncate(size int64) error {
	err := f.File.Truncate(size)
	f.r.note(powerOp{kind: "cut", name: f.name, at: size})
	return err
}

func (f *recorded) Sync(vfs.SyncFlag) error {
	f.r.note(powerOp{kind: "sync", name: f.name})
	return nil
}

// disk is what may be found on a disk at one moment of a record.
type disk struct {
	forced   map[string][]byte // by file
	pending  map[string][]powerOp
	others   map[string]string
	counters []string // every content of the counter since it was forced
	acked    int
}

func newDisk() *disk {
	return &disk{forced: map[string][]byte{}, pending: map[string][]powerOp{}, others: map[string]string{}}
}

// step lets an operation happen.
func (d *disk) step(op powerOp) {
	switch op.kind {
	case "mark":
		d.acked = int(op.at)
	case "file":
		if op.name == counterName {
			d.counters = append(d.counters, string(op.data))
			return
		}
		if op.data == nil {
			delete(d.others, op.name)
			return
		}
		d.others[op.name] = string(op.data)
	case "sync":
		b, there := d.forced[op.name]
		for _, p := range d.pending[op.name] {
			b, there = applyOp(b, p)
		}
		delete(d.pending, op.name)
		if delete(d.forced, op.name); there {
			d.forced[op.name] = b
		}
	default:
		d.pending[op.name] = append(d.pending[op.name], op)
	}
}

// applyOp changes the content of a file, which it may use up, and tells
// whether the file is there.
func applyOp(b []byte, op powerOp) ([]byte, bool) {
	end := op.at + int64(len(op.data))
	switch {
	case op.kind == "gone":
		return nil, false
	case op.kind == "cut" && op.at <= int64(len(b)):
		return b[:op.at], true
	}
	if grow := end - int64(len(b)); grow > 0 {
		b = append(b, make([]byte, grow)...)
	}
	copy(b[op.at:], op.data)
	return b, true
}

// image draws one state of the files. How draws what becomes of what was not
// forced: 0 nothing, 1 all, 2 a beginning and a torn write, 3 any part of it.
func (d *disk) image(rng *rand.Rand, how int) map[string]string {
	files := maps.Clone(d.others)
	if n := len(d.counters); n > 0 {
		files[counterName] = d.counters[rng.IntN(n)]
	}
	names := slices.Sorted(maps.Keys(d.forced))
	for name := range d.pending {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		b, there := d.forced[name]
		b = bytes.Clone(b)
		pending := d.pending[name]
		torn := rng.IntN(len(pending) + 1)
		for i, op := range pending {
			switch {
			case how == 0, how == 2 && i > torn, how == 3 && rng.IntN(2) == 0:
				continue
			case op.kind == "write" && (how == 2 && i == torn || how == 3 && rng.IntN(3) == 0):
				for _, part := range tear(rng, op) {
					b, there = applyOp(b, part)
				}
			default:
				b, there = applyOp(b, op)
			}
		}
		if there || len(b) > 0 {
			files[name] = string(b)
		}
	}
	return files
}

// tear gives the sectors of a write that reached the disk.
func tear(rng *rand.Rand, op powerOp) (parts []powerOp) {
	for at := 0; at < len(op.data); at += sectorSize {
		if rng.IntN(2) == 0 {
			end := min(at+sectorSize, len(op.data))
			parts = append(parts, powerOp{kind: "write", at: op.at + int64(at), data: op.data[at:end]})
		}
	}
	return parts
}

// powerSeconds names the environment variable that says for how many seconds
// each of these tests draws images.
const powerSeconds = "SLEUTELBORD_POWER_SECONDS"

func powerTime(t *testing.T, d time.Duration) time.Duration {
	t.Helper()
	if testing.Short() {
		d = time.Second
	}
	if s := os.Getenv(powerSeconds); s != "" {
		n, err := strconv.Atoi(s)
		must(t, err)
		d = time.Duration(n) * time.Second
	}
	return d
}

// sweep draws images from a record, evenly over it, until time is up, and
// hands each to check with the number of commits acknowledged by then.
func (r *recorder) sweep(t *testing.T, d time.Duration, check func(files map[string]string, acked int)) (images int) {
	t.Helper()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	ends := time.Now().Add(powerTime(t, d))
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	for round := 0; time.Now().Before(ends); round++ {
		d := newDisk()
		stride := max(1, len(r.ops)/50)
		next := rng.IntN(stride)
		for i, op := range r.ops {
			d.step(op)
			if i < r.from || i < next {
				continue
			}
			next = i + 1 + rng.IntN(2*stride)
			check(d.image(rng, rng.IntN(4)), d.acked)
			if images++; t.Failed() || time.Now().After(ends) {
				return images
			}
		}
	}
	return images
}

// lazyVFS is the encryption without waiting for the disk.
const lazyVFS = "lazy"

func init() { vfs.Register(lazyVFS, adiantum.Wrap(diskVFS{}, nil)) }

func lazyOptions() Options {
	o := testOptions()
	o.vfs = lazyVFS
	return o
}

// fastTemp is a folder in memory where there is one: nothing here is to survive.
func fastTemp(t *testing.T) string {
	t.Helper()
	if info, err := os.Stat("/dev/shm"); err != nil || !info.IsDir() {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/dev/shm", "sleutelbord-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// TestPowerCut cuts the power at any moment of hundreds of commits, of
// checkpoints, and of closing and opening between them: what was acknowledged
// is there, nothing is there in half, the program goes on, and takes no cut for
// an older copy put back.
func TestPowerCut(t *testing.T) {
	base := fastTemp(t)
	dir := filepath.Join(base, "store")
	closeStore(t, createIn(t, dir))
	r, name := record(t, dir)
	opts := testOptions()
	opts.vfs = name
	r.start(t)
	n := 0
	zone := Zone{ID: 1}
	for range 4 {
		s, err := Open(t.Context(), dir, testPass, opts)
		must(t, err)
		for range 60 {
			n++
			must(t, commitOnce(s, &zone, n))
			r.mark(n)
			if n%37 == 0 {
				_, err := s.db.ExecContext(t.Context(), `PRAGMA wal_checkpoint(RESTART)`)
				must(t, err)
			}
		}
		closeStore(t, s)
		r.mark(n)
	}
	beyond := 0
	images := r.sweep(t, 8*time.Second, func(files map[string]string, acked int) {
		again := filepath.Join(base, "again")
		must(t, os.RemoveAll(again))
		put(t, again, files)
		s, err := Open(t.Context(), again, testPass, lazyOptions())
		if err != nil {
			t.Errorf("after %d commits: %v", acked, err)
			return
		}
		got := committed(t, s)
		if got < acked || got > acked+1 {
			t.Errorf("%d commits acknowledged, %d there", acked, got)
		}
		beyond += got - acked
		if s.RolledBack() {
			t.Error("a power cut is taken for a rollback")
		}
		must(t, s.Check(t.Context()))
		next := Zone{ID: 1}
		must(t, commitOnce(s, &next, got+1))
		closeStore(t, s)
	})
	t.Logf("%d operations, %d images, %d commits were there without having been acknowledged", len(r.ops), images, beyond)
	if images < 20 {
		t.Errorf("%d images", images)
	}
}

// start notes what is on the disk before anything is recorded.
func (r *recorder) start(t *testing.T) {
	t.Helper()
	for name, content := range snapshot(t, r.dir) {
		if strings.HasPrefix(name, databaseName) {
			r.ops = append(r.ops, powerOp{kind: "write", name: name, data: []byte(content)}, powerOp{kind: "sync", name: name})
		}
	}
	r.mark(0)
	r.from = len(r.ops)
}

// TestPowerCutUpgrade cuts the power while records of earlier versions are
// brought up to date.
func TestPowerCutUpgrade(t *testing.T) {
	old, err := filepath.Glob(filepath.Join("..", "app", "desk", "testdata", "schema-*"))
	must(t, err)
	if len(old) < 2 {
		t.Fatalf("%d earlier versions", len(old))
	}
	for _, from := range old {
		t.Run(filepath.Base(from), func(t *testing.T) { cutUpgrade(t, from) })
	}
}

func cutUpgrade(t *testing.T, from string) {
	pass := []byte("correct horse battery staple")
	base := fastTemp(t)
	dir := filepath.Join(base, "store")
	must(t, os.CopyFS(dir, os.DirFS(from)))
	r, name := record(t, dir)
	opts := testOptions()
	opts.vfs = name
	r.start(t)
	s, err := Open(t.Context(), dir, pass, opts)
	must(t, err)
	r.mark(0)
	want := contents(t, s)
	closeStore(t, s)
	r.mark(0)
	images := r.sweep(t, 3*time.Second, func(files map[string]string, _ int) {
		again := filepath.Join(base, "again")
		must(t, os.RemoveAll(again))
		put(t, again, files)
		s, err := Open(t.Context(), again, pass, lazyOptions())
		if err != nil {
			t.Errorf("open: %v", err)
			return
		}
		if got := contents(t, s); got != want {
			t.Errorf("contents %s instead of %s", got, want)
		}
		if s.RolledBack() {
			t.Error("a power cut is taken for a rollback")
		}
		must(t, s.Check(t.Context()))
		closeStore(t, s)
	})
	t.Logf("%d operations, %d images", len(r.ops), images)
}

// contents tells what is in the records.
func contents(t *testing.T, s *Store) (all string) {
	t.Helper()
	view(t, s, func(tx *Tx) error {
		tags, err := tx.Tags()
		must(t, err)
		homes, err := tx.HomeSummaries()
		must(t, err)
		entries, err := tx.Journal()
		must(t, err)
		for _, g := range tags {
			all += fmt.Sprint(g.ID, g.State, g.Label, len(g.Slots), " ")
		}
		all += fmt.Sprint(len(homes), len(entries))
		return tx.VerifyJournal()
	})
	return all
}

// TestPowerCutIsSeen makes sure that the simulation sees what goes wrong
// without forcing commits to the disk: it finds lost commits then.
func TestPowerCutIsSeen(t *testing.T) {
	base := fastTemp(t)
	dir := filepath.Join(base, "store")
	closeStore(t, createIn(t, dir))
	r, name := record(t, dir)
	opts := testOptions()
	opts.vfs = name
	r.start(t)
	s, err := Open(t.Context(), dir, testPass, opts)
	must(t, err)
	_, err = s.db.ExecContext(t.Context(), `PRAGMA synchronous = NORMAL`)
	must(t, err)
	zone := Zone{ID: 1}
	for n := 1; n <= 40; n++ {
		must(t, commitOnce(s, &zone, n))
		r.mark(n)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	lost, d := 0, newDisk()
	for _, op := range r.ops {
		if d.step(op); op.kind != "mark" || op.at%5 != 0 || op.at == 0 {
			continue
		}
		again := filepath.Join(base, "again")
		must(t, os.RemoveAll(again))
		put(t, again, d.image(rng, 0))
		s, err := Open(context.Background(), again, testPass, lazyOptions())
		if err != nil {
			lost++
			continue
		}
		if len(entriesOf(t, s)) < d.acked {
			lost++
		}
		closeStore(t, s)
	}
	if lost == 0 {
		t.Error("commits that were not forced to the disk are not missed: the simulation sees nothing")
	}
	closeStore(t, s)
}

func entriesOf(t *testing.T, s *Store) (all []Entry) {
	t.Helper()
	view(t, s, func(tx *Tx) (err error) { all, err = tx.Journal(); return err })
	return all
}
