package command

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/mqtt/mosquittotest"
	"sleutelbord/nfc/softcard"
)

// TestDoorWithTwoReaders is one door with a reader on either side, a folder, a
// broker and an update card, all at once: whichever brings the newest bundle, it
// holds on both sides.
func TestDoorWithTwoReaders(t *testing.T) {
	s := newSite(t)
	s.run("tag", "issue", scriptHome, "--reader", virtualPrefix+s.at("tag1"))
	broker := mosquittotest.Start(t)
	deskConfig := broker.ConfigFile("desk")
	s.run("lock", "bundles", s.at("stick"))
	s.run("lock", "gateway", "--config", deskConfig, "--once", "--json")
	var v desk.GatewayView
	if err := json.Unmarshal(s.out.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	name, err := bundle.ParseLockName("H1-101")
	if err != nil {
		t.Fatal(err)
	}
	lockConfig := broker.ConfigFile(name.ID().String(), fmt.Sprintf("%q: %q", "site", v.Site), fmt.Sprintf("%q: %q", "signer", v.Signer))

	outside, inside := softcard.NewReader("outside"), softcard.NewReader("inside")
	door := s.startAt(map[string]*softcard.Reader{"outside": outside, "inside": inside},
		"lock", "run", "H1-101", "--reader", "outside", "--second-reader", "inside", "--key", s.at("keys/H1-101.key"),
		"--bundles", s.at("stick"), "--mqtt", lockConfig, "--state", s.at("state"), "--log", s.at("door.log"))
	first := s.card("tag1")
	for _, r := range []*softcard.Reader{outside, inside} {
		r.Lay(first)
		door.until("^open$")
		r.Take()
	}

	// Replaced: the new one inside ends the old one outside.
	s.run("tag", "replace", "T1", "--reader", virtualPrefix+s.at("tag2"))
	second := s.card("tag2")
	outside.Lay(first)
	door.until("^open$")
	inside.Lay(second)
	door.until("^open$")
	outside.Take()
	outside.Lay(first)
	door.until("^refused: tag was replaced$")
	outside.Take()
	inside.Take()

	// Lost, and the card is laid inside: it holds outside.
	s.run("tag", "revoke", "T2", "--lost")
	s.run("lock", "card", "H1-101", "--reader", virtualPrefix+s.at("card"))
	inside.Lay(s.card("card"))
	door.until("^update card: bundle applied$")
	outside.Lay(second)
	door.until("^refused: ")
	outside.Take()
	inside.Take()

	// A third tag, and its end comes over the broker.
	s.run("tag", "issue", scriptHome, "--reader", virtualPrefix+s.at("tag3"))
	outside.Lay(s.card("tag3"))
	door.until("^open$")
	outside.Take()
	s.run("tag", "revoke", "T3", "--lost")
	s.run("lock", "gateway", "--config", deskConfig, "--once", "--wait", "20s")
	inside.Lay(s.card("tag3"))
	door.until("^refused: ")
	door.end()
	log, err := os.ReadFile(s.at("door.log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(log)), "\n") {
		if !strings.Contains(line, "bundle applied") && !strings.Contains(line, "a lock has had a newer one") && !strings.Contains(line, "older") {
			t.Errorf("the door's log says %s", line)
		}
	}
}
