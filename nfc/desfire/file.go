package desfire

import (
	"fmt"

	"sleutelbord/nfc"
)

// AccessRights says which key may do what to a file: key numbers 0 to D,
// [AccessFree] or [AccessNever]. NXP MF3ICD81 rev 3.5, 8.6 "access rights".
type AccessRights struct {
	Read, Write, ReadWrite, Change byte
}

// Access without a key, and no access at all.
const (
	AccessFree  byte = 0xE
	AccessNever byte = 0xF
)

// wire: read-write and change in the first byte, read and write in the second.
func (a AccessRights) wire() []byte {
	return []byte{a.ReadWrite<<4 | a.Change, a.Read<<4 | a.Write}
}

func (a AccessRights) valid() bool { return a.Read|a.Write|a.ReadWrite|a.Change <= 0x0F }

func parseAccess(b [2]byte) AccessRights {
	return AccessRights{Read: b[1] >> 4, Write: b[1] & 0x0F, ReadWrite: b[0] >> 4, Change: b[0] & 0x0F}
}

// FileType is the kind of a file; the number is the one on the wire.
type FileType byte

// File types: NXP MF3ICD81 rev 3.5, 9.5.3; transaction MAC since EV2.
const (
	FileStandard       FileType = 0
	FileBackup         FileType = 1
	FileValue          FileType = 2
	FileLinearRecord   FileType = 3
	FileCyclicRecord   FileType = 4
	FileTransactionMAC FileType = 5
)

func (t FileType) String() string {
	names := [...]string{"standard data", "backup data", "value", "linear record", "cyclic record", "transaction MAC"}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("file type %02X", byte(t))
}

// FileSettings is what the chip says about a file. Two of them are equal
// exactly when the chip says the same, save the additional access rights and
// mirroring that Options announces: a file with options other than zero can be
// reached in ways that the other fields do not tell.
type FileSettings struct {
	Type   FileType
	Comm   CommMode
	Access AccessRights
	// Size in bytes: of a data file, of one record of a record file; zero for
	// value and transaction MAC files.
	Size int
	// MaxRecords and Records: record files only.
	MaxRecords, Records int
	// Lower and Upper limit: value files only.
	Lower, Upper int32
	// Options are the upper six bits of the byte that holds the communication
	// mode, in their place: since EV2, 80 additional access rights; since EV3,
	// 40 mirroring ("secure dynamic messaging").
	Options byte
}

// commOptions: bits of the communication settings byte that are not the mode.
const (
	optionAdditionalRights = 0x80
	optionMirroring        = 0x40
	maxFileNo              = 0x1F
)

// GetFileIDs lists the files of the selected application.
//
// Source: NXP MF3ICD81 rev 3.5, 9.5.1 (6F).
func (c commands) GetFileIDs() ([]byte, error) {
	b, err := c.run(command{what: "getting file ids", ins: 0x6F, max: maxFileNo + 1})
	if err != nil {
		return nil, err
	}
	for _, no := range b {
		if no > maxFileNo {
			return nil, fmt.Errorf("getting file ids: %w: file number %02X", nfc.ErrProtocol, no)
		}
	}
	return b, nil
}

// GetFileSettings reads what kind of file a file is and who may do what to it.
//
// Source: NXP MF3ICD81 rev 3.5, 9.5.3 (F5).
func (c commands) GetFileSettings(file byte) (FileSettings, error) {
	what := fmt.Sprintf("getting settings of file %02X", file)
	b, err := c.run(command{what: what, ins: 0xF5, head: []byte{file}, min: 4, max: 96})
	if err != nil {
		return FileSettings{}, err
	}
	f, err := parseFileSettings(b)
	if err != nil {
		return FileSettings{}, fmt.Errorf("%s: %w", what, err)
	}
	return f, nil
}

// parseFileSettings wants exactly the bytes that the type has. Only where the
// options announce more may more follow.
func parseFileSettings(b []byte) (FileSettings, error) {
	if len(b) < 4 {
		return FileSettings{}, fmt.Errorf("%w: file settings of %d bytes", nfc.ErrProtocol, len(b))
	}
	f := FileSettings{Type: FileType(b[0]), Options: b[1] &^ 0x03, Access: parseAccess([2]byte(b[2:]))}
	switch b[1] & 0x03 {
	case 0, 2: // 2 is plain too: NXP MF3ICD81 rev 3.5, 8.6
		f.Comm = Plain
	case 1:
		f.Comm = MAC
	case 3:
		f.Comm = Full
	}
	size, err := f.parseOwn(b[4:])
	if err != nil {
		return FileSettings{}, err
	}
	if err := checkTail(f.Options, b[4+size:]); err != nil {
		return FileSettings{}, err
	}
	return f, nil
}

// parseOwn reads the fields that only this type has and gives their length.
func (f *FileSettings) parseOwn(b []byte) (int, error) {
	sizes := map[FileType]int{FileStandard: 3, FileBackup: 3, FileValue: 13, FileLinearRecord: 9, FileCyclicRecord: 9, FileTransactionMAC: 2}
	size, known := sizes[f.Type]
	if !known || len(b) < size {
		return 0, fmt.Errorf("%w: settings of %v with %d bytes of its own", nfc.ErrProtocol, f.Type, len(b))
	}
	switch f.Type {
	case FileStandard, FileBackup:
		f.Size = u24(b)
	case FileValue:
		f.Lower, f.Upper = i32(b), i32(b[4:])
	case FileLinearRecord, FileCyclicRecord:
		f.Size, f.MaxRecords, f.Records = u24(b), u24(b[3:]), u24(b[6:])
	}
	return size, nil
}

// checkTail: additional access rights are a count and two bytes each (NXP
// MF3D(H)x2 "GetFileSettings"); what mirroring adds varies and is not looked
// into.
func checkTail(options byte, tail []byte) error {
	switch {
	case options&optionMirroring != 0:
		return nil
	case options&optionAdditionalRights != 0 && len(tail) > 0 && len(tail) == 1+2*int(tail[0]):
		return nil
	case options&optionAdditionalRights == 0 && len(tail) == 0:
		return nil
	}
	return fmt.Errorf("%w: file settings with %d bytes too many", nfc.ErrProtocol, len(tail))
}

func i32(b []byte) int32 {
	return int32(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
}

// CreateStdDataFile makes a standard data file of size bytes, all zero, in the
// selected application. File numbers go from 0 to 1F.
//
// Source: NXP MF3ICD81 rev 3.5, 9.5.5 (CD).
func (c commands) CreateStdDataFile(file byte, mode CommMode, access AccessRights, size int) error {
	what := fmt.Sprintf("creating file %02X", file)
	if file > maxFileNo || !mode.valid() || !access.valid() || size < 1 || size > maxU24 {
		return fmt.Errorf("%s of %d bytes, %v, access %v: not possible", what, size, mode, access)
	}
	head := append([]byte{file, byte(mode)}, access.wire()...)
	_, err := c.run(command{what: what, ins: 0xCD, head: appendU24(head, size)})
	return err
}

// DeleteFile removes a file of the selected application. Its memory comes back
// only with FormatPICC.
//
// Source: NXP MF3ICD81 rev 3.5, 9.5.10 (DF).
func (c commands) DeleteFile(file byte) error {
	_, err := c.run(command{what: fmt.Sprintf("deleting file %02X", file), ins: 0xDF, head: []byte{file}})
	return err
}

// ChangeFileSettings gives a file another communication mode and other access
// rights. The session's key must be the file's change key: the new settings
// travel enciphered, which the chip refuses where changing is free.
//
// Source: NXP MF3ICD81 rev 3.5, 9.5.4 (5F).
func (s *Session) ChangeFileSettings(file byte, mode CommMode, access AccessRights) error {
	what := fmt.Sprintf("changing settings of file %02X", file)
	if file > maxFileNo || !mode.valid() || !access.valid() {
		return fmt.Errorf("%s to %v, access %v: not possible", what, mode, access)
	}
	_, err := s.run(command{
		what: what, ins: 0x5F, head: []byte{file},
		data: append([]byte{byte(mode)}, access.wire()...), out: guardFull,
	})
	return err
}
