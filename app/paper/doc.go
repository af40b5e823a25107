// Package paper makes documents for people: PDF files of A4 pages with headings,
// paragraphs, lists, facts, tables and questions, in one style.
//
// The same content gives the same bytes: a document has a day and no time, and
// nothing in it is drawn by chance.
//
// # For those who do not see the page
//
// A document says its language and title. All text can be copied and searched.
// It is tagged (ISO 32000-1, 14.7 and 14.8): every heading, paragraph, list,
// table row and cell is an element of the structure, in the order in which it is
// read, and what only decorates is marked as such. fpdf knows no structure, so
// [Document.Bytes] adds it behind what fpdf wrote, as an incremental update
// (7.5.6). What is not there: the identifier of PDF/UA, since no checker of that
// standard has judged these files.
package paper
