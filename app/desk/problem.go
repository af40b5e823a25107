package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"sleutelbord/app/sheet"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/mqtt"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
	"sleutelbord/store/shares"
)

// Code names a problem that a person can do something about. The words for it,
// what happened and what to do, stand in package assets.
type Code string

// Codes of problems.
const (
	CodeTagRemoved      Code = "tag-removed"
	CodeNoTag           Code = "no-tag"
	CodeNoReader        Code = "no-reader"
	CodeReaderBusy      Code = "reader-busy"
	CodeNoService       Code = "no-service"
	CodeReaderFault     Code = "reader-fault"
	CodeUnsupported     Code = "unsupported"
	CodeNotDESFire      Code = "not-desfire"
	CodeForeignTag      Code = "foreign-tag"
	CodeLockedTag       Code = "locked-tag"
	CodeOtherSite       Code = "other-site"
	CodeNotGenuine      Code = "not-genuine"
	CodePracticeChip    Code = "practice-chip"
	CodeChipTooSmall    Code = "chip-too-small"
	CodeTagInUse        Code = "tag-in-use"
	CodeHalfWritten     Code = "half-written"
	CodeUnknownTag      Code = "unknown-tag"
	CodeOtherTag        Code = "other-tag"
	CodeTagRefused      Code = "tag-refused"
	CodeTagVerify       Code = "tag-verify"
	CodeWrongPassphrase Code = "wrong-passphrase"
	CodeNoStore         Code = "no-store"
	CodeStoreExists     Code = "store-exists"
	CodeStoreInUse      Code = "store-in-use"
	CodeStoreNewer      Code = "store-newer"
	CodeStoreDamaged    Code = "store-damaged"
	CodeNetworkDisk     Code = "network-disk"
	CodeDiskFull        Code = "disk-full"
	CodeNoHome          Code = "no-home"
	CodeNoTagRecord     Code = "no-tag-record"
	CodeSeatsFull       Code = "seats-full"
	CodeTooManyZones    Code = "too-many-zones"
	CodeNoDoors         Code = "no-doors"
	CodeTagEnded        Code = "tag-ended"
	CodeTenancyRuns     Code = "tenancy-runs"
	CodeNoTenancyRecord Code = "no-tenancy-record"
	CodeNoBuilding      Code = "no-building"
	CodeNotAssessed     Code = "not-assessed"
	CodeNotHandedOut    Code = "not-handed-out"
	CodeEvidence        Code = "evidence"
	CodeNoCertificate   Code = "no-certificate"
	CodeNoTenancy       Code = "no-tenancy"
	CodeImportRows      Code = "import-rows"
	CodeImportFile      Code = "import-file"
	CodeConflict        Code = "conflict"
	CodeCancelled       Code = "cancelled"
	CodeBundleFolder    Code = "bundle-folder"
	CodeStoreFolder     Code = "store-folder"
	CodeClock           Code = "clock"
	CodeNoLocks         Code = "no-locks"
	CodeRolledBack      Code = "rolled-back"
	CodeLocksWaiting    Code = "locks-waiting"
	CodeNoZone          Code = "no-zone"
	CodeNoLock          Code = "no-lock"
	CodeNoCampaign      Code = "no-campaign"
	CodeCampaignRuns    Code = "campaign-runs"
	CodeCampaignOpen    Code = "campaign-unfinished"
	CodeCampaignEnded   Code = "campaign-ended"
	CodeKeysUsedUp      Code = "keys-used-up"
	CodeNotRolledBack   Code = "not-rolled-back"
	CodeKeyTag          Code = "key-tag"
	CodeNoCard          Code = "no-update-card"
	CodeLockFar         Code = "lock-far"
	CodeBrokerConfig    Code = "broker-config"
	CodeBrokerDenied    Code = "broker-denied"
	CodeBroker          Code = "broker"
	CodeNoOperator      Code = "no-operator"
	CodeTooSoon         Code = "too-soon"
	CodeWeakPassphrase  Code = "weak-passphrase"
	CodeWrongShares     Code = "wrong-shares"
	CodeTokenMissing    Code = "token-missing"
	CodeTokenModule     Code = "token-module"
	CodeTokenPIN        Code = "token-pin"
	CodeTokenLastTry    Code = "token-last-try"
	CodeTokenLocked     Code = "token-locked"
	CodeTokenOther      Code = "token-other"
	CodeTokenRefused    Code = "token-refused"
	CodeTokenSigner     Code = "token-signer"
	CodeTokenShared     Code = "token-shared"
	CodeRootAway        Code = "root-away"
	CodeNoToken         Code = "no-token"
	CodeNoProvenShares  Code = "no-proven-shares"
	CodeCustodianOnly   Code = "custodian-only"
	CodeSecondNeeded    Code = "second-custodian-needed"
	CodeSamePerson      Code = "same-person"
	CodeOneCustodian    Code = "one-custodian"
	CodeLastCustodian   Code = "last-custodian"
	CodeOperatorExists  Code = "operator-exists"
	CodeLocked          Code = "locked"
	CodeNoKeyring       Code = "no-keyring"
	CodeNotRemembered   Code = "not-remembered"
	CodeNoBackup        Code = "no-backup-file"
	CodeBackupDamaged   Code = "backup-damaged"
	CodeBackupForeign   Code = "backup-foreign"
	CodeBackupFolder    Code = "backup-folder"
	CodeFileExists      Code = "file-exists"
	CodeShareTyping     Code = "share-typing"
	CodeShareLines      Code = "share-lines"
	CodeShareNone       Code = "share-none"
	CodeSharePicture    Code = "share-picture"
	CodeShareOtherSet   Code = "share-other-set"
	CodeShareForged     Code = "share-forged"
	CodeSharesTooFew    Code = "shares-too-few"
	CodeSharesMisfit    Code = "shares-misfit"
	CodeNoBatch         Code = "no-moving-day"
	CodeBatchRuns       Code = "moving-day-runs"
	CodeBatchTaken      Code = "moving-day-taken"
	CodeNothingToUndo   Code = "nothing-to-undo"
	CodeWrongInput      Code = "wrong-input"
	CodeInternal        Code = "internal"
)

// Codes lists every code, so that a test can hold the words against it.
func Codes() []Code {
	codes := []Code{
		CodeInternal, CodeWrongInput, CodeImportRows, CodeTooSoon,
		CodeShareOtherSet, CodeShareForged, CodeSharesTooFew, CodeShareTyping, CodeShareLines, CodeBackupFolder,
	}
	for _, e := range explanations {
		if !slices.Contains(codes, e.code) {
			codes = append(codes, e.code)
		}
	}
	return codes
}

// Errors of the desk's own.
var (
	errForeign      = errors.New("the tag carries somebody else's applications")
	errLocked       = errors.New("the tag's chip key is not known here")
	errOtherSite    = errors.New("the tag belongs to another site")
	errNotGenuine   = errors.New("the chip is not shown to be genuine")
	errPractice     = errors.New("the chip is a practice chip")
	errTagInUse     = errors.New("the tag is in use")
	errHalfWritten  = errors.New("the tag is half-written and it is not clear for whom")
	errUnknownTag   = errors.New("the tag is of this site, and these records do not know it")
	errOtherTag     = errors.New("another tag lies on the reader")
	errNoHome       = errors.New("no such home")
	errNoTagRecord  = errors.New("no such tag")
	errSeatsFull    = errors.New("all places of this home are taken")
	errTooManyZones = errors.New("more zones than a tag has slots")
	errNoDoors      = errors.New("the home has no doors")
	errTagEnded     = errors.New("the tag has ended already")
	errTenancyRuns  = errors.New("a tenancy is running")
	errNoTenancy    = errors.New("no tenancy is running")

	errNoTenancyRecord = errors.New("no such tenancy")
	errNoBuilding      = errors.New("no such building")
	errNotAssessed     = errors.New("the building has no impact assessment")

	errNoBatch       = errors.New("no such place in a moving day")
	errBatchRuns     = errors.New("a moving day goes on")
	errBatchTaken    = errors.New("this place of the moving day is done, or another desk is at it")
	errNothingToUndo = errors.New("there is nothing to undo")

	errImportFile = errors.New("the file cannot be read as CSV")
	errNoLocks    = errors.New("there are no locks yet")
	errClock      = errors.New("this computer's clock is wrong")

	errRolledBack    = errors.New("the records are older than they ought to be")
	errLocksWaiting  = errors.New("locks have not confirmed the new keys yet")
	errNoZone        = errors.New("no such zone")
	errNoLock        = errors.New("no such lock")
	errNoCampaign    = errors.New("no such campaign")
	errCampaignRuns  = errors.New("another campaign rolls this over")
	errCampaignOpen  = errors.New("tags or locks are on the old keys")
	errCampaignEnded = errors.New("the campaign has ended")
	errKeysUsedUp    = errors.New("the versions of a key are used up")
	errNotRolledBack = errors.New("the records are as new as they ought to be")

	errNoCard = errors.New("not an update card of this site")

	errBackupFile = errors.New("the backup cannot be read")
	errNoFolder   = errors.New("the folder is not there")
	errLockFar    = errors.New("the tag is too far ahead of a lock")

	errWeakPassphrase = errors.New("the passphrase is too easy to guess")
	errCustodianOnly  = errors.New("only a custodian does this")
	errSecondNeeded   = errors.New("a second custodian must agree")
	errSamePerson     = errors.New("the second custodian is the first")
	errOneCustodian   = errors.New("this takes two custodians and there is one")
	errOperatorExists = errors.New("somebody signs in by this name")

	errStoreFolder = errors.New("a file or folder of the records cannot be used")
)

// Errors of papers, which are made above the desk.
var (
	// ErrNotHandedOut: a tag without a receipt, since it was never handed out.
	ErrNotHandedOut = errors.New("the tag was not handed out")
	// ErrNoCertificate: nothing was erased under this number.
	ErrNoCertificate = errors.New("no such certificate")
	// ErrEvidence: a pack of evidence is not what was signed.
	ErrEvidence = errors.New("the evidence is not what was signed")
)

// Errors of a site that several desks share.
var (
	errNoRequest = errors.New("no computer with this fingerprint asks to be admitted")
	errNoDesk    = errors.New("no such desk")
)

// inputError is something that was typed or passed and does not fit.
type inputError struct{ field, why string }

func (e *inputError) Error() string { return e.field + ": " + e.why }

// Problem is an error as a person meets it.
type Problem struct {
	Code Code           `json:"code"`
	Args map[string]any `json:"args,omitempty"`
}

// explanations is read from top to bottom: the first that fits counts, so the
// more particular stand first.
var explanations = []struct {
	is   error
	code Code
}{
	{context.Canceled, CodeCancelled},
	{errForeign, CodeForeignTag},
	{errLocked, CodeLockedTag},
	{errOtherSite, CodeOtherSite},
	{errPractice, CodePracticeChip},
	{errNotGenuine, CodeNotGenuine},
	{errTagInUse, CodeTagInUse},
	{errHalfWritten, CodeHalfWritten},
	{errUnknownTag, CodeUnknownTag},
	{errOtherTag, CodeOtherTag},
	{errNoHome, CodeNoHome},
	{errNoTagRecord, CodeNoTagRecord},
	{errLockFar, CodeLockFar},
	{errSeatsFull, CodeSeatsFull},
	{errTooManyZones, CodeTooManyZones},
	{errNoDoors, CodeNoDoors},
	{errTagEnded, CodeTagEnded},
	{errTenancyRuns, CodeTenancyRuns},
	{errNoTenancy, CodeNoTenancy},
	{errNoTenancyRecord, CodeNoTenancyRecord},
	{errNoBuilding, CodeNoBuilding},
	{errNotAssessed, CodeNotAssessed},
	{ErrNotHandedOut, CodeNotHandedOut},
	{ErrEvidence, CodeEvidence},
	{ErrNoCertificate, CodeNoCertificate},
	{errNoBatch, CodeNoBatch},
	{errBatchRuns, CodeBatchRuns},
	{errBatchTaken, CodeBatchTaken},
	{errNothingToUndo, CodeNothingToUndo},
	{errImportFile, CodeImportFile},
	{errNoLocks, CodeNoLocks},
	{errClock, CodeClock},
	{errRolledBack, CodeRolledBack},
	{errLocksWaiting, CodeLocksWaiting},
	{errNoZone, CodeNoZone},
	{errNoLock, CodeNoLock},
	{errNoCampaign, CodeNoCampaign},
	{errCampaignRuns, CodeCampaignRuns},
	{errCampaignOpen, CodeCampaignOpen},
	{errCampaignEnded, CodeCampaignEnded},
	{errKeysUsedUp, CodeKeysUsedUp},
	{errNotRolledBack, CodeNotRolledBack},
	{errNoCard, CodeNoCard},
	{updatecard.ErrKeyTag, CodeKeyTag},
	{updatecard.ErrForeign, CodeForeignTag},
	{updatecard.ErrOtherSite, CodeOtherSite},
	{updatecard.ErrLocked, CodeLockedTag},
	{updatecard.ErrVerify, CodeTagVerify},
	{store.ErrNoBackup, CodeNoBackup},
	{store.ErrBackup, CodeBackupDamaged},
	{store.ErrForeignBackup, CodeBackupForeign},
	{errBackupFile, CodeNoBackup},
	{errFileExists, CodeFileExists},
	{sheet.ErrPicture, CodeSharePicture},
	{sheet.ErrNoCode, CodeSharePicture},
	{shares.ErrNoShare, CodeShareNone},
	{shares.ErrVersion, CodeStoreNewer},
	{shares.ErrDoNotFit, CodeSharesMisfit},
	{mqtt.ErrConfig, CodeBrokerConfig},
	{mqtt.ErrDenied, CodeBrokerDenied},
	{mqtt.ErrBroker, CodeBroker},
	{errStoreFolder, CodeStoreFolder},
	{bundle.ErrClockBehind, CodeClock},
	{bundle.ErrClockAhead, CodeClock},
	{errWeakPassphrase, CodeWeakPassphrase},
	{errCustodianOnly, CodeCustodianOnly},
	{errSecondNeeded, CodeSecondNeeded},
	{errSamePerson, CodeSamePerson},
	{errOneCustodian, CodeOneCustodian},
	{errOperatorExists, CodeOperatorExists},
	{store.ErrLastCustodian, CodeLastCustodian},
	{store.ErrNoOperator, CodeNoOperator},
	{store.ErrTokenMissing, CodeTokenMissing},
	{store.ErrTokenModule, CodeTokenModule},
	{store.ErrTokenPIN, CodeTokenPIN},
	{store.ErrTokenLastTry, CodeTokenLastTry},
	{store.ErrTokenLocked, CodeTokenLocked},
	{store.ErrTokenOther, CodeTokenOther},
	{store.ErrTokenRefused, CodeTokenRefused},
	{store.ErrTokenSigner, CodeTokenSigner},
	{store.ErrTokenShared, CodeTokenShared},
	{store.ErrRootAway, CodeRootAway},
	{store.ErrCustody, CodeNoToken},
	{errNoShares, CodeNoProvenShares},
	{store.ErrWrongRoot, CodeWrongShares},
	{store.ErrSealed, CodeLocked},
	{errNoKeyring, CodeNoKeyring},
	{errNotRemembered, CodeNotRemembered},
	{store.ErrUnreachable, CodeDatabaseUnreachable},
	{store.ErrDenied, CodeDatabaseDenied},
	{store.ErrCertificate, CodeDatabaseCertificate},
	{store.ErrUnverified, CodeDatabaseUnverified},
	{store.ErrSettings, CodeDatabaseSettings},
	{store.ErrBusy, CodeDeskBusy},
	{store.ErrNothingToMend, CodeNothingToMend},
	{store.ErrTampered, CodeDatabaseTampered},
	{store.ErrOlderDatabase, CodeDatabaseOlder},
	{store.ErrMoved, CodeSiteMoved},
	{store.ErrRemoved, CodeDeskRemoved},
	{store.ErrTaken, CodeDatabaseTaken},
	{store.ErrNotShared, CodeNotShared},
	{store.ErrJoinCode, CodeJoinCode},
	{store.ErrNotAdmitted, CodeNotAdmitted},
	{errNoRequest, CodeNoRequest},
	{errNoDesk, CodeNoDesk},
	{store.ErrPassphrase, CodeWrongPassphrase},
	{store.ErrNoStore, CodeNoStore},
	{store.ErrLocked, CodeStoreInUse},
	{store.ErrNewerSchema, CodeStoreNewer},
	{store.ErrNetworkFS, CodeNetworkDisk},
	{store.ErrFull, CodeDiskFull},
	{carrier.ErrFull, CodeDiskFull},
	{store.ErrDamaged, CodeStoreDamaged},
	{store.ErrConflict, CodeConflict},
	{store.ErrExists, CodeStoreExists},
	{nfc.ErrTagRemoved, CodeTagRemoved},
	{nfc.ErrNoTag, CodeNoTag},
	{nfc.ErrNoReader, CodeNoReader},
	{nfc.ErrReaderBusy, CodeReaderBusy},
	{nfc.ErrNoService, CodeNoService},
	{nfc.ErrUnsupported, CodeUnsupported},
	{nfc.ErrLine, CodeReaderFault},
	{keytag.ErrNotDESFire, CodeNotDESFire},
	{keytag.ErrVerify, CodeTagVerify},
	{keytag.ErrWrongKeys, CodeTagRefused},
	{keytag.ErrState, CodeTagRefused},
	{nfc.ErrNoSpace, CodeChipTooSmall},
	{nfc.ErrProtocol, CodeTagRefused},
	{carrier.ErrReadOnly, CodeBundleFolder},
	{carrier.ErrGone, CodeBundleFolder},
}

// Explain decides, in one place, what an error means to a person. A nil error
// has no code.
func Explain(err error) Problem {
	if err == nil {
		return Problem{}
	}
	var rows *ImportError
	if errors.As(err, &rows) {
		return Problem{CodeImportRows, map[string]any{"Count": len(rows.Rows), "Line": rows.Rows[0].Line}}
	}
	var soon *store.TooSoonError
	if errors.As(err, &soon) {
		return Problem{CodeTooSoon, map[string]any{"Until": soon.Next.Local().Format("15:04:05"), "Seconds": int(soon.Wait.Seconds() + 0.999)}}
	}
	var input *inputError
	if errors.As(err, &input) {
		return Problem{CodeWrongInput, map[string]any{"Field": input.field, "Why": input.why}}
	}
	for _, e := range explanations {
		if errors.Is(err, e.is) {
			return Problem{Code: e.code}
		}
	}
	if p, ok := explainCare(err); ok {
		return p
	}
	var refused *nfc.StatusError
	if errors.As(err, &refused) {
		return Problem{Code: CodeTagRefused}
	}
	if ofFiles(err) {
		return Problem{Code: CodeBundleFolder}
	}
	return Problem{Code: CodeInternal}
}

// ofFiles tells whether a file or folder is what an error is about.
func ofFiles(err error) bool {
	var (
		path *fs.PathError
		link *os.LinkError
	)
	return errors.As(err, &path) || errors.As(err, &link)
}

// ofRecords marks an error of the files and folders of the records, which
// otherwise would be taken for one of a stick's.
func ofRecords(err error) error {
	if Explain(err).Code == CodeBundleFolder {
		return fmt.Errorf("%w: %w", errStoreFolder, err)
	}
	return err
}

// notFound turns the store's word for a missing row into the desk's.
func notFound(err, is error, what string) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w: %s", is, what)
	}
	return err
}
