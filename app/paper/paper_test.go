package paper

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var day = time.Date(2026, 11, 21, 13, 37, 42, 0, time.UTC)

// sample has every kind of block, over several pages.
func sample(t *testing.T, clock time.Time) []byte {
	t.Helper()
	d := New(Meta{
		Title: "Wat bewaren wij? Größe, Straße, één", Kicker: "proef", Lang: "nl", Site: "Campus Noord",
		Day: clock, Foot: "21 november 2026", Page: "bladzijde {n} van {of}",
	})
	d.Title("De eerste regel")
	d.Heading("Lijsten")
	d.List(true, "een", "twee", strings.Repeat("een lange regel die gebroken wordt ", 8))
	d.List(false, "punt")
	d.SmallHeading("Feiten")
	d.Facts(0.3, Fact{"Naam", "Waarde"}, Fact{strings.Repeat("lang ", 20), ""})
	d.Columns(0.5, func() { d.Text("links") }, func() { d.Text("rechts"); d.Small("klein") })
	d.Rule()
	d.Box(Question, "Vraag", "Is dit nodig?")
	d.Box(Plain, "", "Let op.")
	var rows [][]string
	for i := range 90 {
		rows = append(rows, []string{fmt.Sprintf("rij %d", i), strings.Repeat("x", 120), "7"})
	}
	d.Table([]Column{{"Wat", 0.2, false}, {"Waarom", 0.6, false}, {"Aantal", 0.2, true}}, rows)
	b, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if d.Pages() < 3 {
		t.Errorf("only %d pages", d.Pages())
	}
	return b
}

// TestSameBytes makes sure that nothing finer than the day is in a document.
func TestSameBytes(t *testing.T) {
	a, b := sample(t, day), sample(t, day.Add(7*time.Hour+time.Second))
	if !bytes.Equal(a, b) {
		t.Error("two documents of one day differ")
	}
	if bytes.Equal(a, sample(t, day.AddDate(0, 0, 1))) {
		t.Error("documents of two days are the same")
	}
}

// run runs a program of the system on a file with these bytes.
func run(t *testing.T, pdf []byte, name string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = file
		}
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestText(t *testing.T) {
	text := run(t, sample(t, day), "pdftotext", "-layout", "FILE", "-")
	for _, want := range []string{
		"Größe, Straße, één", "PROEF", "De eerste regel", "1.", "•", "links", "rechts", "Is dit nodig?", "rij 89",
		"Campus Noord", "bladzijde 3 van",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text has no %q", want)
		}
	}
	if n := strings.Count(text, "Waarom"); n < 3 {
		t.Errorf("the head of the table stands there %d times", n)
	}
}

// TestStructure lets a reader of others say what it sees of the structure.
func TestStructure(t *testing.T) {
	pdf := sample(t, day)
	info := run(t, bytes.Clone(pdf), "pdfinfo", "FILE")
	for _, want := range []string{"Tagged:          yes", "Title:           Wat bewaren wij? Größe", "CreationDate:    Sat Nov 21 00:00:00 2026"} {
		if !strings.Contains(info, want) {
			t.Errorf("no %q in\n%s", want, info)
		}
	}
	tree := run(t, pdf, "pdfinfo", "-struct-text", "FILE")
	for _, want := range []string{"H1", "H2", "LBody", "Table", "TH", `"De eerste regel"`, `"rij 89"`, `"Is dit nodig?"`} {
		if !strings.Contains(tree, want) {
			t.Errorf("no %q in the structure", want)
		}
	}
	if strings.Contains(tree, "bladzijde") {
		t.Error("the foot is part of the structure")
	}
	// In the order in which it is read.
	if !(strings.Index(tree, "links") < strings.Index(tree, "rechts") && strings.Index(tree, "rechts") < strings.Index(tree, "Let op.")) {
		t.Error("the structure is in another order than the text")
	}
	out := run(t, pdf, "qpdf", "--check", "FILE")
	if !strings.Contains(out, "No syntax or stream encoding errors found") {
		t.Error(out)
	}
}

func TestColumnsMustFit(t *testing.T) {
	d := New(Meta{Title: "x", Lang: "nl", Day: day})
	long := strings.Repeat("woord ", 3000)
	d.Columns(0.5, func() { d.Text(long) }, func() {})
	if _, err := d.Bytes(); err == nil {
		t.Error("columns over two pages pass")
	}
}

func TestOtherFilesAreNotExtended(t *testing.T) {
	none := newTags()
	for _, file := range []string{"", "%PDF-1.4\ntrailer\n", "trailer\n<<\n/Size 2\n/Root 1 0 R\n/Info 1 0 R\n>>\nstartxref\n0"} {
		if _, err := none.addTo([]byte(file), 1); err == nil {
			t.Errorf("%q passes", file)
		}
	}
}
