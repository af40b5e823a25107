package keytag

import (
	"errors"
	"fmt"
	"strings"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
)

// CheckReport is what a tag shows to anybody, without any key.
type CheckReport struct {
	// Ours is true when the tag carries an application of this software.
	Ours    bool    `json:"ours"`
	Chip    string  `json:"chip"`
	Genuine Genuine `json:"genuine"`
	// Findings are what was looked at, each with its result.
	Findings []Finding `json:"findings"`
	// Limits name what a check without a key cannot prove.
	Limits []string `json:"limits"`
}

// Finding is one thing that the check looked at.
type Finding struct {
	// ID is stable: one of the constants Find….
	ID string `json:"id"`
	OK bool   `json:"ok"`
	// Detail is what was seen, in English.
	Detail string `json:"detail"`
}

// What a check looks at.
const (
	FindDirectory      = "directory"            // our application and nothing else
	FindChipSettings   = "chip-settings"        // creating and deleting want the chip key
	FindAppSettings    = "application-settings" // changing anything wants key 0
	FindKeys           = "keys"                 // 14 AES keys
	FindFiles          = "files"                // file 01 and nothing else
	FindFileRights     = "file-rights"          // nobody may write or change rights
	FindFileProtection = "file-protection"      // read by key 1, enciphered
	FindFileSize       = "file-size"            // 160 bytes
	FindKeyVersions    = "key-versions"         // the same on every tag
	FindRandomUID      = "random-uid"           // another number at every laying
)

// What a check without a key cannot prove.
const (
	LimitLocks  = "locks"     // that no lock holds key 0: the bundle format shows that
	LimitRecord = "record"    // what the 160 bytes say
	LimitBatch  = "batch"     // production batch and week remain readable
	LimitCopy   = "copy"      // a genuine number may be that of another chip
	LimitNumber = "signature" // the originality signature wants a key when random UID is on
)

// Passed is true when the tag is ours and every finding is as it ought to be.
func (r CheckReport) Passed() bool {
	for _, f := range r.Findings {
		if !f.OK {
			return false
		}
	}
	return r.Ours
}

// Check looks at a tag as anybody with an NFC reader can: without a key, and
// without writing. It names every deviation from layout 1. A tag of another
// kind gives a report that is not Ours; a card that is no DESFire gives
// [ErrNotDESFire].
func Check(t nfc.Transceiver, aid desfire.AID, practiceKey []byte) (CheckReport, error) {
	l := newLaid(Site{Keys: Keys{AID: aid}, PracticeKey: practiceKey}, t)
	apps, err := l.look()
	if err != nil && !errors.Is(err, errClosed) {
		return CheckReport{}, fmt.Errorf("checking the tag: %w", err)
	}
	c := checker{card: l.card, report: CheckReport{Chip: ChipName(l.Version), Genuine: l.Genuine}}
	c.report.Limits = []string{LimitLocks, LimitRecord, LimitBatch, LimitCopy}
	if l.Genuine == GenuineUnchecked {
		c.report.Limits = append(c.report.Limits, LimitNumber)
	}
	if err != nil {
		return c.report, wrapCheck(c.refused(FindDirectory, err))
	}
	if err := c.chip(apps, aid, l.random); err != nil || !c.report.Ours {
		return c.report, wrapCheck(err)
	}
	if err := c.card.SelectApplication(aid); err != nil {
		return c.report, wrapCheck(err)
	}
	for _, look := range []func() error{c.application, c.files, c.versions} {
		if err := look(); err != nil {
			return c.report, wrapCheck(err)
		}
	}
	return c.report, nil
}

func wrapCheck(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("checking the tag: %w", err)
}

type checker struct {
	card   *desfire.Card
	report CheckReport
}

func (c *checker) find(id string, ok bool, format string, a ...any) {
	c.report.Findings = append(c.report.Findings, Finding{ID: id, OK: ok, Detail: fmt.Sprintf(format, a...)})
}

// refused records what the tag does not let one see as a deviation; a broken
// line is an error.
func (c *checker) refused(id string, err error) error {
	if nfc.IsLine(err) {
		return err
	}
	c.find(id, false, "cannot be read: %v", err)
	return nil
}

func (c *checker) chip(apps []desfire.AID, aid desfire.AID, random bool) error {
	list := make([]string, len(apps))
	for i, a := range apps {
		list[i] = a.String()
		c.report.Ours = c.report.Ours || a == aid
	}
	c.find(FindDirectory, c.report.Ours && len(apps) == 1, "applications: %s", orNone(list))
	uid := "fixed"
	if random {
		uid = "random"
	}
	c.find(FindRandomUID, random, "number shown to readers: %s", uid)
	s, err := c.card.GetKeySettings()
	if err != nil {
		return c.refused(FindChipSettings, err)
	}
	c.find(FindChipSettings, s.Settings == PICCSettings && s.Type == desfire.TypeAES, "chip settings %02X, %v key", s.Settings, s.Type)
	return nil
}

func (c *checker) application() error {
	s, err := c.card.GetKeySettings()
	if err != nil {
		return c.refused(FindAppSettings, err)
	}
	c.find(FindAppSettings, s.Settings == AppSettings, "application settings %02X", s.Settings)
	c.find(FindKeys, s.MaxKeys == KeyCount && s.Type == desfire.TypeAES, "%d %v keys", s.MaxKeys, s.Type)
	return nil
}

func (c *checker) files() error {
	files, err := c.card.GetFileIDs()
	if err != nil {
		return c.refused(FindFiles, err)
	}
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = fmt.Sprintf("%02X", f)
	}
	c.find(FindFiles, len(files) == 1 && files[0] == RecordFile, "files: %s", orNone(list))
	f, err := c.card.GetFileSettings(RecordFile)
	if err != nil {
		return c.refused(FindFileRights, err)
	}
	a := f.Access
	c.find(FindFileRights, a.Write == desfire.AccessNever && a.ReadWrite == desfire.AccessNever && a.Change == desfire.AccessNever && f.Options == 0,
		"write %s, read and write %s, change %s, options %02X", right(a.Write), right(a.ReadWrite), right(a.Change), f.Options)
	c.find(FindFileProtection, f.Type == desfire.FileStandard && f.Comm == desfire.Full && a.Read == LocatorKeyNo,
		"%v file, %v, read by %s", f.Type, f.Comm, right(a.Read))
	c.find(FindFileSize, f.Size == RecordSize, "%d bytes", f.Size)
	return nil
}

func right(r byte) string {
	switch r {
	case desfire.AccessFree:
		return "anybody"
	case desfire.AccessNever:
		return "never"
	}
	return fmt.Sprintf("key %d", r)
}

// versions reads all fourteen key versions: a version of its own would tell
// one tag from another. The locator's may rise, on all tags alike.
func (c *checker) versions() error {
	ok := true
	list := make([]string, 0, KeyCount)
	for no := range byte(KeyCount) {
		v, err := c.card.GetKeyVersion(no)
		if err != nil {
			return c.refused(FindKeyVersions, err)
		}
		ok = ok && (no == LocatorKeyNo && v != 0 || v == SlotKeyVersion)
		list = append(list, fmt.Sprintf("%02X", v))
	}
	c.find(FindKeyVersions, ok, "key versions: %s", strings.Join(list, " "))
	return nil
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
