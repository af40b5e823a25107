package desk_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// Records of every earlier version open, with what was in them, and the tags
// that were handed out then are known now. In each there are two homes, T1,
// which was lost, T2, which lies beside the records, and a lock with a receipt.
func TestRecordsOfEarlierVersions(t *testing.T) {
	old, err := filepath.Glob(filepath.Join("testdata", "schema-*"))
	if err != nil || len(old) < 2 {
		t.Fatalf("%d earlier versions, error %v", len(old), err)
	}
	for _, from := range old {
		t.Run(filepath.Base(from), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "records")
			if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
			now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
			open := func() *desk.Desk {
				d, err := desk.Open(t.Context(), desk.Options{
					Dir: dir, Passphrase: passphrase, Clock: func() time.Time { return now }, Store: store.Options{TestKDF: true},
				})
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
			d := open()
			checkEarlier(t, d)
			layEarlierTag(t, d, dir)
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			d = open() // nothing is updated twice
			defer func() { _ = d.Close() }()
			if got := must(d.Tag(t.Context(), "T2")); got.State != store.TagReturned {
				t.Errorf("T2 is %s after it was taken back", got.State)
			}
		})
	}
}

// checkEarlier looks at what was in the records.
func checkEarlier(t *testing.T, d *desk.Desk) {
	t.Helper()
	if got := must(d.Tag(t.Context(), "T1")); got.State != store.TagLost || got.Label != "kelder" {
		t.Errorf("T1 is %s with label %q", got.State, got.Label)
	}
	home := must(d.Home(t.Context(), "Boulevard 3/101"))
	if len(home.Tags) != 2 || home.Tenancy == nil {
		t.Errorf("the home has %d tags, tenancy %v", len(home.Tags), home.Tenancy)
	}
	confirmed := 0
	for _, l := range must(d.Locks(t.Context())) {
		if l.Confirmed > 0 {
			confirmed++
		}
	}
	if confirmed != 1 {
		t.Errorf("%d locks have confirmed, want 1", confirmed)
	}
}

// layEarlierTag takes the tag back that was handed out then, and hands it out again.
func layEarlierTag(t *testing.T, d *desk.Desk, dir string) {
	t.Helper()
	card, err := softcard.Open(filepath.Join(dir, "tag.card"), softcard.Config{})
	if err != nil {
		t.Fatal(err)
	}
	reader := softcard.NewReader("virtual")
	reader.Lay(card)
	if got := must(d.Inspect(t.Context(), reader)); got.Tag == nil || got.Tag.ID != "T2" {
		t.Fatalf("the tag of then is %+v", got)
	}
	if _, err := d.RevokeReturned(t.Context(), reader, "T2", nil); err != nil {
		t.Fatal(err)
	}
	got, err := d.Issue(t.Context(), reader, "Boulevard 3/101", desk.IssueOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Tag.ID != "T3" || got.Tag.State != store.TagIssued {
		t.Errorf("handed out %s, %s", got.Tag.ID, got.Tag.State)
	}
}
