package window

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/assets"
	"sleutelbord/nfc/identify"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"

	"fyne.io/fyne/v2/lang"
)

// families are keys that are put together in the program: for each prefix all
// that can follow.
func families() map[string][]string {
	gatewayStates := []string{"none", "stopped", "connecting", "connected", "reconnecting", "broken"}
	return map[string][]string{
		"evidence.sub.":   each(evidencePack, evidenceChoices, evidenceRollout, evidenceRetention, evidenceContacts, evidenceDocuments),
		"evidence.tags.":  {"out", "replaced", "returned", "ended"},
		"evidence.paper.": withDo(officePaperNames()), "evidence.contact.": contactNames(), "evidence.period.": {"retention", "journal", "small"},
		"changes.kind.": {"new", "gone", "changed"},
		"stage.":        append(each(desk.Stages()...), string(desk.StageNone)), "document.": each(documentKinds...),
		"remind.":          each(desk.RemindAssess, desk.RemindReview, desk.RemindSoon, desk.RemindConsult, desk.RemindEvaluate, desk.RemindDocument),
		"gateway.":         append(gatewayStates, gatewayWords()...),
		"addlock.":         addLockWords(),
		"campaign.state.":  each(store.CampaignRunning, store.CampaignPaused, store.CampaignEnded),
		"campaign.kind.":   campaignWords(),
		"journal.subject.": {"locks", "tags", "entries", "tenancies", "days"},
		"campaign.over":    {".do", ".opens.do", ".forced.do"},
		"renew.why.":       each(desk.RenewKeys, desk.RenewLocator, desk.RenewDoors),
		"problem.":         codes(),
		"duty.":            withDo(each(desk.DutyCodes()...)),
		"row.":             each(desk.RowCodes()...),
		"step.": each(keytag.StepRecognise, keytag.StepGenuine, keytag.StepUnlock, keytag.StepPrepare, keytag.StepFormat, keytag.StepApplication,
			keytag.StepRecord, keytag.StepFreeze, keytag.StepKeys, keytag.StepVerify, keytag.StepFinish, desk.StepReceipts, desk.StepClear, desk.StepBundles),
		"kind.":      kinds(),
		"what.":      each(identify.All()...),
		"genuine.":   each(keytag.GenuineYes, keytag.GenuinePractice, keytag.GenuineNo, keytag.GenuineUncertain, keytag.GenuineUnchecked),
		"choice.":    append(each(allChoices...), "none"),
		"tag.state.": states(), "tag.since.": states(),
		"zone.":         each(store.HomeZone, store.SharedZone, store.ServiceZone),
		"far.":          append(withDo(each(desk.FarSoon, desk.FarRefused)), "soon.short", "refused.short"),
		"door.":         doorWords(),
		"finding.":      findings(),
		"limit.":        {keytag.LimitLocks, keytag.LimitRecord, keytag.LimitBatch, keytag.LimitCopy, keytag.LimitNumber},
		"policy.":       each(store.RequireGenuine, store.WarnGenuine),
		"settings.sub.": subNames(),
		"tags.":         {"half", "lost", "out", "back", "over"},
		"nav.":          each(pageBoard, pageTags, pageLocks, pageKeys, pageEvidence, pageSettings),
		"outcome.":      each(allOutcomes...), "request.objection.": append(each(allOutcomes...), string(store.ObjectionOpen)),
		"people.role.":   append(each(roles...), "do"),
		"safe.master.":   masters(),
		"strength.":      {"0", "1", "2", "3", "4"},
		"locks.column.":  {"lock", "opens", "bundle", "state"},
		"locks.carrier.": each(store.CarrierFolder, store.CarrierCard, store.CarrierGateway),
		"month.":         {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"},
	}
}

// subNames are the names of the sub-pages of the settings.
func subNames() (names []string) {
	for _, e := range (&Window{}).settingsEntries() {
		names = append(names, string(e.name))
	}
	return names
}

func officePaperNames() []string {
	var out []string
	for _, x := range officePapers {
		out = append(out, x.name)
	}
	return out
}

func contactNames() []string {
	var out []string
	for _, x := range contactFields {
		out = append(out, x.name)
	}
	return out
}

func each[T ~string](all ...T) []string {
	var out []string
	for _, x := range all {
		out = append(out, string(x))
	}
	return out
}

func masters() (names []string) {
	for m := keytag.MasterPICC; m <= keytag.MasterZone; m++ {
		names = append(names, m.String())
	}
	return names
}

func withDo(all []string) []string {
	var out []string
	for _, x := range all {
		out = append(out, x, x+".do")
	}
	return out
}

func doorWords() []string {
	out := withDo(append(each(doorStates...), string(desk.DoorResting)))
	for _, s := range doorStates {
		out = append(out, string(s)+".short")
	}
	return out
}

func gatewayWords() []string {
	var out []string
	for _, f := range gatewayFields {
		out = append(out, f, f+".hint", f+".wrong")
	}
	return out
}

func addLockWords() []string {
	var out []string
	for _, f := range []string{"lock", "public_key", "building", "floor", "home", "zone"} {
		out = append(out, f, f+".hint")
	}
	return out
}

func campaignWords() []string {
	out := []string{string(store.CampaignZone) + ".which", string(store.CampaignLock) + ".which"}
	for _, k := range campaignKinds {
		out = append(out, string(k.kind), string(k.kind)+".do")
	}
	return out
}

func codes() []string {
	var out []string
	for _, c := range desk.Codes() {
		out = append(out, string(c), string(c)+".do")
	}
	return out
}

func kinds() []string {
	out := []string{string(desk.KindEmpty), string(desk.KindOurs)}
	for _, k := range each(desk.KindBlank, desk.KindUnknownOurs, desk.KindHalf, desk.KindOtherSite, desk.KindForeign, desk.KindUpdateCard, desk.KindLocked, desk.KindNotDESFire, desk.KindUnreadable) {
		out = append(out, k, k+".do")
	}
	return out
}

func states() []string {
	return each(store.TagReserved, store.TagWriting, store.TagIssued, store.TagLost, store.TagReturned, store.TagEnded, store.TagFailed)
}

func findings() []string {
	var out []string
	for _, f := range []string{
		keytag.FindDirectory, keytag.FindChipSettings, keytag.FindAppSettings, keytag.FindKeys, keytag.FindFiles,
		keytag.FindFileRights, keytag.FindFileProtection, keytag.FindFileSize, keytag.FindKeyVersions, keytag.FindRandomUID,
	} {
		out = append(out, f, f+".bad")
	}
	return out
}

// literals are all texts in the source of a package, without its tests.
func literals(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source in %s: %v", folder, err)
	}
	all := make(map[string]bool)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					all[s] = true
				}
			}
			return true
		})
	}
	return all
}

// asked are the keys that a package asks for by name: the first arguments of
// its calls of t and count.
func asked(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	keys := make(map[string]string)
	set := token.NewFileSet()
	for _, name := range files {
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			lit, isLit := call.Args[0].(*ast.BasicLit)
			if ok && isLit && (method.Sel.Name == "t" || method.Sel.Name == "count") {
				if key, err := strconv.Unquote(lit.Value); err == nil {
					keys[key] = set.Position(lit.Pos()).String()
				}
			}
			return true
		})
	}
	return keys
}

func TestEveryKeyHasWords(t *testing.T) {
	words := assets.Words(assets.Source)
	for key, where := range asked(t, ".") {
		if !words.Has(key) {
			t.Errorf("%s: no text for %q", where, key)
		}
	}
	for prefix, all := range families() {
		for _, name := range all {
			if !words.Has(prefix + name) {
				t.Errorf("no text for %s%s", prefix, name)
			}
		}
	}
}

func TestNoWordsUnused(t *testing.T) {
	used := literals(t, ".")
	maps.Copy(used, literals(t, "../command"))
	maps.Copy(used, literals(t, "../../assets"))
	all := families()
	for _, key := range assets.Words(assets.Source).Keys() {
		// What begins with sheet is put together in package sheet.
		if used[key] || strings.HasPrefix(key, assets.FynePrefix) || strings.HasPrefix(key, "sheet.") {
			continue
		}
		known := false
		for prefix, names := range all {
			name, ok := strings.CutPrefix(key, prefix)
			known = known || ok && slices.Contains(names, name)
		}
		if !known {
			t.Errorf("nobody says %s", key)
		}
	}
}

func TestToolkitSpeaksTheLanguage(t *testing.T) {
	newRig(t, nil)
	for key, want := range map[string]string{"Cancel": "Annuleren", "Open": "Openen", "Copy": "Kopiëren", "Favourites": "Favorieten"} {
		if got := lang.L(key); got != want {
			t.Errorf("the toolkit says %q for %q, not %q", got, key, want)
		}
	}
	if got := lang.X("file.name", "Name"); got != "Naam" {
		t.Errorf("the toolkit says %q for a file's name", got)
	}
}
