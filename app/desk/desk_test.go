package desk_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// campus is a site with a desk, a virtual reader and real locks.
type campus struct {
	t      *testing.T
	ctx    context.Context
	dir    string
	now    time.Time
	desk   *desk.Desk
	reader *softcard.Reader
	demo   desk.DemoCampus
	locks  map[string]*lock.Lock
	sync   string // the folder that carries bundles
}

var passphrase = []byte("correct horse battery staple")

func newCampus(t *testing.T, homes int, change ...func(*desk.InitOptions)) *campus {
	t.Helper()
	c := &campus{
		t: t, ctx: t.Context(), dir: filepath.Join(t.TempDir(), "records"), now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC),
		reader: softcard.NewReader("virtual"), locks: map[string]*lock.Lock{}, sync: t.TempDir(),
	}
	o := desk.InitOptions{Options: c.options(), Site: "Testcampus", Practice: true}
	for _, f := range change {
		f(&o)
	}
	var err error
	if c.desk, err = desk.Init(c.ctx, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.desk.Close() })
	if c.demo, err = desk.NewDemoCampus(homes); err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.Import(c.ctx, bytes.NewReader(c.demo.CSV)); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *campus) options() desk.Options {
	return desk.Options{
		Dir: c.dir, Passphrase: passphrase, Clock: func() time.Time { return c.now }, Store: store.Options{TestKDF: true},
	}
}

// reopen opens the desk once more.
func (c *campus) reopen() {
	c.t.Helper()
	d, err := desk.Open(c.ctx, c.options())
	if err != nil {
		c.t.Fatal(err)
	}
	c.desk = d
	c.t.Cleanup(func() { _ = d.Close() })
}

// lock gives the real lock of an id, as its maker ships it.
func (c *campus) lock(id string) *lock.Lock {
	c.t.Helper()
	if l, ok := c.locks[id]; ok {
		return l
	}
	key, ok := c.demo.Keys[id]
	if !ok {
		c.t.Fatalf("no lock %s", id)
	}
	l, err := lock.Open(lock.Config{
		Name: key.Name(), Key: key.Private(), Dir: c.t.TempDir(),
		Clock: lock.ClockFunc(func() (time.Time, bool) { return c.now, true }),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = l.Close() })
	c.locks[id] = l
	return l
}

// syncLocks writes bundles, carries them to the named locks and their receipts
// back.
func (c *campus) syncLocks(ids ...string) {
	c.t.Helper()
	c.now = c.now.Add(time.Hour)
	if _, err := c.desk.WriteBundles(c.ctx, c.sync); err != nil {
		c.t.Fatal(err)
	}
	folder := carrier.OpenFolder(c.sync)
	for _, id := range ids {
		l := c.lock(id)
		data, err := folder.ReadBundle(l.Name())
		if err != nil {
			c.t.Fatal(err)
		}
		if err := l.Apply(data); err != nil {
			c.t.Fatal(err)
		}
		r, _ := l.Receipt()
		if err := folder.WriteReceipt(l.Name(), r); err != nil {
			c.t.Fatal(err)
		}
	}
	if _, err := c.desk.WriteBundles(c.ctx, c.sync); err != nil {
		c.t.Fatal(err)
	}
}

func (c *campus) blank(chip softcard.Chip) *softcard.Card {
	c.t.Helper()
	card, err := softcard.New(softcard.Config{Chip: chip})
	if err != nil {
		c.t.Fatal(err)
	}
	return card
}

// lay puts a tag on the desk's reader, as a hand would.
func (c *campus) lay(card *softcard.Card) {
	c.reader.Take()
	card.Disarm()
	card.Return()
	card.Reset()
	c.reader.Lay(card)
}

func (c *campus) issue(card *softcard.Card, home string) desk.Issued {
	c.t.Helper()
	c.lay(card)
	done, err := c.desk.Issue(c.ctx, c.reader, home, desk.IssueOptions{}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return done
}

// opens holds a tag before a door.
func (c *campus) opens(card *softcard.Card, id string) bool {
	c.t.Helper()
	card.Reset()
	d, err := c.lock(id).Try(card)
	if err != nil {
		c.t.Fatalf("door %s: %v", id, err)
	}
	return d.Open
}

func (c *campus) wantOpen(card *softcard.Card, ids ...string) {
	c.t.Helper()
	for _, id := range ids {
		if !c.opens(card, id) {
			c.t.Errorf("door %s stays shut", id)
		}
	}
}

func (c *campus) wantShut(card *softcard.Card, ids ...string) {
	c.t.Helper()
	for _, id := range ids {
		if c.opens(card, id) {
			c.t.Errorf("door %s opens", id)
		}
	}
}

const (
	home101 = "Boulevard 3/101"
	home102 = "Boulevard 3/102"
)

// doors of home 101 in the demo campus: front door, corridor, entrance.
var doors101 = []string{"H1-101", "C1-1", "E1"}

// TestMainJob is the whole story: hand out, open, lose, replace, move out,
// wipe, hand out again, with real locks.
func TestMainJob(t *testing.T) {
	for _, chip := range []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3} {
		t.Run(chip.String(), func(t *testing.T) {
			c := newCampus(t, 10)
			all := append([]string{"H1-102"}, doors101...)
			c.syncLocks(all...)
			first := c.blank(chip)
			done := c.issue(first, home101)
			c.wantOpen(first, doors101...)
			c.wantShut(first, "H1-102")

			// Lost and replaced: the new tag works at once, and ends the old
			// one where it is used, without a visit to any lock.
			second := c.blank(chip)
			c.lay(second)
			replaced, err := c.desk.Replace(c.ctx, c.reader, done.Tag.ID, desk.IssueOptions{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if replaced.Lost == nil || !replaced.Lost.Opens() || len(replaced.Lost.Doors) != 3 {
				t.Errorf("statement about the lost tag: %+v", replaced.Lost)
			}
			c.wantOpen(first, doors101...)
			c.wantOpen(second, "H1-101")
			c.wantShut(first, "H1-101")
			c.wantOpen(first, "E1")
			c.syncLocks(all...)
			c.wantShut(first, doors101...)
			c.wantOpen(second, doors101...)
			s, err := c.desk.Statement(c.ctx, done.Tag.ID)
			if err != nil || s.Opens() {
				t.Errorf("after the sync the lost tag opens: %v %+v", err, s)
			}

			// The tenant moves out with the tag: the next tenant's first use
			// ends it at home, the sync everywhere.
			moved, err := c.desk.MoveOut(c.ctx, home101)
			if err != nil || len(moved.NotReturned) != 1 || !moved.NotReturned[0].Opens() {
				t.Fatalf("moving out: %v %+v", err, moved)
			}
			c.wantOpen(second, doors101...)
			third := c.blank(chip)
			c.issue(third, home101)
			c.wantOpen(third, "H1-101")
			c.wantShut(second, "H1-101")
			c.syncLocks(all...)
			c.wantShut(second, doors101...)
			c.wantOpen(third, doors101...)

			// The old tag turns up, is wiped, and goes to the neighbour.
			c.lay(second)
			wiped, err := c.desk.Wipe(c.ctx, c.reader, nil)
			if err != nil || wiped.Tag == nil || wiped.Tag.State != store.TagReturned {
				t.Fatalf("wiping: %v %+v", err, wiped)
			}
			c.issue(second, home102)
			c.wantOpen(second, "H1-102", "E1")
			c.wantShut(second, "H1-101")
		})
	}
}

func code(err error) desk.Code { return desk.Explain(err).Code }

func TestPracticeKeyIsTheSoftCards(t *testing.T) {
	if !bytes.Equal(desk.PracticeKey(), softcard.PracticePublicKey()) {
		t.Error("the desk knows another practice key than the software chips are signed by")
	}
}

func TestCodesAreUnique(t *testing.T) {
	seen := map[desk.Code]bool{}
	for _, c := range desk.Codes() {
		if seen[c] {
			t.Errorf("%s stands there twice", c)
		}
		seen[c] = true
	}
}

var _ nfc.Reader = (*softcard.Reader)(nil)

func TestImportErrors(t *testing.T) {
	key := bundle.PublicText(must(bundle.GenerateKey(must(bundle.ParseLockName("X")), strings.NewReader(strings.Repeat("k", 64)))).Public())
	const header = "building,floor,home,lock,zone,kind,public_key\n"
	c := newCampus(t, 1)
	for name, list := range map[string]struct {
		csv  string
		want []desk.RowError
		code desk.Code
	}{
		"empty":              {"", nil, desk.CodeImportFile},
		"not text":           {"\xff\xfe\x00", nil, desk.CodeImportFile},
		"header only":        {header, []desk.RowError{{Line: 1, Column: "building", Code: "empty"}}, ""},
		"column missing":     {"building,floor,home,lock,zone,kind\n", []desk.RowError{{Line: 1, Column: "public_key", Code: "column-missing"}}, ""},
		"column unknown":     {"name," + header, []desk.RowError{{Line: 1, Column: "name", Code: "column-unknown"}}, ""},
		"too few fields":     {header + "A,1,1\n", []desk.RowError{{Line: 2, Column: "building", Code: "fields"}}, ""},
		"bad key and kind":   {header + "A,1,1,L1,z,hotel,zz\nA,1,,L2,z,home," + key + "\n", []desk.RowError{{Line: 2, Column: "kind", Code: "kind"}, {Line: 2, Column: "public_key", Code: "key-length"}, {Line: 3, Column: "home", Code: "one-home"}}, ""},
		"lock twice":         {header + "A,1,1,L1,z,home," + key + "\nA,1,1,l1,z,home," + key + "\n", []desk.RowError{{Line: 3, Column: "lock", Code: "lock-twice"}}, ""},
		"bad lock id":        {header + "A,1,1,CON,z,home," + key + "\n", []desk.RowError{{Line: 2, Column: "lock", Code: "lock-name"}}, ""},
		"home on two floors": {header + "A,1,1,L1,z,home," + key + "\nA,2,1,L2,z,home," + key + "\n", []desk.RowError{{Line: 3, Column: "floor", Code: "floor"}}, ""},
		"quotes":             {header + "A,1,\"1,L1,z,home," + key + "\n", []desk.RowError{{Line: 2, Column: "building", Code: "unreadable"}}, ""},
		"known lock changed": {header + "Boulevard 3,1,101,H1-101,other,home," + key + "\n", []desk.RowError{{Line: 2, Column: "lock", Code: "lock-known"}}, ""},
		"slash":              {header + "A/B,1,1,L1,z,home," + key + "\n", []desk.RowError{{Line: 2, Column: "building", Code: "slash"}}, ""},
	} {
		before := must(c.desk.Board(c.ctx))
		_, err := c.desk.Import(c.ctx, strings.NewReader(list.csv))
		if err == nil {
			t.Errorf("%s: imported", name)
			continue
		}
		if list.code != "" {
			if code(err) != list.code {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var rows *desk.ImportError
		if !asImport(err, &rows) || len(rows.Rows) != len(list.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, w := range list.want {
			if got := rows.Rows[i]; got.Line != w.Line || got.Column != w.Column || got.Code != w.Code || got.Text == "" {
				t.Errorf("%s: %+v instead of %+v", name, got, w)
			}
		}
		if after := must(c.desk.Board(c.ctx)); len(after) != len(before) {
			t.Errorf("%s: %d homes became %d", name, len(before), len(after))
		}
	}
}

// A file in the place of the records is not taken for a stick's.
func TestRecordsFolderSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := desk.Options{Dir: filepath.Join(file, "records"), Passphrase: passphrase, Store: store.Options{TestKDF: true}}
	_, err := desk.Init(t.Context(), desk.InitOptions{Options: o, Site: "X"})
	if code(err) != desk.CodeStoreFolder {
		t.Errorf("making: %v", err)
	}
	if _, err := desk.Open(t.Context(), o); code(err) != desk.CodeStoreFolder && code(err) != desk.CodeNoStore {
		t.Errorf("opening: %v", err)
	}
}
