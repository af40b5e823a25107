package command

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/identify/identifytest"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// selftestEnv is a world whose only reader is r. What is said is in the buffers.
func selftestEnv(t *testing.T, r nfc.Reader, answer string) (env Env, stdout, stderr *bytes.Buffer) {
	t.Helper()
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	env = SystemEnv("v0-test")
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(answer), stdout, stderr
	env.CanAsk = func() bool { return answer != "" }
	env.ShowSteps = func() bool { return false }
	env.store = store.Options{TestKDF: true}
	env.ListReaders = func() ([]string, error) { return []string{r.Name()}, nil }
	env.OpenReader = func(string) (nfc.Reader, error) { return unclosed{r}, nil }
	return env, stdout, stderr
}

// unclosed is a reader that is used again.
type unclosed struct{ nfc.Reader }

func (unclosed) Close() error { return nil }

func layOn(t *testing.T, c softcard.Config) (*softcard.Reader, *softcard.Card) {
	t.Helper()
	card, err := softcard.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := softcard.NewReader("Virtual 00")
	r.Lay(card)
	return r, card
}

// runSelftest runs it without asking and reads its report.
func runSelftest(t *testing.T, ctx context.Context, r nfc.Reader) (got selfTested, text string, exit int) {
	t.Helper()
	env, stdout, _ := selftestEnv(t, r, "")
	exit = Run(ctx, []string{"selftest", "--yes", "--json"}, env)
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	return got, stdout.String(), exit
}

// TestSelftest runs it on every chip: all parts are done, the tag is blank and
// good for any other system, and the report names neither tag nor key.
func TestSelftest(t *testing.T) {
	for _, c := range []softcard.Config{
		{Chip: softcard.EV1},
		{Chip: softcard.EV2, Memory: 2048},
		{Chip: softcard.EV3, Memory: 8192},
		{Chip: softcard.EV3, PICCKeyAES: true},
	} {
		t.Run(fmt.Sprintf("%v %d %v", c.Chip, c.Memory, c.PICCKeyAES), func(t *testing.T) {
			t.Parallel()
			r, card := layOn(t, c)
			got, text, exit := runSelftest(t, t.Context(), r)
			if exit != exitOK || !got.Passed || !got.Blank || got.Cleaned || len(got.Steps) != 7 || got.Problem != nil {
				t.Fatalf("exit code %d: %s", exit, text)
			}
			if got.Cuts < 15 || got.Doors < 8 || len(got.Commands) < 15 || got.Version != "v0-test" || got.Reader != "Virtual 00" {
				t.Errorf("report: %s", text)
			}
			if !strings.HasPrefix(got.Hardware, "0401") || !strings.HasPrefix(got.Software, "0401") || !strings.HasPrefix(got.Chip, "DESFire "+c.Chip.String()) {
				t.Errorf("chip %s, hardware %s, software %s", got.Chip, got.Hardware, got.Software)
			}
			proveBlank(t, card)
			if n := card.AuthenticationFailures(); n > 2*got.Cuts {
				t.Errorf("%d wrong keys at %d cuts", n, got.Cuts)
			}
			if found := (secrets{"number of the chip": card.UID()}).found([]byte(text)); len(found) > 0 {
				t.Errorf("the report shows %v", found)
			}
			if strings.Contains(strings.ToLower(text), hex.EncodeToString(card.UID()[:4])) {
				t.Error("the report shows part of the chip's number")
			}
			t.Logf("%d cuts, %d doors, %d commands", got.Cuts, got.Doors, total(got))
		})
	}
}

func total(got selfTested) int {
	n := 0
	for _, c := range got.Commands {
		n += c.Count
	}
	return n
}

// proveBlank uses a tag as any other system would.
func proveBlank(t *testing.T, c *softcard.Card) {
	t.Helper()
	c.Reset()
	card := desfire.New(c)
	apps, err := card.GetApplicationIDs()
	if err != nil || len(apps) != 0 {
		t.Errorf("applications %v, %v", apps, err)
	}
	settings, err := card.GetKeySettings()
	if err != nil || settings.Settings != keytag.BlankSettings {
		t.Errorf("chip settings %+v, %v", settings, err)
	}
	authenticate, zero := card.AuthenticateISO, desfire.ZeroDES
	if settings.Type == desfire.TypeAES {
		authenticate, zero = card.AuthenticateAES, desfire.ZeroAES
	}
	s, err := authenticate(0, zero)
	if err != nil {
		t.Fatal(err)
	}
	aid := desfire.AID{0xF1, 0x23, 0x45}
	for _, err := range []error{s.CreateApplication(aid, 0x0F, 1, desfire.TypeAES), card.SelectApplication(aid)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := card.AuthenticateAES(0, desfire.ZeroAES); err != nil {
		t.Errorf("the default key is not zero: %v", err)
	}
}

func TestSelftestAsks(t *testing.T) {
	for _, c := range []struct {
		answer string
		exit   int
	}{{"", exitUsage}, {"\n", exitUsage}, {"n\n", exitUsage}, {"no thanks", exitUsage}, {"y\n", exitOK}, {"YES\n", exitOK}} {
		r, card := layOn(t, softcard.Config{Chip: softcard.EV3})
		env, stdout, stderr := selftestEnv(t, r, c.answer)
		exit := Run(t.Context(), []string{"selftest"}, env)
		if exit != c.exit {
			t.Errorf("answer %q: exit code %d: %s%s", c.answer, exit, stdout, stderr)
		}
		if c.answer != "" && !strings.Contains(stderr.String(), "random from then on") {
			t.Errorf("answer %q: asked %s", c.answer, stderr)
		}
		if commands, _, _ := card.Count(); c.exit == exitUsage && commands > 20 {
			t.Errorf("answer %q: %d commands were sent", c.answer, commands)
		}
		if c.exit == exitOK && !strings.HasSuffix(stdout.String(), "PASSED. The tag is blank.\n") {
			t.Errorf("answer %q: %s", c.answer, stdout)
		}
	}
}

// TestSelftestRefuses: whatever is not blank is left alone.
func TestSelftestRefuses(t *testing.T) {
	ctx := t.Context()
	d, err := desk.Init(ctx, desk.InitOptions{
		Options: desk.Options{Dir: t.TempDir(), Passphrase: []byte("x"), Store: store.Options{TestKDF: true}},
		Site:    "Site", Practice: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	campus, err := desk.NewDemoCampus(2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Import(ctx, bytes.NewReader(campus.CSV)); err != nil {
		t.Fatal(err)
	}
	ours, _ := layOn(t, softcard.Config{Chip: softcard.EV3})
	if _, err := d.Issue(ctx, ours, demoHome, desk.IssueOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	half, torn := layOn(t, softcard.Config{Chip: softcard.EV2})
	torn.Arm(softcard.LeaveBefore(30))
	if _, err := d.Issue(ctx, half, demoHome, desk.IssueOptions{}, nil); !errors.Is(err, nfc.ErrTagRemoved) {
		t.Fatal(err)
	}
	torn.Return()
	bank := identifytest.Things()[0]
	for name, c := range map[string]struct {
		reader nfc.Reader
		code   desk.Code
		exit   int
	}{
		"tag of a site":          {ours, desk.CodeForeignTag, exitTag},
		"half-written by a site": {half, desk.CodeForeignTag, exitTag},
		"no DESFire":             {identifytest.NewReader(bank), desk.CodeNotDESFire, exitTag},
		"nothing":                {softcard.NewReader("empty"), desk.CodeNoTag, exitReader},
	} {
		env, stdout, _ := selftestEnv(t, c.reader, "")
		exit := Run(ctx, []string{"selftest", "--yes", "--json"}, env)
		var got struct{ Error problem }
		if err := json.Unmarshal(stdout.Bytes(), &got); err != nil || exit != c.exit || got.Error.Code != c.code {
			t.Errorf("%s: exit code %d: %s, %v", name, exit, stdout, err)
		}
	}
	if seen, err := d.Inspect(ctx, ours); err != nil || seen.Kind != desk.KindOurs || seen.Problem != "" {
		t.Errorf("the site's tag is %+v, %v", seen, err)
	}
	if _, err := d.Resume(ctx, half, nil); err != nil {
		t.Errorf("the site's torn tag: %v", err)
	}
}

// TestSelftestFinishesALostOne pulls the reader's plug at every 61st command:
// the tag is left as it is then, the report says so, and the next self-test, on
// a computer that knows nothing of it, makes it blank and passes.
func TestSelftestFinishesALostOne(t *testing.T) {
	var lost atomic.Int32
	t.Run("", func(t *testing.T) {
		for n := 20; n < 700; n += 61 {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				if lostAt(t, n) {
					lost.Add(1)
				}
			})
		}
	})
	if lost.Load() == 0 {
		t.Error("no tag was left behind: the test proves nothing")
	}
}

// lostAt leaves a tag behind at a command and takes it up again. It tells
// whether there was something to make blank.
func lostAt(t *testing.T, n int) bool {
	r, card := layOn(t, softcard.Config{Chip: softcard.EV3})
	card.Arm(softcard.LeaveBefore(n))
	got, text, exit := runSelftest(t, t.Context(), r)
	if exit != exitReader || got.Passed || got.Blank || got.Problem == nil || got.Problem.Code != desk.CodeTagRemoved {
		t.Fatalf("exit code %d: %s", exit, text)
	}
	card.Return()
	if n%2 != 0 { // only made blank, which is the first part
		return proveCleaned(t, r)
	}
	got, text, exit = runSelftest(t, t.Context(), r)
	if exit != exitOK || !got.Passed {
		t.Fatalf("again: exit code %d: %s", exit, text)
	}
	proveBlank(t, card)
	return got.Cleaned
}

// proveCleaned lets a self-test take up a tag that another one left.
func proveCleaned(t *testing.T, r nfc.Reader) bool {
	t.Helper()
	d, err := desk.InitSelftest(t.Context(), desk.Options{Dir: t.TempDir(), Passphrase: []byte("x"), Store: store.Options{TestKDF: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	tr := &trial{ctx: t.Context(), d: d, probe: newProbe(r)}
	if err := errors.Join(tr.look(), tr.clean()); err != nil {
		t.Error(err)
	}
	return tr.report.Cleaned
}

// TestSelftestFails: a line that damages and a person who cancels are in the
// report, and the tag is blank all the same.
func TestSelftestFails(t *testing.T) {
	for _, n := range []int{40, 90, 200, 333} {
		r, card := layOn(t, softcard.Config{Chip: softcard.EV3})
		card.Arm(softcard.LoseAnswer(n))
		got, text, exit := runSelftest(t, t.Context(), r)
		if exit != exitReader || got.Passed || !got.Blank || got.Problem.Code != desk.CodeReaderFault || got.Steps[len(got.Steps)-1].OK {
			t.Errorf("answer %d lost: exit code %d: %s", n, exit, text)
		}
		proveBlank(t, card)
	}
	r, card := layOn(t, softcard.Config{Chip: softcard.EV3})
	ctx, cancel := context.WithCancel(t.Context())
	stopping := &stopping{Reader: r, at: 150, stop: cancel}
	got, text, exit := runSelftest(t, ctx, stopping)
	if exit != exitCancelled || got.Passed || !got.Blank || got.Problem.Code != desk.CodeCancelled {
		t.Errorf("cancelled: exit code %d: %s", exit, text)
	}
	proveBlank(t, card)
}

// stopping calls stop at a command.
type stopping struct {
	nfc.Reader
	at   int
	stop func()
}

func (s *stopping) Transact(ctx context.Context, f func(nfc.Transceiver) error) error {
	return s.Reader.Transact(ctx, func(t nfc.Transceiver) error {
		return f(nfc.TransceiverFunc(func(b []byte) ([]byte, error) {
			if s.at--; s.at == 0 {
				s.stop()
			}
			return t.Transmit(b)
		}))
	})
}
