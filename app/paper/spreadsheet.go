package paper

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"time"
)

// Sheet is one table of a spreadsheet. The first row is its head.
type Sheet struct {
	Name string
	// Widths of the columns in centimetres; a column without one is 4 wide.
	Widths []float64
	// Rows have texts and whole numbers: string or int. A text is never a formula.
	Rows [][]any
}

// spreadsheetType is the media type of an OpenDocument spreadsheet (OpenDocument
// 1.3, part 2, appendix C).
const spreadsheetType = "application/vnd.oasis.opendocument.spreadsheet"

// Spreadsheet is a file with tables, as OpenDocument 1.3 (ISO/IEC 26300) has it: a
// ZIP archive whose first entry, not compressed, says what it is (part 2, 3.3). Of
// m it has title, language and day.
func Spreadsheet(m Meta, sheets ...Sheet) ([]byte, error) {
	content, err := sheetContent(m, sheets)
	if err != nil {
		return nil, fmt.Errorf("writing the spreadsheet %q: %w", m.Title, err)
	}
	var buf bytes.Buffer
	archive := zip.NewWriter(&buf)
	if err := putType(archive); err != nil {
		return nil, fmt.Errorf("writing the spreadsheet %q: %w", m.Title, err)
	}
	for _, part := range []struct{ name, text string }{
		{"META-INF/manifest.xml", manifest},
		{"content.xml", content},
		{"meta.xml", sheetMeta(m)},
		{"styles.xml", sheetStyles},
	} {
		w, err := archive.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate})
		if err == nil {
			_, err = w.Write([]byte(part.text))
		}
		if err != nil {
			return nil, fmt.Errorf("writing the spreadsheet %q: %w", m.Title, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("writing the spreadsheet %q: %w", m.Title, err)
	}
	return buf.Bytes(), nil
}

// putType writes the entry that programs tell the file by: the first, stored, and
// without anything between its name and its content.
func putType(archive *zip.Writer) error {
	w, err := archive.CreateRaw(&zip.FileHeader{
		Name: "mimetype", Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(spreadsheetType)),
		CompressedSize64: uint64(len(spreadsheetType)), UncompressedSize64: uint64(len(spreadsheetType)),
	})
	if err != nil {
		return err
	}
	_, err = w.Write([]byte(spreadsheetType))
	return err
}

const (
	xmlHead  = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	manifest = xmlHead + `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">` +
		`<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="` + spreadsheetType + `"/>` +
		`<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>` +
		`<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>` +
		`<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>` +
		`</manifest:manifest>` + "\n"
	names = ` xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"` +
		` xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"` +
		` xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
		` xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" office:version="1.3"`
	sheetStyles = xmlHead + `<office:document-styles` + names + `><office:styles>` +
		`<style:default-style style:family="table-cell"><style:text-properties fo:font-size="10pt"/></style:default-style>` +
		`<style:style style:name="Default" style:family="table-cell"/>` +
		`</office:styles></office:document-styles>` + "\n"
)

// sheetMeta says title, language and day; the time of the day is always nought.
func sheetMeta(m Meta) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s<office:document-meta%s><office:meta><dc:title>%s</dc:title><dc:language>%s</dc:language><dc:date>%sT00:00:00</dc:date></office:meta></office:document-meta>\n",
		xmlHead, names, escaped(m.Title), escaped(m.Lang), m.Day.Format(time.DateOnly))
	return b.String()
}

func sheetContent(m Meta, sheets []Sheet) (string, error) {
	var styles, body strings.Builder
	for i, s := range sheets {
		if err := s.write(&styles, &body, i); err != nil {
			return "", err
		}
	}
	return xmlHead + `<office:document-content` + names + `><office:automatic-styles>` + styles.String() +
		`<style:style style:name="head" style:family="table-cell" style:parent-style-name="Default">` +
		`<style:table-cell-properties fo:background-color="#e7f0f0" fo:wrap-option="wrap"/>` +
		`<style:text-properties fo:font-weight="bold" fo:language="` + escaped(m.Lang) + `" fo:country="none"/></style:style>` +
		`<style:style style:name="cell" style:family="table-cell" style:parent-style-name="Default">` +
		`<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/>` +
		`<style:text-properties fo:language="` + escaped(m.Lang) + `" fo:country="none"/></style:style>` +
		`</office:automatic-styles><office:body><office:spreadsheet>` + body.String() +
		`</office:spreadsheet></office:body></office:document-content>` + "\n", nil
}

// write writes a table, and the styles of its columns.
func (s Sheet) write(styles, body *strings.Builder, number int) error {
	columns := 0
	for _, r := range s.Rows {
		columns = max(columns, len(r))
	}
	if columns == 0 {
		return fmt.Errorf("the sheet %q is empty", s.Name)
	}
	fmt.Fprintf(body, `<table:table table:name="%s">`, escaped(s.Name))
	for i := range columns {
		width := 4.0
		if i < len(s.Widths) {
			width = s.Widths[i]
		}
		name := fmt.Sprintf("c%d-%d", number, i)
		fmt.Fprintf(styles, `<style:style style:name="%s" style:family="table-column"><style:table-column-properties style:column-width="%scm"/></style:style>`,
			name, strconv.FormatFloat(width, 'f', -1, 64))
		fmt.Fprintf(body, `<table:table-column table:style-name="%s"/>`, name)
	}
	for i, row := range s.Rows {
		style := "cell"
		if i == 0 {
			style = "head"
			body.WriteString(`<table:table-header-rows>`)
		}
		if err := writeRow(body, row, columns, style); err != nil {
			return fmt.Errorf("the sheet %q: row %d: %w", s.Name, i+1, err)
		}
		if i == 0 {
			body.WriteString(`</table:table-header-rows>`)
		}
	}
	body.WriteString(`</table:table>`)
	return nil
}

func writeRow(b *strings.Builder, row []any, columns int, style string) error {
	b.WriteString(`<table:table-row>`)
	for i := range columns {
		var value any = ""
		if i < len(row) {
			value = row[i]
		}
		switch v := value.(type) {
		case int:
			fmt.Fprintf(b, `<table:table-cell table:style-name="%s" office:value-type="float" office:value="%d"><text:p>%d</text:p></table:table-cell>`, style, v, v)
		case string:
			if v == "" {
				fmt.Fprintf(b, `<table:table-cell table:style-name="%s"/>`, style)
				continue
			}
			fmt.Fprintf(b, `<table:table-cell table:style-name="%s" office:value-type="string">`, style)
			for line := range strings.SplitSeq(v, "\n") {
				b.WriteString(`<text:p>` + spaced(line) + `</text:p>`)
			}
			b.WriteString(`</table:table-cell>`)
		default:
			return fmt.Errorf("column %d holds a %T", i+1, value)
		}
	}
	b.WriteString(`</table:table-row>`)
	return nil
}

// escaped is a text as XML has it; what XML cannot have becomes U+FFFD.
func escaped(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic(err) // a strings.Builder takes everything
	}
	return b.String()
}

// spaced is a line in which spaces that would be folded into one, and tabs, stand
// as elements of their own (OpenDocument 1.3, part 3, 6.1.2 to 6.1.5).
func spaced(line string) string {
	var b strings.Builder
	plain := 0 // where what was not written yet begins
	for i := 0; i < len(line); {
		end := i
		for end < len(line) && line[end] == ' ' {
			end++
		}
		switch n := end - i; {
		case line[i] == '\t':
			b.WriteString(escaped(line[plain:i]) + `<text:tab/>`)
			i++
			plain = i
		case n > 1 || n == 1 && (i == 0 || end == len(line)):
			fmt.Fprintf(&b, `%s<text:s text:c="%d"/>`, escaped(line[plain:i]), n)
			i, plain = end, end
		default:
			i++
		}
	}
	b.WriteString(escaped(line[plain:]))
	return b.String()
}
