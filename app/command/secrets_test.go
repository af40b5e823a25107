package command

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/mqtt/mosquittotest"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// secrets are bytes that must never be shown, each with what it is.
type secrets map[string][]byte

// found says which secrets stand in text, in any form that a program is likely
// to print bytes in.
func (s secrets) found(text []byte) []string {
	lower := bytes.ToLower(text)
	var what []string
	for name, secret := range s {
		for form, pattern := range forms(secret) {
			if bytes.Contains(text, []byte(pattern)) || bytes.Contains(lower, []byte(pattern)) {
				what = append(what, name+" ("+form+")")
			}
		}
	}
	return what
}

// forms are the ways in which b could stand in a text. What has no case is
// given in lower case.
func forms(b []byte) map[string]string {
	decimal := strings.Trim(fmt.Sprint(b), "[]")
	list := strings.ReplaceAll(decimal, " ", ", ")
	f := map[string]string{
		"raw":                 string(b),
		"hex":                 hex.EncodeToString(b),
		"hex with spaces":     fmt.Sprintf("% x", b),
		"hex with colons":     strings.ReplaceAll(fmt.Sprintf("% x", b), " ", ":"),
		"Go bytes":            strings.ToLower(fmt.Sprintf("%#v", b)[len("[]byte{"):]),
		"quoted":              strings.Trim(fmt.Sprintf("%q", b), `"`),
		"decimal":             " " + decimal + " ",
		"decimal in brackets": "[" + decimal + "]",
		"decimal list":        list,
		"decimal list, tight": strings.ReplaceAll(list, " ", ""),
		"base32":              strings.ToLower(strings.TrimRight(base32.StdEncoding.EncodeToString(b), "=")),
	}
	for shift := range 3 {
		// Within a longer text, base64 has three spellings. The characters at
		// the ends also depend on what stands beside.
		padded := append(make([]byte, shift), b...)
		for name, enc := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			text := enc.EncodeToString(padded)
			from := (shift*8 + 5) / 6
			f[fmt.Sprint(name, " ", shift)] = text[from : len(padded)*8/6]
		}
	}
	return f
}

func TestSecretsAreFoundInEveryForm(t *testing.T) {
	secret := []byte{0xAB, 0xCD, 0xEF, 0x01, 0x23, 0x45, 0x67, 0x89, 0xBA, 0x01, 0xFE, 0x7F, 0x80, 0x0A, 0x22, 0xC3}
	s := secrets{"key": secret}
	long := append(append([]byte("x"), secret...), "yz"...)
	for _, text := range []string{
		string(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("% X", secret), fmt.Sprintf("% x", secret),
		fmt.Sprint(secret), fmt.Sprint(long), fmt.Sprintf("%#v", secret), fmt.Sprintf("%q", secret),
		base64.StdEncoding.EncodeToString(secret), base64.URLEncoding.EncodeToString(secret), base64.StdEncoding.EncodeToString(long),
		base64.StdEncoding.EncodeToString(long[1:]), base64.StdEncoding.EncodeToString(append([]byte("ab"), secret...)),
	} {
		if len(s.found([]byte("before "+text+" after"))) == 0 {
			t.Errorf("not found in %q", text)
		}
	}
	if got := s.found([]byte("key 01 of tag T17, 50 commands, 3071 bytes")); len(got) > 0 {
		t.Errorf("found %v where nothing is", got)
	}
}

// addTags adds what the records of a site know or can derive: numbers, records
// and keys of all tags, zone keys and locator keys.
func (s secrets) addTags(t *testing.T, dir string, pass []byte, o store.Options) {
	t.Helper()
	st, err := store.Open(t.Context(), dir, pass, o)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	err = st.View(t.Context(), func(tx *store.Tx) error {
		site, err := tx.Site()
		if err != nil {
			return err
		}
		keys := keytag.Keys{Custody: st.Custody(), AID: site.AID, Locators: site.Locators}
		tags, err := tx.Tags()
		if err != nil {
			return err
		}
		for _, tag := range tags {
			s.addTag(t, keys, tag)
		}
		zones, err := tx.Zones()
		for _, z := range zones {
			s.addKey(t, fmt.Sprintf("key of zone %d", z.ID))(keys.Zone(z.ID, z.KeyVersion))
		}
		for _, v := range site.Locators {
			s.addKey(t, fmt.Sprintf("locator key %d", v))(keys.Locator(v))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (s secrets) addTag(t *testing.T, keys keytag.Keys, tag store.Tag) {
	t.Helper()
	name := fmt.Sprintf("tag %d: ", tag.ID)
	s[name+"number"] = tag.Number[:]
	record, err := keytag.Record{Number: tag.Number, Slots: tag.Slots}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s[name+"record"] = record
	s[name+"used part of the record"] = record[:16+12*len(tag.Slots)]
	s.addKey(t, name+"chip key")(keys.PICC(tag.Number))
	s.addKey(t, name+"application key")(keys.Application(tag.Number))
	s.addKey(t, name+"key of unused slots")(keys.Unused(tag.Number))
	for i, c := range tag.Slots {
		s[fmt.Sprintf("%sclaims %d", name, i)] = record[16+12*i:][:12]
		s.addKey(t, fmt.Sprintf("%skey of slot %d", name, i))(keys.Slot(c, tag.Number))
	}
}

func (s secrets) addKey(t *testing.T, name string) func(desfire.Key, error) {
	return func(k desfire.Key, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		s[name] = k.Reveal()
	}
}

// addLocks adds the private keys of locks, and what their bundles hold.
func (s secrets) addLocks(t *testing.T, keys map[string]bundle.LockKey, bundles string) {
	t.Helper()
	for id, key := range keys {
		s["private key of "+id] = key.Private().Bytes()
		data, err := os.ReadFile(filepath.Join(bundles, id+".bundle"))
		if err != nil {
			t.Fatal(err)
		}
		s.addBundle(t, id, data, key.Name(), key.Private())
	}
}

func (s secrets) addBundle(t *testing.T, id string, data []byte, name bundle.LockName, private *ecdh.PrivateKey) {
	t.Helper()
	b, err := bundle.Open(data, bundle.TrustFirst(), name.ID(), private)
	if err != nil {
		t.Fatal(err)
	}
	receipt := b.ReceiptKey.Reveal()
	s["receipt key of "+id] = receipt[:]
	for _, z := range b.Zones {
		s[fmt.Sprintf("zone key in the bundle of %s, %d", id, z.ID)] = z.Key.Reveal()
	}
}

// TestDemoKeepsItsSecrets runs the whole demo with everything logged, and
// searches the log and the screen for every secret that the run made.
func TestDemoKeepsItsSecrets(t *testing.T) {
	var out, errs bytes.Buffer
	env := testEnv(&out, &errs)
	known := secrets{}
	env.demoTold = func(s *story) {
		known["passphrase"] = []byte(s.passphrase)
		known["UID of the first tag"], known["UID of the second tag"] = s.first.UID(), s.second.UID()
		o := env.store
		o.CounterDir = s.counterDir()
		known.addTags(t, s.recordsDir(), []byte(s.passphrase), o)
		known.addLocks(t, s.campus.Keys, s.bundleDir())
	}
	log := filepath.Join(t.TempDir(), "log")
	if code := Run(t.Context(), []string{"demo", "--verbose", "--log", log}, env); code != exitOK {
		t.Fatalf("exit code %d\n%s%s", code, &out, &errs)
	}
	logged, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(logged, []byte("\n")); n < 10 {
		t.Errorf("only %d lines were logged; this test is to read a full log", n)
	}
	t.Logf("%d secrets, %d bytes of log, %d of screen", len(known), len(logged), out.Len()+errs.Len())
	for where, text := range map[string][]byte{"log": logged, "standard output": out.Bytes(), "standard error": errs.Bytes()} {
		for _, what := range known.found(text) {
			t.Errorf("the %s shows %s", where, what)
		}
	}
}

// TestFailuresKeepTheirSecrets does the same while writing goes wrong at every
// command of a tag and of an update card, and with a broker that comes and goes.
func TestFailuresKeepTheirSecrets(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	pass := "a passphrase of six plain words"
	if err := os.WriteFile(at("passphrase"), []byte(pass), 0o600); err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	env := testEnv(&shown, &shown)
	env.store.CounterDir = at("counter")
	env.Getenv = func(name string) string { return map[string]string{passphraseFileVar: at("passphrase")}[name] }
	env.OpenReader = scriptReader
	run := func(want int, args ...string) {
		t.Helper()
		args = append(args, "--store", at("store"), "--verbose", "--log", at("log"))
		if got := Run(context.Background(), args, env); want >= 0 && got != want {
			t.Fatalf("%v: exit code %d, want %d\n%s", args, got, want, &shown)
		}
	}
	makeCampus(t, dir)
	run(exitOK, "init", "--site", "Practice", "--practice")
	run(exitOK, "import", at("campus.csv"))
	for _, fault := range []string{"leave-after", "leave-before", "corrupt", "refuse"} {
		for n := 1; n < 60; n += 5 {
			run(-1, "tag", "issue", scriptHome, "--reader", fmt.Sprintf("%s@%d:%s", fault, n, at("tag")))
			run(-1, "tag", "wipe", "--reader", fmt.Sprintf("%s@%d:%s", fault, n, at("tag")))
		}
	}
	run(exitOK, "tag", "issue", scriptHome, "--reader", virtualPrefix+at("tag2"))
	for _, fault := range []string{"leave-after", "corrupt", "refuse"} {
		for n := 1; n < 60; n += 7 {
			run(-1, "lock", "card", "E1", "--reader", fmt.Sprintf("%s@%d:%s", fault, n, at("card")))
			run(-1, "lock", "receipts", "--reader", fmt.Sprintf("%s@%d:%s", fault, n, at("card")))
		}
	}
	run(exitOK, "lock", "card", "E1", "--reader", virtualPrefix+at("card"))
	run(exitOK, "lock", "card", "--erase", "--reader", virtualPrefix+at("card"))
	broker := mosquittotest.Start(t)
	config := broker.ConfigFile("desk")
	run(exitOK, "lock", "gateway", "--config", config, "--once")
	run(exitBroker, "lock", "gateway", "--config", broker.ConfigFile("nobody"), "--once")
	broker.Kill()
	run(exitBroker, "lock", "gateway", "--config", config, "--once")
	run(exitFiles, "lock", "gateway", "--config", filepath.Join(filepath.Dir(config), "desk.key"), "--once")
	run(exitFiles, "lock", "bundles", at("stick")) // a folder that is not there
	if err := os.Mkdir(at("stick"), 0o700); err != nil {
		t.Fatal(err)
	}
	run(exitOK, "lock", "bundles", at("stick"))

	known := secrets{"passphrase": []byte(pass)}
	private, err := os.ReadFile(filepath.Join(filepath.Dir(config), "desk.key"))
	if err != nil {
		t.Fatal(err)
	}
	known["key of the desk's certificate"] = bytes.Split(private, []byte("\n"))[1]
	doors := map[string]bundle.LockKey{}
	for _, id := range []string{"E1", "H1-101"} {
		if doors[id], err = bundle.ReadKeyFile(at("keys/" + id + ".key")); err != nil {
			t.Fatal(err)
		}
	}
	known.addLocks(t, doors, at("stick"))
	known.addTags(t, at("store"), []byte(pass), env.store)
	for _, name := range []string{"tag", "tag2", "card"} {
		card, err := softcard.Open(at(name), softcard.Config{})
		if err != nil {
			t.Fatal(err)
		}
		known["UID of "+name] = card.UID()
	}
	logged, err := os.ReadFile(at("log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d secrets, %d bytes of log", len(known), len(logged))
	for _, what := range known.found(append(logged, shown.Bytes()...)) {
		t.Errorf("shows %s", what)
	}
}
