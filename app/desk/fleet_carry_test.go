package desk_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"

	"pgregory.net/rapid"
)

// media are the three carriers of a site. The broker is a map: what its network
// can do to bundles and receipts, a test does to them.
type media struct {
	folder *carrier.Folder
	card   *softcard.Card
	broker map[string][]byte // the retained bundle of a lock
	sent   map[bundle.LockID]bundle.Header
	mail   map[string]mail // receipts that have not arrived yet
	// other is the signer of another site, whose keys are its own.
	other ed25519.PrivateKey
}

// mail is a receipt on its way.
type mail struct {
	receipt bundle.Receipt
	of      *gate
}

func newMedia(w *fleet) media {
	_, other, err := ed25519.GenerateKey(rand.Reader)
	folder := filepath.Join(w.dir, "bundles")
	w.must(errors.Join(err, os.Mkdir(folder, 0o700)))
	return media{
		folder: carrier.OpenFolder(folder), card: must(softcard.New(softcard.Config{Chip: softcard.EV3})),
		broker: map[string][]byte{}, sent: map[bundle.LockID]bundle.Header{}, mail: map[string]mail{}, other: other,
	}
}

// mailbox is a lock's end of the broker.
type mailbox struct {
	w *fleet
	g *gate
	// bundles are what the broker delivers, in its order.
	bundles [][]byte
}

func (m mailbox) Bundles(context.Context, bundle.LockName) ([][]byte, error) { return m.bundles, nil }

func (m mailbox) Leave(_ context.Context, _ bundle.LockName, r bundle.Receipt) error {
	m.w.media.mail[m.g.id] = mail{r, m.g}
	return nil
}

func (m mailbox) Vouches(k bundle.SignerKey) bool {
	return k != m.w.stranger()
}

// note keeps what a bundle of the desk says. The desk calls it the newest now.
func (w *fleet) note(g *gate, data []byte) {
	w.Helper()
	sum := sha256.Sum256(data)
	s := w.said[sum]
	if s == nil {
		s = w.read(g, data)
		w.said[sum] = s
		g.sealed = append(g.sealed, s)
		w.Logf("%s: bundle %d by %x, next %v", g.id, s.content.Sequence, s.signer[:2], s.content.Next != nil)
		if _, known := w.records.Locks[g.id]; !known {
			w.Errorf("a bundle was made for %s, which is none of the locks", g.id)
		}
	}
	s.ended, s.live = endedAt(w.ended(), g.zone), w.live()
	g.newest = s
}

func (w *fleet) read(g *gate, data []byte) *said {
	w.Helper()
	h, err := bundle.ParseHeader(data)
	w.must(err)
	b, err := bundle.Open(data, bundle.TrustFirst(), g.name.ID(), g.key.Private())
	w.must(err)
	return &said{data: data, signer: h.Signer, content: b}
}

// foreign makes a bundle of another site for a lock, by whoever knows its public
// key: with the numbers of our zones, and keys of its own.
func (w *fleet) foreign(g *gate, sequence uint32) []byte {
	w.Helper()
	key := func(b byte, version byte) desfire.Key { return desfire.NewAESKey([16]byte{b, 1}, version) }
	b := bundle.Bundle{
		Site: bundle.SiteID{0xBA, 0xD0}, Lock: g.name.ID(), Sequence: sequence, Issued: 2000,
		ReceiptKey: bundle.NewReceiptKey([16]byte{7}), Locators: []bundle.Locator{{Version: 1, Key: key(1, 1)}},
		Zones: []bundle.Zone{{ID: max(1, g.zone), Kind: bundle.KindShared, Version: 1, Key: key(2, keytag.SlotKeyVersion), Floor: bundle.Floor{}}},
	}
	data, err := bundle.Seal(b, w.media.other, g.key.Public(), rand.Reader)
	w.must(err)
	s := w.read(g, data)
	s.foreign = true
	w.said[sha256.Sum256(data)] = s
	return data
}

// making makes bundles, and once more where the desk's clock does not agree with
// the last ones: a custodian says that it is right, wrong as it may be. Records
// that are too old make none.
func (w *fleet) making(do func(o desk.BundleOptions) error) bool {
	w.Helper()
	err := do(desk.BundleOptions{})
	if must(w.desk.Site(w.ctx)).RolledBack && code(err) == desk.CodeRolledBack {
		return false
	}
	if code(err) == desk.CodeClock {
		err = do(desk.BundleOptions{ClockConfirmed: true})
	}
	w.must(err)
	w.look()
	return true
}

// some draws locks.
func (w *fleet) some(rt *rapid.T) (all []*gate) {
	for _, g := range w.gates {
		if rapid.IntRange(0, 2).Draw(rt, g.id) > 0 {
			all = append(all, g)
		}
	}
	return all
}

// byFolder writes the folder and takes it to some locks.
func (w *fleet) byFolder(rt *rapid.T) {
	w.begun()
	w.writeFolder()
	for _, g := range w.some(rt) {
		g.exchange(w.media.folder)
	}
}

// writeFolder brings the folder's receipts to the desk, and its newest bundles
// into the folder.
func (w *fleet) writeFolder() {
	w.Helper()
	brought := map[*gate]bundle.Receipt{}
	for _, g := range w.gates {
		if r, err := w.media.folder.ReadReceipt(g.name); err == nil {
			brought[g] = r
		}
	}
	w.proves(brought)
	if !w.making(func(o desk.BundleOptions) error {
		_, err := w.desk.WriteBundles(w.ctx, w.media.folder.Dir(), o)
		return err
	}) {
		return
	}
	for _, g := range w.gates {
		if _, known := w.records.Locks[g.id]; !known {
			continue
		}
		data, err := w.media.folder.ReadBundle(g.name)
		w.must(err)
		w.note(g, data)
	}
}

// proves notes what receipts prove that are about to come to the desk. That of
// a bundle of the same sequence, by records that are lost, proves nothing.
func (w *fleet) proves(brought map[*gate]bundle.Receipt) {
	for g, r := range brought {
		if g.newest == nil {
			continue
		}
		sequence, err := r.Verify(g.newest.content.ReceiptKey, g.name.ID())
		if err == nil && g.newest.content.Sequence == sequence {
			g.proved = g.newest.ended
		}
	}
}

// byCard writes the update card, lays it on some locks and brings it back.
func (w *fleet) byCard(rt *rapid.T) {
	w.begun()
	card := w.media.card
	w.layCard()
	w.readBack()
	var done desk.CardWritten
	w.layCard()
	ok := w.making(func(o desk.BundleOptions) (err error) {
		done, err = w.desk.WriteUpdateCard(w.ctx, w.reader, nil, nil, desk.CardOptions{BundleOptions: o})
		return err
	})
	w.reader.Take()
	if !ok {
		return
	}
	for _, g := range w.gates {
		if !slices.Contains(done.OnCard, g.id) {
			continue
		}
		card.Reset()
		all, err := must(updatecard.OpenAtLock(card, keytag.DefaultAID)).Bundles(w.ctx, g.name)
		w.must(err)
		w.note(g, all[0])
	}
	for _, g := range w.some(rt) {
		if slices.Contains(done.OnCard, g.id) {
			w.visit(g)
		}
	}
	if rapid.Bool().Draw(rt, "back to the desk") {
		w.layCard()
		w.readBack()
		_, err := w.desk.ReadUpdateCard(w.ctx, w.reader)
		w.calmly(err, desk.CodeNoCard) // nothing was written yet
	}
}

func (w *fleet) layCard() {
	w.reader.Take()
	w.media.card.Reset()
	w.reader.Lay(w.media.card)
}

// readBack looks at the receipts on the card, before the desk does.
func (w *fleet) readBack() {
	c := w.media.card.Clone()
	c.Reset()
	site := updatecard.Site{ID: w.records.Site, Custody: w.site.Keys.Custody, Tags: keytag.DefaultAID}
	card, err := site.Recognise(c)
	w.must(err)
	if card.State != updatecard.Written {
		return
	}
	brought := map[*gate]bundle.Receipt{}
	for _, r := range must(card.Receipts()) {
		for _, g := range w.gates {
			if g.name.ID() == r.Lock {
				brought[g] = r.Data
			}
		}
	}
	w.proves(brought)
}

// visit lays the card on a lock.
func (w *fleet) visit(g *gate) {
	w.Helper()
	card := w.media.card
	card.Reset()
	all, err := must(updatecard.OpenAtLock(card, keytag.DefaultAID)).Bundles(w.ctx, g.name)
	w.must(err)
	ok := g.take(all[0], func(bundle.SignerKey) bool { return true })
	card.Reset()
	_, is, refused, err := g.lock.TryCard(w.ctx, card)
	w.must(err)
	if !is {
		w.Fatalf("%s takes the update card for none", g.id)
	}
	g.agrees(!ok, refused)
}

// byBroker makes what the broker lacks; it delivers what it has and what it had,
// in any order, once or twice, or not at all.
func (w *fleet) byBroker(rt *rapid.T) {
	w.begun()
	if !w.making(func(o desk.BundleOptions) error {
		made, err := desk.MakeFor(w.ctx, w.desk, w.media.sent, o)
		for _, b := range made {
			w.media.broker[b.Name.String()] = b.Data
			w.media.sent[b.Name.ID()] = must(bundle.ParseHeader(b.Data))
		}
		return err
	}) {
		return
	}
	for _, g := range w.gates {
		if _, known := w.records.Locks[g.id]; known {
			w.note(g, w.media.broker[g.id])
		}
	}
	for _, g := range w.some(rt) {
		g.exchange(mailbox{w, g, w.delivered(rt, g)})
	}
}

// delivered is what a bad network makes of a lock's messages.
func (w *fleet) delivered(rt *rapid.T, g *gate) (all [][]byte) {
	newest, ok := w.media.broker[g.id]
	if !ok {
		return nil
	}
	for range rapid.IntRange(0, 2).Draw(rt, "older ones") {
		all = append(all, rapid.SampledFrom(g.sealed).Draw(rt, "older").data)
	}
	switch rapid.SampledFrom([]string{"last", "last", "first", "twice", "lost", "invented"}).Draw(rt, "newest") {
	case "last":
		all = append(all, newest)
	case "first":
		all = append([][]byte{newest}, all...)
	case "twice":
		all = append(append([][]byte{newest}, all...), newest)
	case "invented":
		all = append(all, newest, []byte("a bundle"), w.foreign(g, 0xFFFFFF00))
	}
	return all
}

// receipts lets what the broker holds back arrive, with forged ones among it.
func (w *fleet) receipts(rt *rapid.T) {
	w.begun()
	all := map[bundle.LockName][]byte{}
	brought := map[*gate]bundle.Receipt{}
	forged := 0
	for _, g := range w.gates {
		m, ok := w.media.mail[g.id]
		if _, known := w.records.Locks[g.id]; !known || !ok {
			continue
		}
		data := slices.Clone(m.receipt[:])
		if rapid.IntRange(0, 5).Draw(rt, g.id) == 0 && g.newest != nil {
			forged++
			newest := g.newest.content.Sequence
			data[9], data[10], data[11], data[12] = byte(newest>>24), byte(newest>>16), byte(newest>>8), byte(newest)
			data[28] ^= 1
		} else {
			brought[g] = m.receipt
		}
		all[g.name] = data
	}
	w.proves(brought)
	back, err := desk.TakeReceipts(w.ctx, w.desk, all)
	w.must(err)
	if len(back.Refused) < forged {
		w.Errorf("%d forged receipts, %v refused", forged, back.Refused)
	}
	w.look()
}

// settle makes everything right that people can make right, and syncs all
// locks: they must all be up to date after three rounds.
func (w *fleet) settle() {
	w.Helper()
	w.begun()
	w.syncs++
	w.skew = 0
	if must(w.desk.Site(w.ctx)).RolledBack {
		w.raise(w.T)
	}
	for _, g := range w.gates {
		b := g.mem.bundle
		if b != nil && (b.foreign || (g.missed || g.shaky || g.reset) && !w.signs(b)) {
			w.must(g.lock.Reset())
			g.forget()
			w.outlast(g)
		}
	}
	for range 3 {
		w.now = w.now.Add(1)
		w.writeFolder()
		for _, g := range w.gates {
			if _, known := w.records.Locks[g.id]; known {
				g.exchange(w.media.folder)
			}
		}
	}
	w.writeFolder()
	for _, v := range must(w.desk.Locks(w.ctx)) {
		if v.State != desk.DoorUpToDate {
			w.Errorf("after everything was synced, %s is %s", v.Lock, v.State)
		}
	}
	w.look()
	for _, g := range w.gates {
		if _, known := w.records.Locks[g.id]; known && (g.behind || g.shaky || g.mem.bundle != g.newest) {
			w.Errorf("after everything was synced, %s works with %#v instead of %#v: behind %v, shaky %v", g.id, g.mem.bundle, g.newest, g.behind, g.shaky)
		}
	}
}

// signs tells whether a lock with this bundle takes those of the present signer.
func (w *fleet) signs(b *said) bool {
	public, err := desk.SignerKey(w.ctx, w.desk)
	w.must(err)
	return b.signer == public || b.content.Next != nil && *b.content.Next == public
}

// outlast lets time pass until the desk is ahead of a lock that cannot say how far
// it is: the receipt of another site has taken the place of ours.
func (w *fleet) outlast(g *gate) {
	for _, l := range g.mem.lines {
		ahead := time.Duration(int64(l.sequence)*60-(w.now.Unix()-sequenceZero.Unix())) * time.Second
		if !slices.Contains(l.signers, w.stranger()) && ahead > 0 {
			w.now = w.now.Add(ahead + time.Minute)
		}
	}
}

// sequenceZero is when the minutes of sequences begin.
var sequenceZero = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// stranger is the signer of another site.
func (w *fleet) stranger() bundle.SignerKey {
	return bundle.SignerKey(w.media.other.Public().(ed25519.PublicKey))
}

var _ nfc.Transceiver = (*softcard.Card)(nil)
