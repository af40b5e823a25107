package evidence_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/store"
)

// sheets are the tables of a spreadsheet, as another program reads them.
func sheets(t *testing.T, ods []byte) [][][]string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.ods")
	noErr(t, os.WriteFile(file, ods, 0o600))
	cmd := exec.Command("ssconvert", "--export-file-per-sheet", file, filepath.Join(dir, "%n.csv"))
	cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8")
	if out, err := cmd.CombinedOutput(); err != nil || bytes.Contains(out, []byte("rror")) {
		t.Fatalf("ssconvert: %v\n%s", err, out)
	}
	var all [][][]string
	for n := 0; ; n++ {
		b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.csv", n)))
		if os.IsNotExist(err) {
			return all
		}
		noErr(t, err)
		rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		noErr(t, err)
		all = append(all, rows)
	}
}

// TestRecordSheets compares record and annex as spreadsheets with the records.
func TestRecordSheets(t *testing.T) {
	c := lived(t)
	r, err := evidence.NewRecord(c.ctx, c.desk)
	noErr(t, err)
	for _, lang := range assets.OfficeLanguages() {
		t.Run(lang, func(t *testing.T) {
			ods, err := r.ODS(lang)
			noErr(t, err)
			all := sheets(t, ods)
			if len(all) != 4 {
				t.Fatalf("%d sheets", len(all))
			}
			text := fmt.Sprint(all)
			has(t, text, "Stichting Campuswonen Twente", "mr. J. de Vries", "Slotenmaker Oost", assets.Office(lang).Date("2026-11-21"))
			filled(t, text)
			columns := all[2][1:]
			if len(columns) != len(store.Register()) {
				t.Fatalf("%d rows for %d columns", len(columns), len(store.Register()))
			}
			for i, want := range store.Register() {
				if columns[i][0] != want.Table+"."+want.Name || columns[i][1] != want.Purpose {
					t.Errorf("row %d is %q, not %+v", i, columns[i], want)
				}
			}
			counted := 0
			for _, row := range all[1][1:] {
				var n int
				_, err := fmt.Sscan(row[4], &n)
				noErr(t, err)
				counted += n
			}
			if counted != len(store.Register()) {
				t.Errorf("the categories have %d columns of %d", counted, len(store.Register()))
			}
			again, err := r.ODS(lang)
			noErr(t, err)
			if !bytes.Equal(ods, again) {
				t.Error("it is another one the second time")
			}
		})
		t.Run(lang+" annex", func(t *testing.T) { checkAnnexSheets(t, r, lang) })
	}
}

func checkAnnexSheets(t *testing.T, r evidence.Record, lang string) {
	ods, err := r.AnnexODS(lang)
	noErr(t, err)
	all := sheets(t, ods)
	if len(all) != 3 || len(all[0]) != 18 {
		t.Fatalf("%d sheets, %d points", len(all), len(all[0])-1)
	}
	filled(t, fmt.Sprint(all))
	for n := 1; n <= 17; n++ {
		row, key := all[0][n], fmt.Sprintf("annex.%d", n)
		words := assets.Office(lang)
		if row[1] != words.T(key, nil) || row[2] == "" || row[3] != words.T(key+".ask", nil) || row[4] != "" {
			t.Errorf("point %d reads %q", n, row)
		}
	}
	for i, o := range r.Rollouts {
		if row := all[1][i+1]; row[0] != o.Building || row[5] != fmt.Sprint(o.Unassessed) {
			t.Errorf("the roll-out of %s reads %q", o.Building, row)
		}
	}
	if doc := r.Rollouts[0].Documents[0]; all[2][1][1] != doc.Name || all[2][1][3] != doc.SHA256 {
		t.Errorf("the document reads %q, not %+v", all[2][1], doc)
	}
	var annex evidence.Annex
	b, err := r.AnnexJSON(lang)
	noErr(t, err)
	noErr(t, json.Unmarshal(b, &annex))
	if len(annex.Points) != 17 || annex.Points[16].Facts != all[0][17][2] || annex.Day != "2026-11-21" {
		t.Errorf("the annex as data: %+v", annex)
	}
}
