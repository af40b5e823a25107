package desk

import (
	"strings"
	"testing"
)

func TestMeasurePassphrase(t *testing.T) {
	for _, c := range []struct {
		s    string
		want Strength
	}{
		{"", StrengthNone},
		{"a", StrengthWeak},
		{strings.Repeat("a", 24), StrengthWeak},
		{"abcdefghijklmnopqrstuvwxyz", StrengthWeak},
		{"123456789012", StrengthWeak},
		{"welkom01", StrengthWeak},
		{"Welkom2026!", StrengthWeak},
		{"W3lk0m2026!!", StrengthWeak},
		{"Zomer2026!", StrengthWeak},
		{"Campus Noord 2026", StrengthWeak},
		{"anna-huismeester-1987", StrengthWeak},
		{"qwertyuiopasdfghjkl", StrengthWeak},
		{"wachtwoord wachtwoord wachtwoord wachtwoord", StrengthWeak},
		{"correct horse battery staple", StrengthFair},
		{"fiets regen tafel wolk viool", StrengthFair},
		{"q8#Lz2!vTw9$Rk4^", StrengthStrong},
		{"fiets regen tafel wolk viool maandag citroen spijker", StrengthStrong},
	} {
		if got := MeasurePassphrase(c.s, "Campus Noord", "anna"); got != c.want {
			t.Errorf("%q is %d, not %d (%.0f bits)", c.s, got, c.want, guessBits(c.s, "Campus Noord", "anna"))
		}
	}
}

// TestKnownWordsAddLittle: what stands on the door of the office is no secret.
func TestKnownWordsAddLittle(t *testing.T) {
	with, without := guessBits("Boulevard x7#Kq!vP", "Boulevard"), guessBits("x7#Kq!vP")
	if with > without+10 || guessBits("Boulevard x7#Kq!vP") < with {
		t.Errorf("%.0f bits with a known word, %.0f without", with, without)
	}
}

func FuzzMeasurePassphrase(f *testing.F) {
	f.Add("Welkom2026!", "anna")
	f.Add("\xff0@$ İ2024", "İ")
	f.Fuzz(func(t *testing.T, s, known string) {
		if len(s) > 1000 || len(known) > 1000 {
			return
		}
		if b := guessBits(s, known); b < 0 || b > float64(8*len(s)+16) {
			t.Errorf("%.0f bits", b)
		}
		if (MeasurePassphrase(s, known) == StrengthNone) != (s == "") {
			t.Error("strength none")
		}
	})
}
