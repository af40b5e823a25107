// Package evidence makes the papers by which residents, their council and a data
// protection officer can see for themselves what is kept: receipts, the record of
// processing, the annex of the impact assessment, evaluations, answers to
// requests, the journal without homes, and the pack of all of them.
//
// It stands beside the desk and above it: it reads the records through
// [desk.Desk.Look] and uses the desk's views, and changes nothing. What changes
// records (settings, roll-outs, erasing) is an act at the desk, and package desk's.
//
// Every paper has its data as a type with stable JSON fields; the PDF says the
// same in words of package assets. A test compares both with the records.
package evidence
