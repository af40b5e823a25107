package shares

// Arithmetic of GF(32), the field of the line's code: five bits modulo x^5+x^2+1.

const fieldSize = 32

// powers are a^0 to a^30 and once more from the beginning; logs undo them.
var powers, logs = tables()

func tables() (powers [2 * (fieldSize - 1)]byte, logs [fieldSize]int) {
	x := 1
	for i := range fieldSize - 1 {
		powers[i], powers[i+fieldSize-1] = byte(x), byte(x)
		logs[x] = i
		if x <<= 1; x >= fieldSize {
			x ^= fieldSize | 0b101
		}
	}
	return powers, logs
}

func mul(a, b byte) byte {
	if a == 0 || b == 0 {
		return 0
	}
	return powers[logs[a]+logs[b]]
}

// codeSize is a line's symbols with its number before them; the last three are
// checks.
const (
	checkSize = 3
	codeSize  = 1 + lineSize
)

// generator is (x - a^0)(x - a^1)(x - a^2) without its leading 1, highest first.
var generator = func() (g [checkSize]byte) {
	p := []byte{1}
	for i := range checkSize {
		next := make([]byte, len(p)+1)
		for j, c := range p {
			next[j] ^= c
			next[j+1] ^= mul(c, powers[i])
		}
		p = next
	}
	return [checkSize]byte(p[1:])
}()

// addChecks fills in the last symbols of a line.
func addChecks(code *[codeSize]byte) {
	var rest [checkSize]byte
	for _, s := range code[:codeSize-checkSize] {
		top := s ^ rest[0]
		copy(rest[:], rest[1:])
		rest[checkSize-1] = 0
		for i, g := range generator {
			rest[i] ^= mul(top, g)
		}
	}
	copy(code[codeSize-checkSize:], rest[:])
}

// syndromes are the code's values at its zeros: all 0 for a line without a
// mistake.
func syndromes(code *[codeSize]byte) (s [checkSize]byte) {
	for i := range s {
		for _, c := range code {
			s[i] = mul(s[i], powers[i]) ^ c
		}
	}
	return s
}

// locate finds the one wrong symbol that explains the syndromes, and what must
// be added to it. Two wrong symbols are never taken for one.
func locate(s [checkSize]byte) (at int, add byte, ok bool) {
	if s[0] == 0 || s[1] == 0 || s[2] == 0 || mul(s[1], s[1]) != mul(s[0], s[2]) {
		return 0, 0, false
	}
	power := (logs[s[1]] - logs[s[0]] + fieldSize - 1) % (fieldSize - 1)
	if power >= codeSize {
		return 0, 0, false
	}
	return codeSize - 1 - power, s[0], true
}
