//go:build !race

package keytag_test

const underRace = 1
