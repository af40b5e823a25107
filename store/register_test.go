package store

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// eventName matches names of columns and fields that could hold something
// about the use of a door.
var eventName = regexp.MustCompile(`(?i)(time|stamp|hour|minute|second|clock|_at$|event|access|entr(y_|ance|ies)|visit|opened|opening|closed|seen|used|swipe|present|movement|last_|uid$|serial$|serial_)`)

// allowedName are names that match and are harmless.
var allowedName = map[string]bool{
	"journal.entry_hash": true, // hash of what an operator did
}

type schemaColumn struct{ table, name, kind string }

func schemaColumns(t *testing.T, tx *Tx) []schemaColumn {
	t.Helper()
	all, err := list(tx, func(r row) (c schemaColumn, err error) {
		err = r.Scan(&c.table, &c.name, &c.kind)
		return c, err
	}, `SELECT t.name, c.name, c.type FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type IN ('table', 'view')`)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// complaints compares a schema with a register.
func complaints(schema []schemaColumn, entries []Column) (bad []string) {
	known := make(map[string]Column)
	for _, c := range entries {
		key := c.Table + "." + c.Name
		if _, twice := known[key]; twice {
			bad = append(bad, key+" stands twice in the register")
		}
		if c.Purpose == "" || c.Category == "" || c.Retention == "" || c.Basis == "" || c.Readers == "" {
			bad = append(bad, key+" has no purpose, category, basis, period or readers")
		}
		known[key] = c
	}
	for _, c := range schema {
		key := c.table + "." + c.name
		r, ok := known[key]
		if !ok {
			bad = append(bad, key+" is not in the register")
		}
		delete(known, key)
		if c.kind != "INTEGER" && c.kind != "TEXT" && c.kind != "BLOB" {
			bad = append(bad, key+" has type "+c.kind)
		}
		if eventName.MatchString(c.name) && !allowedName[key] {
			bad = append(bad, key+" could say when a door was used")
		}
		if r.Sealed && c.kind != "BLOB" {
			bad = append(bad, key+" is sealed and not a BLOB")
		}
	}
	for key := range known {
		bad = append(bad, key+" is in the register and not in the schema")
	}
	return bad
}

func TestRegister(t *testing.T) {
	s := newStore(t)
	view(t, s, func(tx *Tx) error {
		schema := schemaColumns(t, tx)
		if len(schema) < 80 {
			t.Errorf("only %d columns found", len(schema))
		}
		for _, b := range complaints(schema, Register()) {
			t.Error(b)
		}
		return nil
	})
}

// TestRegisterNotices makes sure that the comparison can fail.
func TestRegisterNotices(t *testing.T) {
	entry := Column{Table: "t", Name: "a", Purpose: "p", Category: Technical, Retention: WithSite}
	entry.complete()
	for name, c := range map[string]struct {
		schema  []schemaColumn
		entries []Column
	}{
		"missing":     {[]schemaColumn{{"t", "a", "TEXT"}, {"t", "b", "TEXT"}}, []Column{entry}},
		"surplus":     {nil, []Column{entry}},
		"twice":       {[]schemaColumn{{"t", "a", "TEXT"}}, []Column{entry, entry}},
		"unexplained": {[]schemaColumn{{"t", "a", "TEXT"}}, []Column{{Table: "t", Name: "a"}}},
		"time type":   {[]schemaColumn{{"t", "a", "TIMESTAMP"}}, []Column{entry}},
		"real type":   {[]schemaColumn{{"t", "a", "REAL"}}, []Column{entry}},
		"last_seen": {[]schemaColumn{{"t", "last_seen", "INTEGER"}}, []Column{
			{Table: "t", Name: "last_seen", Purpose: "p", Category: Technical, Retention: WithSite},
		}},
	} {
		if len(complaints(c.schema, c.entries)) == 0 {
			t.Errorf("%s: not noticed", name)
		}
	}
}

// TestSQLHasNoClock makes sure that no statement of a migration asks the
// database for the time.
func TestSQLHasNoClock(t *testing.T) {
	clock := regexp.MustCompile(`(?i)\b(datetime|strftime|julianday|unixepoch|current_(time|date|timestamp)|now|date|time)\b`)
	err := fs.WalkDir(migrations, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := migrations.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(b), "\n") {
			code, _, _ := strings.Cut(line, "--")
			if m := clock.FindString(code); m != "" {
				t.Errorf("%s:%d has %q", path, i+1, m)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestModelHasNoTimes makes sure that no record has a field for a time, or one
// named as if it had.
func TestModelHasNoTimes(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "model.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	ast.Inspect(file, func(n ast.Node) bool {
		st, ok := n.(*ast.StructType)
		if !ok {
			return true
		}
		for _, f := range st.Fields.List {
			kind := fmt.Sprint(f.Type)
			if sel, ok := f.Type.(*ast.SelectorExpr); ok {
				kind = fmt.Sprint(sel.X) + "." + sel.Sel.Name
			}
			if strings.HasPrefix(kind, "time.") || strings.HasPrefix(kind, "float") {
				t.Errorf("a field has type %s", kind)
			}
			for _, name := range f.Names {
				fields++
				if eventName.MatchString(name.Name) {
					t.Errorf("field %s could say when a door was used", name.Name)
				}
			}
		}
		return true
	})
	if fields < 60 {
		t.Errorf("only %d fields found", fields)
	}
}
