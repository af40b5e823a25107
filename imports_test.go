package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path that every package of ours begins with.
const module = "sleutelbord"

// room is a package and what it may import besides the standard library.
type room struct {
	path string
	// what is what the room is for; it says why the rest is missing.
	what string
	// rooms and libraries are what it may import; tests what its tests may
	// import besides. A library is named without what follows its name: x/crypto
	// stands for all below it.
	rooms, libraries, tests []string
}

// Libraries that several rooms use.
const (
	cbor   = "github.com/fxamacker/cbor/v2"
	cose   = "github.com/veraison/go-cose"
	crypto = "golang.org/x/crypto"
	logrus = "github.com/sirupsen/logrus"
	rapid  = "pgregory.net/rapid"
	fyne   = "fyne.io/fyne/v2"
	sqlite = "github.com/ncruces/go-sqlite3"
	goose  = "github.com/pressly/goose/v3"
	pgx    = "github.com/jackc/pgx"
	scard  = "github.com/ebfe/scard"
	paho   = "github.com/eclipse/paho.golang"
	pkcs11 = "github.com/miekg/pkcs11"
	fpdf   = "codeberg.org/go-pdf/fpdf"
	circl  = "github.com/cloudflare/circl"
	qr     = "rsc.io/qr"
	zxing  = "github.com/makiuchi-d/gozxing"
)

// plan is the floor plan of the house, from the ground up. Arrows go down only.
// A package that is not here may not be there.
var plan = []room{
	{path: "nfc", what: "what a tag answers on, and the errors of the line; everything stands on it, so it stands on nothing", tests: []string{"nfc/desfire", "nfc/pcsc", "nfc/pcsc/pcscdtest", "nfc/softcard"}},
	{path: "nfc/desfire", what: "the chip's commands, over any line", rooms: []string{"nfc"}},
	{path: "nfc/softcard", what: "the chip itself; it may share a mistake with nobody who talks to it, so it knows neither the client nor the tag's layout", rooms: []string{"nfc"}, tests: []string{"nfc/softcard/freefaretest"}},
	{
		path: "nfc/softcard/freefaretest", what: "lets libfreefare, which is not ours, speak to a software card",
		rooms: []string{"nfc/softcard"}, libraries: []string{"golang.org/x/sys"},
	},
	{path: "nfc/identify", what: "what lies on a reader if it is no tag of ours to be; it looks and tries no key, so it knows none", rooms: []string{"nfc"}, tests: []string{"nfc/identify/identifytest", "nfc/softcard"}},
	{path: "nfc/identify/identifytest", what: "things that are no tag, for tests", rooms: []string{"nfc", "nfc/identify"}},
	{path: "nfc/pcsc", what: "readers; what lies on them is none of its business", rooms: []string{"nfc"}, libraries: []string{scard}, tests: []string{"nfc/pcsc/pcscdtest", "nfc/softcard"}},
	{path: "nfc/pcsc/pcscd", what: "runs the smart card service for tests and the demonstration, from outside"},
	{path: "nfc/pcsc/pcscdtest", what: "package pcscd for the length of a test", rooms: []string{"nfc/pcsc/pcscd"}},
	{
		path: "nfc/keytag", what: "our tag: plans over the chip's commands, whoever keeps the keys",
		rooms: []string{"nfc", "nfc/desfire"}, tests: []string{"nfc/softcard", "nfc/softcard/freefaretest", rapid},
	},

	{path: "lock/internal/detcbor", what: "the one way in which locks write CBOR", libraries: []string{cbor}},
	{path: "lock/internal/durable", what: "files that survive a crash", tests: []string{"lock/internal/durable/durabletest"}},
	{path: "lock/internal/durable/durabletest", what: "crashes at every step of writing a file", rooms: []string{"lock/internal/durable"}},
	{
		path: "lock/bundle", what: "the format that locks read; a maker of locks takes it alone",
		rooms: []string{"lock/internal/detcbor", "lock/internal/durable", "nfc/desfire", "nfc/keytag"}, libraries: []string{cbor, cose, crypto}, tests: []string{rapid},
	},
	{
		path: "lock/carrier", what: "ways to bring bundles; the folder needs neither a reader nor a network",
		rooms: []string{"lock/bundle", "lock/internal/durable"},
		tests: []string{"lock/internal/durable/durabletest", "lock", "lock/carrier/mqtt", "lock/carrier/mqtt/mosquittotest", "lock/carrier/updatecard", "nfc/desfire", "nfc/keytag", "nfc/softcard", rapid},
	},
	{
		path: "lock/carrier/mqtt", what: "bundles over a broker; the one room that speaks over a network, and only with TLS",
		rooms: []string{"internal/mistake", "lock/bundle", "lock/carrier", "lock/internal/durable"}, libraries: []string{paho}, tests: []string{"lock/carrier/mqtt/mosquittotest", "nfc/desfire"},
	},
	{path: "internal/mistake", what: "a panic as an error that may be written down"},
	{path: "internal/testca", what: "a certificate authority for the length of a test"},
	{path: "lock/carrier/mqtt/mosquittotest", what: "a real broker for the length of a test", rooms: []string{"internal/testca"}, libraries: []string{paho}},
	{
		path: "lock/carrier/updatecard", what: "bundles on a card, which is no key tag: of those it knows only how keys are derived, and the application that it refuses",
		rooms: []string{"lock/bundle", "lock/carrier", "nfc", "nfc/desfire", "nfc/keytag"}, tests: []string{"nfc/softcard"},
	},
	{
		path: "lock", what: "the rule and the reference lock; it never sees the records",
		rooms: []string{"lock/bundle", "lock/carrier", "lock/carrier/updatecard", "lock/internal/detcbor", "lock/internal/durable", "nfc", "nfc/desfire", "nfc/keytag"},
		tests: []string{rapid, "nfc/softcard", "lock/internal/durable/durabletest"},
	},

	{path: "store/shares", what: "a root in shares for paper; it knows neither the records nor the paper", libraries: []string{circl}, tests: []string{rapid}},
	{
		path: "journal", what: "what the journal is, and whether an exported one is whole; it stands on nothing, so that a third party reads it in one sitting",
	},
	{
		path: "store", what: "records and the root of all keys; it knows what a tag is, not how one is talked to",
		rooms: []string{"internal/mistake", "journal", "nfc/keytag", "nfc/desfire", "store/shares"}, libraries: []string{sqlite, goose, pgx, cbor, crypto, "golang.org/x/sys", "golang.org/x/text"}, tests: []string{rapid, "lukechampine.com/adiantum", "store/postgrestest"},
	},
	{
		path: "store/token", what: "the keys of a site in a token, over a library of its maker; it sees no records",
		rooms: []string{"nfc/keytag", "store"}, libraries: []string{pkcs11}, tests: []string{"app/desk", "lock", "lock/bundle", "lock/carrier", "nfc", "nfc/desfire", "nfc/softcard", "store/postgrestest"},
	},
	{path: "store/manyhomes", what: "sites as large as one wants, for tests and measurements", rooms: []string{"store"}},
	{path: "store/postgrestest", what: "a real database for the length of a test", rooms: []string{"internal/testca"}},

	{
		path: "app/desk", what: "what a caretaker does, without a screen, a reader, SQL or a word of the chip's protocol",
		rooms: []string{"internal/mistake", "journal", "nfc", "nfc/identify", "nfc/keytag", "lock/bundle", "lock/carrier", "lock/carrier/mqtt", "lock/carrier/updatecard", "app/sheet", "store", "store/shares"}, libraries: []string{logrus, "github.com/zalando/go-keyring", "golang.org/x/text"},
		tests: []string{"lock", "lock/carrier/mqtt/mosquittotest", "nfc/desfire", "nfc/identify/identifytest", "nfc/softcard", "store/manyhomes", "store/postgrestest", rapid, crypto},
	},
	{path: "assets", what: "pictures, fonts and words; data only"},
	{
		path: "app/evidence", what: "papers about what is kept; it reads the records through the desk, whose views it uses, and changes nothing: acts are the desk's",
		rooms: []string{"app/desk", "app/paper", "assets", "nfc/keytag", "store"},
		tests: []string{"nfc/softcard"},
	},
	{path: "app/paper", what: "documents for people; what stands in them is their writers' affair", rooms: []string{"assets"}, libraries: []string{fpdf, "golang.org/x/image"}},
	{path: "app/sheet", what: "a share on one page, and back from a picture of it; it knows no records", rooms: []string{"app/paper", "assets", "store/shares"}, libraries: []string{qr, zxing}},
	{path: "app/sound", what: "three sounds; what they are about is their players' affair", libraries: []string{"golang.org/x/sys"}},
	{
		path: "app/command", what: "the command line; the process around it gives it readers and a window",
		rooms:     []string{"internal/mistake", "journal", "app/desk", "app/evidence", "assets", "lock", "lock/bundle", "lock/carrier", "lock/carrier/mqtt", "nfc", "nfc/keytag", "nfc/softcard", "store"},
		libraries: []string{logrus, "github.com/alecthomas/kong", "golang.org/x/sys", "golang.org/x/term"},
		tests:     []string{"store/postgrestest", "lock/carrier/mqtt/mosquittotest", "nfc/desfire", "nfc/identify", "nfc/identify/identifytest", "nfc/pcsc", "nfc/pcsc/pcscdtest", "github.com/rogpeppe/go-internal"},
	},
	{path: "app/printer", what: "papers to the system's printer; what stands on them is their writers' affair"},
	{
		path: "app/window", what: "screens; it draws on whatever canvas it is given, so that it is tested without a display and without cgo",
		rooms:     []string{"internal/mistake", "app/desk", "app/evidence", "app/printer", "app/sound", "assets", "nfc", "nfc/keytag", "nfc/softcard", "store"},
		libraries: []string{fyne, logrus},
		tests:     []string{"journal", "lock", "lock/bundle", "lock/carrier", "lock/carrier/mqtt/mosquittotest", "nfc/identify", "nfc/identify/identifytest", "store/manyhomes", "store/postgrestest", "store/token"},
	},
	{
		path: ".", what: "the only place that starts Fyne and opens PC/SC and tokens",
		rooms:     []string{"app/command", "app/sound", "app/window", "assets", "nfc", "nfc/pcsc", "store/token"},
		libraries: []string{fyne, logrus, "github.com/go-gl/gl"},
		tests:     []string{"nfc/pcsc/pcscd", "nfc/pcsc/pcscdtest", "nfc/softcard"},
	},

	{
		path: "app/controller", what: "the door controller: a program of its own, so that a door needs no graphics; it opens PC/SC, as main does",
		rooms: []string{"app/command", "nfc/pcsc"},
	},

	{path: "packaging/floor", what: "the least that a window can be, to measure ours beside it; it knows nothing of ours", libraries: []string{fyne}},
	{path: "packaging/links", what: "checks the links of the documentation"},
	{path: "packaging/notices", what: "collects the licences of what is linked in"},
	{path: "packaging/site", what: "pages of the documentation", libraries: []string{"github.com/yuin/goldmark"}},
	{path: "packaging/testreport", what: "the summary of make test"},
	{
		path: "packaging/windowbench", what: "measures the real window from outside; it makes the sites to be opened, and lays a tag",
		rooms: []string{"nfc/pcsc/pcscd", "nfc/softcard", "store", "store/manyhomes"},
	},
	{path: "packaging/withpcscd", what: "the demonstration's reader", rooms: []string{"nfc/pcsc/pcscd"}},
}

// ban keeps an import out of all rooms but a few.
type ban struct {
	imports []string
	only    []string
	// tests is whether tests are held to it as well.
	tests bool
	why   string
}

var bans = []ban{
	{[]string{scard}, []string{"nfc/pcsc"}, true, "it needs cgo and a library of the system; everything else builds and is tested without"},
	{[]string{pkcs11}, []string{"store/token"}, true, "it needs cgo; the records build and are tested without"},
	{[]string{fyne + "/app", fyne + "/driver/desktop/glfw", fyne + "/internal"}, []string{".", "packaging/floor"}, true, "it brings in OpenGL, and with it cgo and a display"},
	{[]string{fyne}, []string{"app/window", "packaging/floor", "."}, true, "only the window draws"},
	{[]string{"database/sql", sqlite, goose, pgx}, []string{"store"}, true, "which database it is, and every query, is the store's own affair"},
	{[]string{logrus}, []string{"app/desk", "app/evidence", "app/command", "app/window", "."}, true, "what is below the desk handles keys: it returns errors and logs nothing"},
	{[]string{"github.com/zalando/go-keyring"}, []string{"app/desk"}, true, "a keyring is a convenience of the desk; nothing else may come to need one"},
	{[]string{"log"}, nil, true, "it prints without having been asked"},
	{[]string{"unsafe", "C", "plugin"}, nil, true, "bytes from a card never reach memory that Go does not guard"},
	{[]string{fpdf}, []string{"app/paper"}, true, "every document has the one style, and says nothing finer than a day"},
	{[]string{paho}, []string{"lock/carrier/mqtt", "lock/carrier/mqtt/mosquittotest"}, true, "which client speaks to a broker is the carrier's own affair"},
	{[]string{qr, zxing}, []string{"app/sheet"}, true, "only a sheet has a picture of its text"},
	{[]string{circl}, []string{"store/shares"}, true, "how a root is split is decided in one place"},
	{[]string{"os/exec"}, []string{"app/command", "app/printer", "app/sound", "nfc/pcsc/pcscd", "nfc/softcard/freefaretest", "store/postgrestest", "lock/carrier/mqtt/mosquittotest", "packaging/notices", "packaging/windowbench", "packaging/withpcscd"}, false, "nothing is run but what the person named (lock run --on-open), what plays a sound or prints, and services for tests"},
	{[]string{"net", "net/http"}, []string{"nfc/softcard", "nfc/pcsc/pcscd", "nfc/pcsc/pcscdtest", "lock/carrier/mqtt", "internal/testca", "store/postgrestest", "lock/carrier/mqtt/mosquittotest", "packaging/windowbench"}, false, "the program works without a network; who speaks over one is written here"},
	{[]string{"math/rand", "math/rand/v2"}, []string{"nfc/pcsc/pcscd", "app/window"}, false, "keys are drawn from crypto/rand; only port numbers and the practice campus are not"},
	{[]string{"testing"}, []string{"nfc/pcsc/pcscdtest", "nfc/softcard/freefaretest", "lock/internal/durable/durabletest", "internal/testca", "store/postgrestest", "lock/carrier/mqtt/mosquittotest"}, false, "only packages that are for tests"},
}

// source is the imports of a package, of its tests apart.
type source struct{ imports, tests []string }

// TestFloorPlan holds every import of every file, of all systems and builds,
// to the plan.
func TestFloorPlan(t *testing.T) {
	sources := readSources(t)
	for dir, s := range sources {
		i := slices.IndexFunc(plan, func(r room) bool { return r.path == dir })
		if i < 0 {
			t.Errorf("package %s is not in the plan: give it a row", dir)
			continue
		}
		r := plan[i]
		own := slices.Concat(r.rooms, r.libraries)
		checkImports(t, r, "", s.imports, own)
		checkImports(t, r, "a test of ", s.tests, slices.Concat(own, r.tests, []string{r.path}))
		for _, b := range bans {
			held := s.imports
			if b.tests {
				held = slices.Concat(s.imports, s.tests)
			}
			checkBan(t, b, dir, held)
		}
	}
	for _, r := range plan {
		if _, ok := sources[r.path]; !ok {
			t.Errorf("the plan has a row for %s, which is not there", r.path)
		}
	}
}

func checkImports(t *testing.T, r room, who string, imports, allowed []string) {
	t.Helper()
	for _, imp := range imports {
		own, ours := inModule(imp)
		switch {
		case ours && who == "" && strings.HasSuffix(own, "test"):
			t.Errorf("%s imports %s, which is for tests", r.path, imp)
		case ours && slices.Contains(allowed, own):
		case !ours && (standard(imp) || under(imp, allowed)):
		default:
			t.Errorf("%s%s imports %s; it is %s", who, r.path, imp, r.what)
		}
	}
}

func checkBan(t *testing.T, b ban, dir string, imports []string) {
	t.Helper()
	if slices.Contains(b.only, dir) {
		return
	}
	for _, imp := range imports {
		// Of the standard library a package is meant, not what lies below it.
		if slices.Contains(b.imports, imp) || !standard(imp) && under(imp, b.imports) {
			t.Errorf("%s imports %s, which only %v may: %s", dir, imp, b.only, b.why)
		}
	}
}

// inModule gives the room that an import path names, if it is one of ours.
func inModule(imp string) (string, bool) {
	if imp == module {
		return ".", true
	}
	return strings.CutPrefix(imp, module+"/")
}

// standard tells whether an import is of the standard library: only those have
// no dot in front.
func standard(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return !strings.Contains(first, ".")
}

func under(imp string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return imp == n || strings.HasPrefix(imp, n+"/") })
}

// listed is what go list says of a package. The build for this machine leaves
// files out; they stand among the ignored.
type listed struct {
	ImportPath                                   string
	GoFiles, CgoFiles, TestGoFiles, XTestGoFiles []string
	IgnoredGoFiles                               []string
	Dir                                          string
}

func readSources(t *testing.T) map[string]source {
	t.Helper()
	cmd := exec.Command("go", "list", "-json", "-e", "./...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	sources := map[string]source{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("reading go list: %v", err)
		}
		dir, _ := inModule(p.ImportPath)
		var s source
		for _, file := range slices.Concat(p.GoFiles, p.CgoFiles, p.TestGoFiles, p.XTestGoFiles, p.IgnoredGoFiles) {
			imports := readImports(t, filepath.Join(p.Dir, file))
			if strings.HasSuffix(file, "_test.go") {
				s.tests = append(s.tests, imports...)
			} else {
				s.imports = append(s.imports, imports...)
			}
		}
		sources[dir] = s
	}
	return sources
}

func readImports(t *testing.T, file string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var imports []string
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		imports = append(imports, imp)
	}
	return imports
}

// word is what may not stand in the tree, in files whose name fits. The
// expressions are written so that they do not find themselves.
type word struct {
	found, files *regexp.Regexp
	why          string
}

var re = regexp.MustCompile

var words = []word{
	{re(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`), re(`\.(go|sh|md|json|yml)$|^[^.]*$`), "what is not done is an issue, not a comment"},
	{re(`\b(t|b|tb)\.Sk` + `ip(f|Now)?\(`), re(`_test\.go$`), "a test that is not run proves nothing"},
	{re(`\btime\.Sl` + `eep\(`), re(`\.go$`), "wait for what is to happen"},
	{re(`(?m)(^|[\s"'=(:` + "`" + `])/(wo` + `rk|ro` + `ot)/`), re(`.`), "a place on one machine"},
	{re(`\bfailed ` + `to\b`), re(`\.go$`), `errors read "doing x: cause"`},
	{re(`(?i)\bproxy\.gol` + `ang|\bdeb\.deb` + `ian\.org|\bpy` + `pi\.org|\bregistry\.n` + `pm`), re(`.`), "which mirror serves is the machine's affair"},
}

// TestWords looks through every text in the tree for words that may not stay.
func TestWords(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := path.Clean(filepath.ToSlash(file))
		if entry.IsDir() {
			if slices.Contains([]string{".git", "build"}, name) {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if bytes.IndexByte(text, 0) >= 0 {
			return nil
		}
		files++
		checkWords(t, name, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("looked at %d files only", files)
	}
}

func checkWords(t *testing.T, name string, text []byte) {
	t.Helper()
	for _, w := range words {
		if !w.files.MatchString(path.Base(name)) {
			continue
		}
		for _, at := range w.found.FindAllIndex(text, -1) {
			line := 1 + bytes.Count(text[:at[0]], []byte("\n"))
			t.Errorf("%s:%d: %q: %s", name, line, bytes.TrimSpace(text[at[0]:at[1]]), w.why)
		}
	}
}
