package desk_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"

	"pgregory.net/rapid"
)

// modelSequences, set in the environment to a number, runs as many random
// sequences, from a random seed.
const modelSequences = "SLEUTELBORD_SEQUENCES"

// TestModel plays random sequences of everything that a desk does, with tags
// that are taken away, answers that are lost or damaged, people who change
// their minds and a desk that is started anew, and holds doors, tags and
// records against a small model of the rule that doors go by.
func TestModel(t *testing.T) {
	t.Parallel()
	base := newTemplate(t)
	var sequences, acts, opened, refused int
	checkRapid(t, 600, func(rt *rapid.T) {
		w := base.world(rt)
		defer w.close()
		rt.Repeat(map[string]func(*rapid.T){
			"issue":   w.issue,
			"issue2":  w.issue, // twice as often as the rest
			"replace": w.replace,
			"resume":  w.resume,
			"return":  w.takeBack,
			"wipe":    w.wipe,
			"lose":    w.lose,
			"move":    w.move,
			"write":   w.writeBundles,
			"carry":   w.carry,
			"try":     w.try,
			"restart": w.restart,
			"renew":   w.renew,
			"roll":    w.roll,
			"":        w.check,
		})
		w.tryAll()
		sequences++
		acts, opened, refused = acts+w.acts, opened+w.opened, refused+w.refused
	})
	t.Logf("%d random sequences of %d acts, with %d doors opened and %d refused", sequences, acts, opened, refused)
}

// rapidFlags is held from setting rapid's flags until a check has read them.
var rapidFlags sync.Mutex

// checkRapid runs so many random sequences, or as many as are asked for.
func checkRapid(t *testing.T, sequences int, property func(*rapid.T)) {
	t.Helper()
	rapidFlags.Lock()
	var read sync.Once
	defer read.Do(rapidFlags.Unlock)
	setRapid(t, sequences)
	rapid.Check(t, func(rt *rapid.T) {
		read.Do(rapidFlags.Unlock)
		property(rt)
	})
}

func setRapid(t *testing.T, sequences int) {
	set := map[string]string{"rapid.checks": strconv.Itoa(sequences), "rapid.steps": "24", "rapid.seed": "20261121"}
	if n, err := strconv.Atoi(os.Getenv(modelSequences)); err == nil && n > 0 {
		set["rapid.checks"], set["rapid.seed"], set["rapid.steps"] = strconv.Itoa(n), "0", "40"
	}
	given := givenFlags()
	for name, value := range set {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
}

// givenFlags are the flags of the command line. They are noted down once, as
// [flag.Visit] also visits those that a test has set since.
var givenFlags = sync.OnceValue(func() map[string]bool {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return given
})

// TestSequencesAreCountedPerTest holds that a test which runs after another one
// runs its own number of sequences.
func TestSequencesAreCountedPerTest(t *testing.T) {
	t.Setenv(modelSequences, "")
	given := givenFlags()["rapid.checks"]
	var runs [2]int
	for i, sequences := range []int{10, 5} {
		checkRapid(t, sequences, func(*rapid.T) { runs[i]++ })
	}
	if !given && runs[0] != 2*runs[1] {
		t.Errorf("ran %d and %d sequences in place of 10 and 5", runs[0], runs[1])
	}
}

// template is a site from which every sequence begins.
type template struct {
	t    *testing.T
	from *campus
	n    int
}

func newTemplate(t *testing.T) *template {
	b := &template{t: t, from: newCampus(t, 2)}
	b.from.syncLocks()
	if err := b.from.desk.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *template) world(rt *rapid.T) *world {
	b.n++
	dir := filepath.Join(b.t.TempDir(), strconv.Itoa(b.n))
	w := &world{T: rt, dir: dir, now: b.from.now, reader: softcard.NewReader("virtual"), was: map[keytag.Number]attempt{}, ended: map[int64]int{}}
	copyRecords(b.t, b.from.dir, filepath.Join(dir, "records"))
	copyRecords(b.t, b.from.sync, w.folder())
	w.open()
	for id, key := range b.from.demo.Keys {
		l, err := lock.Open(lock.Config{
			Name: key.Name(), Key: key.Private(), Dir: filepath.Join(dir, "lock", id),
			Clock: lock.ClockFunc(func() (time.Time, bool) { return w.now, true }),
		})
		w.must(err)
		w.doors = append(w.doors, &door{id: id, lock: l, floors: map[byte]floor{}})
	}
	slices.SortFunc(w.doors, func(a, b *door) int { return strings.Compare(a.id, b.id) })
	chips := []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3}
	for i := range 5 {
		c, err := softcard.New(softcard.Config{Chip: chips[i%3], PICCKeyAES: i == 4})
		w.must(err)
		w.tags = append(w.tags, &tag{card: c, state: keytag.Blank})
	}
	w.look()
	for _, d := range w.doors {
		d.written = content{true, 0, w.wanted(d.zone), w.versions(d.zone), w.records.Locators}
		if rapid.IntRange(0, 5).Draw(rt, d.id) > 0 { // the others are not built in yet
			w.bring(d)
		}
	}
	return w
}

// world is a desk, doors and tags, and the model of them.
type world struct {
	*rapid.T
	dir    string
	now    time.Time
	desk   *desk.Desk
	reader *softcard.Reader
	tags   []*tag
	doors  []*door

	records desk.Records
	site    keytag.Site
	// was is what the records ever wanted on a tag, by its number.
	was map[keytag.Number]attempt
	// checked is true while the records are as they were at the last check:
	// what happens at doors since only makes fewer tags open.
	checked bool
	// ended is the act after which a tag was dead to the records.
	ended map[int64]int

	acts, opened, refused int
}

// attempt is one writing of a tag.
type attempt struct {
	tag     int64
	claims  []keytag.Claims
	locator byte
}

// tag is one chip, as it was found after the last act.
type tag struct {
	card   *softcard.Card
	state  keytag.State
	number keytag.Number // zero where nobody can read one
}

// door is a lock with what the model expects it to remember.
type door struct {
	id   string
	lock *lock.Lock
	zone keytag.Zone
	// written is the content of the bundle in the folder, applied that of the
	// lock; zero is none.
	written, applied content
	floors           map[byte]floor // by version of the zone's key
	// used are the tags that it opened for: their first use ends others there.
	used []use
}

// use is that a door opened for a tag, by a version of its zone's key.
type use struct {
	tag     int64
	version byte
}

// content is what a bundle says of its one zone, and after which act.
type content struct {
	made  bool
	act   int
	floor floor
	// versions are those of the zone's key.
	versions, locators []byte
}

type floor struct {
	epoch uint16
	seats map[uint16]uint16
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) open() {
	w.Helper()
	d, err := desk.Open(context.Background(), desk.Options{
		Dir: filepath.Join(w.dir, "records"), Passphrase: passphrase, Clock: func() time.Time { return w.now },
	})
	w.must(err)
	w.desk = d
	w.site, err = d.KeytagSite(context.Background())
	w.must(err)
}

func (w *world) close() {
	err := w.desk.Close()
	for _, d := range w.doors {
		err = errors.Join(err, d.lock.Close())
	}
	if err := errors.Join(err, os.RemoveAll(w.dir)); err != nil {
		w.Error(err)
	}
}

// pick draws a tag, a home or a name.
func (w *world) pick(rt *rapid.T) *tag { return rapid.SampledFrom(w.tags).Draw(rt, "tag") }

func home(rt *rapid.T) string {
	return rapid.SampledFrom([]string{home101, home102}).Draw(rt, "home")
}

// name draws a tag of the records, if there is one.
func (w *world) name(rt *rapid.T) string {
	if len(w.records.Tags) == 0 {
		rt.Skip("no tag was ever handed out")
	}
	return desk.TagName(rapid.SampledFrom(w.records.Tags).Draw(rt, "name").ID)
}

// calm are the problems that an undisturbed act may end with.
var calm = []desk.Code{
	"", desk.CodeTagInUse, desk.CodeHalfWritten, desk.CodeOtherTag, desk.CodeSeatsFull, desk.CodeTagEnded, desk.CodeNoTenancy, desk.CodeTenancyRuns,
	desk.CodeLocksWaiting, desk.CodeCampaignRuns, desk.CodeCampaignOpen, desk.CodeCampaignEnded,
}

// onReader lays a tag for an act, disturbs it perhaps, and looks at what has
// become of everything.
func (w *world) onReader(rt *rapid.T, t *tag, act func(ctx context.Context, p desk.ProgressFunc) error) error {
	w.begin()
	w.reader.Take()
	t.card.Disarm()
	t.card.Return()
	w.reader.Lay(t.card)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	kind := rapid.SampledFrom([]string{"nothing", "nothing", "nothing", "leaves", "leaves late", "loses", "corrupts", "damages", "cancels"}).Draw(rt, "disturbance")
	var p desk.ProgressFunc
	n := 0
	if kind != "nothing" {
		n = rapid.OneOf(rapid.IntRange(1, 20), rapid.IntRange(1, 66)).Draw(rt, "at")
	}
	switch kind {
	case "leaves":
		t.card.Arm(softcard.LeaveBefore(n))
	case "leaves late":
		t.card.Arm(softcard.LeaveAfter(n))
	case "loses":
		t.card.Arm(softcard.LoseAnswer(n))
	case "corrupts":
		t.card.Arm(softcard.Corrupt(n))
	case "damages":
		t.card.Arm(softcard.CorruptCommand(n))
	case "cancels":
		p = func(p desk.Progress) {
			if p.Index == n%8 {
				cancel()
			}
		}
	}
	before := t.card.AuthenticationFailures()
	err := act(ctx, p)
	if wrong := t.card.AuthenticationFailures() - before; wrong > 2 {
		rt.Errorf("%d wrong keys", wrong)
	}
	if kind == "nothing" && !slices.Contains(calm, code(err)) {
		rt.Errorf("undisturbed: %v", err)
	}
	w.reader.Take()
	t.card.Disarm()
	t.card.Return()
	w.find(t)
	w.look()
	return err
}

func (w *world) begin() {
	w.acts++
	w.now = w.now.Add(time.Minute)
}

// find reads what a tag is, with all keys and without a disturbance.
func (w *world) find(t *tag) {
	w.Helper()
	for _, e := range []keytag.Expect{keytag.ExpectAnything, keytag.ExpectOurs} {
		c := t.card.Clone()
		c.Reset()
		l, err := w.site.Recognise(c, e)
		w.must(err)
		if e == keytag.ExpectAnything {
			t.state, t.number = l.State, l.Number
		} else if l.Number != t.number {
			w.Errorf("a tag has the number %v, and on another look %v", t.number, l.Number)
		}
	}
	if !slices.Contains([]keytag.State{keytag.Blank, keytag.Half, keytag.Complete}, t.state) {
		w.Errorf("a tag of ours is %s", t.state)
	}
}

// look reads the records.
func (w *world) look() {
	w.Helper()
	w.checked = false
	var err error
	w.records, err = w.desk.Records(context.Background())
	w.must(err)
	for _, t := range w.records.Tags {
		w.was[t.Number] = attempt{t.ID, t.Slots, t.Locator}
		if _, seen := w.ended[t.ID]; !seen && !t.State.Live() {
			w.ended[t.ID] = w.acts
		}
	}
	for _, d := range w.doors {
		d.zone = w.records.Locks[d.id]
	}
}

func (w *world) record(id int64) store.Tag {
	for _, t := range w.records.Tags {
		if t.ID == id {
			return t
		}
	}
	return store.Tag{}
}

// handedOut holds a success against tag and records.
func (w *world) handedOut(t *tag, done desk.Issued) {
	w.Helper()
	a := w.was[t.number]
	if t.state != keytag.Complete || desk.TagName(a.tag) != done.Tag.ID || w.record(a.tag).State != store.TagIssued {
		w.Errorf("%s was handed out, and the tag is %s, %s, %s", done.Tag.ID, t.state, desk.TagName(a.tag), w.record(a.tag).State)
	}
}

func (w *world) issue(rt *rapid.T) {
	t, at := w.pick(rt), home(rt)
	var done desk.Issued
	err := w.onReader(rt, t, func(ctx context.Context, p desk.ProgressFunc) (err error) {
		done, err = w.desk.Issue(ctx, w.reader, at, desk.IssueOptions{}, p)
		return err
	})
	if err == nil {
		w.handedOut(t, done)
	}
}

func (w *world) replace(rt *rapid.T) {
	t, name := w.pick(rt), w.name(rt)
	var done desk.Issued
	err := w.onReader(rt, t, func(ctx context.Context, p desk.ProgressFunc) (err error) {
		done, err = w.desk.Replace(ctx, w.reader, name, desk.IssueOptions{}, p)
		return err
	})
	if err == nil {
		w.handedOut(t, done)
		if old := must(w.desk.Tag(context.Background(), name)); old.State.Live() {
			rt.Errorf("%s was replaced and is %s", name, old.State)
		}
	}
}

// renew writes a tag anew, whichever lies there or one that is named.
func (w *world) renew(rt *rapid.T) {
	t, name := w.pick(rt), ""
	if rapid.Bool().Draw(rt, "named") {
		name = w.name(rt)
	}
	var done desk.Issued
	err := w.onReader(rt, t, func(ctx context.Context, p desk.ProgressFunc) (err error) {
		done, err = w.desk.Renew(ctx, w.reader, name, desk.RenewOptions{}, p)
		return err
	})
	if err == nil {
		w.handedOut(t, done)
	}
}

// roll begins a campaign, or goes on with one. None is ended by force while
// locks lack the new keys: those would stay shut for good tags, as they ought to.
func (w *world) roll(rt *rapid.T) {
	w.begin()
	ctx := context.Background()
	var err error
	all := must(w.desk.Campaigns(ctx))
	act := rapid.SampledFrom([]string{"start", "pause", "resume", "end", "end", "end"}).Draw(rt, "campaign")
	if len(all) == 0 || act == "start" {
		kind := rapid.SampledFrom([]store.CampaignKind{store.CampaignZone, store.CampaignZone, store.CampaignLocator, store.CampaignSite}).Draw(rt, "kind")
		zone := fmt.Sprint("Z", rapid.SampledFrom(w.records.Zones).Draw(rt, "zone").ID)
		_, err = w.desk.StartCampaign(ctx, desk.CampaignSpec{Kind: kind, Zone: zone})
		w.site = must(w.desk.KeytagSite(ctx)) // it has one locator more
		w.calm(rt, err)
		return
	}
	c := rapid.SampledFrom(all).Draw(rt, "which")
	switch act {
	case "pause":
		_, err = w.desk.PauseCampaign(ctx, c.ID)
	case "resume":
		_, err = w.desk.ResumeCampaign(ctx, c.ID)
	case "end":
		force := c.Left.Locks == 0 && rapid.Bool().Draw(rt, "force")
		_, err = w.desk.EndCampaign(ctx, c.ID, force)
	}
	w.calm(rt, err)
}

func (w *world) resume(rt *rapid.T) {
	t := w.pick(rt)
	var done desk.Issued
	err := w.onReader(rt, t, func(ctx context.Context, p desk.ProgressFunc) (err error) {
		done, err = w.desk.Resume(ctx, w.reader, p)
		return err
	})
	if err == nil {
		w.handedOut(t, done)
	}
}

func (w *world) takeBack(rt *rapid.T) {
	t, name := w.pick(rt), w.name(rt)
	err := w.onReader(rt, t, func(ctx context.Context, p desk.ProgressFunc) error {
		_, err := w.desk.RevokeReturned(ctx, w.reader, name, p)
		return err
	})
	w.wiped(t, err)
}

func (w *world) wipe(rt *rapid.T) {
	t := w.pick(rt)
	err := w.onReader(rt, t, func(ctx context.Context, p desk.ProgressFunc) error {
		_, err := w.desk.Wipe(ctx, w.reader, p)
		return err
	})
	w.wiped(t, err)
}

func (w *world) wiped(t *tag, err error) {
	w.Helper()
	if err == nil && t.state != keytag.Blank {
		w.Errorf("wiped, and it is %s", t.state)
	}
}

func (w *world) lose(rt *rapid.T) {
	name := w.name(rt)
	w.begin()
	_, err := w.desk.RevokeLost(context.Background(), name)
	w.calm(rt, err)
}

func (w *world) move(rt *rapid.T) {
	at := home(rt)
	w.begin()
	_, err := w.desk.MoveOut(context.Background(), at)
	w.calm(rt, err)
	if rapid.Bool().Draw(rt, "moves in") {
		_, err := w.desk.MoveIn(context.Background(), at, "", store.ChoiceTag)
		w.calm(rt, err)
	}
}

func (w *world) calm(rt *rapid.T, err error) {
	if !slices.Contains(calm, code(err)) {
		rt.Error(err)
	}
	w.look()
}

func (w *world) restart(*rapid.T) {
	w.begin()
	w.must(w.desk.Close())
	w.open()
	w.look()
}

func (w *world) folder() string { return filepath.Join(w.dir, "bundles") }

func (w *world) writeBundles(*rapid.T) {
	w.begin()
	w.must(os.MkdirAll(w.folder(), 0o700))
	_, err := w.desk.WriteBundles(context.Background(), w.folder())
	w.must(err)
	w.look()
	for _, d := range w.doors {
		d.written = content{true, w.acts, w.wanted(d.zone), w.versions(d.zone), w.records.Locators}
	}
}

// versions are those of a zone's key that bundles have.
func (w *world) versions(id keytag.Zone) []byte {
	var all []byte
	if old, rolling := w.records.Rolling[id]; rolling {
		all = append(all, old)
	}
	for _, z := range w.records.Zones {
		if z.ID == id {
			all = append(all, z.KeyVersion)
		}
	}
	return all
}

// wanted is what the records want doors of a zone to know.
func (w *world) wanted(id keytag.Zone) floor {
	f := floor{seats: map[uint16]uint16{}}
	home := false
	for _, z := range w.records.Zones {
		if z.ID == id {
			f.epoch, home = z.Epoch, z.Kind == store.HomeZone
		}
	}
	for _, s := range w.records.Seats[id] {
		if !home || s.Epoch == f.epoch {
			f.seats[s.Seat] = s.Floor
		}
	}
	return f
}

// carry brings the bundles in the folder to some doors, and their receipts back.
func (w *world) carry(rt *rapid.T) {
	w.begin()
	for _, d := range w.doors {
		if rapid.Bool().Draw(rt, d.id) {
			w.bring(d)
		}
	}
}

func (w *world) bring(d *door) {
	w.Helper()
	folder := carrier.OpenFolder(w.folder())
	data, err := folder.ReadBundle(d.lock.Name())
	w.must(err)
	w.must(d.lock.Apply(data))
	r, _ := d.lock.Receipt()
	w.must(folder.WriteReceipt(d.lock.Name(), r))
	d.applied = d.written
	for _, version := range d.written.versions {
		d.merge(version, d.written.floor)
	}
}

func (d *door) merge(version byte, f floor) {
	have, ok := d.floors[version]
	if !ok || f.epoch > have.epoch {
		have = floor{f.epoch, map[uint16]uint16{}}
		d.floors[version] = have
	}
	if f.epoch < have.epoch {
		return
	}
	for seat, generation := range f.seats {
		have.seats[seat] = max(have.seats[seat], generation)
	}
}

// expect is the rule of docs/lock.md: whether d opens for t, and the claims by
// which it does.
func (w *world) expect(t *tag, d *door) (bool, keytag.Claims) {
	a, known := w.was[t.number]
	if !d.applied.made || !known || !slices.Contains(d.applied.locators, a.locator) {
		return false, keytag.Claims{}
	}
	for _, c := range a.claims {
		have := d.floors[c.Version]
		if c.Zone != d.zone || !slices.Contains(d.applied.versions, c.Version) || c.Epoch < have.epoch {
			continue
		}
		lowest := have.seats[c.Seat]
		if c.Epoch > have.epoch {
			lowest = 0
		}
		return c.Generation >= lowest, c
	}
	return false, keytag.Claims{}
}

func (w *world) try(rt *rapid.T) {
	w.begin()
	t := w.pick(rt)
	for _, d := range w.doors {
		if rapid.Bool().Draw(rt, d.id) {
			w.tryAt(t, d)
		}
	}
}

// tryAt holds a tag before a door.
func (w *world) tryAt(t *tag, d *door) {
	w.Helper()
	expected, c := w.expect(t, d)
	t.card.Reset()
	got, err := d.lock.Try(t.card)
	w.must(err)
	who := desk.TagName(w.was[t.number].tag)
	if got.Open != expected {
		w.Errorf("%s at %s: %v, expected %v", who, d.id, got, expected)
	}
	w.hold(t, d, got.Open, c.Version)
	if !got.Open {
		w.refused++
		return
	}
	w.opened++
	d.used = append(d.used, use{w.was[t.number].tag, c.Version})
	if c.Epoch > d.floors[c.Version].epoch {
		d.floors[c.Version] = floor{c.Epoch, map[uint16]uint16{}}
	}
	seats := d.floors[c.Version].seats
	seats[c.Seat] = max(seats[c.Seat], c.Generation)
}

// hold judges what a door did by what people were told, whatever the rule says.
func (w *world) hold(t *tag, d *door, open bool, version byte) {
	w.Helper()
	id := w.was[t.number].tag
	r := w.record(id)
	current := id != 0 && r.Number == t.number
	ours := slices.ContainsFunc(r.Slots, func(c keytag.Claims) bool { return c.Zone == d.zone })
	switch {
	case current && r.State == store.TagIssued && ours && d.applied.made && !open:
		w.Errorf("%s was handed out and is refused at %s", desk.TagName(id), d.id)
	case open && !ours:
		w.Errorf("%s opens %s, which is none of its doors", desk.TagName(id), d.id)
	case open && slices.ContainsFunc(d.used, func(u use) bool { return u.version == version && w.endsByUse(w.record(u.tag), r, d) }):
		w.Errorf("%s opens %s, where the one that came after it was used", desk.TagName(id), d.id)
	case open && !r.State.Live() && d.applied.act > w.ended[id]:
		w.Errorf("%s is %s, and opens %s, which was told so", desk.TagName(id), r.State, d.id)
	}
}

// endsByUse tells whether the use of a newer tag at a door ends an older one
// there: in its place, or at a front door of a later tenancy.
func (w *world) endsByUse(newer, older store.Tag, d *door) bool {
	if newer.Replaces != 0 && newer.Replaces == older.ID {
		return true
	}
	front := slices.ContainsFunc(w.records.Zones, func(z store.Zone) bool { return z.ID == d.zone && z.Kind == store.HomeZone })
	return front && newer.Home == older.Home && newer.Tenancy > older.Tenancy
}

func (w *world) tryAll() {
	w.look()
	for _, d := range w.doors {
		for _, t := range w.tags {
			w.tryAt(t, d)
		}
	}
}

// check holds records, tags and statements against each other.
func (w *world) check(*rapid.T) {
	if w.checked {
		return
	}
	w.checked = true
	w.seats()
	for _, t := range w.tags {
		if t.number == (keytag.Number{}) {
			continue
		}
		a, known := w.was[t.number]
		r := w.record(a.tag)
		switch {
		case !known:
			w.Errorf("the records never knew the number of a tag that is %s", t.state)
		case r.Number != t.number && r.Was != t.number:
			w.Errorf("a tag opens doors as %s, and the records have forgotten it", desk.TagName(a.tag))
		case r.State == store.TagReturned || r.State == store.TagFailed:
			w.Errorf("%s is %s, and a tag is %s and can be read", desk.TagName(a.tag), r.State, t.state)
		}
		w.statement(t, a.tag)
	}
	for _, r := range w.records.Tags {
		there := slices.ContainsFunc(w.tags, func(t *tag) bool { return t.number == r.Number && t.state == keytag.Complete })
		if r.State == store.TagIssued && !there {
			w.Errorf("%s was handed out, and no tag is it", desk.TagName(r.ID))
		}
	}
}

// statement: where a tag is said to be dead, it opens nothing.
func (w *world) statement(t *tag, id int64) {
	w.Helper()
	if w.record(id).State.Live() {
		return
	}
	s, err := w.desk.Statement(context.Background(), desk.TagName(id))
	w.must(err)
	for _, said := range s.Doors {
		i := slices.IndexFunc(w.doors, func(d *door) bool { return d.id == said.Door.Lock })
		if opens, _ := w.expect(t, w.doors[i]); opens && said.Dead {
			w.Errorf("%s is said to be dead at %s, and opens it", s.Tag.ID, said.Door.Lock)
		}
	}
}

// seats: no seat has two tags, and every live tag has its seats.
func (w *world) seats() {
	w.Helper()
	holder := map[string]int64{}
	for _, t := range w.records.Tags {
		if t.State != store.TagIssued && t.State != store.TagWriting {
			continue
		}
		for _, c := range t.Slots {
			seat := fmt.Sprintf("zone %d seat %d", c.Zone, c.Seat)
			if other, taken := holder[seat]; taken {
				w.Errorf("%s has T%d and T%d", seat, other, t.ID)
			}
			holder[seat] = t.ID
		}
	}
	for zone, seats := range w.records.Seats {
		for _, s := range seats {
			seat := fmt.Sprintf("zone %d seat %d", zone, s.Seat)
			if s.Tag != holder[seat] {
				w.Errorf("%s is T%d's to the seats and T%d's to the tags", seat, s.Tag, holder[seat])
			}
		}
	}
	for _, p := range w.records.Plans {
		t := w.record(p.Tag)
		if p.Kind == store.PlanIssue && t.State != store.TagWriting || p.Tag == 0 && p.Kind == store.PlanIssue {
			w.Errorf("plan %d to %s T%d is open, and the tag is %s", p.ID, p.Kind, p.Tag, t.State)
		}
	}
}

var _ nfc.Reader = (*witness)(nil)
