package evidence_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/store"
)

// TestPack makes the pack of the demo campus in every language, looks at every
// page with programs of others, and compares it with the records.
func TestPack(t *testing.T) {
	c := lived(t)
	list, err := c.desk.Tenancies(c.ctx, "Boulevard 3/102")
	noErr(t, err)
	_, err = c.desk.Erase(c.ctx, list[0].ID)
	noErr(t, err)
	before, err := evidence.NewRecord(c.ctx, c.desk)
	noErr(t, err)
	for _, lang := range assets.OfficeLanguages() {
		t.Run(lang, func(t *testing.T) {
			p, err := evidence.NewPack(c.ctx, c.desk, evidence.PackOptions{Lang: lang, Before: &before})
			noErr(t, err)
			var all strings.Builder
			for name, content := range p.Files {
				text := string(content)
				if strings.HasSuffix(name, ".pdf") {
					t.Run(name, func(t *testing.T) { shown(t, content, 0) })
					text = read(t, content)
					if !strings.HasPrefix(name, "receipt") && !strings.HasPrefix(name, "places") && name != "index.pdf" {
						filled(t, text)
					}
				}
				all.WriteString(text)
			}
			checkPack(t, c, p, lang)
			for _, secret := range []string{"HK-", "rood koord", home101, "Boulevard 3/102"} {
				if strings.Contains(all.String(), secret) {
					t.Errorf("the pack tells %q", secret)
				}
			}
			dir := filepath.Join(t.TempDir(), "pack")
			noErr(t, p.Write(dir))
			verifyOutside(t, dir)
			v, err := evidence.VerifyPack(dir)
			noErr(t, err)
			if v.Day != "2026-11-21" || v.Fingerprint != p.Fingerprint || v.Files != len(p.Files) || v.Key != 1 {
				t.Errorf("%+v", v)
			}
			if err := p.Write(dir); !errors.Is(err, fs.ErrExist) {
				t.Errorf("a pack over another: %v", err)
			}
		})
	}
}

// TestPackIsTheSame makes a pack twice: nothing in it is drawn by chance.
func TestPackIsTheSame(t *testing.T) {
	c := newCampus(t, 10)
	p, err := evidence.NewPack(c.ctx, c.desk, evidence.PackOptions{Lang: "nl"})
	noErr(t, err)
	again, err := evidence.NewPack(c.ctx, c.desk, evidence.PackOptions{Lang: "nl"})
	noErr(t, err)
	for name, content := range p.Files {
		if !bytes.Equal(content, again.Files[name]) {
			t.Errorf("%s is another one the second time", name)
		}
	}
}

// checkPack compares the pack's data with the records.
func checkPack(t *testing.T, c *campus, p *evidence.Pack, lang string) {
	t.Helper()
	for _, name := range []string{
		"index.html", "index.pdf", "record.pdf", "record.json", "record.csv", "record.ods", "annex.pdf", "annex.ods", "annex.json", "evaluation.pdf", "evaluation.json",
		"journal.pdf", "journal.json", "journal.csv", "places.pdf", "places.json", "rollouts.json", "erasures.json", "changes.json", "changes.pdf",
		"receipt-nl.pdf", "receipt-en.pdf", "receipt-de.pdf", "site.pem", "SHA256SUMS", "SHA256SUMS.sig",
	} {
		if len(p.Files[name]) == 0 {
			t.Errorf("%s is missing", name)
		}
		if !strings.HasPrefix(name, "SHA") && !strings.HasPrefix(name, "index") {
			has(t, string(p.Files["index.html"]), `href="`+name+`"`)
		}
	}
	var erased []desk.Erased
	noErr(t, json.Unmarshal(p.Files["erasures.json"], &erased))
	if len(erased) != 1 || erased[0].Reason != store.EraseRequest || erased[0].Tags != 1 {
		t.Errorf("erasures %+v", erased)
	}
	rollouts, err := c.desk.Rollouts(c.ctx)
	noErr(t, err)
	want, err := json.MarshalIndent(rollouts, "", " ")
	noErr(t, err)
	if !bytes.Equal(bytes.TrimSpace(p.Files["rollouts.json"]), want) {
		t.Errorf("roll-outs %s, not %s", p.Files["rollouts.json"], want)
	}
	index := read(t, p.Files["index.pdf"])
	has(t, index, "openssl pkeyutl -verify -pubin -inkey site.pem", p.Fingerprint, assets.Office(lang).T("pack.limits", nil))
	has(t, read(t, p.Files["places.pdf"]), "tenancies.reference", "receipt-key", "Claims.NotAfter", "stateLine.Sequence")
}

// verifyOutside verifies a pack as the index says, with programs of others.
func verifyOutside(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{
		{"openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "site.pem", "-rawin", "-in", "SHA256SUMS", "-sigfile", "SHA256SUMS.sig"},
		{"sha256sum", "--check", "--strict", "SHA256SUMS"},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

// TestPackNotices changes every file of a pack, takes it away, and adds others.
func TestPackNotices(t *testing.T) {
	c := newCampus(t, 10)
	p, err := evidence.NewPack(c.ctx, c.desk, evidence.PackOptions{Lang: "en"})
	noErr(t, err)
	dir := t.TempDir()
	noErr(t, p.Write(dir))
	bad := func(what string, change func()) {
		t.Helper()
		change()
		if _, err := evidence.VerifyPack(dir); !errors.Is(err, desk.ErrEvidence) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for name, content := range p.Files {
		path := filepath.Join(dir, name)
		for _, at := range []int{0, len(content) / 2, len(content) - 1} {
			bad(name+" changed", func() {
				b := bytes.Clone(content)
				b[at] ^= 1
				noErr(t, os.WriteFile(path, b, 0o600))
			})
		}
		bad(name+" gone", func() { noErr(t, os.Remove(path)) })
		noErr(t, os.WriteFile(path, content, 0o600))
		if _, err := evidence.VerifyPack(dir); err != nil {
			t.Fatal(err)
		}
	}
	bad("a file added", func() { noErr(t, os.WriteFile(filepath.Join(dir, "more.pdf"), []byte("x"), 0o600)) })
	noErr(t, os.Remove(filepath.Join(dir, "more.pdf")))
	bad("a folder added", func() { noErr(t, os.Mkdir(filepath.Join(dir, "more"), 0o700)) })
	noErr(t, os.Remove(filepath.Join(dir, "more")))
	// The same files signed by somebody else are another site's.
	other, err := evidence.NewPack(c.ctx, newCampus(t, 10).desk, evidence.PackOptions{Lang: "en"})
	noErr(t, err)
	if other.Fingerprint == p.Fingerprint {
		t.Error("two sites have one key")
	}
	bad("another site's key", func() { noErr(t, os.WriteFile(filepath.Join(dir, "site.pem"), other.Files["site.pem"], 0o600)) })
}

// TestPackThatCannotBeWritten: nothing of it is left, and a folder that was there
// stays.
func TestPackThatCannotBeWritten(t *testing.T) {
	p := evidence.Pack{Files: map[string][]byte{"a.txt": nil, "b.txt": []byte("b"), "nowhere/c.txt": nil}}
	dir := filepath.Join(t.TempDir(), "pack")
	if err := p.Write(dir); err == nil {
		t.Error("a file was written into a folder that is not there")
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its folder is left, %v", err)
	}
	noErr(t, os.Mkdir(dir, 0o755))
	if err := p.Write(dir); err == nil {
		t.Error("a file was written into a folder that is not there")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}
