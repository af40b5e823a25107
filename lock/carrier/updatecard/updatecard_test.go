package updatecard_test

import (
	"bytes"
	"errors"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// TestRoom: what the desk says fits does fit, on each size of chip, and on a
// card that was written before.
func TestRoom(t *testing.T) {
	bundles := sealedFor(t, 20, 0, 1)
	for memory, want := range map[int]int{2048: 4, 4096: 11, 8192: 15} {
		card := blank(t, softcard.Config{Memory: memory})
		for _, when := range []string{"new", "written before"} {
			c, err := ours.Recognise(lay(card))
			if err != nil {
				t.Fatal(err)
			}
			said, err := c.Room()
			if err != nil {
				t.Fatal(err)
			}
			found, err := c.Clear()
			if err != nil {
				t.Fatal(err)
			}
			for _, room := range []*updatecard.Room{&said, &found} {
				for _, b := range bundles {
					if !room.Take(len(b.Data)) {
						break
					}
				}
				if room.Locks != want {
					t.Errorf("%d bytes, %s: %d locks fit, want %d", memory, when, room.Locks, want)
				}
			}
			if n, err := c.Write(bundles[:want], nil); err != nil || n != want {
				t.Fatalf("%d bytes, %s: %d written, %v", memory, when, n, err)
			}
			carries(t, when, card, bundles[:want])
		}
	}
}

// TestMoreThanFits: a chip that takes more memory than was thought holds what
// it can, and the list says only that.
func TestMoreThanFits(t *testing.T) {
	bundles := sealedFor(t, 20, 0, 1)
	card := blank(t, softcard.Config{Memory: 2048})
	n, err := write(ours, card, bundles)
	if err != nil || n != 4 {
		t.Fatalf("%d, %v", n, err)
	}
	carries(t, "full card", card, bundles[:4])

	card = blank(t, softcard.Config{Memory: 2048})
	_, err = write(ours, card, sealedFor(t, 1, 800, 1))
	mustBe(t, "a bundle above the card's memory", err, nfc.ErrNoSpace)
	card = blank(t, softcard.Config{Memory: 8192})
	if n, err := write(ours, card, sealedFor(t, 17, 0, 1)); err != nil || n != updatecard.MaxLocks {
		t.Fatalf("%d, %v", n, err)
	}
}

// TestRefused: the desk touches no card that is not its own to write.
func TestRefused(t *testing.T) {
	bundles := sealedFor(t, 1, 0, 1)
	tag := blank(t, softcard.Config{})
	issueKeyTag(t, tag)
	half := blank(t, softcard.Config{})
	half.Arm(softcard.LeaveBefore(30))
	if err := tryIssue(half); err == nil {
		t.Fatal("a tag that left was written")
	}
	foreign := blank(t, softcard.Config{})
	mustBe(t, "foreign application", desfire.New(foreign).CreateApplication(desfire.AID{1, 2, 3}, 0x0F, 1, desfire.TypeAES), nil)
	both := blank(t, softcard.Config{})
	mustWrite(t, both, bundles)
	mustBe(t, "foreign application", addForeign(t, both), nil)
	other := blank(t, softcard.Config{})
	if _, err := write(theirs, other, bundles); err != nil {
		t.Fatal(err)
	}
	empty := other.Clone()
	clearCard(t, theirs, empty)
	bank := nfc.TransceiverFunc(func([]byte) ([]byte, error) { return []byte{0x6D, 0x00}, nil })
	for _, c := range []struct {
		name string
		card nfc.Transceiver
		want error
	}{
		{"key tag", lay(tag), updatecard.ErrKeyTag},
		{"half-written key tag", lay(half), updatecard.ErrKeyTag},
		{"foreign card", lay(foreign), updatecard.ErrForeign},
		{"update card with something else", lay(both), updatecard.ErrForeign},
		{"card of another site", lay(other), updatecard.ErrOtherSite},
		{"cleared card of another site", lay(empty), updatecard.ErrLocked},
		{"no DESFire", bank, keytag.ErrNotDESFire},
	} {
		soft, isSoft := c.card.(*softcard.Card)
		var before *softcard.Card
		if isSoft {
			before = soft.Clone()
		}
		_, err := write(ours, c.card, bundles)
		mustBe(t, c.name, err, c.want)
		if isSoft && soft.AuthenticationFailures()-before.AuthenticationFailures() > 2 {
			t.Errorf("%s: too many keys tried", c.name)
		}
	}
	if c, err := theirs.Recognise(lay(other)); err != nil || c.State != updatecard.Written {
		t.Errorf("to its own site it is %+v, %v", c, err)
	}
}

func clearCard(t *testing.T, s updatecard.Site, card *softcard.Card) {
	t.Helper()
	c, err := s.Recognise(lay(card))
	if err == nil {
		_, err = c.Clear()
	}
	if err != nil {
		t.Fatal(err)
	}
}

var tags = keytag.Site{Keys: keytag.Keys{Custody: custody("ours"), AID: keytag.DefaultAID, Locators: []byte{1}}}

func tryIssue(card *softcard.Card) error {
	l, err := tags.Recognise(card, keytag.ExpectAnything)
	if err != nil {
		return err
	}
	return l.Issue(keytag.Record{Number: keytag.Number{1}, Slots: []keytag.Claims{{Zone: 1, Version: 1}}}, keytag.Observer{})
}

func issueKeyTag(t *testing.T, card *softcard.Card) {
	t.Helper()
	mustBe(t, "issuing a key tag", tryIssue(card), nil)
}

// addForeign makes an application beside ours, with the site's own key.
func addForeign(t *testing.T, card *softcard.Card) error {
	t.Helper()
	lay(card)
	c := desfire.New(card)
	v, err := c.GetVersion()
	if err != nil {
		return err
	}
	in := keytag.Input{Purpose: keytag.PurposeUpdateCard, AID: updatecard.AID}
	copy(in.Number[:], v.UID[:])
	key, err := custody("ours").Diversify(keytag.MasterPICC, in.Encode())
	if err != nil {
		return err
	}
	s, err := c.AuthenticateEV2First(0, desfire.NewAESKey(key, 1))
	if err != nil {
		return err
	}
	return s.CreateApplication(desfire.AID{1, 2, 3}, 0x0F, 1, desfire.TypeAES)
}

// TestNoNotebook: a stranger can write nothing on a card but its receipts, and
// cannot read more than locks can.
func TestNoNotebook(t *testing.T) {
	for _, chip := range chips {
		card := blank(t, softcard.Config{Chip: chip})
		mustWrite(t, card, sealedFor(t, 2, 0, 1))
		c := desfire.New(lay(card))
		refused := func(what string, err error) {
			t.Helper()
			var s *nfc.StatusError
			if !errors.As(err, &s) {
				t.Errorf("%v: %s: %v", chip, what, err)
			}
		}
		refused("creating an application", c.CreateApplication(desfire.AID{1, 2, 3}, 0x0F, 1, desfire.TypeAES))
		refused("deleting the application", c.DeleteApplication(updatecard.AID))
		_, err := c.AuthenticateISO(0, desfire.ZeroDES)
		refused("zero chip key", err)
		_, err = c.AuthenticateAES(0, desfire.ZeroAES)
		refused("zero chip key", err)
		mustBe(t, "selecting", c.SelectApplication(updatecard.AID), nil)
		_, err = c.AuthenticateAES(0, desfire.ZeroAES)
		refused("zero application key", err)
		refused("creating a file", c.CreateStdDataFile(0x1E, desfire.Plain, desfire.AccessRights{Read: 0xE, Write: 0xE, ReadWrite: 0xE, Change: 0xE}, 32))
		refused("deleting a file", c.DeleteFile(1))
		refused("writing the list", c.WriteData(0, desfire.Plain, 0, []byte{1}))
		refused("writing a bundle", c.WriteData(1, desfire.Plain, 0, []byte{1}))
		refused("writing past a receipt", c.WriteData(0x11, desfire.Plain, 0, make([]byte, bundle.ReceiptSize+1)))
		mustBe(t, "writing a receipt", c.WriteData(0x11, desfire.Plain, 0, bytes.Repeat([]byte{7}, bundle.ReceiptSize)), nil)
		files, err := c.GetFileIDs()
		if err != nil || !bytes.Equal(files, []byte{0x00, 0x01, 0x11, 0x02, 0x12}) {
			t.Errorf("%v: files % X, %v", chip, files, err)
		}
		settings, err := c.GetKeySettings()
		if err != nil || settings != (desfire.KeySettings{Settings: 0x0B, MaxKeys: 1, Type: desfire.TypeAES}) {
			t.Errorf("%v: settings %+v, %v", chip, settings, err)
		}
	}
}

// TestRubbish: a card that somebody filled with an application of that name,
// with whatever in it, serves no lock and is made good by the desk.
func TestRubbish(t *testing.T) {
	bundles := sealedFor(t, 2, 0, 1)
	free := desfire.AccessRights{Read: 0xE, Write: 0xE, ReadWrite: 0xE, Change: 0xE}
	for _, c := range []struct {
		name string
		fill func(c *desfire.Card) error
	}{
		{"no file", func(*desfire.Card) error { return nil }},
		{"short list", func(c *desfire.Card) error { return c.CreateStdDataFile(0, desfire.Plain, free, 20) }},
		{"zeros", func(c *desfire.Card) error { return c.CreateStdDataFile(0, desfire.Plain, free, updatecard.ListSize) }},
		{"noise", func(c *desfire.Card) error {
			if err := c.CreateStdDataFile(0, desfire.Plain, free, updatecard.ListSize); err != nil {
				return err
			}
			return c.WriteData(0, desfire.Plain, 0, bytes.Repeat([]byte{1, 200}, updatecard.ListSize/2))
		}},
		{"list without files", func(c *desfire.Card) error {
			data, err := updatecard.List{Site: ours.ID, Slots: []updatecard.Slot{{Lock: bundles[0].Name.ID(), Size: 300}}}.Encode()
			if err != nil {
				return err
			}
			if err := c.CreateStdDataFile(0, desfire.Plain, free, updatecard.ListSize); err != nil {
				return err
			}
			return c.WriteData(0, desfire.Plain, 0, data)
		}},
	} {
		card := blank(t, softcard.Config{})
		d := desfire.New(card)
		mustBe(t, c.name, d.CreateApplication(updatecard.AID, 0x0F, 1, desfire.TypeAES), nil)
		mustBe(t, c.name, d.SelectApplication(updatecard.AID), nil)
		mustBe(t, c.name, c.fill(d), nil)
		a, err := updatecard.OpenAtLock(lay(card), keytag.DefaultAID)
		if err == nil {
			_, err = a.Bundles(t.Context(), bundles[0].Name)
		}
		if err == nil {
			t.Errorf("%s: a lock reads it", c.name)
		}
		laid, err := ours.Recognise(lay(card))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := laid.Receipts(); (err == nil) != (laid.State == updatecard.Unfinished) {
			t.Errorf("%s: receipts of a card that is %s: %v", c.name, laid.State, err)
		}
		if _, err := laid.Room(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, err := laid.Clear(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if n, err := laid.Write(bundles, nil); err != nil || n != 2 {
			t.Fatalf("%s: %d, %v", c.name, n, err)
		}
		carries(t, c.name, card, bundles)
	}
}

// TestAtLock: what is no update card, or is for other locks.
func TestAtLock(t *testing.T) {
	bundles := sealedFor(t, 2, 0, 1)
	card := blank(t, softcard.Config{})
	_, err := updatecard.OpenAtLock(card, keytag.DefaultAID)
	mustBe(t, "blank", err, updatecard.ErrNone)
	mustWrite(t, card, bundles)
	a, err := updatecard.OpenAtLock(lay(card), keytag.DefaultAID)
	mustBe(t, "card", err, nil)
	stranger := lockName(t, "X")
	if a.Serves(stranger) || !a.Serves(bundles[0].Name) || !a.Vouches(bundle.SignerKey{}) {
		t.Error("serves the wrong locks")
	}
	if got, err := a.Bundles(t.Context(), stranger); err != nil || got != nil {
		t.Errorf("%d bundles, %v", len(got), err)
	}
	mustBe(t, "receipt of a stranger", a.Leave(t.Context(), stranger, bundle.Receipt{}), nil)

	tag := blank(t, softcard.Config{})
	issueKeyTag(t, tag)
	_, err = updatecard.OpenAtLock(lay(tag), keytag.DefaultAID)
	mustBe(t, "key tag", err, updatecard.ErrKeyTag)

	// With the application of key tags on it, a good card is none.
	_, err = updatecard.OpenAtLock(lay(card), updatecard.AID)
	mustBe(t, "key tag and update card in one", err, updatecard.ErrKeyTag)

	card.Arm(softcard.LeaveBefore(2))
	_, err = updatecard.OpenAtLock(lay2(card), keytag.DefaultAID)
	mustBe(t, "pulled away", err, nfc.ErrTagRemoved)
}

// lay2 resets a card and leaves its faults armed.
func lay2(c *softcard.Card) *softcard.Card {
	c.Reset()
	return c
}

// TestWrongBundles: nothing but bundles of the locks they are named for.
func TestWrongBundles(t *testing.T) {
	bundles := sealedFor(t, 2, 0, 1)
	for _, c := range []struct {
		name   string
		change func()
		want   error
	}{
		{"half", func() { bundles[0].Data = bundles[0].Data[:100] }, bundle.ErrDamaged},
		{"another lock's", func() { bundles[0].Data = bundles[1].Data }, bundle.ErrLock},
	} {
		c.change()
		_, err := write(ours, blank(t, softcard.Config{}), bundles)
		mustBe(t, c.name, err, c.want)
	}
	stop := errors.New("enough")
	card, err := ours.Recognise(blank(t, softcard.Config{}))
	mustBe(t, "recognising", err, nil)
	_, err = card.Clear()
	mustBe(t, "clearing", err, nil)
	_, err = card.Write(bundles, func(int) error { return stop })
	mustBe(t, "stopped", err, stop)
}

func FuzzParseList(f *testing.F) {
	good, err := updatecard.List{Site: ours.ID, Slots: []updatecard.Slot{{bundle.LockID{1}, 300}, {bundle.LockID{2}, updatecard.MaxBundle}}}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(make([]byte, updatecard.ListSize))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := updatecard.ParseList(data)
		if err != nil {
			if !errors.Is(err, updatecard.ErrUnfinished) {
				t.Fatal(err)
			}
			return
		}
		again, err := l.Encode()
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("% X encodes to % X, %v", data, again, err)
		}
	})
}

// TestListStrict: every bit counts, and no list that a card cannot have.
func TestListStrict(t *testing.T) {
	good, err := updatecard.List{Site: ours.ID, Slots: []updatecard.Slot{{bundle.LockID{1}, 300}}}.Encode()
	mustBe(t, "list", err, nil)
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 1
		if _, err := updatecard.ParseList(bad); !errors.Is(err, updatecard.ErrUnfinished) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
	for _, l := range []updatecard.List{
		{},
		{Slots: make([]updatecard.Slot, 16)},
		{Slots: []updatecard.Slot{{bundle.LockID{1}, 0}}},
		{Slots: []updatecard.Slot{{bundle.LockID{1}, updatecard.MaxBundle + 1}}},
		{Slots: []updatecard.Slot{{bundle.LockID{1}, 1}, {bundle.LockID{1}, 1}}},
	} {
		if _, err := l.Encode(); err == nil {
			t.Errorf("%+v is a list", l)
		}
	}
}
