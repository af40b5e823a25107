package command

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
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
