package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds a line of a file, in bytes.
const maxLine = 1 << 20

// Report is what a whole journal says about itself.
type Report struct {
	Site    string `json:"site"`
	Store   Bytes  `json:"store"`
	Entries int64  `json:"entries"`
	Signed  int64  `json:"signed"`
	Erased  int64  `json:"erased"`
	Desks   []Desk `json:"desks"`
	Head    Bytes  `json:"head"`
}

// Report is what was checked so far.
func (c *Checker) Report() Report {
	return Report{
		Site: c.header.Site, Store: c.header.Store, Entries: c.seq, Signed: c.signed, Erased: c.erased,
		Desks: c.header.Desks, Head: c.before[:],
	}
}

// Verify checks a file. An error that is a *[Wrong] says that the journal is not
// what was written, others that it could not be read.
func Verify(r io.Reader) (Report, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	var c *Checker
	for lines.Scan() {
		var err error
		if c == nil {
			var h Header
			if err = strictly(lines.Bytes(), &h); err != nil {
				return Report{}, &Wrong{0, err.Error()}
			}
			c, err = NewChecker(h)
		} else {
			var e Entry
			if err = strictly(lines.Bytes(), &e); err != nil {
				return Report{}, &Wrong{c.seq + 1, err.Error()}
			}
			err = c.Next(e)
		}
		if err != nil {
			return Report{}, err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return Report{}, &Wrong{0, "a line is too long"}
	case err != nil:
		return Report{}, fmt.Errorf("reading the journal: %w", err)
	case c == nil:
		return Report{}, &Wrong{0, "the file is empty"}
	}
	if err := c.End(); err != nil {
		return Report{}, err
	}
	return c.Report(), nil
}

var errNotPlain = errors.New("it is not written as a journal is")

// strictly reads a line that is written as this package writes it, and no other.
func strictly(line []byte, to any) error {
	if err := json.Unmarshal(line, to); err != nil {
		return errNotPlain
	}
	if again, err := plain(to); err != nil || !bytes.Equal(bytes.TrimSuffix(again, []byte("\n")), line) {
		return errNotPlain
	}
	return nil
}

// plain is a line with its end. Letters stay as they are.
func plain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// WriteLine writes a [Header] or an [Entry] as a line of a file.
func WriteLine(w io.Writer, line any) error {
	b, err := plain(line)
	if err == nil {
		_, err = w.Write(b)
	}
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}
