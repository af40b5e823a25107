package command

import (
	"errors"
	"fmt"
	"syscall"

	"sleutelbord/app/desk"
)

// Exit codes. They are part of what scripts rely on.
const (
	exitOK        = 0
	exitInternal  = 1
	exitUsage     = 2
	exitRefused   = 3 // the door stayed shut
	exitReader    = 4 // no reader, no tag, or the line to it broke
	exitTag       = 5 // something is wrong with the tag
	exitFiles     = 6 // the store, its passphrase or another file
	exitImport    = 7 // rows of a CSV file
	exitRecords   = 8 // the records do not allow it
	exitBroker    = 9 // the broker or the shared database cannot be reached, or denies
	exitCancelled = 130
)

// exits sorts the desk's problems by what a script can do about them.
var exits = map[desk.Code]int{
	desk.CodeTagRemoved:  exitReader,
	desk.CodeNoTag:       exitReader,
	desk.CodeNoReader:    exitReader,
	desk.CodeReaderBusy:  exitReader,
	desk.CodeNoService:   exitReader,
	desk.CodeReaderFault: exitReader,
	desk.CodeUnsupported: exitReader,

	desk.CodeNotDESFire:   exitTag,
	desk.CodeForeignTag:   exitTag,
	desk.CodeLockedTag:    exitTag,
	desk.CodeOtherSite:    exitTag,
	desk.CodeNotGenuine:   exitTag,
	desk.CodePracticeChip: exitTag,
	desk.CodeChipTooSmall: exitTag,
	desk.CodeTagInUse:     exitTag,
	desk.CodeHalfWritten:  exitTag,
	desk.CodeUnknownTag:   exitTag,
	desk.CodeOtherTag:     exitTag,
	desk.CodeTagRefused:   exitTag,
	desk.CodeTagVerify:    exitTag,
	desk.CodeKeyTag:       exitTag,
	desk.CodeNoCard:       exitTag,

	desk.CodeWrongPassphrase: exitFiles,
	desk.CodeNoOperator:      exitFiles,
	desk.CodeTooSoon:         exitFiles,
	desk.CodeWrongShares:     exitFiles,
	desk.CodeLocked:          exitFiles,
	desk.CodeNoKeyring:       exitFiles,
	desk.CodeNotRemembered:   exitFiles,
	desk.CodeNoStore:         exitFiles,
	desk.CodeStoreExists:     exitFiles,
	desk.CodeStoreInUse:      exitFiles,
	desk.CodeStoreNewer:      exitFiles,
	desk.CodeStoreDamaged:    exitFiles,
	desk.CodeNetworkDisk:     exitFiles,
	desk.CodeDiskFull:        exitFiles,
	desk.CodeBundleFolder:    exitFiles,
	desk.CodeStoreFolder:     exitFiles,
	desk.CodeBrokerConfig:    exitFiles,

	desk.CodeBroker:       exitBroker,
	desk.CodeBrokerDenied: exitBroker,

	desk.CodeImportRows: exitImport,
	desk.CodeImportFile: exitImport,

	desk.CodeNoHome:          exitRecords,
	desk.CodeNoTagRecord:     exitRecords,
	desk.CodeSeatsFull:       exitRecords,
	desk.CodeTooManyZones:    exitRecords,
	desk.CodeNoDoors:         exitRecords,
	desk.CodeTagEnded:        exitRecords,
	desk.CodeTenancyRuns:     exitRecords,
	desk.CodeNoBatch:         exitRecords,
	desk.CodeBatchRuns:       exitRecords,
	desk.CodeBatchTaken:      exitRecords,
	desk.CodeNothingToUndo:   exitRecords,
	desk.CodeNoTenancy:       exitRecords,
	desk.CodeNoTenancyRecord: exitRecords,
	desk.CodeNoBuilding:      exitRecords,
	desk.CodeNotAssessed:     exitRecords,
	desk.CodeNotHandedOut:    exitRecords,
	desk.CodeEvidence:        exitRecords,
	desk.CodeNoCertificate:   exitRecords,
	desk.CodeConflict:        exitRecords,
	desk.CodeClock:           exitRecords,
	desk.CodeNoLocks:         exitRecords,

	desk.CodeWeakPassphrase: exitRecords,
	desk.CodeCustodianOnly:  exitRecords,
	desk.CodeSecondNeeded:   exitRecords,
	desk.CodeSamePerson:     exitRecords,
	desk.CodeOneCustodian:   exitRecords,
	desk.CodeLastCustodian:  exitRecords,
	desk.CodeOperatorExists: exitRecords,

	desk.CodeRolledBack:    exitRecords,
	desk.CodeNotRolledBack: exitRecords,
	desk.CodeLocksWaiting:  exitRecords,
	desk.CodeNoZone:        exitRecords,
	desk.CodeNoLock:        exitRecords,
	desk.CodeLockFar:       exitRecords,
	desk.CodeNoCampaign:    exitRecords,
	desk.CodeCampaignRuns:  exitRecords,
	desk.CodeCampaignOpen:  exitRecords,
	desk.CodeCampaignEnded: exitRecords,
	desk.CodeKeysUsedUp:    exitRecords,

	desk.CodeTokenMissing:   exitFiles,
	desk.CodeTokenModule:    exitFiles,
	desk.CodeTokenPIN:       exitFiles,
	desk.CodeTokenLastTry:   exitFiles,
	desk.CodeTokenLocked:    exitFiles,
	desk.CodeTokenOther:     exitFiles,
	desk.CodeTokenRefused:   exitFiles,
	desk.CodeTokenSigner:    exitRecords,
	desk.CodeTokenShared:    exitRecords,
	desk.CodeRootAway:       exitRecords,
	desk.CodeNoToken:        exitRecords,
	desk.CodeNoProvenShares: exitRecords,

	desk.CodeNoBackup:      exitFiles,
	desk.CodeBackupDamaged: exitFiles,
	desk.CodeBackupForeign: exitFiles,
	desk.CodeBackupFolder:  exitFiles,
	desk.CodeFileExists:    exitFiles,
	desk.CodeShareTyping:   exitFiles,
	desk.CodeShareLines:    exitFiles,
	desk.CodeShareNone:     exitFiles,
	desk.CodeSharePicture:  exitFiles,
	desk.CodeShareOtherSet: exitFiles,
	desk.CodeShareForged:   exitFiles,
	desk.CodeSharesTooFew:  exitFiles,
	desk.CodeSharesMisfit:  exitFiles,

	desk.CodeDatabaseUnreachable: exitBroker,
	desk.CodeDatabaseDenied:      exitBroker,
	desk.CodeDatabaseCertificate: exitBroker,
	desk.CodeDatabaseUnverified:  exitFiles,
	desk.CodeDatabaseSettings:    exitFiles,
	desk.CodeDeskBusy:            exitRecords,
	desk.CodeNothingToMend:       exitRecords,
	desk.CodeDatabaseTampered:    exitRecords,
	desk.CodeDatabaseOlder:       exitRecords,
	desk.CodeSiteMoved:           exitRecords,
	desk.CodeDeskRemoved:         exitRecords,
	desk.CodeDatabaseTaken:       exitFiles,
	desk.CodeNotShared:           exitRecords,
	desk.CodeJoinCode:            exitFiles,
	desk.CodeNotAdmitted:         exitRecords,
	desk.CodeNoRequest:           exitRecords,
	desk.CodeNoDesk:              exitRecords,

	desk.CodeWrongInput: exitUsage,
	desk.CodeCancelled:  exitCancelled,
	desk.CodeInternal:   exitInternal,
}

// complaint is a problem that only the command line has: its words stand here
// and not in the translations, as everything the commands print is English.
type complaint struct {
	code     desk.Code
	exit     int
	what, do string
	cause    error
}

// Error is for the log; people read what and do.
func (c *complaint) Error() string {
	if c.cause == nil {
		return string(c.code)
	}
	return fmt.Sprintf("%s: %v", c.code, c.cause)
}

func (c *complaint) Unwrap() error { return c.cause }

// because is c with the error that led to it.
func (c complaint) because(err error) *complaint {
	c.cause = err
	return &c
}

// problem is an error as people and scripts see it.
type problem struct {
	Code    desk.Code       `json:"code"`
	Message string          `json:"message"`
	Do      string          `json:"do,omitempty"`
	Rows    []desk.RowError `json:"rows,omitempty"`
	exit    int
}

// explain puts err into words. It never returns the text of an internal
// error: that is for the log.
func explain(err error) problem {
	if p, ok := explainHere(err); ok {
		return p
	}
	p := desk.Explain(err)
	if isFull(err) {
		p = desk.Problem{Code: desk.CodeDiskFull}
	}
	exit, known := exits[p.Code]
	if !known {
		exit = exitInternal
	}
	what, do := problemWords(p.Code, p.Args)
	out := problem{Code: p.Code, Message: what, Do: do, exit: exit}
	var rows *desk.ImportError
	if errors.As(err, &rows) {
		out.Rows = rows.Rows
	}
	return out
}

// isFull tells whether there was no room to write something, whatever it was.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// explainHere explains what the command line itself found wrong.
func explainHere(err error) (problem, bool) {
	var usage usageError
	if errors.As(err, &usage) {
		return problem{
			Code:    "usage",
			Message: usage.Error(),
			Do:      "See sleutelbord --help, or sleutelbord help COMMAND.",
			exit:    exitUsage,
		}, true
	}
	var c *complaint
	if errors.As(err, &c) && (c.code == errOutput.code || !isFull(err)) {
		return problem{Code: c.code, Message: c.what, Do: c.do, exit: c.exit}, true
	}
	return problem{}, false
}

// report says what went wrong: on Stdout as the one JSON document, or on Stderr
// in words. To nobody who listens it says nothing.
func report(env Env, asJSON bool, err error) (problem, error) {
	p := explain(err)
	if p.Code == errOutput.code {
		if errors.Is(err, syscall.EPIPE) {
			return p, nil
		}
		asJSON = false
	}
	if asJSON {
		return p, writeJSON(env.Stdout, struct {
			Error problem `json:"error"`
		}{p})
	}
	return p, p.write(env.Stderr)
}
