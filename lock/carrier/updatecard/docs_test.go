package updatecard_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

func readDoc(t *testing.T, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "..", "docs"}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestDocs holds docs/lock.md against the program: the list of the worked
// example, the rooms, and the commands that a lock sends.
func TestDocs(t *testing.T) {
	text := string(readDoc(t, "lock.md"))
	_, text, ok := strings.Cut(text, "\n## Update card\n")
	if !ok {
		t.Fatal("no section about update cards")
	}
	_, example, _ := strings.Cut(text, "```\n")
	example, _, _ = strings.Cut(example, "```")
	data, err := hex.DecodeString(strings.ReplaceAll(example, "\n", ""))
	mustBe(t, "the list in the text", err, nil)
	list, err := updatecard.ParseList(data)
	mustBe(t, "the list in the text", err, nil)

	worked := workedExample(t)
	h, err := bundle.ParseHeader(worked)
	mustBe(t, "the worked example", err, nil)
	if list.Site != h.Site || len(list.Slots) != 1 || list.Slots[0] != (updatecard.Slot{Lock: h.Lock, Size: len(worked)}) {
		t.Errorf("the list in the text is %+v", list)
	}

	door := lockName(t, "K0-101")
	card := blank(t, softcard.Config{})
	mustWrite(t, card, []carrier.Sealed{{Name: door, Data: worked}})
	lay(card).ResetCount()
	a, err := updatecard.OpenAtLock(card, keytag.DefaultAID)
	mustBe(t, "at the lock", err, nil)
	_, err = a.Bundles(t.Context(), door)
	mustBe(t, "at the lock", err, nil)
	mustBe(t, "at the lock", a.Leave(t.Context(), door, bundle.NewReceipt(receiptKey, door.ID(), 1)), nil)
	if n, _, _ := card.Count(); n != 14 || !strings.Contains(text, "a bundle of 360 bytes takes 14") {
		t.Errorf("a bundle of %d bytes takes %d commands", len(worked), n)
	}
	if updatecard.MaxCommands != 235 || !strings.Contains(text, "after 235 commands") {
		t.Errorf("a lock stops after %d commands", updatecard.MaxCommands)
	}
	for memory, want := range map[int]int{2048: 4, 4096: 9, 8192: 15} {
		c, err := ours.Recognise(blank(t, softcard.Config{Memory: memory}))
		mustBe(t, "recognising", err, nil)
		room, err := c.Room()
		mustBe(t, "room", err, nil)
		for room.Take(len(worked)) { // as many as fit
		}
		if room.Locks != want {
			t.Errorf("%d bundles of %d bytes fit on %d bytes, the text says %d", room.Locks, len(worked), memory, want)
		}
	}
	if !strings.Contains(text, "4 on a chip of 2 KB, 9 on 4 KB, 15 on 8 KB") {
		t.Error("the text says something else about rooms")
	}
}

// workedExample is the bundle of the worked example in docs/lock.md.
func workedExample(t *testing.T) []byte {
	t.Helper()
	var file struct {
		Good []struct {
			Bundle string `json:"bundle"`
		} `json:"good"`
	}
	if err := json.Unmarshal(readDoc(t, "vectors", "lock-bundles.json"), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Good) == 0 {
		t.Fatal("no good bundle in the vectors")
	}
	data, err := hex.DecodeString(file.Good[0].Bundle)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
