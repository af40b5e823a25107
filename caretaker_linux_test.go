package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sleutelbord/nfc/pcsc/pcscd"
	"sleutelbord/nfc/pcsc/pcscdtest"
	"sleutelbord/nfc/softcard"
)

// movers is how many tags the moving day of the test has.
const movers = 20

// passphrase opens the records of the test.
const passphrase = "lantaarn-koffie-trapje-zeehond-kabel"

// caretaker sits at the real window with a real smart card service, a keyboard
// and a box of tags. Whether a tag is any good, the doors say.
type caretaker struct {
	*screen
	pcscd   *pcscdtest.Daemon
	dir     string // the home folder, and what lies beside it
	running *exec.Cmd
	said    *bytes.Buffer
}

// run runs a command, which has to succeed, and reads what it says into answer.
func (c *caretaker) run(answer any, args ...string) {
	c.Helper()
	cmd := c.program(append(args, "--json")...)
	out, err := cmd.Output()
	if err != nil {
		c.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(out, answer); err != nil {
		c.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
}

func (c *caretaker) path(name string) string { return filepath.Join(c.dir, name) }

// program is the program, in the world of this caretaker.
func (c *caretaker) program(args ...string) *exec.Cmd {
	cmd := program(c.T, c.display, args...)
	cmd.Dir = c.dir
	cmd.Env = append(cmd.Env, "HOME="+c.path("home"), "SLEUTELBORD_PASSPHRASE_FILE="+c.path("passphrase"),
		pcscd.SocketVariable+"="+os.Getenv(pcscd.SocketVariable))
	return cmd
}

// open starts the window.
func (c *caretaker) open() {
	c.Helper()
	cmd := c.program("window", "--reader", c.pcscd.Reader(0))
	cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "SLEUTELBORD_PASSPHRASE_FILE=") })
	c.said = new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = c.said, c.said
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	c.running = cmd
	c.Cleanup(func() {
		if c.running != nil {
			_ = c.running.Process.Kill()
			_ = c.running.Wait()
			c.Logf("the window said:\n%s", c.said)
		}
	})
	c.titled("Sleutelbord")
	c.until("what it begins with", func(p *picture) bool { return p.count(p.Rect, paperColor) > 60_000 })
}

// close ends the program by keyboard.
func (c *caretaker) close() {
	c.Helper()
	c.press("ctrl+q")
	err := c.running.Wait()
	c.running = nil
	if err != nil || strings.Contains(c.said.String(), "goroutine ") {
		c.Fatalf("the window ends with %v:\n%s", err, c.said)
	}
}

// tag is a tag of the box, by its name; a new one is blank.
func (c *caretaker) tag(name string) *softcard.Card {
	c.Helper()
	card, err := softcard.Open(c.path(name+".tag"), softcard.Config{})
	if err != nil {
		c.Fatal(err)
	}
	return card
}

// lay lays a tag on the reader, and shown is what the window is then to show;
// taking it away is waited for.
func (c *caretaker) lay(name, what string, shown func(p *picture) bool) (take func()) {
	c.Helper()
	lift := c.pcscd.Lay(0, c.tag(name).ServeVPCD)
	c.until(what, shown)
	return func() {
		c.Helper()
		lift()
		c.until("an empty reader", (*picture).empty)
	}
}

// home opens a home from the board, and nothing else was open before.
func (c *caretaker) home(name string) {
	c.Helper()
	c.press("ctrl+f")
	c.write(name)
	c.press("Return")
	c.until("the home "+name, (*picture).wide)
}

// leave leaves what is shown beside the board.
func (c *caretaker) leave() {
	c.Helper()
	c.press("Escape")
	c.until("the board alone", (*picture).idle)
}

// door is what a door says to a tag.
type door struct {
	Open   bool   `json:"open"`
	Reason string `json:"reason"`
}

// try lays a tag on the reader of a door.
func (c *caretaker) try(lock, tag string) (d door) {
	c.Helper()
	cmd := c.program("lock", "run", lock, "--key", c.path(lock+".key"), "--bundles", c.path("stick"), "--state", c.path(lock+".state"),
		"--once", "--reader", "virtual:"+c.path(tag+".tag"), "--json")
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 3 {
		c.Fatalf("the door %s ends with %v: %s", lock, err, out)
	}
	if err := json.Unmarshal(out, &d); err != nil {
		c.Fatal(err)
	}
	return d
}

// opens wants a door to open for a tag.
func (c *caretaker) opens(lock, tag string) {
	c.Helper()
	if d := c.try(lock, tag); !d.Open {
		c.Errorf("the door %s refuses the tag %s: %s", lock, tag, d.Reason)
	}
}

// refuses wants a door to refuse a tag, for a reason.
func (c *caretaker) refuses(lock, tag, reason string) {
	c.Helper()
	if d := c.try(lock, tag); d.Open || d.Reason != reason {
		c.Errorf("the door %s says %+v to the tag %s, want %q", lock, d, tag, reason)
	}
}

// build makes the locks of two houses, and the list that the caretaker gets of
// them, which lies in the home folder.
func (c *caretaker) build() {
	c.Helper()
	list := []byte("building,floor,home,lock,zone,kind,public_key\n")
	add := func(lock, building string, home int) {
		var made struct {
			Row string `json:"row"`
		}
		c.run(&made, "lock", "new", lock, "--out", c.dir, "--building", building, "--home", fmt.Sprint(home), "--zone", lock, "--kind", "home")
		list = append(list, made.Row+"\n"...)
	}
	add("Z1", "Zuiderhof", 1)
	add("Z2", "Zuiderhof", 2)
	for n := range movers {
		add(fmt.Sprintf("N%d", n+1), "Noordhof", n+1)
	}
	for name, data := range map[string][]byte{"home/homes.csv": list, "passphrase": []byte(passphrase)} {
		if err := os.WriteFile(c.path(name), data, 0o600); err != nil {
			c.Fatal(err)
		}
	}
}

// firstStart makes a site, and reads its homes from the list.
func (c *caretaker) firstStart() {
	c.Helper()
	c.open()
	c.shot("welcome")
	c.press("Tab", "Return")
	c.write("Proefhof")
	c.press("Return", "Return") // the name to sign in with is there
	c.write(passphrase)
	c.press("Return")
	c.write(passphrase)
	c.press("Tab", "space", "shift+Tab") // chips need not be proven genuine
	c.until("a site that can be made", func(p *picture) bool { return p.count(p.Rect, primaryColor) > 10_000 })
	c.shot("new-site")
	c.press("Return")
	left := besideList
	left.Min.X, left.Max.X = 0, 500
	c.until("the sheets for the keys", func(p *picture) bool { return p.count(left, primaryColor) > 2_000 })
	c.shot("sheets")
	c.press("Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Return") // later
	c.titled("Proefhof .* Sleutelbord")
	c.until("where to choose a list", (*picture).button)
	c.press("Return")
	c.until("the files", func(p *picture) bool { return p.count(besideList, paperColor) > 300_000 })
	c.press("Tab", "Tab", "Right", "space", "shift+Tab", "shift+Tab")
	c.until("a file that can be opened", func(p *picture) bool { return p.count(p.Rect, primaryColor) > 2_000 })
	c.shot("choose-list")
	c.press("space")
	c.until("what the list has", (*picture).button)
	c.shot("list")
	list := c.look().part(besideList)
	c.press("Return")
	c.until("what was added", func(p *picture) bool { return p.button() && p.part(besideList) != list })
	c.shot("added")
	c.press("Return")
	c.until("the board", (*picture).idle)
	c.shot("board")
}

// handOut hands a tag out to the home that is open.
func (c *caretaker) handOut(tag, label string) {
	c.Helper()
	c.press("ctrl+n")
	c.until("where the tag is to be laid", (*picture).waits)
	c.write(label)
	take := c.lay(tag, "that the tag is ready", (*picture).good)
	c.shot("handed-out-" + tag)
	take()
	c.press("Return")
	c.until("the home again", (*picture).wide)
}

// lost declares the tag of the home that is open lost, and replaces it.
func (c *caretaker) lost(replacement string) {
	c.Helper()
	before := c.look().part(besideList)
	c.press("ctrl+l")
	c.until("what to do about a lost tag", func(p *picture) bool { return p.wide() && p.part(besideList) != before })
	c.shot("lost")
	c.press("Return")
	c.until("where the replacement is to be laid", (*picture).waits)
	take := c.lay(replacement, "that the replacement is ready", (*picture).good)
	c.shot("replaced")
	take()
	c.press("Return")
	c.until("where the lost tag still opens", func(p *picture) bool { return p.button() && !p.good() })
	c.shot("statement")
	c.press("Return")
	c.until("the home again", (*picture).wide)
}

// returned takes the tag of the home that is open back.
func (c *caretaker) returned(tag string) {
	c.Helper()
	c.press("ctrl+r")
	c.until("where the tag is to be laid", (*picture).waits)
	take := c.lay(tag, "that it will be wiped", (*picture).danger)
	c.shot("returned")
	c.press("Return")
	c.until("that it is blank", (*picture).good)
	c.shot("wiped")
	take()
	c.press("Return")
	c.until("that nothing opens any more", func(p *picture) bool { return p.button() && !p.good() })
	c.press("Return")
	c.until("the home again", (*picture).wide)
}

// movingDay hands out a tag to every home that the board shows, by laying tags
// alone once it has begun.
func (c *caretaker) movingDay() {
	c.Helper()
	c.press("ctrl+m")
	begin := image.Rect(240, 70, 640, 700)
	c.until("what to hand out", func(p *picture) bool { return p.count(begin, primaryColor) > 3_500 })
	c.shot("moving-day")
	c.press("Return")
	c.until("whose turn it is", func(p *picture) bool { return p.waits() && p.count(begin, primaryColor) < 3_000 })
	c.shot("first-turn")
	for n := range movers {
		take := c.lay(fmt.Sprintf("M%d", n+1), "that the tag is ready", (*picture).good)
		if n%5 == 0 {
			c.shot("written")
		}
		take()
		if n+1 < movers {
			c.until("the next turn", (*picture).waits)
		}
	}
	c.until("that all is done", (*picture).button)
	c.shot("all-done")
}

// TestByHand drives the real window by keyboard, on a display that nobody sees,
// with tags that come and go on the virtual reader of a real pcscd, and has the
// doors say what became of the tags.
func TestByHand(t *testing.T) {
	c := &caretaker{screen: newScreen(t, filepath.Join("build", "window")), pcscd: pcscdtest.Start(t), dir: t.TempDir()}
	for _, dir := range []string{"home", "stick"} {
		if err := os.Mkdir(c.path(dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c.build()
	c.firstStart()
	c.until("an empty reader", (*picture).empty)
	c.home("zuiderhof 1")
	c.shot("home")
	c.handOut("A", "voordeur")
	c.leave()
	c.home("zuiderhof 2")
	c.handOut("B", "")
	c.close()

	c.run(nil, "lock", "bundles", "stick")
	c.opens("Z1", "A")
	c.opens("Z2", "B")
	c.refuses("Z2", "A", "other-doors")

	c.open()
	c.shot("locked")
	c.write(passphrase)
	c.press("Return")
	c.titled("Proefhof .* Sleutelbord")
	c.until("the board", (*picture).idle)
	c.home("zuiderhof 1")
	c.lost("C")
	c.leave()
	c.home("zuiderhof 2")
	c.returned("B")
	c.leave()
	c.press("ctrl+f")
	c.write("noord")
	c.movingDay()
	c.close()

	c.afterwards()
}

// afterwards asks the records, and every door.
func (c *caretaker) afterwards() {
	c.Helper()
	c.run(nil, "lock", "bundles", "stick")
	c.opens("Z1", "C")
	c.refuses("Z1", "A", "old-generation")
	c.refuses("Z2", "B", "not-ours")
	for n := range movers {
		c.opens(fmt.Sprintf("N%d", n+1), fmt.Sprintf("M%d", n+1))
	}
	var list struct {
		Tags []struct{ Home, State, Label string } `json:"tags"`
	}
	c.run(&list, "tag", "list")
	states := make(map[string]int)
	for _, t := range list.Tags {
		states[t.State]++
		// The replacement has the label of the tag that was lost.
		if (t.Label == "voordeur") != (t.Home == "Zuiderhof/1") {
			c.Errorf("the label of %s, %s, is %q", t.Home, t.State, t.Label)
		}
	}
	if len(list.Tags) != movers+3 || states["issued"] != movers+1 || states["lost"] != 1 || states["returned"] != 1 {
		c.Errorf("the records have %v", states)
	}
	var batch struct{ Written, Waiting int }
	c.run(&batch, "batch", "show")
	if batch.Written != movers || batch.Waiting != 0 {
		c.Errorf("the moving day has %+v", batch)
	}
	c.run(nil, "journal", "verify")
}
