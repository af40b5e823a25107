package desk_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"

	"pgregory.net/rapid"
)

// TestFleet plays random sequences of the moves of a site with several locks,
// whose records are put back from old copies, whose clocks are wrong, and
// whose locks are reset, cut off from power and given what is old or not
// theirs. A model of its own, written from docs/lock.md, says what every tag
// must do at every door, and what the desk may say about it.
func TestFleet(t *testing.T) {
	t.Parallel()
	base := newFleetBase(t)
	var sum fleetCount
	checkRapid(t, 150, func(rt *rapid.T) {
		w := base.begin(rt)
		defer w.end()
		rt.Repeat(w.moves())
		w.settle()
		w.tryAll()
		sum.add(w.fleetCount)
	})
	t.Log(sum)
}

// fleetCount is what a run has done.
type fleetCount struct {
	sequences, acts, opened, refused, syncs, restored, statements int
}

func (c *fleetCount) add(o fleetCount) {
	c.sequences++
	c.acts, c.opened, c.refused = c.acts+o.acts, c.opened+o.opened, c.refused+o.refused
	c.syncs, c.restored, c.statements = c.syncs+o.syncs, c.restored+o.restored, c.statements+o.statements
}

func (c fleetCount) String() string {
	return fmt.Sprintf("%d random sequences of %d acts, with %d doors opened and %d refused, %d times everything synced, %d old copies put back, %d statements held against the doors",
		c.sequences, c.acts, c.opened, c.refused, c.syncs, c.restored, c.statements)
}

// fleetDoors are the locks of the site: a front door and a back door that share
// a zone, another front door, a corridor, two entrances, and a plant room for
// staff, which no tag of a home opens. SHED comes later.
var fleetDoors = [][]string{
	{"H101", "101", "front door", "home"},
	{"B101", "101", "front door", "home"},
	{"H102", "102", "front door", "home"},
	{"C1", "101;102", "corridor", "shared"},
	{"E1", "", "entrance", "shared"},
	{"E2", "", "entrance", "shared"},
	{"S1", "", "plant", "service"},
	{"SHED", "", "shed", "shared"},
}

const lateDoor = "SHED"

// fleetBase is what all sequences begin from.
type fleetBase struct {
	t    *testing.T
	dir  string
	keys map[string]bundle.LockKey
	n    int
}

var fleetBegin = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func newFleetBase(t *testing.T) *fleetBase {
	b := &fleetBase{t: t, dir: t.TempDir(), keys: map[string]bundle.LockKey{}}
	for _, row := range fleetDoors {
		b.keys[row[0]] = must(bundle.GenerateKey(must(bundle.ParseLockName(row[0])), rand.Reader))
	}
	d, err := desk.Init(t.Context(), desk.InitOptions{Options: fleetOptions(b.dir, func() time.Time { return fleetBegin }), Site: "Fleet", Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Import(t.Context(), b.list(fleetDoors[:len(fleetDoors)-1])); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

// list is a list of locks to import.
func (b *fleetBase) list(rows [][]string) *bytes.Reader {
	var list bytes.Buffer
	w := csv.NewWriter(&list)
	_ = w.Write([]string{"building", "floor", "home", "lock", "zone", "kind", "public_key"})
	for _, r := range rows {
		floor := ""
		if r[3] == "home" {
			floor = "1"
		}
		_ = w.Write([]string{"Boulevard 3", floor, r[1], r[0], r[2], r[3], bundle.PublicText(b.keys[r[0]].Public())})
	}
	w.Flush()
	return bytes.NewReader(list.Bytes())
}

// fleetOptions open records whose change counter lies outside of them.
func fleetOptions(dir string, now store.Clock) desk.Options {
	return desk.Options{
		Dir: filepath.Join(dir, "records"), Passphrase: passphrase, Clock: now,
		Store: store.Options{TestKDF: true, CounterDir: filepath.Join(dir, "counter")},
	}
}

// fleet is one site in one sequence.
type fleet struct {
	*rapid.T
	fleetCount
	base *fleetBase
	ctx  context.Context
	dir  string
	now  time.Time     // as it is
	skew time.Duration // of the desk's clock

	desk    *desk.Desk
	records desk.Records
	site    keytag.Site
	reader  *softcard.Reader
	chips   []*chip
	gates   []*gate
	media   media

	// handed are all tags that were ever handed out, by the number in their
	// record, whether these records know of it or not.
	handed map[keytag.Number]*given
	// names are the tags of these records.
	names  map[int64]*owned
	homes  map[string]*dwelling
	said   map[[32]byte]*said
	copies []backup
	// tenancies and signer are the highest that there ever were.
	tenancies int
	signer    uint16
	checked   bool
}

// chip is a card of plastic, with what was written on it last.
type chip struct {
	card *softcard.Card
	has  *given // nil while it is blank
}

// owned is a tag as people see it: it stays the same when it is written anew.
type owned struct {
	home     string
	replaces *owned
	since    int // the act by which there was such a tag
}

// given is one writing of a tag.
type given struct {
	tag     *owned
	written int // by which act
	record  keytag.Record
	locator byte
	tenancy int
	// over is true when the tag has ended, whoever still knows of it.
	over bool
	// early is true when it was given keys that its doors may not have yet.
	early bool
}

// dwelling is a home: who lives there to these records, and which tenancy was
// the last that there ever was.
type dwelling struct {
	runs            bool
	tenancy, latest int
}

// backup is a copy of the records.
type backup struct {
	dir   string
	names map[int64]*owned
	homes map[string]dwelling
}

func (b *fleetBase) begin(rt *rapid.T) *fleet {
	b.n++
	w := &fleet{
		T: rt, base: b, ctx: context.Background(), dir: filepath.Join(b.t.TempDir(), strconv.Itoa(b.n)), now: fleetBegin,
		reader: softcard.NewReader("virtual"), handed: map[keytag.Number]*given{}, names: map[int64]*owned{},
		homes: map[string]*dwelling{home101: {}, home102: {}}, said: map[[32]byte]*said{}, signer: 1,
	}
	copyRecords(b.t, filepath.Join(b.dir, "records"), filepath.Join(w.dir, "records"))
	copyRecords(b.t, filepath.Join(b.dir, "counter"), filepath.Join(w.dir, "counter"))
	w.media = newMedia(w)
	w.open()
	for _, row := range fleetDoors {
		w.gates = append(w.gates, newGate(w, row[0]))
	}
	for i, kind := range []softcard.Chip{softcard.EV1, softcard.EV3, softcard.EV1, softcard.EV2, softcard.EV1} {
		w.chips = append(w.chips, &chip{card: must(softcard.New(softcard.Config{Chip: kind, PICCKeyAES: i == 4}))})
	}
	w.look()
	if rapid.IntRange(0, 3).Draw(rt, "new site") > 0 {
		w.settle()
	}
	return w
}

func (w *fleet) end() {
	err := w.desk.Close()
	for _, g := range w.gates {
		err = errors.Join(err, g.lock.Close())
	}
	if err := errors.Join(err, os.RemoveAll(w.dir)); err != nil {
		w.Error(err)
	}
}

func (w *fleet) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *fleet) open() {
	w.Helper()
	d, err := desk.Open(w.ctx, fleetOptions(w.dir, func() time.Time { return w.now.Add(w.skew) }))
	w.must(err)
	w.desk = d
}

func (w *fleet) moves() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"issue": w.issue, "issue2": w.issue, "replace": w.replace, "renew": w.renew, "return": w.takeBack, "lose": w.lose,
		"move": w.move, "campaign": w.campaign, "import": w.importDoor, "retire": w.retire,
		"folder": w.byFolder, "card": w.byCard, "broker": w.byBroker, "receipts": w.receipts, "settle": func(*rapid.T) { w.settle() },
		"try": w.try, "try2": w.try,
		"keep a copy": w.keepCopy, "put back": w.putBack, "raise": w.raise, "restart": w.restart,
		"desk clock": w.deskClock, "lock clock": w.lockClock, "power": w.power, "reset": w.reset, "saved bundle": w.savedBundle,
		"foreign bundle": w.foreignBundle, "keep a state": w.keepState, "old state": w.oldState,
		"": w.check,
	}
}

func (w *fleet) begun() {
	w.acts++
	w.now = w.now.Add(time.Minute)
	w.checked = false
}

// calmly takes the result of an act that nobody disturbed.
func (w *fleet) calmly(err error, also ...desk.Code) bool {
	w.Helper()
	c := code(err)
	rolled := must(w.desk.Site(w.ctx)).RolledBack
	if c == desk.CodeOtherSite && w.restored > 0 {
		c = "" // its locator key is newer than these records
	}
	if !slices.Contains(calm, c) && !slices.Contains(also, c) && !(c == desk.CodeRolledBack && rolled) {
		w.Error(err)
	}
	w.look()
	return err == nil
}

// look reads the records: what they say has ended is over, whatever else they
// forget.
func (w *fleet) look() {
	w.Helper()
	w.checked = false
	var err error
	w.records, err = w.desk.Records(w.ctx)
	w.must(err)
	w.site, err = w.desk.KeytagSite(w.ctx)
	w.must(err)
	w.signer = max(w.signer, w.records.Signer)
	for number := range w.ended() {
		w.handed[number].over = true
	}
	for _, g := range w.gates {
		zone, ok := w.records.Locks[g.id]
		if ok {
			g.zone = zone
		}
		g.missed = g.missed || !ok
	}
}

// record is what these records say of a number.
func (w *fleet) record(n keytag.Number) (store.Tag, bool) {
	i := slices.IndexFunc(w.records.Tags, func(t store.Tag) bool { return t.Number == n })
	if i < 0 {
		return store.Tag{}, false
	}
	return w.records.Tags[i], true
}

// ended are the tags that the records hold for ended, and where they had claims to
// these records; also where they were written anew and the records forgot it.
func (w *fleet) ended() map[keytag.Number][]claims {
	all := map[keytag.Number][]claims{}
	for _, r := range w.records.Tags {
		if r.State.Live() || r.State == store.TagReserved || r.State == store.TagWriting {
			continue
		}
		for number, h := range w.handed {
			if number == r.Number || h.tag == w.names[r.ID] {
				all[number] = r.Slots
			}
		}
	}
	return all
}

// live are the tags that the records hold for handed out.
func (w *fleet) live() map[keytag.Number]bool {
	all := map[keytag.Number]bool{}
	for _, r := range w.records.Tags {
		if r.State == store.TagIssued {
			all[r.Number] = true
		}
	}
	return all
}

// onReader lays a chip for an act and reads what it is afterwards.
func (w *fleet) onReader(c *chip, act func() error, also ...desk.Code) bool {
	w.Helper()
	w.begun()
	w.reader.Take()
	c.card.Reset()
	w.reader.Lay(c.card)
	before := c.card.AuthenticationFailures()
	ok := w.calmly(act(), also...)
	if wrong := c.card.AuthenticationFailures() - before; wrong > 2 {
		w.Errorf("%d wrong keys", wrong)
	}
	w.reader.Take()
	return ok
}

// wrote notes what stands on a chip after a tag was handed out.
func (w *fleet) wrote(c *chip, done desk.Issued, early bool) {
	w.Helper()
	copied := c.card.Clone()
	copied.Reset()
	l := must(w.site.Recognise(copied, keytag.ExpectAnything))
	r, ok := w.record(l.Number)
	if l.State != keytag.Complete || !ok || desk.TagName(r.ID) != done.Tag.ID || r.State != store.TagIssued {
		w.Fatalf("%s was handed out, and the tag is %s, %s to the records", done.Tag.ID, l.State, desk.TagName(r.ID))
	}
	tag := w.names[r.ID]
	if tag == nil {
		tag = &owned{home: done.Tag.Home, replaces: w.names[r.Replaces], since: w.acts}
		w.names[r.ID] = tag
	}
	w.moveIn(done.Tag.Home)
	c.has = &given{tag: tag, written: w.acts, record: l.Record, locator: l.Locator(), tenancy: w.homes[tag.home].tenancy, early: early}
	w.handed[l.Number] = c.has
}

// moveIn begins a tenancy if none runs.
func (w *fleet) moveIn(home string) {
	if h := w.homes[home]; !h.runs {
		w.tenancies++
		h.runs, h.tenancy, h.latest = true, w.tenancies, w.tenancies
	}
}

func (w *fleet) homesNow() map[string]dwelling {
	all := map[string]dwelling{}
	for name, h := range w.homes {
		all[name] = *h
	}
	return all
}

func (w *fleet) keepCopy(rt *rapid.T) {
	w.begun()
	dir := filepath.Join(w.dir, "copy", strconv.Itoa(w.acts))
	copyRecords(w.base.t, filepath.Join(w.dir, "records"), dir)
	w.copies = append(w.copies, backup{dir, maps.Clone(w.names), w.homesNow()})
}

// putBack replaces the records by an old copy.
func (w *fleet) putBack(rt *rapid.T) {
	if len(w.copies) == 0 {
		rt.Skip("no copy")
	}
	w.begun()
	w.restored++
	from := rapid.SampledFrom(w.copies).Draw(rt, "copy")
	w.must(w.desk.Close())
	records := filepath.Join(w.dir, "records")
	w.must(os.RemoveAll(records))
	copyRecords(w.base.t, from.dir, records)
	w.open()
	w.names = maps.Clone(from.names)
	for name, was := range from.homes {
		w.homes[name].runs, w.homes[name].tenancy = was.runs, was.tenancy
	}
	for _, g := range w.gates {
		g.behind, g.newest, g.proved = true, nil, nil
	}
	w.look()
}

// raise raises the counters, as a custodian does who knows which key signs.
func (w *fleet) raise(rt *rapid.T) {
	w.begun()
	_, err := w.desk.RaiseCounters(w.ctx, desk.RaiseOptions{Signer: w.signer})
	w.calmly(err, desk.CodeNotRolledBack)
}

func (w *fleet) restart(*rapid.T) {
	w.begun()
	w.must(w.desk.Close())
	w.open()
	w.look()
}

// deskClock sets the desk's clock right or wrong.
func (w *fleet) deskClock(rt *rapid.T) {
	w.begun()
	hours := rapid.SampledFrom([]int{0, 0, 0, 30, 24 * 20, -12, -24 * 9}).Draw(rt, "hours off")
	w.skew = time.Duration(hours) * time.Hour
	if rapid.Bool().Draw(rt, "days pass") {
		w.now = w.now.AddDate(0, 0, rapid.IntRange(1, 12).Draw(rt, "days"))
	}
}

var _ lock.Clock = (*gate)(nil)

// GoString names a chip in what rapid prints.
func (c *chip) GoString() string {
	if c.has == nil {
		return "blank"
	}
	return fmt.Sprintf("tag of %s, tenancy %d", c.has.tag.home, c.has.tenancy)
}

// GoString names a copy in what rapid prints.
func (b backup) GoString() string { return filepath.Base(b.dir) }
