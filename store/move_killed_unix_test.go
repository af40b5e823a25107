//go:build unix

package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sleutelbord/store/postgrestest"
)

// wanderer is a site that moves to databases and back, while the program that
// moves it is killed.
type wanderer struct {
	t      *testing.T
	server *postgrestest.Server
	proxy  *postgrestest.Proxy
	dir    string
	name   string // of the database that it is in, or moves to
	second string // folder of another desk there; "" is none yet
	tag    Tag
	acts   int

	moved, stayed, unknown int
}

func newWanderer(t *testing.T) *wanderer {
	server := postgrestest.Start(t)
	w := &wanderer{t: t, server: server, proxy: postgrestest.NewProxy(t, server.Addr), dir: filepath.Join(t.TempDir(), "site")}
	s := createIn(t, w.dir)
	w.tag = makeCampus(t, s).tag
	closeStore(t, s)
	w.anotherDatabase()
	return w
}

func (w *wanderer) anotherDatabase() {
	w.name, _ = w.server.Database()
	w.second = ""
	must(w.t, os.WriteFile(w.dir+".dsn", []byte(w.dsn()), 0o600))
}

// dsn reaches the database through the proxy.
func (w *wanderer) dsn() string {
	return fmt.Sprintf("host=127.0.0.1 port=%s dbname=%s user=%s password=%s sslmode=disable",
		w.proxy.Addr[len("127.0.0.1:"):], w.name, postgrestest.Role, postgrestest.Password)
}

// run starts a program that moves the site, and has it killed at its nth
// request. It tells whether it came so far.
func (w *wanderer) run(role string, n int, when postgrestest.When) (killed bool) {
	w.t.Helper()
	c := startChild(w.t, role, w.dir)
	gone := make(chan struct{})
	w.proxy.ArmThen(n, when, func() {
		c.kill("")
		close(gone)
	})
	if !c.lines.Scan() {
		<-gone
		w.proxy.Disarm()
		return true
	}
	same(w.t, role, c.lines.Text(), "moved")
	must(w.t, c.cmd.Wait())
	w.proxy.Disarm()
	return false
}

// runBriefly starts such a program and kills it after a while.
func (w *wanderer) runBriefly(role string, d time.Duration) {
	w.t.Helper()
	c := startChild(w.t, role, w.dir)
	pause(d)
	c.kill("")
}

// look opens the folder, without the network and with it, and makes sure that
// nothing is missing. It tells whether the site is in the database.
func (w *wanderer) look(what string) bool {
	w.t.Helper()
	w.proxy.SetDown(true)
	s, err := Open(w.t.Context(), w.dir, testPass, testOptions())
	switch {
	case errors.Is(err, ErrUnreachable): // only the database knows where the site is
		w.unknown++
	case err != nil:
		w.t.Fatalf("%s: without the database: %v", what, err)
	default:
		w.whole(what, s)
		if s.Shared() {
			wantErr(w.t, what+": a change without the database", w.act(s), ErrUnreachable)
		}
		closeStore(w.t, s)
	}
	w.proxy.SetDown(false)
	s = openIn(w.t, w.dir)
	defer closeStore(w.t, s)
	w.whole(what, s)
	if err := w.act(s); err != nil {
		w.t.Errorf("%s: a change: %v", what, err)
	}
	must(w.t, s.Check(w.t.Context()))
	if s.RolledBack() {
		w.t.Errorf("%s: taken for an older copy", what)
	}
	if s.Shared() {
		w.meet(what, s)
	} else if w.second != "" {
		w.wantEnded(what)
	}
	return s.Shared()
}

// act is one more change, noted in the journal.
func (w *wanderer) act(s *Store) error {
	err := s.Update(w.t.Context(), func(tx *Tx) error { return tx.Append(Entry{Act: fmt.Sprint("act ", w.acts)}) })
	if err == nil {
		w.acts++
	}
	return err
}

// whole makes sure that everything that was ever done is there, once.
func (w *wanderer) whole(what string, s *Store) {
	w.t.Helper()
	view(w.t, s, func(tx *Tx) error {
		got, err := tx.Tag(w.tag.ID)
		must(w.t, err)
		same(w.t, what+": the tag", got, w.tag)
		entries, err := tx.Journal()
		must(w.t, err)
		for n := range w.acts {
			act := fmt.Sprint("act ", n)
			if i := slices.IndexFunc(entries, func(e Entry) bool { return e.Act == act }); i < 0 {
				w.t.Errorf("%s: %q is lost", what, act)
			} else if slices.ContainsFunc(entries[i+1:], func(e Entry) bool { return e.Act == act }) {
				w.t.Errorf("%s: %q is there twice", what, act)
			}
		}
		return nil
	})
}

// meet makes sure that another desk of the database has the same records.
func (w *wanderer) meet(what string, s *Store) {
	w.t.Helper()
	if w.second == "" {
		m := movedSite{w.server, w.dir, w.name, w.dsn()}
		w.second = m.join(w.t, s, "second")
	}
	other := openIn(w.t, w.second)
	defer closeStore(w.t, other)
	if err := w.act(other); err != nil {
		w.t.Errorf("%s: the other desk: %v", what, err)
	}
	sameRecords(w.t, s, other)
}

// wantEnded makes sure that no desk goes on in the database that the site has left.
func (w *wanderer) wantEnded(what string) {
	w.t.Helper()
	other := openIn(w.t, w.second)
	defer closeStore(w.t, other)
	if err := other.Update(w.t.Context(), func(tx *Tx) error { return tx.Append(Entry{Act: "two places"}) }); !errors.Is(err, ErrMoved) {
		w.t.Errorf("%s: the desk that was left goes on: %v", what, err)
	}
}

// there makes sure that the site is in a database, and back that it is not.
func (w *wanderer) there(is bool) {
	w.t.Helper()
	if !is {
		must(w.t, MoveToDatabase(w.t.Context(), w.dir, testPass, w.dsn(), "first", testOptions(), nil))
	}
}

func (w *wanderer) back(is bool) {
	w.t.Helper()
	if is {
		must(w.t, MoveFromDatabase(w.t.Context(), w.dir, testPass, testOptions(), nil))
		w.anotherDatabase()
	}
}

// count notes whether a move that was killed has happened.
func (w *wanderer) count(happened bool) {
	if happened {
		w.moved++
	} else {
		w.stayed++
	}
}

// TestMoveKilled kills the program that moves a site to a database, or back, with
// SIGKILL at every request to the database, before the server heard of it and after
// it has done it, and at random moments of what is done to the files. Whatever
// it was: without the database the folder says that it cannot be reached, at the latest when something is changed;
// with it, the site is in one place, whole, and in no other.
func TestMoveKilled(t *testing.T) {
	w := newWanderer(t)
	kills := 0
	for _, when := range []postgrestest.When{postgrestest.BeforeRequest, postgrestest.BeforeAnswer} {
		for n := 1; ; n++ {
			killed := w.run("move there", n, when)
			is := w.look(fmt.Sprintf("moving there, killed at request %d, %d", n, when))
			if !killed {
				w.back(is)
				break
			}
			kills++
			w.count(is)
			if is || n%4 == 0 {
				w.there(is) // the same database takes it
				w.back(true)
			}
		}
		w.there(false)
		for n := 1; ; n++ {
			killed := w.run("move back", n, when)
			is := w.look(fmt.Sprintf("moving back, killed at request %d, %d", n, when))
			if !is {
				w.anotherDatabase()
			}
			if !killed {
				break
			}
			kills++
			w.count(!is)
			w.there(is)
		}
	}
	rounds := 12
	if testing.Short() {
		rounds = 2
	}
	is := false
	for i := range rounds {
		role := "move there"
		if is {
			role = "move back"
		}
		w.runBriefly(role, rand.N(400*time.Millisecond))
		kills++
		was := is
		is = w.look(fmt.Sprintf("%s, killed in round %d", role, i))
		w.count(is != was)
		if was && !is {
			w.anotherDatabase()
		}
	}
	t.Logf("%d kills, %d moves had happened, %d had not; %d times only the database knew", kills, w.moved, w.stayed, w.unknown)
	if w.moved == 0 || w.stayed == 0 {
		t.Error("every kill came at the same side of the move")
	}
}
