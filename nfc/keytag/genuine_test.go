package keytag_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// sample is a real chip's number with the signature that NXP gave it.
type sample struct{ uid, signature []byte }

// realSample is one of a product (originality-p224.json, where its source stands).
func realSample(t *testing.T, product string) sample {
	t.Helper()
	b, err := os.ReadFile("../desfire/testdata/originality-p224.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Keys []struct {
			Product string
			Samples []struct{ UID, Signature string }
		}
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for _, k := range file.Keys {
		if k.Product == product && len(k.Samples) > 0 {
			return sample{unhex(t, k.Samples[0].UID), unhex(t, k.Samples[0].Signature)}
		}
	}
	t.Fatalf("no sample of %s", product)
	return sample{}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signatureOf reads a software chip's own signature, which the practice key made.
func signatureOf(t *testing.T, c *softcard.Card) []byte {
	t.Helper()
	sig, err := desfire.New(lay(c)).ReadSignature()
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// silent is a chip that does not know Read_Sig.
type silent struct{ *softcard.Card }

func (c silent) Transmit(b []byte) ([]byte, error) {
	const readSignature = 0x3C
	if b[1] == readSignature {
		c.Arm(softcard.Refuse(1, 0x1C))
	}
	return c.Card.Transmit(b)
}

// TestGenuine holds chips with every kind of signature against the check: new
// ones, ones whose number is random already, and tags of ours, where the number
// and the signature come in a session.
func TestGenuine(t *testing.T) {
	ev2, ev3 := realSample(t, "DESFire EV2"), realSample(t, "DESFire EV3")
	other := signatureOf(t, blank(t, softcard.Config{Chip: softcard.EV3}))
	strict := site("ours")
	strict.PracticeKey = nil
	real3 := softcard.Config{Chip: softcard.EV3, UID: ev3.uid, Signature: ev3.signature}
	flipped := append([]byte(nil), ev3.signature...)
	flipped[55] ^= 1
	for _, c := range []struct {
		name   string
		site   keytag.Site
		config softcard.Config
		silent bool
		want   keytag.Genuine
	}{
		{"real EV2", ours, softcard.Config{Chip: softcard.EV2, UID: ev2.uid, Signature: ev2.signature}, false, keytag.GenuineYes},
		{"real EV3", ours, real3, false, keytag.GenuineYes},
		{"real EV3 at a site without practice", strict, real3, false, keytag.GenuineYes},
		{"practice chip at a site that knows the key", ours, softcard.Config{Chip: softcard.EV3}, false, keytag.GenuinePractice},
		{"practice chip at a site that does not", strict, softcard.Config{Chip: softcard.EV3}, false, keytag.GenuineNo},
		{"signature of another practice chip", ours, softcard.Config{Chip: softcard.EV3, Signature: other}, false, keytag.GenuineNo},
		{"real signature of another number", ours, softcard.Config{Chip: softcard.EV3, Signature: ev3.signature}, false, keytag.GenuineNo},
		{"one bit of the signature", ours, softcard.Config{Chip: softcard.EV3, UID: ev3.uid, Signature: flipped}, false, keytag.GenuineNo},
		{"number and signature of an EV3 on an EV2", ours, softcard.Config{Chip: softcard.EV2, UID: ev3.uid, Signature: ev3.signature}, false, keytag.GenuineNo},
		{"number and signature of an EV2 on an EV3", ours, softcard.Config{Chip: softcard.EV3, UID: ev2.uid, Signature: ev2.signature}, false, keytag.GenuineNo},
		{"signature of zeros", ours, softcard.Config{Chip: softcard.EV3, Signature: make([]byte, 56)}, false, keytag.GenuineNo},
		{"no signature", ours, real3, true, keytag.GenuineNo},
		{"EV1", ours, softcard.Config{Chip: softcard.EV1}, false, keytag.GenuineUncertain},
	} {
		for how, prepare := range map[string]func(*testing.T, *softcard.Card){
			"new": nil, "random UID": atChip((*desfire.Session).EnableRandomUID), "ours": writtenBy(c.site), "used and wiped": wiped,
		} {
			card := blank(t, c.config)
			if prepare != nil {
				prepare(t, card)
			}
			var tag nfc.Transceiver = lay(card)
			if c.silent {
				tag = silent{card}
			}
			l, err := c.site.Recognise(tag, keytag.ExpectAnything)
			if err != nil || l.Genuine != c.want || l.WrongKeys != 0 {
				t.Errorf("%s, %s: %+v, %v", c.name, how, l, err)
			}
		}
	}
}

// TestCopiedNumber shows what the check cannot: a chip that carries a genuine
// chip's number and signature passes for it.
func TestCopiedNumber(t *testing.T) {
	s := realSample(t, "DESFire EV3")
	for range 2 {
		c := blank(t, softcard.Config{Chip: softcard.EV3, UID: s.uid, Signature: s.signature})
		if l := recognise(t, ours, lay(c), keytag.ExpectAnything); l.Genuine != keytag.GenuineYes {
			t.Errorf("a copy is %s: docs/tag.md says otherwise", l.Genuine)
		}
	}
}
