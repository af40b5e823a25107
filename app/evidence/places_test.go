package evidence_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sleutelbord/app/evidence"
	"sleutelbord/assets"
)

// tree is the root of the source.
const tree = "../.."

// suspect matches names of things that could hold an opening, a visit or a time
// of use.
var suspect = regexp.MustCompile(`(?i)(time|stamp|hour|minute|second|clock|event|access|entry|entries|entrance|visit|opened|opening|closed|seen|used|swipe|present|movement|last|uid|serial|history|track|when|date\b)`)

// harmless are names that are suspect and hold nothing of the kind, with why.
var harmless = map[string]string{
	"records/journal.entry_hash":                "hash of what an operator did",
	"records/site.random_uid_told":              "operators were told that random UID cannot be undone",
	"records/upkeep.keep_last":                  "how many backups are kept",
	"journal/campaign paused":                   "an operator's act; the letters stand in paused",
	"journal/old journal entries erased":        "an operator's act on the journal",
	"what commands print/last_signer":           "who signed the journal's last line",
	"what commands print/serial":                "of the token that keeps the site's keys",
	"journal/waiting time of locks set":         "a setting: after how many days a lock is overdue",
	"log/background work has not ended in time": "about the program",
	"log/gateway: receipts refused":             "the letters stand in refused",
	"log/opened with shares":                    "the records were opened, at the desk",
	"what commands print/entries":               "how many lines the journal has",
	"what commands print/event":                 "what a receipt is for: handed out, returned",
	"what commands print/keep_last":             "how many backups are kept",
	"what commands print/last_backup":           "day of a backup",
	"what commands print/last_hash":             "hash of the journal's last line",
	"what commands print/refused":               "the letters stand in refused",
	"what commands print/visits":                "how many locks an operator has to visit in a campaign",
}

// formats are the places whose list must be the built-in one to the letter: a
// change there is one of what locks, tags and brokers are given.
var formats = []string{"bundle and receipt", "state of a lock", "record on a tag", "broker"}

// mayMiss is how many other names may be missing in the built-in list, which is
// written anew before a release.
const mayMiss = 40

// TestPlaces walks every place that keeps or carries something: the records,
// the journal's acts, bundle and receipt, the state of a lock, the tag's record,
// topics of the broker, calls of the log, what screens and papers say, and what
// commands print. Nothing in any of them may be named like an opening or a time
// of use. The list that it walked is what the appendix of the evidence pack shows.
func TestPlaces(t *testing.T) {
	places := []evidence.Place{
		{Name: "journal", What: "act", Names: constants(t, "app/desk", regexp.MustCompile(`^act[A-Z]`))},
		{Name: "bundle and receipt", What: "word of the grammar", Names: grammar(t)},
		{Name: "state of a lock", What: "field", Names: structFields(t, "lock/state.go", regexp.MustCompile(`^(stateFile|stateLine|stateFloor|state|line)$`))},
		{Name: "record on a tag", What: "field", Names: structFields(t, "nfc/keytag/layout.go", regexp.MustCompile(`^(Claims|Record)$`))},
		{Name: "broker", What: "topic", Names: topics(t)},
		{Name: "log", What: "message or field", Names: logCalls(t)},
		{Name: "what commands print", What: "field", Names: printed(t)},
	}
	for i, p := range places {
		slices.Sort(p.Names)
		places[i].Names = slices.Compact(p.Names)
	}
	if os.Getenv("SLEUTELBORD_WRITE_PLACES") != "" {
		b, err := json.MarshalIndent(places, "", " ")
		noErr(t, err)
		noErr(t, os.WriteFile("places.json", append(b, '\n'), 0o644))
	}
	total := 0
	for _, p := range append(places, evidence.LivePlaces()...) {
		total += len(p.Names)
		if len(p.Names) < 3 {
			t.Errorf("%s: only %d names found", p.Name, len(p.Names))
		}
		for _, name := range p.Names {
			if p.What != "text" && suspect.MatchString(name) && harmless[p.Name+"/"+name] == "" {
				t.Errorf("%s: %q could hold an opening or a time of use", p.Name, name)
			}
		}
	}
	if total < 1500 {
		t.Errorf("only %d names were walked", total)
	}
	t.Logf("%d names in %d places", total, len(places)+len(evidence.LivePlaces()))
	checkTexts(t)
	for _, act := range places[0].Names {
		if !assets.Office(assets.Source).Has("act." + act) {
			t.Logf("the council reads %q in English in every language", act)
		}
	}
	builtIn(t, places)
}

// builtIn compares what was walked with the list that is built in.
func builtIn(t *testing.T, places []evidence.Place) {
	t.Helper()
	listed := map[string][]string{}
	for _, p := range evidence.Places() {
		listed[p.Name] = p.Names
	}
	missing := 0
	for _, p := range places {
		if slices.Contains(formats, p.Name) && !slices.Equal(listed[p.Name], p.Names) {
			t.Errorf("%s: %v is built in, %v was walked: run the test with SLEUTELBORD_WRITE_PLACES=1 and look at the difference", p.Name, listed[p.Name], p.Names)
		}
		for _, name := range p.Names {
			if !slices.Contains(listed[p.Name], name) {
				missing++
			}
		}
	}
	if missing > mayMiss {
		t.Errorf("%d names are missing in places.json: run the test with SLEUTELBORD_WRITE_PLACES=1 and look at the difference", missing)
	}
}

// parsed is a file of the source.
func parsed(t *testing.T, name string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(tree, filepath.FromSlash(name)), nil, 0)
	noErr(t, err)
	return f
}

// sources are the files of a folder and below it, without tests.
func sources(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	noErr(t, filepath.WalkDir(filepath.Join(tree, folder), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			rel, err := filepath.Rel(tree, path)
			if err != nil {
				return err
			}
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	}))
	return names
}

// constants are the values of the string constants of a folder whose name fits.
func constants(t *testing.T, folder string, which *regexp.Regexp) []string {
	t.Helper()
	var values []string
	for _, name := range sources(t, folder) {
		ast.Inspect(parsed(t, name), func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, id := range spec.Names {
				if which.MatchString(id.Name) && i < len(spec.Values) {
					values = append(values, literals(spec.Values[i])...)
				}
			}
			return true
		})
	}
	return values
}

// literals are the string literals in an expression.
func literals(n ast.Node) []string {
	var all []string
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				all = append(all, s)
			}
		}
		return true
	})
	return all
}

// grammar are the words of the grammars in docs/lock.md, without comments.
func grammar(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(tree, "docs", "lock.md"))
	noErr(t, err)
	var words []string
	blocks := regexp.MustCompile("(?s)```cddl\n(.*?)```").FindAllStringSubmatch(string(b), -1)
	if len(blocks) < 2 {
		t.Fatalf("%d grammars in docs/lock.md", len(blocks))
	}
	for _, block := range blocks {
		for line := range strings.SplitSeq(block[1], "\n") {
			line, _, _ = strings.Cut(line, ";")
			words = append(words, regexp.MustCompile(`[A-Za-z][A-Za-z0-9-]*`).FindAllString(line, -1)...)
		}
	}
	return words
}

// structFields are the fields of some structures of a file.
func structFields(t *testing.T, file string, which *regexp.Regexp) []string {
	t.Helper()
	var names []string
	ast.Inspect(parsed(t, file), func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || !which.MatchString(spec.Name.Name) {
			return true
		}
		if st, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range st.Fields.List {
				for _, id := range f.Names {
					if id.Name != "_" {
						names = append(names, spec.Name.Name+"."+id.Name)
					}
				}
			}
		}
		return true
	})
	return names
}

// topics are the texts of which topics are made.
func topics(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, name := range sources(t, "lock/carrier/mqtt") {
		ast.Inspect(parsed(t, name), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if strings.HasSuffix(n.Name.Name, "Topic") && n.Body != nil {
					all = append(all, literals(n.Body)...)
				}
			case *ast.ValueSpec:
				for i, id := range n.Names {
					if regexp.MustCompile(`(?i)(topic|leaf|prefix|root)`).MatchString(id.Name) && i < len(n.Values) {
						all = append(all, literals(n.Values[i])...)
					}
				}
			}
			return true
		})
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" || s == "/" })
}

// logCalls are the messages and field names of all calls of the log.
func logCalls(t *testing.T) []string {
	t.Helper()
	methods := []string{"WithField", "Debug", "Info", "Warn", "Warning", "Error", "Log", "Debugf", "Infof", "Warnf", "Errorf", "Logf"}
	var all []string
	for _, name := range append(sources(t, "app"), "main.go") {
		ast.Inspect(parsed(t, name), func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains(methods, sel.Sel.Name) || isPackage(sel.X, "fmt", "errors") {
				return true
			}
			if sel.Sel.Name == "Error" && len(call.Args) == 0 {
				return true
			}
			for _, arg := range call.Args[:min(1+len(call.Args)/3, len(call.Args))] {
				all = append(all, literals(arg)...)
			}
			return true
		})
	}
	return all
}

func isPackage(x ast.Expr, names ...string) bool {
	id, ok := x.(*ast.Ident)
	return ok && slices.Contains(names, id.Name)
}

// printed are the JSON fields of everything that desk, evidence and commands show.
func printed(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, folder := range []string{"app/desk", "app/evidence", "app/command"} {
		for _, name := range sources(t, folder) {
			ast.Inspect(parsed(t, name), func(n ast.Node) bool {
				f, ok := n.(*ast.Field)
				if !ok || f.Tag == nil {
					return true
				}
				if m := regexp.MustCompile(`json:"([a-z0-9_]+)`).FindStringSubmatch(f.Tag.Value); m != nil {
					all = append(all, m[1])
				}
				return true
			})
		}
	}
	return all
}

// tells matches texts that say when a door was used or who used it.
var tells = regexp.MustCompile(`(?i)(last (used|opened|seen)|opened (at|on|by)|used (at|on) \{|came home|laatst (gebruikt|geopend|gezien)|geopend (om|op|door)|zuletzt (benutzt|geöffnet|gesehen)|geöffnet (um|am|von)|\d\d:\d\d|\{(time|hour|minute|tijd|uur)\})`)

// checkTexts looks through everything that is said in any language.
func checkTexts(t *testing.T) {
	t.Helper()
	n := 0
	check := func(words *assets.Lexicon) {
		for _, key := range words.Keys() {
			n++
			if text := words.T(key, nil); tells.MatchString(text) {
				t.Errorf("%s: %s tells of an opening: %q", words.Lang(), key, text)
			}
		}
	}
	for _, lang := range assets.Languages() {
		check(assets.Words(lang))
	}
	for _, lang := range assets.PaperLanguages() {
		check(assets.Papers(lang))
	}
	for _, lang := range assets.OfficeLanguages() {
		check(assets.Office(lang))
	}
	if n < 1500 {
		t.Errorf("only %d texts", n)
	}
}

// TestPlacesNotice makes sure that the walk can fail.
func TestPlacesNotice(t *testing.T) {
	for _, name := range []string{"locks.last_opened", "tags.last_seen", "door_events", "opening-time", "usedAt", "entry", "AccessLog", "timestamp"} {
		if !suspect.MatchString(name) {
			t.Errorf("%q passes", name)
		}
	}
	for _, text := range []string{"Last used {day}", "Geopend om {n}", "zuletzt geöffnet", "at 12:30"} {
		if !tells.MatchString(text) {
			t.Errorf("%q passes", text)
		}
	}
}
