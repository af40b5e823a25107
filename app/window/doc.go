// Package window is the Fyne window of the caretaker's desk.
//
// One file holds one screen, one struct per screen, with its callbacks as
// named methods. [Window] ties them together; it owns what they share:
//
//   - words: every text comes from package assets by its key, so that a
//     change of language is a rebuild of the screens and nothing else;
//   - jobs: work that may take time runs there, away from the main goroutine,
//     and comes back with an injected post (fyne.Do in the real program, a
//     queue that the test drains in tests). No callback waits for anything;
//   - bench: the one reader, what lies on it, and who uses it.
//
// # Places
//
// Left stands the navigation, below the strip that says what lies on the
// reader, above it (practice only) the tray with virtual tags. The board fills
// the rest: hooks to the left, and beside them a pane: a home, a tag, or an
// act on a tag. A pane that wants to know what is laid on the reader
// implements [onReader].
//
// The package imports neither Fyne's desktop driver nor PC/SC, so that it
// tests without cgo, a display or a reader. Package softcard is imported for
// the tray alone.
package window
