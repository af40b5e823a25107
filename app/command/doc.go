// Package command is the program without a window: every act of the desk, and
// a door, as commands for a terminal or a script.
//
// It reads the command line, opens the store and the reader, calls package
// desk, and says in plain words, or with --json in stable fields, what came of
// it. It decides nothing about tags, homes or locks by itself. What scripts
// rely on (names, flags, fields, exit codes) stands in docs/command.md.
package command
