package store

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"sleutelbord/store/shares"

	"lukechampine.com/adiantum"
)

func backup(t testing.TB, s *Store) []byte {
	t.Helper()
	var b bytes.Buffer
	info, err := s.Backup(t.Context(), &b)
	must(t, err)
	shown, err := ReadBackupInfo(bytes.NewReader(b.Bytes()))
	must(t, err)
	if shown.Day != info.Day || shown.Changes != info.Changes || shown.Site != testSite().ID || len(shown.Sets) != len(info.Sets) {
		t.Errorf("the file says %+v, not %+v", shown, info)
	}
	if _, err := os.Stat(filepath.Join(s.dir, snapshotName)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a copy of the records was left")
	}
	return b.Bytes()
}

func restoreIn(t testing.TB, b []byte, dir string) *Store {
	t.Helper()
	s, err := Restore(t.Context(), bytes.NewReader(b), dir, testPass, testOptions(), nil)
	must(t, err)
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func addBuildings(t testing.TB, s *Store, names ...string) {
	t.Helper()
	for _, n := range names {
		update(t, s, func(tx *Tx) error { return tx.InsertBuilding(&Building{Name: n}) })
	}
}

func buildings(t testing.TB, s *Store) (names []string) {
	t.Helper()
	view(t, s, func(tx *Tx) error {
		all, err := tx.Buildings()
		for _, b := range all {
			names = append(names, b.Name)
		}
		return err
	})
	return names
}

// TestBackupRestore: what was there on the day of the backup is there again, in
// a folder of another computer, with any operator's passphrase or the root.
func TestBackupRestore(t *testing.T) {
	s := newStore(t)
	addBuildings(t, s, "Noord", "Zuid")
	addOperator(t, s, "anna", Caretaker, "anna's words")
	root, err := s.readRoot(t.Context())
	must(t, err)
	want, err := s.Custody().KeyCheckValue(2)
	must(t, err)
	b := backup(t, s)
	addBuildings(t, s, "later")
	_, err = s.VerifyBackup(t.Context(), bytes.NewReader(b))
	must(t, err)

	for name, restore := range map[string]func(dir string) (*Store, error){
		"passphrase": func(dir string) (*Store, error) {
			return Restore(t.Context(), bytes.NewReader(b), dir, testPass, testOptions(), nil)
		},
		"anna": func(dir string) (*Store, error) {
			o := testOptions()
			o.Operator = "anna"
			return Restore(t.Context(), bytes.NewReader(b), dir, []byte("anna's words"), o, nil)
		},
		"root": func(dir string) (*Store, error) {
			return RestoreWithRoot(t.Context(), iotest.OneByteReader(bytes.NewReader(b)), dir, root, testOptions(), nil)
		},
	} {
		dir := filepath.Join(t.TempDir(), "new", "folder")
		got, err := restore(dir)
		must(t, err)
		if !slices.Equal(buildings(t, got), []string{"Noord", "Zuid"}) || !got.RolledBack() {
			t.Errorf("%s: %v, rolled back %v", name, buildings(t, got), got.RolledBack())
		}
		if kcv, err := got.Custody().KeyCheckValue(2); err != nil || kcv != want {
			t.Errorf("%s: other keys, %v", name, err)
		}
		must(t, got.Check(t.Context()))
		addBuildings(t, got, "new")
		closeStore(t, got)
		again := openIn(t, dir)
		if n := len(buildings(t, again)); n != 3 || !again.RolledBack() {
			t.Errorf("%s: %d buildings after opening again", name, n)
		}
	}
}

// TestRestoreRefuses: each kind of wrong file, key and folder by its name, and
// nothing is left behind.
func TestRestoreRefuses(t *testing.T) {
	s := newStore(t)
	addBuildings(t, s, "Noord")
	b := backup(t, s)
	newer := slices.Clone(b)
	newer[9] = 9
	for name, c := range map[string]struct {
		file []byte
		pass string
		want error
	}{
		"wrong passphrase": {b, "wrong", ErrPassphrase},
		"empty":            {nil, "", ErrNoBackup},
		"picture":          {[]byte("\x89PNG\r\n\x1a\n and so on"), "", ErrNoBackup},
		"a store.keys":     {s.keysFile(t), "", ErrNoBackup},
		"newer":            {newer, "", ErrNewerSchema},
		"longer":           {append(slices.Clone(b), 0), "", ErrBackup},
	} {
		if c.pass == "" {
			c.pass = string(testPass)
		}
		dir := filepath.Join(t.TempDir(), "d")
		_, err := Restore(t.Context(), bytes.NewReader(c.file), dir, []byte(c.pass), testOptions(), nil)
		wantErr(t, name, err, c.want)
		wantNothing(t, name, dir)
	}
	full := t.TempDir()
	must(t, os.WriteFile(filepath.Join(full, "a letter"), []byte("dear"), 0o600))
	_, err := Restore(t.Context(), bytes.NewReader(b), full, testPass, testOptions(), nil)
	wantErr(t, "not empty", err, ErrExists)
	_, err = Restore(t.Context(), bytes.NewReader(b), s.dir, testPass, testOptions(), nil)
	wantErr(t, "open records", err, ErrLocked)
	_, err = RestoreWithRoot(t.Context(), bytes.NewReader(b), t.TempDir(), testRoot(t), testOptions(), nil)
	wantErr(t, "another site's shares", err, ErrWrongRoot)
	o := testOptions()
	o.onNetwork = func(string) (string, error) { return "nfs", nil }
	_, err = Restore(t.Context(), bytes.NewReader(b), t.TempDir(), testPass, o, nil)
	wantErr(t, "network", err, ErrNetworkFS)
}

func (s *Store) keysFile(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, keysName))
	must(t, err)
	return b
}

// wantNothing: there is no store, and one can be made there.
func wantNothing(t *testing.T, name, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) > 1 || len(entries) == 1 && entries[0].Name() != lockName || Exists(dir) {
		t.Errorf("%s: left %v", name, entries)
	}
}

// TestBackupEveryByte: whichever byte is changed, and wherever the file ends,
// nothing is restored.
func TestBackupEveryByte(t *testing.T) {
	s := newStore(t)
	addBuildings(t, s, "Noord")
	b := backup(t, s)
	step := max(1, len(b)/400)
	places := []int{0, 8, 10, 12, 20, 28, 30, 62, 66, 67, len(b) - 1, len(b) - 64, len(b) - 65}
	for i := 0; i < len(b); i += step {
		places = append(places, i)
	}
	for _, i := range places {
		changed := slices.Clone(b)
		changed[i] ^= 1
		if _, err := s.VerifyBackup(t.Context(), bytes.NewReader(changed)); err == nil {
			t.Errorf("byte %d of %d changed, and it verifies", i, len(b))
		}
		if _, err := s.VerifyBackup(t.Context(), bytes.NewReader(b[:i])); err == nil {
			t.Errorf("%d bytes of %d verify", i, len(b))
		} else if i > 10+64 && !errors.Is(err, ErrBackup) {
			t.Errorf("%d bytes: %v", i, err)
		}
	}
	// Whole chunks: exchanged, left out, and cut at their border.
	h, raw, err := readBackupHeader(bytes.NewReader(b))
	must(t, err)
	if len(b) < len(raw)+3*sealedChunk {
		t.Fatalf("a backup of %d bytes has too few chunks; %v", len(b), h.Day)
	}
	chunk := func(i int) []byte { return b[len(raw)+i*sealedChunk : len(raw)+(i+1)*sealedChunk] }
	for name, parts := range map[string][][]byte{
		"exchanged":         {raw, chunk(1), chunk(0), b[len(raw)+2*sealedChunk:]},
		"left out":          {raw, chunk(0), b[len(raw)+2*sealedChunk:]},
		"twice":             {raw, chunk(0), chunk(0), b[len(raw)+sealedChunk:]},
		"cut at a border":   {raw, chunk(0), chunk(1), b[len(b)-64:]},
		"nothing but edges": {raw, b[len(b)-64:]},
	} {
		_, err := s.VerifyBackup(t.Context(), bytes.NewReader(bytes.Join(parts, nil)))
		wantErr(t, name, err, ErrBackup)
	}
}

// TestBackupWithOldDataKey: somebody who has the data key, and not the site's
// signing key, changes a backup and seals it anew.
func TestBackupWithOldDataKey(t *testing.T) {
	s := newStore(t)
	b := backup(t, s)
	h, raw, err := readBackupHeader(bytes.NewReader(b))
	must(t, err)
	var plain, sealed bytes.Buffer
	stream, err := h.streamer(s.data, raw)
	must(t, err)
	must(t, stream.open(&plain, bytes.NewReader(b[len(raw):len(b)-64])))
	h.Day--
	raw = h.encode()
	sealed.Write(raw)
	stream, err = h.streamer(s.data, raw)
	must(t, err)
	must(t, stream.seal(&sealed, &plain))
	// The signature of the real one, and one by a key of the forger's own.
	other, err := newSoftCustody(testRoot(t))
	must(t, err)
	signer, err := other.Signer(1)
	must(t, err)
	sum := sha512.New()
	sum.Write(sealed.Bytes())
	own, err := signer.Sign(nil, signedBackup(sum), noHash{})
	must(t, err)
	for name, signature := range map[string][]byte{"copied": b[len(b)-64:], "own": own} {
		forged := append(bytes.Clone(sealed.Bytes()), signature...)
		dir := filepath.Join(t.TempDir(), "d")
		_, err = Restore(t.Context(), bytes.NewReader(forged), dir, testPass, testOptions(), nil)
		wantErr(t, name, err, ErrForeignBackup)
		wantNothing(t, name, dir)
		_, err = s.VerifyBackup(t.Context(), bytes.NewReader(forged))
		wantErr(t, name, err, ErrForeignBackup)
	}
}

// TestBackupInterrupted: reading stops, writing fails, the disk is full: an
// error, and nothing half.
func TestBackupInterrupted(t *testing.T) {
	s := newStore(t)
	addBuildings(t, s, "Noord")
	b := backup(t, s)
	broken := errors.New("the cable")
	for _, n := range []int{0, 5, 300, 70_000, len(b) - 64, len(b) - 1} {
		if _, err := s.Backup(t.Context(), &limited{n, broken}); !errors.Is(err, broken) {
			t.Errorf("writing stops after %d bytes: %v", n, err)
		}
		dir := filepath.Join(t.TempDir(), "d")
		r := io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(broken))
		if _, err := Restore(t.Context(), r, dir, testPass, testOptions(), nil); err == nil {
			t.Errorf("reading stops after %d bytes, and it is restored", n)
		}
		wantNothing(t, fmt.Sprint(n), dir)
		// The same folder takes the backup afterwards.
		got, err := Restore(t.Context(), bytes.NewReader(b), dir, testPass, testOptions(), nil)
		must(t, err)
		closeStore(t, got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Backup(ctx, io.Discard); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := Restore(ctx, bytes.NewReader(b), t.TempDir(), testPass, testOptions(), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	addBuildings(t, s, "still works")
	backup(t, s)
}

type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, l.err
	}
	l.left -= len(p)
	return len(p), nil
}

// TestRestoreKilled: a restore was cut off by a power cut, at any file: there is
// no store, and the next one succeeds.
func TestRestoreKilled(t *testing.T) {
	s := newStore(t)
	b := backup(t, s)
	whole := filepath.Join(t.TempDir(), "whole")
	closeStore(t, restoreIn(t, b, whole))
	entries, err := os.ReadDir(whole)
	must(t, err)
	for n := range len(entries) + 1 {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, creatingName), nil, 0o600))
		for _, e := range entries[:n] {
			content, err := os.ReadFile(filepath.Join(whole, e.Name()))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(dir, e.Name()), content[:len(content)/2], 0o600))
		}
		if Exists(dir) {
			t.Errorf("%d files of a restore are a store", n)
		}
		closeStore(t, restoreIn(t, b, dir))
	}
}

// TestBackupHasNothingErased: what was erased before a backup is not in it, in
// no page of it: looked for in the deciphered pages. That it would be found, if it
// were there, the backup before shows.
func TestBackupHasNothingErased(t *testing.T) {
	s := newStore(t)
	secret := strings.Repeat("Mevrouw Jansen, Boulevard 3. ", 40)
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf("%d %s", i, secret))
	}
	addBuildings(t, s, many...)
	if !bytes.Contains(pagesOf(t, s, backup(t, s)), []byte("Mevrouw Jansen")) {
		t.Fatal("the test looks in the wrong place")
	}
	// Without the overwriting that the records do themselves, so that free pages
	// are full of it.
	update(t, s, func(tx *Tx) error {
		_, err := tx.exec(`PRAGMA secure_delete = OFF`)
		return err
	})
	update(t, s, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM buildings`)
		return err
	})
	b := backup(t, s)
	if bytes.Contains(pagesOf(t, s, b), []byte("Jansen")) {
		t.Error("the backup holds what was erased")
	}
	if bytes.Contains(b, []byte("Campus Noord")) || bytes.Contains(b, []byte("SQLite format")) {
		t.Error("the backup can be read without a key")
	}
}

// pagesOf deciphers the pages of a backup.
func pagesOf(t testing.TB, s *Store, b []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, databaseName))
	must(t, err)
	o, _, err := openBackup(t.Context(), bytes.NewReader(b), f, func(*header) (dataKey, int, error) { return s.data.clone(), 0, nil })
	must(t, err)
	must(t, f.Close())
	keys, err := o.key.expand(o.keys.store)
	must(t, err)
	return readPages(t, filepath.Join(dir, databaseName), &keys.page)
}

// TestBackupWhileChanging: backups made while others write are each consistent.
func TestBackupWhileChanging(t *testing.T) {
	s := newStore(t)
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			// Both or none.
			err := s.Update(context.Background(), func(tx *Tx) error {
				return errors.Join(tx.InsertBuilding(&Building{Name: fmt.Sprintf("a%d", i)}), tx.InsertBuilding(&Building{Name: fmt.Sprintf("b%d", i)}))
			})
			if err != nil {
				done <- err
				return
			}
		}
	}()
	for range 5 {
		b := backup(t, s)
		got := restoreIn(t, b, filepath.Join(t.TempDir(), "d"))
		if n := len(buildings(t, got)); n%2 != 0 {
			t.Errorf("%d buildings", n)
		}
		must(t, got.Check(t.Context()))
	}
	close(stop)
	must(t, <-done)
}

// TestSharesOfStore: shares are made, proven, and open backup and records; those
// of another site do not.
func TestSharesOfStore(t *testing.T) {
	s := newStore(t)
	set, all, err := s.MakeShares(t.Context(), Root{}, 2, 3)
	must(t, err)
	update(t, s, func(tx *Tx) error { return tx.InsertShareSet(set) })
	root, err := CombineShares(all[1:], []shares.Set{set})
	must(t, err)
	must(t, s.ProveRoot(root))
	wantErr(t, "another root", s.ProveRoot(testRoot(t)), ErrWrongRoot)
	update(t, s, func(tx *Tx) error { return tx.NoteRehearsal(set.ID) })
	view(t, s, func(tx *Tx) error {
		sets, err := tx.ShareSets()
		if len(sets) != 1 || sets[0].Set.ID != set.ID || sets[0].Rehearsed == 0 || sets[0].Made == 0 {
			t.Errorf("%+v", sets)
		}
		return err
	})
	err = s.Update(t.Context(), func(tx *Tx) error { return tx.NoteRehearsal(shares.SetID{}) })
	wantErr(t, "unknown set", err, ErrNotFound)

	b := backup(t, s)
	info, err := ReadBackupInfo(bytes.NewReader(b))
	must(t, err)
	root, err = CombineShares(all[:2], info.Sets)
	must(t, err)
	got, err := RestoreWithRoot(t.Context(), bytes.NewReader(b), filepath.Join(t.TempDir(), "d"), root, testOptions(), nil)
	must(t, err)
	t.Cleanup(func() { closeStore(t, got) })
	must(t, got.ProveRoot(root))

	other := newStore(t)
	_, foreign, err := other.MakeShares(t.Context(), Root{}, 2, 3)
	must(t, err)
	if _, err := CombineShares([]shares.Share{all[0], foreign[1]}, info.Sets); err == nil {
		t.Error("a share of another site passes")
	}
	// A set that is not known may be newer than the backup: the root decides.
	root, err = CombineShares(foreign[:2], info.Sets)
	must(t, err)
	wantErr(t, "another site's shares", s.ProveRoot(root), ErrWrongRoot)
	if _, _, err := s.MakeShares(t.Context(), Root{}, 1, 3); !errors.Is(err, shares.ErrNumbers) {
		t.Error(err)
	}
}

// FuzzBackup: no file makes the program stumble or is taken for a backup.
func FuzzBackup(f *testing.F) {
	s := newStore(f)
	b := backup(f, s)
	f.Add(b[:2000])
	f.Add(b[:67])
	f.Add([]byte(backupMagic))
	f.Fuzz(func(t *testing.T, file []byte) {
		if bytes.Equal(file, b) {
			return
		}
		if h, raw, err := readBackupHeader(bytes.NewReader(file)); err == nil && !bytes.Equal(h.encode(), raw) {
			t.Error("what was read is not written as it was")
		}
		if _, err := s.VerifyBackup(t.Context(), bytes.NewReader(file)); err == nil {
			t.Error("a file that nobody made verifies")
		}
	})
}

func BenchmarkBackup(b *testing.B) {
	s := newStore(b)
	update(b, s, func(tx *Tx) error {
		for i := range 100_000 {
			if err := tx.InsertBuilding(&Building{Name: fmt.Sprintf("building number %d of many", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	var size int
	for b.Loop() {
		var file bytes.Buffer
		if _, err := s.Backup(b.Context(), &file); err != nil {
			b.Fatal(err)
		}
		size = file.Len()
	}
	b.SetBytes(int64(size))
}

// noHash signs messages, not digests.
type noHash struct{}

func (noHash) HashFunc() crypto.Hash { return 0 }

// readPages deciphers a database file, block by block.
func readPages(t testing.TB, path string, key *[keySize]byte) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	cipher := adiantum.New(key[:])
	tweak := make([]byte, 8)
	for at := 0; at+blockSize <= len(b); at += blockSize {
		binary.LittleEndian.PutUint64(tweak, uint64(at))
		cipher.Decrypt(b[at:at+blockSize], tweak)
	}
	if !bytes.HasPrefix(b, []byte("SQLite format 3\x00")) {
		t.Fatal("the pages were not deciphered")
	}
	return b
}

// TestBackupOfToken: the keys are in a token, and burn with everything else. Shares
// restore the records, take the keys back from the token that is gone, and are
// split anew.
func TestBackupOfToken(t *testing.T) {
	f, root := newFakeTokens(), testRoot(t)
	s, err := Create(t.Context(), t.TempDir(), testSite(), root, testPass, tokenOptions(f))
	must(t, err)
	t.Cleanup(func() { closeStore(t, s) })
	must(t, s.MoveToToken(t.Context(), testMove(), noteMove))
	b := backup(t, s)
	_, _, err = s.MakeShares(t.Context(), Root{}, 2, 3)
	wantErr(t, "no root", err, ErrRootAway)
	_, _, err = s.MakeShares(t.Context(), testRoot(t), 2, 3)
	wantErr(t, "another root", err, ErrWrongRoot)
	_, all, err := s.MakeShares(t.Context(), root, 2, 3)
	must(t, err)

	f.out = true
	_, err = s.VerifyBackup(t.Context(), bytes.NewReader(b))
	must(t, err)
	again, err := CombineShares(all[1:], nil)
	must(t, err)
	got, err := RestoreWithRoot(t.Context(), bytes.NewReader(b), filepath.Join(t.TempDir(), "d"), again, tokenOptions(f), nil)
	must(t, err)
	t.Cleanup(func() { closeStore(t, got) })
	must(t, got.ResetOperator(t.Context(), FirstOperator, testPass, nil))
	must(t, got.MoveFromToken(t.Context(), again, noteMove))
	keysWork(t, got, root)
}
