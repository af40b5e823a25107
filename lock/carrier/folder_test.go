package carrier

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/internal/durable"
	"sleutelbord/lock/internal/durable/durabletest"
	"sleutelbord/nfc/desfire"
)

func name(t testing.TB, s string) bundle.LockName {
	t.Helper()
	n, err := bundle.ParseLockName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func sealed(t testing.TB, n bundle.LockName, sequence uint32) []byte {
	t.Helper()
	key, err := bundle.GenerateKey(n, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, signer, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	data, err := bundle.Seal(bundle.Bundle{
		Lock: n.ID(), Sequence: sequence, Issued: 1, ReceiptKey: bundle.NewReceiptKey([16]byte{1}),
		Locators: []bundle.Locator{{Version: 1, Key: desfire.NewAESKey([16]byte{1}, 1)}},
	}, signer, key.Public(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustBe(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

func TestFolder(t *testing.T) {
	f := OpenFolder(filepath.Join(t.TempDir(), "stick", "bundles"))
	door := name(t, "K0-101")
	_, err := f.ReadBundle(door)
	mustBe(t, "reading before the stick is there", err, ErrGone)
	mustBe(t, "writing before the stick is there", f.WriteBundle(door, sealed(t, door, 1)), ErrGone)
	mustBe(t, "reaching what is not there", f.Reach(), ErrGone)
	if err := os.MkdirAll(f.Dir(), 0o755); err != nil {
		t.Fatal(err)
	}
	mustBe(t, "reaching", f.Reach(), nil)
	_, err = f.ReadBundle(door)
	mustBe(t, "reading nothing", err, ErrNothing)
	_, err = f.ReadReceipt(door)
	mustBe(t, "reading no receipt", err, ErrNothing)

	for _, data := range [][]byte{sealed(t, door, 1), sealed(t, door, 2)} {
		mustBe(t, "writing", f.WriteBundle(door, data), nil)
		got, err := f.ReadBundle(door)
		if err != nil || !bytes.Equal(got, data) {
			t.Fatal(err)
		}
	}
	r := bundle.NewReceipt(bundle.NewReceiptKey([16]byte{1}), door.ID(), 2)
	mustBe(t, "receipt", f.WriteReceipt(door, r), nil)
	if got, err := f.ReadReceipt(door); err != nil || got != r {
		t.Fatal(err)
	}
	files(t, f, "K0-101.bundle", "K0-101.receipt")
	mustBe(t, "removing", f.RemoveBundle(door), nil)
	mustBe(t, "removing nothing", f.RemoveBundle(door), nil)
	files(t, f, "K0-101.receipt")
	mustBe(t, "no name", f.WriteReceipt(bundle.LockName{}, r), errNoName)
}

func files(t *testing.T, f *Folder, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(f.Dir())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("files %v, want %v", got, want)
	}
}

func made(t *testing.T) *Folder {
	t.Helper()
	f := OpenFolder(t.TempDir())
	mustBe(t, "reaching", f.Reach(), nil)
	return f
}

// TestOnlyWholeBundles: nothing but a bundle of that lock is written.
func TestOnlyWholeBundles(t *testing.T) {
	f, door := made(t), name(t, "A")
	data := sealed(t, door, 1)
	mustBe(t, "half", f.WriteBundle(door, data[:len(data)/2]), bundle.ErrDamaged)
	mustBe(t, "another lock's", f.WriteBundle(name(t, "B"), data), bundle.ErrLock)
	files(t, f)
}

// TestCase: names that differ in case are one lock, on every file system.
func TestCase(t *testing.T) {
	f := made(t)
	lower, upper := name(t, "k0-101"), name(t, "K0-101")
	mustBe(t, "lower", f.WriteBundle(lower, sealed(t, lower, 1)), nil)
	newer := sealed(t, upper, 2)
	mustBe(t, "upper", f.WriteBundle(upper, newer), nil)
	files(t, f, "k0-101.bundle")
	for _, g := range []*Folder{f, OpenFolder(f.Dir())} {
		for _, n := range []bundle.LockName{lower, upper} {
			if got, err := g.ReadBundle(n); err != nil || !bytes.Equal(got, newer) {
				t.Errorf("%v: %v", n, err)
			}
		}
	}
	again := OpenFolder(f.Dir())
	mustBe(t, "upper, by another program", again.WriteBundle(upper, sealed(t, upper, 3)), nil)
	files(t, f, "k0-101.bundle")
}

// TestLeftovers: a part of a file is not read, and in nobody's way.
func TestLeftovers(t *testing.T) {
	f, door := made(t), name(t, "A")
	for _, file := range []string{"A.bundle.part", "A.receipt.part", "B.bundle.part", "notes.txt", "x y.bundle", "ɐɐɐɐɐɐɐɐɐɐ.bundle", ".bundle"} {
		if err := os.WriteFile(filepath.Join(f.Dir(), file), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := f.List(); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	_, err := f.ReadBundle(door)
	mustBe(t, "a part", err, ErrNothing)
	mustBe(t, "writing", f.WriteBundle(door, sealed(t, door, 1)), nil)
	if _, err := os.Stat(filepath.Join(f.Dir(), "A.bundle.part")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the part is still there")
	}
}

func TestStrangeFiles(t *testing.T) {
	f, door := made(t), name(t, "A")
	if err := os.WriteFile(filepath.Join(f.Dir(), "A.bundle"), make([]byte, bundle.MaxSize+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadBundle(door); err == nil {
		t.Error("a file above the limit is read")
	}
	if err := os.WriteFile(filepath.Join(f.Dir(), "A.receipt"), []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := f.ReadReceipt(door)
	mustBe(t, "no receipt", err, bundle.ErrReceipt)
	if err := os.Mkdir(filepath.Join(f.Dir(), "B.bundle"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadBundle(name(t, "B")); err == nil {
		t.Error("a directory is read")
	}
	list, err := f.List()
	if err != nil || len(list) != 2 || list[0].Err == nil || list[1].Err == nil {
		t.Errorf("%v, %v", list, err)
	}
}

func TestList(t *testing.T) {
	f := made(t)
	for i, s := range []string{"b2", "A1", "C3"} {
		mustBe(t, "writing", f.WriteBundle(name(t, s), sealed(t, name(t, s), uint32(10+i))), nil)
	}
	mustBe(t, "receipt", f.WriteReceipt(name(t, "A1"), bundle.NewReceipt(bundle.NewReceiptKey([16]byte{1}), name(t, "A1").ID(), 11)), nil)
	data := sealed(t, name(t, "other"), 1)
	if err := os.WriteFile(filepath.Join(f.Dir(), "D4.bundle"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	list, err := f.List()
	if err != nil || len(list) != 4 {
		t.Fatalf("%v, %v", list, err)
	}
	for i, want := range []struct {
		name     string
		sequence uint32
		receipt  bool
		err      error
	}{{"A1", 11, true, nil}, {"b2", 10, false, nil}, {"C3", 12, false, nil}, {"D4", 1, false, bundle.ErrLock}} {
		e := list[i]
		if e.Name.String() != want.name || e.Header.Sequence != want.sequence || e.Receipt != want.receipt || !errors.Is(e.Err, want.err) {
			t.Errorf("%+v, want %+v", e, want)
		}
	}
	mustBe(t, "list file", f.WriteList(), nil)
	text, err := os.ReadFile(filepath.Join(f.Dir(), ListFile))
	if err != nil {
		t.Fatal(err)
	}
	want := "Sleutelbord: 4 bundles. Each can be read by its own lock only.\r\n\r\n" +
		"lock                                sequence   bytes  receipt\r\n" +
		"A1                                        11     289  yes\r\n" +
		"b2                                        10     289  no\r\n" +
		"C3                                        12     289  no\r\n" +
		"D4                                   damaged     289  no\r\n"
	if string(text) != want {
		t.Errorf("%s, want\n%s", text, want)
	}
	_, err = OpenFolder(filepath.Join(f.Dir(), "missing")).List()
	mustBe(t, "listing nothing", err, ErrGone)
}

// TestReceiptWrittenOnce: a lock that polls does not wear the stick out.
func TestReceiptWrittenOnce(t *testing.T) {
	f, door := made(t), name(t, "A")
	disk := &durabletest.Disk{}
	f.fs = disk
	r := bundle.NewReceipt(bundle.NewReceiptKey([16]byte{1}), door.ID(), 2)
	mustBe(t, "receipt", f.WriteReceipt(door, r), nil)
	steps := disk.Steps()
	mustBe(t, "same receipt", f.WriteReceipt(door, r), nil)
	if disk.Steps() != steps {
		t.Error("written again")
	}
}

// TestPulledOut takes the stick away before each step, and looks at every stick
// that this can leave: the old bundle or the new one, never a part.
func TestPulledOut(t *testing.T) {
	door := name(t, "A")
	old, newer := sealed(t, door, 1), sealed(t, door, 2)
	sticks := 0
	for at := 1; ; at++ {
		f := made(t)
		disk := &durabletest.Disk{}
		f.fs = disk
		mustBe(t, "old", f.WriteBundle(door, old), nil)
		disk.CrashAt = disk.Steps() + at
		err := f.WriteBundle(door, newer)
		for _, left := range append(disk.Crashed(), disk.Killed()) {
			sticks++
			g := &Folder{dir: f.dir, fs: left}
			got, rerr := g.ReadBundle(door)
			if rerr != nil || !bytes.Equal(got, old) && !bytes.Equal(got, newer) {
				t.Fatalf("step %d: %d bytes, %v", at, len(got), rerr)
			}
			if err == nil && !bytes.Equal(got, newer) {
				t.Fatal("a bundle that was written is not there")
			}
		}
		if err == nil {
			break
		}
	}
	t.Logf("%d sticks", sticks)
}

// TestTogether: desk and lock use a folder at once.
func TestTogether(t *testing.T) {
	f, door := made(t), name(t, "A")
	data := sealed(t, door, 1)
	mustBe(t, "first", f.WriteBundle(door, data), nil)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if err := f.WriteBundle(door, data); err != nil {
					t.Error(err)
				}
				if got, err := f.ReadBundle(door); err != nil || !bytes.Equal(got, data) {
					t.Error(len(got), err)
				}
				if err := f.WriteList(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

var _ durable.FS = (*durabletest.Disk)(nil)
