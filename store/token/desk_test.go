package token

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// office is a site with two custodians and proven shares.
type office struct {
	t      *testing.T
	dir    string
	sync   string
	demo   desk.DemoCampus
	shares []string // files
	d      *Driver
	now    time.Time
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: filepath.Join(t.TempDir(), "records"), sync: t.TempDir(), d: New(), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	d, err := desk.Init(t.Context(), desk.InitOptions{Options: o.options(), Site: "Campus", Practice: true})
	must(t, err)
	o.demo, err = desk.NewDemoCampus(3)
	must(t, err)
	_, err = d.Import(t.Context(), bytes.NewReader(o.demo.CSV))
	must(t, err)
	must(t, d.AddOperator(t.Context(), desk.NewOperator{Name: "bob", Role: store.Custodian, Passphrase: []byte("paard batterij nietje korrekt bob")}, desk.Approval{}))
	must(t, d.Close())
	return o
}

func (o *office) options() desk.Options {
	s := options(o.d)
	s.Clock = func() time.Time { return o.now }
	return desk.Options{Dir: o.dir, Operator: "anna", Passphrase: []byte("paard batterij nietje korrekt anna"), Store: s, Clock: s.Clock}
}

func (o *office) open() *desk.Desk {
	o.t.Helper()
	d, err := desk.Open(o.t.Context(), o.options())
	must(o.t, err)
	o.t.Cleanup(func() { must(o.t, d.Close()) })
	return d
}

// makeShares makes 2 of 3, and has two of them rehearsed.
func (o *office) makeShares() {
	o.t.Helper()
	s, err := store.Open(o.t.Context(), o.dir, o.options().Passphrase, o.options().Store)
	must(o.t, err)
	set, all, err := s.MakeShares(o.t.Context(), store.Root{}, 2, 3)
	must(o.t, err)
	must(o.t, s.Update(o.t.Context(), func(tx *store.Tx) error { return tx.InsertShareSet(set) }))
	must(o.t, s.Close())
	dir := o.t.TempDir()
	for i, share := range all {
		o.shares = append(o.shares, filepath.Join(dir, fmt.Sprintf("%d.txt", i)))
		must(o.t, os.WriteFile(o.shares[i], []byte(share.Text()), 0o600))
	}
}

func (o *office) entered() *desk.EnteredShares {
	o.t.Helper()
	e := new(desk.EnteredShares)
	for _, f := range o.shares[1:] {
		_, err := e.ReadFile(f)
		must(o.t, err)
	}
	o.t.Cleanup(e.Wipe)
	return e
}

func consent() desk.Approval {
	return desk.Approval{Operator: "bob", Passphrase: []byte("paard batterij nietje korrekt bob")}
}

func wantCode(t *testing.T, what string, err error, want desk.Code) {
	t.Helper()
	if got := desk.Explain(err).Code; got != want {
		t.Errorf("%s: %q (%v), not %q", what, got, err, want)
	}
}

// TestCeremony moves a site into a token, hands out a tag, makes bundles, and
// opens a door with it; takes the token away in the middle, and gets the keys
// back from shares.
func TestCeremony(t *testing.T) {
	h := startHSM(t)
	ref := h.token("campus")
	o := newOffice(t)
	d := o.open()
	before, err := d.Keys(t.Context())
	must(t, err)
	in := desk.TokenIn{Module: module, Label: "campus", PIN: []byte(userPIN), Approval: consent()}
	wantCode(t, "without shares", d.MoveToToken(t.Context(), in), desk.CodeNoProvenShares)
	must(t, d.Close())
	o.makeShares()
	d = o.open()
	_, err = d.Rehearse(t.Context(), o.entered())
	must(t, err)

	alone := in
	alone.Approval = desk.Approval{}
	wantCode(t, "alone", d.MoveToToken(t.Context(), alone), desk.CodeSecondNeeded)
	wrong := in
	wrong.Label = "another"
	wantCode(t, "another token", d.MoveToToken(t.Context(), wrong), desk.CodeTokenMissing)
	must(t, d.MoveToToken(t.Context(), in))
	keys, err := d.Keys(t.Context())
	must(t, err)
	if keys.Kind != store.TokenCustodyKind || keys.Token.Serial != ref.Serial || keys.Problem != "" || fmt.Sprint(keys.Checks) != fmt.Sprint(before.Checks) {
		t.Errorf("keys %+v, before %+v", keys, before)
	}
	_, err = d.Rehearse(t.Context(), o.entered()) // goes on working
	must(t, err)

	card, err := softcard.New(softcard.Config{Chip: softcard.EV3})
	must(t, err)
	reader := softcard.NewReader("virtual")
	reader.Lay(card)
	must(t, d.AllowUnassessed(t.Context(), consent(), "Boulevard 3/101"))
	_, err = d.Issue(t.Context(), reader, "Boulevard 3/101", desk.IssueOptions{}, nil)
	must(t, err)
	o.opensDoor(d, card, "H1-101", true)

	plug := h.pull()
	second, err := softcard.New(softcard.Config{Chip: softcard.EV3})
	must(t, err)
	reader.Take()
	reader.Lay(second)
	_, err = d.Issue(t.Context(), reader, "Boulevard 3/102", desk.IssueOptions{}, nil)
	wantCode(t, "issue without the token", err, desk.CodeTokenMissing)
	keys, err = d.Keys(t.Context())
	must(t, err)
	if keys.Problem != desk.CodeTokenMissing || fmt.Sprint(keys.Checks) != fmt.Sprint(before.Checks) {
		t.Errorf("keys without the token: %+v", keys)
	}
	plug()
	_, err = d.Issue(t.Context(), reader, "Boulevard 3/102", desk.IssueOptions{}, nil)
	must(t, err)
	o.opensDoor(d, second, "H1-102", true)
	o.opensDoor(d, second, "H1-101", false)

	h.pull() // for good
	wantCode(t, "alone", d.MoveFromToken(t.Context(), o.entered(), desk.Approval{}), desk.CodeSecondNeeded)
	must(t, d.MoveFromToken(t.Context(), o.entered(), consent()))
	wantCode(t, "twice", d.MoveFromToken(t.Context(), o.entered(), consent()), desk.CodeNoToken)
	keys, err = d.ClearTokens(t.Context(), true)
	must(t, err)
	if keys.Kind != store.SoftwareCustody || len(keys.Left) != 0 || fmt.Sprint(keys.Checks) != fmt.Sprint(before.Checks) {
		t.Errorf("keys afterwards: %+v", keys)
	}
	o.opensDoor(d, card, "H1-101", true)
	_, err = d.Wipe(t.Context(), reader, nil)
	must(t, err)
}

// TestSignersUsedUp: a campaign that needs a signing key which the token does
// not have is not begun; the shares bring it.
func TestSignersUsedUp(t *testing.T) {
	h := startHSM(t)
	h.token("campus")
	o := newOffice(t)
	in := o.intoToken()
	s, err := store.Open(t.Context(), o.dir, o.options().Passphrase, o.options().Store)
	must(t, err)
	must(t, s.Update(t.Context(), func(tx *store.Tx) error {
		site, err := tx.Site()
		must(t, err)
		site.SignerVersion = store.SignersAhead // the last that the token has
		return tx.PutSite(&site)
	}))
	must(t, s.Close())
	d := o.open()
	_, err = d.StartCampaign(t.Context(), desk.CampaignSpec{Kind: store.CampaignSite})
	wantCode(t, "campaign", err, desk.CodeTokenSigner)
	wantCode(t, "again without shares", d.MoveToToken(t.Context(), in), desk.CodeRootAway)
	in.Shares = o.entered()
	must(t, d.MoveToToken(t.Context(), in))
	_, err = d.StartCampaign(t.Context(), desk.CampaignSpec{Kind: store.CampaignSite})
	must(t, err)
}

// opensDoor brings a lock its bundle, and holds a tag before it.
// intoToken moves the keys into the token, with shares that are proven, and tells how.
func (o *office) intoToken() desk.TokenIn {
	t := o.t
	t.Helper()
	o.makeShares()
	d := o.open()
	_, err := d.Rehearse(t.Context(), o.entered())
	must(t, err)
	in := desk.TokenIn{Module: module, PIN: []byte(userPIN), Approval: consent()}
	must(t, d.MoveToToken(t.Context(), in))
	must(t, d.Close())
	return in
}

func (o *office) opensDoor(d *desk.Desk, card *softcard.Card, id string, want bool) {
	o.t.Helper()
	o.now = o.now.Add(time.Hour)
	_, err := d.WriteBundles(o.t.Context(), o.sync)
	must(o.t, err)
	key := o.demo.Keys[id]
	l, err := lock.Open(lock.Config{
		Name: key.Name(), Key: key.Private(), Dir: o.t.TempDir(),
		Clock: lock.ClockFunc(func() (time.Time, bool) { return o.now, true }),
	})
	must(o.t, err)
	data, err := carrier.OpenFolder(o.sync).ReadBundle(l.Name())
	must(o.t, err)
	must(o.t, l.Apply(data))
	card.Reset()
	got, err := l.Try(card)
	if err = errors.Join(err, l.Close()); err != nil || got.Open != want {
		o.t.Errorf("door %s opens: %v, %v", id, got.Open, err)
	}
}
