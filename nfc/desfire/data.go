package desfire

import "fmt"

const (
	maxU24 = 0xFFFFFF
	// maxRead bounds an answer whose length was left to the card: no chip has
	// more memory.
	maxRead = 64 << 10

	insReadData    = 0xBD
	insReadRecords = 0xBB
)

func checkData(what string, file byte, mode CommMode, offset, length int) error {
	if file > maxFileNo || !mode.valid() || offset < 0 || offset > maxU24 || length < 0 || length > maxRead {
		return fmt.Errorf("%s: %d bytes from %d, %v: not possible", what, length, offset, mode)
	}
	return nil
}

// ReadData reads length bytes of a data file from offset; length 0 reads to
// the end of the file. mode must be the file's own where the session's key has
// access, and plain where access is free: the chip decides how it answers, and
// an answer of another mode is [sleutelbord/nfc.ErrProtocol].
//
// Source: NXP MF3ICD81 rev 3.5, 9.6.1 (BD).
func (c commands) ReadData(file byte, mode CommMode, offset, length int) ([]byte, error) {
	what := fmt.Sprintf("reading file %02X", file)
	if err := checkData(what, file, mode, offset, length); err != nil {
		return nil, err
	}
	cmd := command{
		what: what, ins: insReadData, head: appendU24(appendU24([]byte{file}, offset), length),
		out: unlessPlain(mode), in: guardOf[mode], min: length, max: length,
	}
	if length == 0 {
		cmd.max, cmd.marked = maxRead, true
	}
	return c.run(cmd)
}

// WriteData writes data into a data file from offset: 1 byte or more, in as
// many frames as it takes. About mode see [Session.ReadData].
//
// Source: NXP MF3ICD81 rev 3.5, 9.6.2 (3D).
func (c commands) WriteData(file byte, mode CommMode, offset int, data []byte) error {
	what := fmt.Sprintf("writing file %02X", file)
	if err := checkData(what, file, mode, offset, len(data)); err != nil {
		return err
	}
	if len(data) == 0 {
		return fmt.Errorf("%s: nothing to write", what)
	}
	_, err := c.run(command{
		what: what, ins: 0x3D, head: appendU24(appendU24([]byte{file}, offset), len(data)),
		data: data, out: guardOf[mode], in: unlessPlain(mode),
	})
	return err
}

// ReadRecords reads count records of recordSize bytes from a record file,
// beginning offset records before the newest; oldest first.
//
// Source: NXP MF3ICD81 rev 3.5, 9.6.9 (BB).
func (c commands) ReadRecords(file byte, mode CommMode, offset, count, recordSize int) ([]byte, error) {
	what := fmt.Sprintf("reading records of file %02X", file)
	if count < 1 || count > maxRead || recordSize < 1 || recordSize > maxRead {
		return nil, fmt.Errorf("%s: %d of %d bytes: not possible", what, count, recordSize)
	}
	length := count * recordSize
	if err := checkData(what, file, mode, offset, length); err != nil {
		return nil, err
	}
	return c.run(command{
		what: what, ins: insReadRecords, head: appendU24(appendU24([]byte{file}, offset), count),
		out: unlessPlain(mode), in: guardOf[mode], min: length, max: length,
	})
}

// GetValue reads a value file.
//
// Source: NXP MF3ICD81 rev 3.5, 9.6.3 (6C).
func (c commands) GetValue(file byte, mode CommMode) (int32, error) {
	what := fmt.Sprintf("reading value of file %02X", file)
	if err := checkData(what, file, mode, 0, 4); err != nil {
		return 0, err
	}
	b, err := c.run(command{
		what: what, ins: 0x6C, head: []byte{file},
		out: unlessPlain(mode), in: guardOf[mode], min: 4, max: 4,
	})
	if err != nil {
		return 0, err
	}
	return i32(b), nil
}
