//go:build !race

package updatecard_test

const underRace = 1
