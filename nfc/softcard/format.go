package softcard

import (
	"encoding/hex"
	"fmt"
)

// formatVersion is the version of a card's file.
const formatVersion = 1

// hexBytes is a byte string in lower-case hexadecimal.
type hexBytes []byte

// MarshalText gives the hexadecimal digits.
func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText reads hexadecimal digits.
func (h *hexBytes) UnmarshalText(b []byte) error {
	out, err := hex.DecodeString(string(b))
	*h = out
	return err
}

// The card's file: JSON, indented by tabs, all fields present, in this order.
type (
	imageFile struct {
		Version        int               `json:"software_card"`
		Chip           Chip              `json:"chip"`
		Memory         int               `json:"memory"`
		UID            hexBytes          `json:"uid"`
		Signature      hexBytes          `json:"signature"`
		Batch          hexBytes          `json:"batch"`
		Week           byte              `json:"week"`
		Year           byte              `json:"year"`
		Config         byte              `json:"configuration"`
		ATS            hexBytes          `json:"ats"`
		DefaultKey     hexBytes          `json:"default_key"`
		DefaultVersion byte              `json:"default_key_version"`
		Settings       byte              `json:"key_settings"`
		Key            keyFile           `json:"master_key"`
		Used           int               `json:"used_blocks"`
		Failures       int               `json:"authentication_failures"`
		Applications   []applicationFile `json:"applications"`
	}
	keyFile struct {
		Kind    kind     `json:"kind"`
		Key     hexBytes `json:"key"`
		Version byte     `json:"version"`
	}
	applicationFile struct {
		AID      hexBytes   `json:"aid"`
		Settings byte       `json:"key_settings"`
		Kind     kind       `json:"kind"`
		FileIDs  bool       `json:"file_ids"`
		ISOID    uint16     `json:"iso_id"`
		Name     hexBytes   `json:"df_name"`
		Keys     []keyFile  `json:"keys"`
		Files    []fileFile `json:"files"`
	}
	fileFile struct {
		No         byte       `json:"number"`
		ISOID      uint16     `json:"iso_id"`
		Kind       byte       `json:"type"`
		Comm       byte       `json:"communication"`
		Access     uint16     `json:"access"`
		Data       hexBytes   `json:"data"`
		Lower      int32      `json:"lower"`
		Upper      int32      `json:"upper"`
		Value      int32      `json:"value"`
		Limit      int32      `json:"limit"`
		Options    byte       `json:"options"`
		RecordSize int        `json:"record_size"`
		MaxRecords int        `json:"max_records"`
		Records    []hexBytes `json:"records"`
	}
)

func imageToFile(im *image) imageFile {
	s := imageFile{
		Version: formatVersion, Chip: im.chip, Memory: im.memory, UID: im.uid, Signature: im.signature,
		Batch: im.batch, Week: im.week, Year: im.year, Config: im.config, ATS: im.ats,
		DefaultKey: im.defaultKey, DefaultVersion: im.defaultVersion, Settings: im.settings,
		Key: keyToFile(im.key), Used: im.used, Failures: im.failures, Applications: []applicationFile{},
	}
	for _, a := range im.apps {
		s.Applications = append(s.Applications, applicationToFile(a))
	}
	return s
}

func keyToFile(k key) keyFile { return keyFile{k.kind, k.bytes, k.aesVersion} }

func applicationToFile(a *application) applicationFile {
	s := applicationFile{
		AID: a.aid[:], Settings: a.settings, Kind: a.kind, FileIDs: a.fileIDs, ISOID: a.isoID, Name: a.name,
		Keys: []keyFile{}, Files: []fileFile{},
	}
	for _, k := range a.keys {
		s.Keys = append(s.Keys, keyToFile(k))
	}
	for _, f := range a.files {
		t := fileFile{
			f.no, f.isoID, f.kind, f.comm, f.access, f.data, f.lower, f.upper, f.value, f.limit, f.options,
			f.recordSize, f.maxRecords,
			[]hexBytes{},
		}
		for _, r := range f.records {
			t.Records = append(t.Records, r)
		}
		s.Files = append(s.Files, t)
	}
	return s
}

// image checks everything that the chip takes for granted.
func (s imageFile) image() (*image, error) {
	im := &image{
		chip: s.Chip, memory: s.Memory, uid: s.UID, signature: s.Signature, batch: s.Batch, week: s.Week, year: s.Year,
		config: s.Config, ats: s.ATS, defaultKey: s.DefaultKey, defaultVersion: s.DefaultVersion,
		settings: s.Settings, used: s.Used, failures: s.Failures,
	}
	c := Config{Chip: s.Chip, Memory: s.Memory, UID: nonNil(s.UID)}
	if s.Chip != EV1 {
		c.Signature = nonNil(s.Signature)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	switch {
	case s.Chip == EV1 && len(s.Signature) != 0:
		return nil, fmt.Errorf("an EV1 has no originality signature")
	case len(s.Batch) != 5, s.Config&^(configNoFormat|configRandomUID) != 0, !validATS(s.ATS), len(s.DefaultKey) != 24:
		return nil, fmt.Errorf("configuration is not one that a chip can have")
	case s.Used < 0 || s.Used > blocks[s.Memory] || s.Failures < 0:
		return nil, fmt.Errorf("memory or failure count is not one that a chip can have")
	}
	var err error
	if im.key, err = s.Key.key(); err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	used := 0
	for i, a := range s.Applications {
		app, n, err := a.application(s.Chip)
		if err != nil {
			return nil, fmt.Errorf("application %d: %w", i, err)
		}
		for _, other := range im.apps {
			if other.clashes(app) {
				return nil, fmt.Errorf("application %d is there twice", i)
			}
		}
		im.apps, used = append(im.apps, app), used+n
	}
	if used > s.Used {
		return nil, fmt.Errorf("content takes %d blocks, %d are used", used, s.Used)
	}
	return im, nil
}

// nonNil keeps an empty byte string from passing for one that is not given.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (s keyFile) key() (key, error) {
	if !s.Kind.valid() || len(s.Key) != s.Kind.size() || s.Kind != kindAES && s.Version != 0 {
		return key{}, fmt.Errorf("not a key")
	}
	return key{kind: s.Kind, bytes: s.Key, aesVersion: s.Version}, nil
}

// application gives the application and the blocks that it takes.
func (s applicationFile) application(chip Chip) (*application, int, error) {
	if len(s.AID) != 3 || len(s.Name) > maxDFName || len(s.Keys) > maxApplicationKeys || !s.Kind.valid() {
		return nil, 0, fmt.Errorf("not an application of an %v", chip)
	}
	a := &application{
		aid: [3]byte(s.AID), settings: s.Settings, kind: s.Kind, fileIDs: s.FileIDs, isoID: s.ISOID, name: s.Name,
	}
	if a.aid == [3]byte{} || a.isoID == isoMaster {
		return nil, 0, fmt.Errorf("has the name of the chip itself")
	}
	for i, k := range s.Keys {
		made, err := k.key()
		if err != nil || made.kind != a.kind {
			return nil, 0, fmt.Errorf("key %d is none of this application", i)
		}
		a.keys = append(a.keys, made)
	}
	n := a.cost()
	for _, t := range s.Files {
		f, err := t.file(a)
		if err != nil {
			return nil, 0, fmt.Errorf("file %d: %w", t.No, err)
		}
		if a.file(f.no) != nil {
			return nil, 0, fmt.Errorf("file %d is there twice", f.no)
		}
		a.files, n = append(a.files, f), n+fileCost(f, len(f.data))
	}
	return a, n, nil
}

func (s fileFile) file(a *application) (*file, error) {
	f := &file{
		no: s.No, isoID: s.ISOID, kind: s.Kind, comm: s.Comm, access: s.Access, data: s.Data,
		lower: s.Lower, upper: s.Upper, value: s.Value, limit: s.Limit, options: s.Options,
		recordSize: s.RecordSize, maxRecords: s.MaxRecords,
	}
	for _, r := range s.Records {
		f.records = append(f.records, r)
	}
	if f.no > maxFileNumber || f.kind > typeCyclic || f.isoID == isoMaster || !a.takes(f.comm, f.access) {
		return nil, fmt.Errorf("settings are not those of a file")
	}
	if !f.sound() {
		return nil, fmt.Errorf("content does not fit its type")
	}
	return f, nil
}

// sound tells whether content and type fit each other.
func (f *file) sound() bool {
	const most = 1<<24 - 1
	plain := f.lower == 0 && f.upper == 0 && f.value == 0 && f.limit == 0 && f.options == 0
	noRecords := f.recordSize == 0 && f.maxRecords == 0 && len(f.records) == 0
	switch f.kind {
	case typeStandard, typeBackup:
		return plain && noRecords && len(f.data) > 0
	case typeValue:
		return noRecords && len(f.data) == 0 && f.lower <= f.value && f.value <= f.upper && f.limit >= 0 &&
			f.options <= optionLimitedCredit|optionFreeGetValue
	}
	if !plain || len(f.data) != 0 || f.recordSize < 1 || f.recordSize > most || f.maxRecords < 1 || f.maxRecords > most {
		return false
	}
	keep := f.maxRecords
	if f.kind == typeCyclic {
		keep--
	}
	if keep < 1 || len(f.records) > keep {
		return false
	}
	for _, r := range f.records {
		if len(r) != f.recordSize {
			return false
		}
	}
	return true
}
