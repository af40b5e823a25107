//go:build unix

package desk_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
	"sleutelbord/store/postgrestest"
)

// share moves the campus to a database behind a proxy.
func (c *campus) share(server *postgrestest.Server) (proxy *postgrestest.Proxy, settings string) {
	c.t.Helper()
	proxy = postgrestest.NewProxy(c.t, server.Addr)
	name, _ := server.Database()
	host, port := must2(net.SplitHostPort(proxy.Addr))
	settings = fmt.Sprintf("host=%s port=%s dbname=%s user=%s password=%s sslmode=disable", host, port, name, postgrestest.Role, postgrestest.Password)
	if err := c.desk.Close(); err != nil {
		c.t.Fatal(err)
	}
	if err := desk.MoveToDatabase(c.ctx, c.options(), settings, "first"); err != nil {
		c.t.Fatal(err)
	}
	c.reopen()
	return proxy, settings
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}

// join makes another desk of the campus.
func (c *campus) join(settings, name string) *desk.Desk {
	c.t.Helper()
	o := c.options()
	o.Dir = filepath.Join(c.t.TempDir(), "records")
	print, err := desk.RequestJoin(c.ctx, o, settings)
	if err != nil {
		c.t.Fatal(err)
	}
	code, err := c.desk.AdmitDesk(c.ctx, store.Admission{Fingerprint: print, Name: name}, desk.Approval{})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := desk.FinishJoin(c.ctx, o, code); err != nil {
		c.t.Fatal(err)
	}
	d, err := desk.Open(c.ctx, o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = d.Close() })
	return d
}

// TestEveryCutOfTheDatabase loses the network at every request of handing out a
// tag, before the server has heard of it and after. Whoever lays the tag again
// has a good one, and the records say the same.
func TestEveryCutOfTheDatabase(t *testing.T) {
	server := postgrestest.Start(t)
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	proxy, _ := c.share(server)
	for _, when := range []postgrestest.When{postgrestest.BeforeRequest, postgrestest.BeforeAnswer} {
		cuts, told := 0, 0
		for n := 1; ; n++ {
			card := c.blank(softcard.EV3)
			c.lay(card)
			proxy.Arm(n, when)
			_, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil)
			fired := proxy.Disarm()
			if err != nil {
				told++
				if k := code(err); k != desk.CodeDatabaseUnreachable {
					t.Fatalf("cut %d: %v (%s)", n, err, k)
				}
				c.issue(card, home101) // lay it again
			}
			if n%10 == 1 {
				c.wantOpen(card, doors101...)
			}
			c.agree(card, 1)
			c.takeBack(card)
			c.agree(card, 0)
			if !fired {
				if err != nil {
					t.Errorf("without a cut: %v", err)
				}
				break
			}
			cuts++
		}
		t.Logf("%d cuts, %d of them stopped the desk", cuts, told)
		if cuts < 20 {
			t.Errorf("only %d cuts", cuts)
		}
	}
	if plans := must(c.desk.Records(c.ctx)).Plans; len(plans) != 0 {
		t.Errorf("open plans: %+v", plans)
	}
}

// TestTwoDesksOneTag has two desks work on the same home and the same tag.
func TestTwoDesksOneTag(t *testing.T) {
	server := postgrestest.Start(t)
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	proxy, settings := c.share(server)
	second := c.join(settings, "second")
	desks := []*desk.Desk{c.desk, second}
	// Both hand out at once: everybody gets another place.
	var done sync.WaitGroup
	var mu sync.Mutex
	tags := map[string]bool{}
	for i := range 4 {
		done.Go(func() {
			r := softcard.NewReader(fmt.Sprint("reader ", i))
			card, err := softcard.New(softcard.Config{Chip: softcard.EV3})
			if err != nil {
				t.Error(err)
				return
			}
			r.Lay(card)
			got, err := desks[i%2].Issue(context.Background(), r, home101, desk.IssueOptions{}, nil)
			if err != nil {
				t.Errorf("issue %d: %v", i, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if tags[got.Tag.ID] {
				t.Errorf("%s was handed out twice", got.Tag.ID)
			}
			tags[got.Tag.ID] = true
		})
	}
	done.Wait()
	for i, d := range desks {
		if err := d.Refresh(c.ctx); err != nil {
			t.Error(err)
		}
		if home := must(d.Home(c.ctx, home101)); home.Hook.Tags != 4 || home.Pending != 0 {
			t.Errorf("desk %d: %+v", i, home.Hook)
		}
	}
	// One declares a tag lost, the other does so too: it is told, not done twice.
	var id string
	for id = range tags {
		break
	}
	if _, err := c.desk.RevokeLost(c.ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := second.RevokeLost(c.ctx, id); code(err) != desk.CodeTagEnded {
		t.Errorf("a second time: %v", err)
	}
	// Without the network it is looked at, and nothing is handed out.
	proxy.SetDown(true)
	card := c.blank(softcard.EV3)
	c.lay(card)
	if _, err := c.desk.Inspect(c.ctx, c.reader); err != nil {
		t.Errorf("inspecting: %v", err)
	}
	if _, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil); code(err) != desk.CodeDatabaseUnreachable {
		t.Errorf("handing out: %v", err)
	}
	v, err := c.desk.Shared(c.ctx)
	if err != nil || v.Problem != desk.CodeDatabaseUnreachable || len(v.Desks) != 2 {
		t.Errorf("shared: %+v %v", v, err)
	}
	proxy.SetDown(false)
	c.issue(card, home101)
	for _, d := range must(c.desk.Shared(c.ctx)).Desks {
		if !d.Here {
			if err := c.desk.RemoveDesk(c.ctx, d.ID, desk.Approval{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := second.RevokeLost(c.ctx, id); code(err) != desk.CodeDeskRemoved {
		t.Errorf("the removed desk: %v", err)
	}
}

// TestLiveRefresh waits at one desk for what another does.
func TestLiveRefresh(t *testing.T) {
	server := postgrestest.Start(t)
	c := newCampus(t, 2)
	_, settings := c.share(server)
	second := c.join(settings, "second")
	changed := make(chan struct{}, 1000)
	defer second.OnChange(func() { changed <- struct{}{} })()
	card := c.blank(softcard.EV3)
	id := c.issue(card, home101).Tag.ID
	deadline := time.After(10 * time.Second)
	for {
		home, err := second.Home(c.ctx, home101)
		if err == nil && home.Hook.Tags == 1 && home.Tags[0].ID == id {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatal(errors.Join(errors.New("the other desk did not learn of it"), err))
		}
	}
}

// TestDatabaseStaysAway loses the network in the middle of handing out a tag, and for
// longer than that. Meanwhile the desk looks at everything and says why it
// hands out nothing; afterwards it follows by itself, and the tag laid again is good.
func TestDatabaseStaysAway(t *testing.T) {
	t.Parallel() // it mostly waits
	server := postgrestest.Start(t)
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	proxy, settings := c.share(server)
	_, port := must2(net.SplitHostPort(server.Addr))
	_, behind, _ := strings.Cut(settings, " dbname=")
	second := c.join("host=127.0.0.1 port="+port+" dbname="+behind, "second") // its network stays
	for i, cut := range []struct {
		n    int
		when postgrestest.When
	}{{2, postgrestest.BeforeRequest}, {7, postgrestest.BeforeRequest}, {16, postgrestest.BeforeRequest}, {11, postgrestest.BeforeAnswer}} {
		card := c.blank(softcard.EV3)
		c.lay(card)
		proxy.ArmAway(cut.n, cut.when)
		_, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil)
		if !proxy.Disarm() {
			t.Fatalf("cut %d: handing out takes fewer requests", cut.n)
		}
		if err != nil && code(err) != desk.CodeDatabaseUnreachable {
			t.Fatalf("cut %d: %v", cut.n, err)
		}
		c.lay(card)
		if _, err := c.desk.Inspect(c.ctx, c.reader); err != nil {
			t.Errorf("cut %d: the tag cannot be looked at: %v", cut.n, err)
		}
		if _, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil); code(err) != desk.CodeDatabaseUnreachable {
			t.Errorf("cut %d: handing out without the database: %v", cut.n, err)
		}
		must(c.desk.Home(c.ctx, home101))
		must(c.desk.Search(c.ctx, "101", 10))
		proxy.SetDown(false)
		if i%2 == 0 {
			must(second.MoveIn(c.ctx, home102, "", store.ChoiceTag))
		} else {
			must(second.MoveOut(c.ctx, home102))
		}
		c.hears(home102, i%2 == 0)
		if err == nil {
			c.agree(card, 1)
		} else {
			c.lay(card)
			c.issue(card, home101)
		}
		c.wantOpen(card, doors101...)
		c.agree(card, 1)
		c.takeBack(card)
	}
}

// hears waits until the desk knows, without being asked to look, that somebody
// lives in a home or that nobody does.
func (c *campus) hears(home string, occupied bool) {
	c.t.Helper()
	changed := make(chan struct{}, 1000)
	defer c.desk.OnChange(func() { changed <- struct{}{} })()
	deadline := time.After(40 * time.Second)
	for must(c.desk.Home(c.ctx, home)).Hook.Occupied != occupied {
		select {
		case <-changed:
		case <-deadline:
			c.t.Fatal("the desk does not follow again")
		}
	}
}
