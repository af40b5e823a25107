package command

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"

	"github.com/alecthomas/kong"
)

// readDocs is docs/command.md.
func readDocs(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "command.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every command and every flag is documented.
func TestDocsHaveEveryCommand(t *testing.T) {
	docs := readDocs(t)
	p, err := deskGrammar.parse([]string{"version"}, Env{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range p.ctx.Model.Leaves(true) {
		path := strings.Fields(leaf.Path())
		name := strings.Join(path, " ")
		if !strings.Contains(docs, "`"+name) && !strings.Contains(docs, "`sleutelbord "+name) {
			t.Errorf("command %q is not documented", name)
		}
		for _, flags := range leaf.AllFlags(false) {
			checkFlags(t, docs, name, flags)
		}
	}
}

func checkFlags(t *testing.T, docs, command string, flags []*kong.Flag) {
	t.Helper()
	for _, f := range flags {
		if !strings.Contains(docs, "--"+f.Name) {
			t.Errorf("flag --%s of %s is not documented", f.Name, command)
		}
	}
}

// Every field of every document that a command prints is documented.
func TestDocsHaveEveryField(t *testing.T) {
	docs := readDocs(t)
	for _, doc := range []any{
		desk.SiteView{},
		desk.SharedView{},
		desk.ComputerView{},
		desk.JournalEntry{},
		desk.JournalReport{},
		desk.OperatorView{},
		desk.Imported{},
		desk.Hook{},
		desk.HomeView{},
		desk.TenancyView{},
		desk.DoorView{},
		desk.TagView{},
		desk.BatchView{},
		desk.BatchItem{},
		desk.BatchWish{},
		turn{},
		desk.Issued{},
		desk.Statement{},
		desk.DoorStatement{},
		desk.Revoked{},
		desk.Wiped{},
		desk.Moved{},
		desk.Inspection{},
		desk.SlotView{},
		desk.Bundled{},
		desk.CardWritten{},
		desk.CardRead{},
		desk.GatewayView{},
		desk.RowError{},
		desk.CampaignView{},
		desk.CampaignCost{},
		desk.CampaignLeft{},
		desk.CampaignTagView{},
		desk.RolledZoneView{},
		desk.SignerView{},
		desk.Raised{},
		desk.ShareSet{},
		desk.SharesMade{},
		desk.Rehearsed{},
		desk.BackupMade{},
		desk.Restored{},
		desk.Upkeep{},
		desk.KeptUp{},
		desk.Duty{},
		desk.KeysView{},
		desk.KeyCheck{},
		desk.TokenView{},
		store.TokenSeen{},
		kept{},
		desk.Settings{},
		desk.RolloutView{},
		desk.DocumentView{},
		desk.Erased{},
		desk.Due{},
		evidence.Head{},
		evidence.Receipt{},
		written{},
		evidence.Changes{},
		evidence.Change{},
		evidence.Verified{},
		packed{},
		keytag.Finding{},
		checked{},
		made{},
		decided{},
		problem{},
		selfTested{},
		trialStep{},
		timing{},
		told{},
		atADoor{},
		laid{},
		readerView{},
	} {
		for _, name := range jsonFields(reflect.TypeOf(doc)) {
			if !strings.Contains(docs, "`"+name) && !strings.Contains(docs, `"`+name+`"`) {
				t.Errorf("field %s of %T is not documented", name, doc)
			}
		}
	}
}

func jsonFields(typ reflect.Type) []string {
	var names []string
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			names = append(names, jsonFields(f.Type)...)
		case f.IsExported():
			names = append(names, name)
		}
	}
	return names
}

// Every code is documented, in the row of its exit code.
func TestDocsHaveEveryCode(t *testing.T) {
	docs := readDocs(t)
	for _, code := range desk.Codes() {
		if !strings.Contains(docs, "`"+string(code)+"`") {
			t.Errorf("code %s is not documented", code)
		}
	}
	for _, c := range []complaint{
		errNoPassphrase, errPassphrasesDiffer, errPassphraseFile, errLogFile, errOutput, errRecordsFolder, errShareFile, errFewLines, errCardFile, errImportFile, errPaperFile, errDocumentFile, errSettingsFile, errVPCD, errLockFiles,
		errLockThere, errLockKey, errLockState, errLockInUse, errBolt, errWindow, *errNoDataDir,
	} {
		if !strings.Contains(docs, "`"+string(c.code)+"`") {
			t.Errorf("code %s is not documented", c.code)
		}
	}
	for _, reason := range refusals {
		if !strings.Contains(docs, "`"+reason+"`") {
			t.Errorf("reason %s is not documented", reason)
		}
	}
	for _, trouble := range bundleTroubles {
		if !strings.Contains(docs, "`"+trouble.code+"`") {
			t.Errorf("trouble %s is not documented", trouble.code)
		}
	}
}

// Everything that is due has words, in every language, and a line in the docs.
func TestDutiesHaveWords(t *testing.T) {
	docs := readDocs(t)
	for _, code := range desk.DutyCodes() {
		for _, lang := range assets.Languages() {
			for _, key := range []string{"duty." + string(code), "duty." + string(code) + ".do"} {
				if !assets.Words(lang).Has(key) {
					t.Errorf("%s: no words for %s", lang, key)
				}
			}
		}
		if !strings.Contains(docs, "`"+string(code)+"`") {
			t.Errorf("%s is not documented", code)
		}
	}
}

// What the guides tell people to type is there: each command that follows the
// name of the program, and each of its flags.
func TestDocsNameRealCommands(t *testing.T) {
	p, err := deskGrammar.parse([]string{"version"}, Env{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	typed := regexp.MustCompile("(?m)`sleutelbord ([^`]+)`|^sleutelbord ([^\n#]+)")
	for page, atLeast := range map[string]int{
		"custodian.md": 20, "nl/beheerder.md": 20, "operations.md": 20, "troubleshooting.md": 2, "nl/problemen.md": 2,
	} {
		b, err := os.ReadFile(filepath.Join("..", "..", "docs", filepath.FromSlash(page)))
		if err != nil {
			t.Fatal(err)
		}
		all := typed.FindAllStringSubmatch(string(b), -1)
		if len(all) < atLeast {
			t.Errorf("%s has %d commands", page, len(all))
		}
		for _, m := range all {
			if why := untypable(p.ctx.Model.Node, strings.Fields(m[1]+m[2])); why != "" {
				t.Errorf("%s: sleutelbord %s: %s", page, m[1]+m[2], why)
			}
		}
	}
}

// untypable says why words are no command, or "".
func untypable(at *kong.Node, words []string) string {
	flags := make(map[string]bool)
	for _, word := range words {
		if name, ok := strings.CutPrefix(word, "--"); ok {
			for _, group := range at.AllFlags(false) {
				for _, f := range group {
					flags[f.Name] = true
				}
			}
			if name, _, _ = strings.Cut(name, "="); !flags[name] {
				return "no flag --" + name
			}
			continue
		}
		if next := childOf(at, word); next != nil {
			at = next
		}
	}
	if len(at.Children) > 0 && len(words) > 0 && at.Type != kong.ApplicationNode {
		return "not a whole command"
	}
	if at.Type == kong.ApplicationNode && !strings.HasPrefix(words[0], "--") {
		return "no such command"
	}
	return ""
}

func childOf(at *kong.Node, word string) *kong.Node {
	for _, c := range at.Children {
		if c.Name == word {
			return c
		}
	}
	return nil
}
