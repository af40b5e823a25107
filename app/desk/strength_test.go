package desk

import (
	"slices"
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

// examples are passphrases as people choose them, in three languages.
var examples = []struct {
	s    string
	want Strength
}{
	// Dutch
	{"Feyenoord2026!", StrengthWeak},
	{"wachtwoord-wachtwoord-wachtwoord", StrengthWeak},
	{"fietsregen1!", StrengthWeak},
	{"Fiets-regen", StrengthWeak},
	{"mijn hond heet max", StrengthWeak},
	{"fiets-regen-tafel", StrengthWeak},
	{"lantaarn koffie trapje zeehond", StrengthFair},
	{"lantaarn-koffie-trapje-zeehond", StrengthFair},
	{"LantaarnKoffieTrapjeZeehond", StrengthFair},
	{"lantaarn.koffie.trapje.zeehond.kabel", StrengthGood},
	{"drie kippen lezen traag een blauwe krant op dinsdag", StrengthGood},
	// German
	{"Passwort2026", StrengthWeak},
	{"Schatz-ich-liebe-dich", StrengthWeak},
	{"sommer-winter-fruehling", StrengthWeak},
	{"Gartenzaun42!", StrengthWeak},
	{"Laterne Kaffee Treppe Seehund", StrengthFair},
	{"Laterne_Kaffee_Treppe_Seehund", StrengthFair},
	{"Übermut Gürtel Möhre Straße Käfig", StrengthGood},
	{"zwei müde Füchse streichen nachts den Gartenzaun lila", StrengthStrong},
	// English
	{"password-password-2026", StrengthWeak},
	{"Tr0ub4dor&3", StrengthWeak},
	{"iloveyou-princess-1987", StrengthWeak},
	{"let me in please", StrengthWeak},
	{"bluegarden77", StrengthWeak},
	{"correct-horse-battery-staple", StrengthFair},
	{"correct/horse/battery/staple", StrengthFair},
	{"CorrectHorseBatteryStaple", StrengthFair},
	{"seven tired owls repaint the harbour wall by candlelight", StrengthStrong},
	// no language
	{"kX9#mQ2$vL7!", StrengthGood},
	{"q8#Lz2!vTw9$Rk4^", StrengthStrong},
	{"7391-4620-8857", StrengthWeak},
}

// Examples are judged as a person would who knows how guessing is done.
func TestExamplePassphrases(t *testing.T) {
	for _, c := range examples {
		if got := MeasurePassphrase(c.s); got != c.want {
			t.Errorf("%q is %d, not %d (%.0f bits)", c.s, got, c.want, guessBits(c.s))
		}
	}
}

// What stands between words does not make a passphrase strong.
func TestSeparatorsAreAlike(t *testing.T) {
	for _, c := range examples {
		words := strings.FieldsFunc(c.s, separates)
		if len(words) < 3 || slices.Contains([]string{"kX9#mQ2$vL7!", "q8#Lz2!vTw9$Rk4^", "Tr0ub4dor&3"}, c.s) {
			continue // there the signs are part of a jumble
		}
		spaced := guessBits(strings.Join(words, " "))
		for _, sep := range []string{"-", "_", ".", "/", "+", "#", "::"} {
			if bits := guessBits(strings.Join(words, sep)); bits < spaced-3 || bits > spaced+3 {
				t.Errorf("%q: %.0f bits with %q, %.0f with spaces", c.s, bits, sep, spaced)
			}
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
