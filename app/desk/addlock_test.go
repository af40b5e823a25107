package desk_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
)

// rowCodes are the codes of an import error, in order.
func rowCodes(t *testing.T, err error) []desk.RowCode {
	t.Helper()
	var rows *desk.ImportError
	if !asImport(err, &rows) {
		t.Fatalf("not about fields: %v", err)
	}
	var codes []desk.RowCode
	for _, r := range rows.Rows {
		if r.Text == "" || !slices.Contains(desk.RowCodes(), r.Code) {
			t.Errorf("%+v", r)
		}
		codes = append(codes, r.Code)
	}
	return codes
}

// TestAddLock: a lock that is typed is the same as one from the list.
func TestAddLock(t *testing.T) {
	c := newCampus(t, 4)
	before := must(c.desk.Locks(c.ctx))
	key := bundle.PublicText(must(ecdh.X25519().GenerateKey(rand.Reader)).PublicKey())
	cellar := desk.NewLock{Building: " Boulevard 3 ", Home: "101; 102", Lock: "CELLAR-1", Zone: "cellar", Kind: "Shared", PublicKey: strings.ToLower(key)}
	done := must(c.desk.AddLock(c.ctx, cellar))
	if done.Locks != 1 || done.Zones != 1 || done.Homes != 0 || done.Buildings != 0 {
		t.Errorf("%+v", done)
	}
	if again := must(c.desk.AddLock(c.ctx, cellar)); again.Unchanged != 1 || again.Locks != 0 {
		t.Errorf("again: %+v", again)
	}
	if after := must(c.desk.Locks(c.ctx)); len(after) != len(before)+1 {
		t.Errorf("%d locks became %d", len(before), len(after))
	}
	for _, want := range []struct{ home, doors string }{{"Boulevard 3/101", "CELLAR-1"}, {"Boulevard 3/103", ""}} {
		has := ""
		for _, d := range must(c.desk.Home(c.ctx, want.home)).Doors {
			if d.Lock == "CELLAR-1" {
				has = d.Lock
			}
		}
		if has != want.doors {
			t.Errorf("home %s has %q", want.home, has)
		}
	}
}

func TestAddLockSaysWhatIsWrong(t *testing.T) {
	c := newCampus(t, 2)
	key := bundle.PublicText(must(ecdh.X25519().GenerateKey(rand.Reader)).PublicKey())
	good := desk.NewLock{Building: "Boulevard 3", Floor: "1", Home: "101", Lock: "N1", Zone: "front door", Kind: "home", PublicKey: key}
	typo := []byte(key)
	if typo[20] = 'A'; key[20] == 'A' {
		typo[20] = 'B'
	}
	for name, wrong := range map[string]struct {
		change func(l *desk.NewLock)
		want   []desk.RowCode
	}{
		"nothing typed":     {func(l *desk.NewLock) { *l = desk.NewLock{} }, []desk.RowCode{"no-building", "no-zone", "kind", "lock-name", "key-length"}},
		"typing mistake":    {func(l *desk.NewLock) { l.PublicKey = string(typo) }, []desk.RowCode{"key-digits-group"}},
		"a group too short": {func(l *desk.NewLock) { l.PublicKey = key[:9] + key[10:] }, []desk.RowCode{"key-length-group"}},
		"a zero":            {func(l *desk.NewLock) { l.PublicKey = key[:60] + "00" }, []desk.RowCode{"key-letter-group"}},
		"known lock":        {func(l *desk.NewLock) { l.Lock = "H1-101" }, []desk.RowCode{"lock-known"}},
		"no home":           {func(l *desk.NewLock) { l.Home = "" }, []desk.RowCode{"one-home"}},
		"another floor":     {func(l *desk.NewLock) { l.Floor = "7" }, []desk.RowCode{"floor"}},
	} {
		l := good
		wrong.change(&l)
		before := must(c.desk.Locks(c.ctx))
		_, err := c.desk.AddLock(c.ctx, l)
		if got := rowCodes(t, err); !slices.Equal(got, wrong.want) {
			t.Errorf("%s: %v", name, got)
		}
		if after := must(c.desk.Locks(c.ctx)); len(after) != len(before) {
			t.Errorf("%s: %d locks became %d", name, len(before), len(after))
		}
	}
	if bad := desk.CheckLock(good); len(bad) != 0 {
		t.Errorf("%+v", bad)
	}
	if bad := desk.CheckLock(desk.NewLock{Building: "A", Lock: "L", Zone: "z", Kind: "service", PublicKey: string(typo)}); len(bad) != 1 || bad[0].Column != "public_key" || bad[0].Args["Group"] != 3 {
		t.Errorf("%+v", bad)
	}
}
