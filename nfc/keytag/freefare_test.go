//go:build linux

package keytag_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
	"sleutelbord/nfc/softcard/freefaretest"
)

// cost is what a card has counted.
type cost struct{ commands, toTag, fromTag int }

// part is a part of writing a tag: its name in the table, the steps of our plan
// that it stands for, and the same by calls of libfreefare.
type part struct {
	name   string
	steps  []keytag.StepName
	script string
}

// TestFewestCommands writes the very same tag twice on an EV1, by our plan and by
// libfreefare's API one call after another, and holds the table of
// docs/testing.md to what the two cards have counted. libfreefare is given every
// advantage that its API has: it writes the used part of the record alone, too.
// The default key that spares our plan seven commands it cannot set with a
// version of our own: it takes the version from bits of the key, in an AES key too.
func TestFewestCommands(t *testing.T) {
	parts := byHand(t, cutRecord)
	ours, ourFile := writeByPlan(t)
	theirs, theirFile := writeByFreefare(t, parts)
	if !bytes.Equal(ourFile, theirFile) {
		t.Fatalf("the two tags are not the same:\n%s\n%s", ourFile, theirFile)
	}

	var table strings.Builder
	table.WriteString("| part | plan | libfreefare |\n|---|---|---|\n")
	var ourSum, theirSum cost
	for i, p := range parts {
		var o cost
		for _, s := range p.steps {
			o = o.plus(ours[s])
		}
		ourSum, theirSum = ourSum.plus(o), theirSum.plus(theirs[i])
		fmt.Fprintf(&table, "| %s | %d | %d |\n", p.name, o.commands, theirs[i].commands)
	}
	fmt.Fprintf(&table, "| **commands** | **%d** | **%d** |\n", ourSum.commands, theirSum.commands)
	fmt.Fprintf(&table, "| bytes to the tag | %d | %d |\n", ourSum.toTag, theirSum.toTag)
	fmt.Fprintf(&table, "| bytes from the tag | %d | %d |\n", ourSum.fromTag, theirSum.fromTag)

	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(docs), table.String()) {
		t.Errorf("docs/testing.md must have this table:\n%s", &table)
	}
	t.Logf("%d commands of our plan write a tag, and %d of libfreefare the very same one", ourSum.commands, theirSum.commands)
}

func (a cost) plus(b cost) cost {
	return cost{a.commands + b.commands, a.toTag + b.toTag, a.fromTag + b.fromTag}
}

// tally notes what c has counted since it was asked last.
func tally(c *softcard.Card) cost {
	var n cost
	n.commands, n.toTag, n.fromTag = c.Count()
	c.ResetCount()
	return n
}

func persistent(t *testing.T) (*softcard.Card, func() []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "card")
	c := blank(t, softcard.Config{Chip: softcard.EV1, UID: []byte{4, 7, 7, 7, 7, 7, 7}, Path: file})
	return c, func() []byte {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// writeByPlan gives what each step took, and the card's file.
func writeByPlan(t *testing.T) (map[keytag.StepName]cost, []byte) {
	t.Helper()
	c, file := persistent(t)
	taken := map[keytag.StepName]cost{}
	l := recognise(t, ours, c, keytag.ExpectAnything)
	taken[keytag.StepRecognise] = tally(c)
	err := l.Issue(cutRecord, keytag.Observer{Done: func(_, _ int, s keytag.StepName) error {
		taken[s] = taken[s].plus(tally(c))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return taken, file()
}

func writeByFreefare(t *testing.T, parts []part) ([]cost, []byte) {
	t.Helper()
	c, file := persistent(t)
	client := freefaretest.Build(t).Start(t, freefaretest.Lay(t, c))
	client.Run("list => ok 04070707070707 Mifare DESFire")
	var taken []cost
	c.ResetCount()
	for _, p := range parts {
		client.Run(p.script)
		taken = append(taken, tally(c))
	}
	return taken, file()
}

// byHand is the writing of a record, call by call.
func byHand(t *testing.T, r keytag.Record) []part {
	t.Helper()
	encoded, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	used := encoded[:16+12*len(r.Slots)]
	spell := func(k desfire.Key, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("aes:%X:%02X", k.Reveal(), k.Version())
	}
	zero, aid := "aes:"+strings.Repeat("00", 16), strings.ToUpper(ours.Keys.AID.String())
	locator := spell(ours.Keys.Locator(ours.Keys.Locators[0]))
	var setKeys, proveKeys strings.Builder
	for no := keytag.KeyCount - 1; no > 0; no-- {
		k := spell(ours.Keys.Unused(r.Number))
		switch i := no - keytag.FirstSlotKeyNo; {
		case no == keytag.LocatorKeyNo:
			k = locator
		case i < len(r.Slots):
			k = spell(ours.Keys.Slot(r.Slots[i], r.Number))
			fmt.Fprintf(&proveKeys, "authenticate %X %s\n", no, k)
		}
		fmt.Fprintf(&setKeys, "changekey %X %s %s\n", no, k, zero)
	}
	fmt.Fprintf(&setKeys, "changekey 0 %s\n", spell(ours.Keys.Application(r.Number)))

	return []part{
		{"recognise and authenticate", []keytag.StepName{keytag.StepRecognise}, `
			getversion => ok 040101010018050401010104180504070707070707534F4654000126
			getapplicationids
			getkeysettings => ok 0F 1
			authenticate 0 des:0000000000000000`},
		{"application", []keytag.StepName{keytag.StepApplication}, fmt.Sprintf("createapplication aes %s %X %X", aid, keytag.AppSettings, keytag.KeyCount)},
		{"record", []keytag.StepName{keytag.StepRecord}, fmt.Sprintf(`
			select %s
			authenticate 0 %s
			createstd 1 3 1000 %X
			write 1 0 %X`, aid, zero, keytag.RecordSize, used)},
		{"freeze", []keytag.StepName{keytag.StepFreeze}, "changefilesettings 1 3 1FFF"},
		{"keys", []keytag.StepName{keytag.StepKeys}, setKeys.String()},
		{"verify", []keytag.StepName{keytag.StepVerify}, fmt.Sprintf(`
			getkeysettings => ok %02X %d
			getfileids => ok 01
			getfilesettings 1 => ok type 0 mode 3 access 1FFF size %d
			authenticate 1 %s
			read 1 0 %X => ok %X
			%s`, keytag.AppSettings, keytag.KeyCount, keytag.RecordSize, locator, keytag.RecordSize, encoded, proveKeys.String())},
		{"finish", []keytag.StepName{keytag.StepFinish}, fmt.Sprintf(`
			select 0
			authenticate 0 des:0000000000000000
			changekeysettings %02X
			setconfiguration 0 1
			changekey 0 %s`, keytag.PICCSettings, spell(ours.Keys.PICC(r.Number)))},
	}
}
