package desk_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/mqtt"
	"sleutelbord/lock/carrier/mqtt/mosquittotest"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

const patience = 30 * time.Second

// network is a campus whose locks and desk are connected to one broker.
type network struct {
	*campus
	broker  *mosquittotest.Broker
	gateway *desk.Gateway
	views   chan desk.GatewayView
	last    desk.GatewayView
	stop    func()
}

func newNetwork(t *testing.T, homes int, connected ...string) *network {
	t.Helper()
	n := &network{campus: newCampus(t, homes), broker: mosquittotest.Start(t)}
	n.open()
	for _, id := range connected {
		n.connect(id)
	}
	n.run()
	return n
}

func (n *network) open() {
	n.t.Helper()
	g, err := n.desk.NewGateway(n.ctx, n.broker.ConfigFile("desk"))
	if err != nil {
		n.t.Fatal(err)
	}
	n.gateway = g
}

// run runs the gateway until stop.
func (n *network) run() {
	n.t.Helper()
	views := make(chan desk.GatewayView)
	ctx, cancel := context.WithCancel(n.ctx)
	ended := make(chan error, 1)
	gateway := n.gateway
	go func() {
		ended <- gateway.Run(ctx, func(v desk.GatewayView) {
			select {
			case views <- v:
			case <-ctx.Done():
			}
		})
	}()
	n.views = views
	stopped := false
	n.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			n.t.Errorf("the gateway ended with %v", err)
		}
	}
	n.t.Cleanup(n.stop)
}

// connect runs a real lock at the broker.
func (n *network) connect(id string) {
	n.t.Helper()
	l := n.lock(id)
	c, err := mqtt.ReadConfig(n.broker.ConfigFile(l.Name().ID().String(),
		fmt.Sprintf("%q: %q", "site", n.gateway.View().Site), fmt.Sprintf("%q: %q", "signer", n.gateway.View().Signer)))
	if err != nil {
		n.t.Fatal(err)
	}
	c.MaxDelay = 300 * time.Millisecond
	side, err := mqtt.ConnectLock(c, l.Name())
	if err != nil {
		n.t.Fatal(err)
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-side.Woken():
				_, _, _ = l.Exchange(n.ctx, side) // what is refused shows at the desk
			}
		}
	}()
	n.t.Cleanup(func() {
		close(stop)
		<-ended
		_ = side.Close()
	})
}

// until follows the gateway until its state is as wanted.
func (n *network) until(what string, wanted func(desk.GatewayView) bool) desk.GatewayView {
	n.t.Helper()
	late := time.After(patience)
	for !wanted(n.last) {
		select {
		case n.last = <-n.views:
		case <-late:
			n.t.Fatalf("not %s: %+v", what, n.last)
		}
	}
	return n.last
}

// agreed waits until all locks have confirmed, and holds the records against
// the locks themselves.
func (n *network) agreed(ids ...string) {
	n.t.Helper()
	n.until("all confirmed", func(v desk.GatewayView) bool { return v.Connected && v.Waiting == 0 && v.Published > 0 })
	for _, id := range ids {
		if v := n.door(id); v.State != desk.DoorUpToDate || v.Confirmed != n.lock(id).Sequence() {
			n.t.Errorf("lock %s: %+v, it works with %d", id, v, n.lock(id).Sequence())
		}
	}
}

func (n *network) ids() []string {
	var all []string
	for _, v := range must(n.desk.Locks(n.ctx)) {
		all = append(all, v.Lock)
	}
	return all
}

// TestGateway brings a lost tag's end to the doors over a broker, by itself,
// and only to the doors that it concerns; and goes on after the broker was
// killed with and without its memory, and after the desk was away.
func TestGateway(t *testing.T) {
	n := newNetwork(t, 3, "H1-101", "H1-102", "H1-103", "C1-1", "E1")
	all := n.ids()
	if len(all) != 5 {
		t.Fatalf("locks %v", all)
	}
	n.agreed(all...)
	if v := n.last; v.Published != 5 || v.Receipts != 5 || v.Problem != "" {
		t.Errorf("%+v", v)
	}

	tag := n.blank(softcard.EV3)
	lost := n.issue(tag, home101).Tag.ID
	n.wantOpen(tag, doors101...)
	must(n.desk.RevokeLost(n.ctx, lost))
	n.until("the lost tag's doors told", func(v desk.GatewayView) bool { return v.Receipts == 8 })
	n.agreed(all...)
	if n.last.Published != 8 {
		t.Errorf("a lost tag of 3 doors made %d bundles", n.last.Published-5)
	}
	n.wantShut(tag, doors101...)
	if s := must(n.desk.Statement(n.ctx, lost)); s.Opens() {
		t.Errorf("still opens: %+v", s)
	}

	for _, forget := range []bool{false, true} {
		n.broker.Kill()
		n.until("away", func(v desk.GatewayView) bool { return !v.Connected && v.Problem == desk.CodeBroker })
		n.broker.Restart(forget)
		want := n.last.Published
		if forget {
			want += 5
		}
		n.until("back", func(v desk.GatewayView) bool { return v.Connected && v.Published == want })
		n.agreed(all...)
		if n.last.Published != want || n.last.Problem != "" {
			t.Errorf("forget %v: %+v, want %d published", forget, n.last, want)
		}
	}

	// The desk is away for a week, the broker loses everything, and a tag is
	// lost meanwhile.
	second := n.blank(softcard.EV3)
	id := n.issue(second, home102).Tag.ID
	n.stop()
	n.broker.Kill()
	n.broker.Restart(true)
	n.now = n.now.Add(7 * 24 * time.Hour)
	must(n.desk.RevokeLost(n.ctx, id))
	n.open()
	n.last = desk.GatewayView{}
	n.run()
	n.agreed(all...)
	n.wantShut(second, "H1-102", "C1-1", "E1")
}

// TestGatewayShowsLies: what a broker invents is refused and shown, and the
// genuine comes back.
func TestGatewayShowsLies(t *testing.T) {
	n := newNetwork(t, 2, "H1-101", "H1-102", "C1-1", "E1")
	n.agreed(n.ids()...)
	site := n.gateway.View().Site
	topic := func(id, leaf string) string {
		return "sleutelbord/1/" + site + "/" + n.lock(id).Name().ID().String() + "/" + leaf
	}
	old, _ := n.lock("C1-1").Receipt()
	tag := n.blank(softcard.EV3)
	lost := n.issue(tag, home101).Tag.ID
	must(n.desk.RevokeLost(n.ctx, lost))
	n.until("confirmed", func(v desk.GatewayView) bool { return v.Receipts == 7 })
	n.agreed(n.ids()...)

	forged := bundle.NewReceipt(bundle.NewReceiptKey([16]byte{1}), n.lock("E1").Name().ID(), 1<<31)
	n.broker.Publish(topic("E1", "receipt"), forged[:], true)
	n.broker.Publish(topic("H1-102", "receipt"), []byte("open sesame, and then some more of it"), true)
	n.broker.Publish(topic("C1-1", "receipt"), old[:], true)
	v := n.until("lies shown", func(v desk.GatewayView) bool { return len(v.Refused) == 2 && len(v.Older) == 1 })
	slices.Sort(v.Refused)
	if !slices.Equal(v.Refused, []string{"E1", "H1-102"}) || !slices.Equal(v.Older, []string{"C1-1"}) {
		t.Errorf("%+v", v.ReadBack)
	}
	for _, id := range n.ids() {
		if d := n.door(id); d.State != desk.DoorUpToDate {
			t.Errorf("lock %s is %s", id, d.State)
		}
	}
	// False bundles: the locks stay as they are, and a new comparison puts the
	// genuine ones back.
	for _, id := range n.ids() {
		n.broker.Publish(topic(id, "bundle"), []byte("false"), true)
	}
	published := n.last.Published
	n.stop()
	n.run()
	n.last = desk.GatewayView{}
	n.until("put back", func(v desk.GatewayView) bool { return v.Published == published+4 })
	n.agreed(n.ids()...)
}

// TestGatewayAndOthers: other carriers count on with the same sequences, locks
// that are added are served, and a lock that has never been connected waits.
func TestGatewayAndOthers(t *testing.T) {
	n := newNetwork(t, 2, "H1-101", "H1-102", "E1")
	n.until("three of four", func(v desk.GatewayView) bool { return v.Receipts == 3 && v.Waiting == 1 })
	card := n.card(8192, softcard.EV3)
	if on := n.writeCard(card).OnCard; !slices.Equal(on, []string{"C1-1"}) {
		t.Fatalf("on the card are %v", on)
	}
	n.visit(card, lock.CardApplied, "C1-1")
	n.readCard(card)
	n.wantCarrier(store.CarrierGateway, "H1-101", "H1-102", "E1")
	n.wantCarrier(store.CarrierCard, "C1-1")
	n.until("all four", func(v desk.GatewayView) bool { return v.Published == 5 })
	// The card's sequence was newer than the broker's: the broker has a newer
	// one again, and the lock takes it when it is connected.
	n.connect("C1-1")
	n.agreed(n.ids()...)
	n.wantCarrier(store.CarrierGateway, "C1-1")

	name := must(bundle.ParseLockName("NEW-1"))
	key := must(bundle.GenerateKey(name, strings.NewReader(strings.Repeat("n", 64))))
	n.demo.Keys["NEW-1"] = key
	list := "building,floor,home,lock,zone,kind,public_key\nBoulevard 3,0,,NEW-1,cellar,shared," + bundle.PublicText(key.Public()) + "\n"
	must(n.desk.Import(n.ctx, strings.NewReader(list)))
	n.connect("NEW-1")
	n.until("the new one confirmed", func(v desk.GatewayView) bool {
		return v.Receipts >= 5 && v.Waiting == 0 && n.door("NEW-1").Confirmed > 0
	})
	n.agreed(n.ids()...)
}

// TestGatewayRollsTheSite: a campaign of the whole site runs through the gateway
// by itself: the next signer is named, and signs when all have confirmed that.
func TestGatewayRollsTheSite(t *testing.T) {
	n := newNetwork(t, 2, allDoors...)
	n.agreed(allDoors...)
	first := n.gateway.View().Signer
	campaign := n.start(desk.CampaignSpec{Kind: store.CampaignSite})
	n.until("two rounds", func(v desk.GatewayView) bool { return v.Published == 12 && v.Receipts == 12 && v.Waiting == 0 })
	n.agreed(allDoors...)
	now := must(n.desk.Campaign(n.ctx, campaign.ID))
	if now.Signer == nil || !now.Signer.Signs {
		t.Errorf("the campaign is %+v", now)
	}
	n.open()
	if next := n.gateway.View().Signer; next == first {
		t.Error("the old signer signs")
	}
}

// TestGatewayOnce does it all once.
func TestGatewayOnce(t *testing.T) {
	n := newNetwork(t, 2, "H1-101", "H1-102", "C1-1")
	n.stop()
	n.open()
	v, err := n.gateway.Once(n.ctx, 0)
	if err != nil || !v.Connected {
		t.Fatalf("%+v, %v", v, err)
	}
	v, err = n.gateway.Once(n.ctx, 50*time.Millisecond)
	if err != nil || v.Waiting != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
	n.connect("E1")
	if v, err = n.gateway.Once(n.ctx, patience); err != nil || v.Waiting != 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	n.broker.Kill()
	if _, err := n.gateway.Once(n.ctx, 0); code(err) != desk.CodeBroker {
		t.Errorf("a broker that is away: %v", err)
	}
	n.broker.Restart(true)
	nobody := must(n.desk.NewGateway(n.ctx, n.broker.ConfigFile("nobody")))
	if _, err := nobody.Once(n.ctx, 0); code(err) != desk.CodeBrokerDenied {
		t.Errorf("a broker that denies: %v", err)
	}
	if _, err := n.desk.NewGateway(n.ctx, n.dir); code(err) != desk.CodeBrokerConfig {
		t.Errorf("no configuration: %v", err)
	}
	ctx, cancel := context.WithCancel(n.ctx)
	cancel()
	if _, err := n.gateway.Once(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestGatewaySettings: what a person fills in is checked before it is kept, and
// a gateway runs with it.
func TestGatewaySettings(t *testing.T) {
	c := newCampus(t, 2)
	broker := mosquittotest.Start(t)
	made := must(desk.ReadGatewaySettings(broker.ConfigFile("desk")))
	dir := filepath.Dir(broker.ConfigFile("other"))
	at := func(name string) string { return filepath.Join(dir, name) }
	good := desk.GatewaySettings{Broker: " " + broker.Addr + " ", Authority: at("ca.pem"), Certificate: at("desk.pem"), Key: at("desk.key")}
	if made.Broker != broker.Addr || made.Key != "desk.key" {
		t.Errorf("%+v", made)
	}
	config := filepath.Join(t.TempDir(), "gateway.json")
	if empty, err := desk.ReadGatewaySettings(config); err != nil || empty != (desk.GatewaySettings{}) {
		t.Errorf("%+v, %v", empty, err)
	}
	mustWrite := func(s desk.GatewaySettings) {
		t.Helper()
		if err := desk.WriteGatewaySettings(config, s); err != nil {
			t.Fatal(err)
		}
	}
	mustWrite(good)
	kept := must(desk.ReadGatewaySettings(config))
	for field, change := range map[string]func(s *desk.GatewaySettings){
		"broker":      func(s *desk.GatewaySettings) { s.Broker = "" },
		"ca":          func(s *desk.GatewaySettings) { s.Authority = at("desk.key") },
		"certificate": func(s *desk.GatewaySettings) { s.Certificate = at("other.pem") },
		"key":         func(s *desk.GatewaySettings) { s.Key = at("nowhere.key") },
	} {
		bad := good
		change(&bad)
		err := desk.WriteGatewaySettings(config, bad)
		if code(err) != desk.CodeBrokerConfig || desk.GatewayField(err) != field {
			t.Errorf("%s: %v, %q", field, err, desk.GatewayField(err))
		}
	}
	if got := must(desk.ReadGatewaySettings(config)); got != kept || kept.Broker != broker.Addr {
		t.Errorf("%+v was kept, not %+v", got, kept)
	}
	v, err := must(c.desk.NewGateway(c.ctx, config)).Once(c.ctx, 0)
	if err != nil || !v.Connected || v.Published == 0 {
		t.Errorf("%+v, %v", v, err)
	}
	if desk.GatewayField(nil) != "" {
		t.Error("no error is about a field")
	}
}
