package desk_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
)

// takenTogether are steps of the schema after which no program stopped: they
// were taken together with a later one, before there was a first release.
var takenTogether = []int{4, 5, 6, 7}

// There are records of every version of the schema, also of the newest: when
// the next step is added, the program that can write them is gone. With
// SLEUTELBORD_WRITE_SCHEMA=1 those of the newest are written.
func TestEverySchemaHasRecords(t *testing.T) {
	steps, err := filepath.Glob(filepath.Join("..", "..", "store", "migrations", "sqlite", "*.sql"))
	if err != nil || len(steps) == 0 {
		t.Fatalf("%d steps, error %v", len(steps), err)
	}
	for i, step := range steps {
		var version int
		if _, err := fmt.Sscanf(filepath.Base(step), "%d_", &version); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		dir := filepath.Join("testdata", fmt.Sprintf("schema-%d", version))
		if i == len(steps)-1 && os.Getenv("SLEUTELBORD_WRITE_SCHEMA") != "" {
			writeRecords(t, dir)
			if err := os.WriteFile(filepath.Join(dir, "steps"), []byte(sums(t, steps)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if slices.Contains(takenTogether, version) {
			continue
		}
		kept, err := os.ReadFile(filepath.Join(dir, "steps"))
		if err != nil {
			t.Errorf("version %d has no records: run this test with SLEUTELBORD_WRITE_SCHEMA=1 while it is the newest", version)
			continue
		}
		if want := sums(t, steps[:i+1]); string(kept) != want {
			t.Errorf("a step up to version %d was changed after records were written by it; add a step instead:\n%s\nwas\n%s", version, want, kept)
		}
	}
}

// sums are the checksums of steps, as sha256sum prints them.
func sums(t *testing.T, steps []string) string {
	t.Helper()
	var b strings.Builder
	for _, step := range steps {
		data, err := os.ReadFile(step)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(data), filepath.Base(step))
	}
	return b.String()
}

// writeRecords leaves what checkEarlier and layEarlierTag look for in a folder.
func writeRecords(t *testing.T, dir string) {
	t.Helper()
	c := newCampus(t, 2)
	done, err := c.desk.Issue(c.ctx, c.laid(c.blank(softcard.EV2)), home101, desk.IssueOptions{Label: "kelder"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.RevokeLost(c.ctx, done.Tag.ID); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(c.dir, "tag.card")
	card, err := softcard.Open(file, softcard.Config{Chip: softcard.EV2})
	if err != nil {
		t.Fatal(err)
	}
	c.issue(card, home101)
	c.syncLocks(doors101[0])
	if err := c.desk.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"store.counter", "store.db", "store.keys", "tag.card"} {
		b, err := os.ReadFile(filepath.Join(c.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// laid is the reader with a tag on it.
func (c *campus) laid(card *softcard.Card) *softcard.Reader {
	c.lay(card)
	return c.reader
}
