package desk

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Strength is how hard a passphrase is to guess.
type Strength int

// Strengths. A new passphrase is at least [StrengthFair].
const (
	StrengthNone Strength = iota
	StrengthWeak
	StrengthFair
	StrengthGood
	StrengthStrong
)

// fairBits is what a new passphrase needs at least: with argon2id as the key
// slots use it, a thousand computers that try one every tenth of a second need
// half a century for half of the possibilities.
const fairBits = 45

// MeasurePassphrase estimates a passphrase from its length, its kinds of
// characters, its repetitions, and what people choose often; known are words
// that anybody here would try first, such as the names of site and operator. It
// is a guide, not a proof: nobody can tell where a sentence was read.
func MeasurePassphrase(passphrase string, known ...string) Strength {
	switch bits := guessBits(passphrase, known...); {
	case passphrase == "":
		return StrengthNone
	case bits < fairBits:
		return StrengthWeak
	case bits < 60:
		return StrengthFair
	case bits < 80:
		return StrengthGood
	}
	return StrengthStrong
}

// checkPassphrase refuses a new passphrase that is too easy to guess.
func checkPassphrase(passphrase []byte, known ...string) error {
	if MeasurePassphrase(string(passphrase), known...) < StrengthFair {
		return errWeakPassphrase
	}
	return nil
}

// Costs in bits of what is not made of characters: a word that is often
// chosen, a word that is known here, a year.
const (
	chosenBits = 7
	knownBits  = 3
	yearBits   = 6
)

// favourites are what people choose often, in the languages of the desk.
var favourites = strings.Fields(`
	wachtwoord wachtzin welkom geheim sleutelbord sleutelbeheerder sleutelbos sleutel huismeester beheerder beheer
	toegang voetbal feyenoord amsterdam rotterdam enschede nederland holland oranje twente campus vakantie knuffel
	lente voorjaar zomer herfst najaar winter kerst pasen maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
	januari februari maart april juni juli augustus september oktober november december
	passphrase password letmein welcome secret master admin administrator caretaker custodian keyboard access
	iloveyou football baseball dragon monkey princess sunshine shadow superman batman computer internet
	spring summer autumn monday tuesday wednesday thursday friday saturday sunday
	january february march june july august october
	passwort willkommen geheimnis schluessel hausmeister sommer fruehling montag freitag
	qwerty qwertyuiop qwertz azerty asdfgh asdfghjkl zxcvbn zxcvbnm yxcvbn
	123456 1234567 12345678 123456789 1234567890 654321 111111 000000 abcdef abc123`)

var (
	year = regexp.MustCompile(`(19|20)[0-9]{2}`)
	// lookalikes are digits and signs that stand for letters, of one byte as these.
	lookalikes = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "@", "a", "$", "s", "!", "i")
)

// guessBits is the estimate. What is chosen often counts little, wherever it
// stands; of the rest, in a phrase of words a letter counts for two bits, in a
// jumble of characters for more, and what repeats for little.
func guessBits(s string, known ...string) float64 {
	bits, rest := 0.0, []byte(s)
	take := func(w string, cost float64) {
		for i := 0; i < 2; i++ { // as it stands, then with its lookalikes
			text := strings.ToLower(string(rest))
			if i == 1 {
				text = lookalikes.Replace(text)
			}
			if at := strings.Index(text, w); at >= 0 && len(text) == len(rest) {
				rest = append(append([]byte(nil), rest[:at]...), rest[at+len(w):]...)
				bits += cost
				i-- // once more
			}
		}
	}
	for _, k := range known {
		for _, w := range append([]string{k}, strings.Fields(k)...) {
			if w = strings.ToLower(w); len(w) > 2 {
				take(w, knownBits)
			}
		}
	}
	for _, w := range favourites {
		take(w, chosenBits)
	}
	for at := year.FindIndex(rest); at != nil; at = year.FindIndex(rest) {
		rest = append(append([]byte(nil), rest[:at[0]]...), rest[at[1]:]...)
		bits += yearBits
	}
	return bits + characterBits(string(rest))
}

// Costs in bits of characters beside words: a letter of a word, a digit, a sign,
// and what separates words, the first time.
const (
	letterBits    = 2.8
	digitBits     = 3.3
	signBits      = 5
	separatorBits = 3
)

// characterBits estimates characters without looking for words that it knows.
// What is made of words counts by their letters, whatever stands between them:
// a hyphen is as good as a space. Only a jumble counts by its alphabet.
func characterBits(s string) float64 {
	runes := []rune(s)
	words := lettersOfWords(runes)
	if different(runes) < 4 {
		return 0
	}
	jumble := math.Log2(max(2, alphabet(runes)))
	spoken := slices.Contains(words, true) || !slices.ContainsFunc(runes, unicode.IsLetter)
	separators := make(map[rune]bool)
	var bits float64
	for i, r := range runes {
		switch {
		case words[i]:
			bits += letterBits * fresh(runes, i)
		case !spoken || unicode.IsLetter(r):
			bits += jumble * fresh(runes, i)
		case unicode.IsDigit(r):
			bits += digitBits * fresh(runes, i)
		case separators[r]:
		case i > 0 && i < len(runes)-1:
			separators[r] = true
			bits += separatorBits
		default:
			bits += signBits * fresh(runes, i)
		}
	}
	return bits * 0.85
}

// fresh is 1 for a character that does not follow from what stands before it,
// as it does in 1234 and in what repeats; else 0.
func fresh(runes []rune, i int) float64 {
	if i == 0 {
		return 1
	}
	if step := runes[i] - runes[i-1]; step >= -1 && step <= 1 {
		return 0
	}
	for j := 1; j < i; j++ {
		if runes[j-1] == runes[i-1] && runes[j] == runes[i] {
			return 0
		}
	}
	return 1
}

func different(runes []rune) int {
	seen := make(map[rune]bool)
	for _, r := range runes {
		seen[r] = true
	}
	return len(seen)
}

// lettersOfWords tells which characters are letters of words: of three letters
// or more in a row with no capital but the first, or nothing but capitals; and of
// less, where they stand alone.
func lettersOfWords(runes []rune) []bool {
	words := make([]bool, len(runes))
	for from := 0; from < len(runes); from++ {
		to := from
		for to < len(runes) && unicode.IsLetter(runes[to]) && (to == from || to == from+1 || !unicode.IsUpper(runes[to]) || unicode.IsUpper(runes[to-1])) {
			if to == from+1 && unicode.IsUpper(runes[to]) && !unicode.IsUpper(runes[from]) {
				break
			}
			to++
		}
		alone := (from == 0 || separates(runes[from-1])) && (to == len(runes) || separates(runes[to]))
		if to-from >= 3 || to > from && alone {
			for i := from; i < to; i++ {
				words[i] = true
			}
		}
		from = max(from, to-1)
	}
	return words
}

// separates tells whether a character stands between words.
func separates(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// alphabet is from how many characters those of a jumble seem to be drawn.
func alphabet(runes []rune) float64 {
	var lower, upper, digit, other float64
	for _, r := range runes {
		switch {
		case unicode.IsLower(r):
			lower = 26
		case unicode.IsUpper(r):
			upper = 26
		case unicode.IsDigit(r):
			digit = 10
		case !unicode.IsLetter(r) && r != ' ':
			other = 32
		}
	}
	return lower + upper + digit + other
}
