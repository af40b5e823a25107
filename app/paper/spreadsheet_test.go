package paper

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// awkward are texts that a spreadsheet could take for something else.
var awkward = []string{
	"=1+1", "+49 53 000", "-", "'quoted", "<b>&amp;</b>", "Größe „ß“", "two  spaces", " at the ends ", "a\ttab",
	"two\nlines", "2026-11-21", "007", "1e5", "TRUE", "@x", "",
}

func awkwardSheet() Sheet {
	s := Sheet{Name: "Wörter & <Zahlen>", Widths: []float64{8, 2.5}, Rows: [][]any{{"text", "number", "third"}}}
	for i, text := range awkward {
		s.Rows = append(s.Rows, []any{text, i * 1000})
	}
	return s
}

func spreadsheet(t *testing.T, day time.Time, sheets ...Sheet) []byte {
	t.Helper()
	b, err := Spreadsheet(Meta{Title: `Was <wir> "speichern" & nicht`, Lang: "de", Day: day}, sheets...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSpreadsheetArchive checks what programs tell the file by, and that every
// part is XML and named in the manifest.
func TestSpreadsheetArchive(t *testing.T) {
	b := spreadsheet(t, day, awkwardSheet())
	if got := string(b[30:38]) + string(b[38:38+len(spreadsheetType)]); got != "mimetype"+spreadsheetType {
		t.Errorf("the file begins with %q", got)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if z.File[0].Name != "mimetype" || z.File[0].Method != zip.Store || len(z.File[0].Extra) != 0 {
		t.Errorf("the first entry is %+v", z.File[0].FileHeader)
	}
	for _, f := range z.File[1:] {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
		if f.Name != "META-INF/manifest.xml" && !strings.Contains(manifest, `"`+f.Name+`"`) {
			t.Errorf("%s is not in the manifest", f.Name)
		}
	}
}

// TestSpreadsheetRead has Gnumeric read the file: every text and number comes out
// as it went in.
func TestSpreadsheetRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.ods")
	s := awkwardSheet()
	second := Sheet{Name: "second", Rows: [][]any{{"only"}, {"this"}}}
	if err := os.WriteFile(file, spreadsheet(t, day, s, second), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ssconvert", "--export-file-per-sheet", file, filepath.Join(dir, "%n.csv"))
	cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8")
	if out, err := cmd.CombinedOutput(); err != nil || bytes.Contains(out, []byte("rror")) {
		t.Fatalf("ssconvert: %v\n%s", err, out)
	}
	read := func(name string) [][]string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	rows := read("0.csv")
	if len(rows) != len(s.Rows) {
		t.Fatalf("%d rows of %d: %q", len(rows), len(s.Rows), rows)
	}
	for i, text := range awkward {
		if got := rows[i+1]; got[0] != text || got[1] != strconv.Itoa(i*1000) {
			t.Errorf("row %d reads %q, not %q", i+2, got, text)
		}
	}
	if got := read("1.csv"); !slices.EqualFunc(got, [][]string{{"only"}, {"this"}}, slices.Equal) {
		t.Errorf("the second sheet reads %q", got)
	}
}

// TestSpreadsheetSameBytes makes sure that nothing finer than the day is in it.
func TestSpreadsheetSameBytes(t *testing.T) {
	a := spreadsheet(t, day, awkwardSheet())
	if !bytes.Equal(a, spreadsheet(t, day.Add(9*time.Hour+time.Second), awkwardSheet())) {
		t.Error("two spreadsheets of one day differ")
	}
	if bytes.Equal(a, spreadsheet(t, day.AddDate(0, 0, 1), awkwardSheet())) {
		t.Error("spreadsheets of two days are the same")
	}
}

func TestSpreadsheetRefuses(t *testing.T) {
	for _, s := range []Sheet{{Name: "empty"}, {Name: "other", Rows: [][]any{{1.5}}}} {
		if _, err := Spreadsheet(Meta{Day: day}, s); err == nil {
			t.Errorf("the sheet %q passes", s.Name)
		}
	}
}

// FuzzSpaced holds that every text is XML afterwards, and says the same.
func FuzzSpaced(f *testing.F) {
	for _, s := range awkward {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			return
		}
		var b strings.Builder
		for d := xml.NewDecoder(strings.NewReader("<p>" + spaced(line) + "</p>")); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			switch x := token.(type) {
			case xml.CharData:
				if strings.Contains(string(x), "  ") {
					t.Errorf("%q: spaces that are folded", line)
				}
				b.Write(x)
			case xml.StartElement:
				switch x.Name.Local {
				case "tab":
					b.WriteByte('\t')
				case "s":
					n, err := strconv.Atoi(x.Attr[0].Value)
					if err != nil {
						t.Fatal(err)
					}
					b.WriteString(strings.Repeat(" ", n))
				}
			}
		}
		if got := b.String(); got != strings.Map(visible, line) {
			t.Errorf("%q became %q", line, got)
		}
	})
}

// visible is a rune as XML can have it.
func visible(r rune) rune {
	if r == '\t' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 {
		return r
	}
	return utf8.RuneError
}
