//go:build race

package updatecard_test

// underRace makes the large tests take one in so many: the race detector runs
// ten times slower, and there are no goroutines here that it could look at.
const underRace = 10
