// Package csvfile reads and writes the CSV files that administrators exchange
// with spreadsheets: people, stations, 包联, hours, holidays and matters.
//
// It is pure: bytes in, rows and faults out. It owns the form of the files
// (encoding, quotes, header, what a cell may hold); whether an agent or a station
// exists, and what a row would change, package records says: neither knows the other.
//
// A file is UTF-8, with or without a byte order mark, cells separated by commas
// (RFC 4180), lines ended by CRLF, LF or CR. Row 1 names the columns. Rows whose
// cells are all empty count but say nothing, as in a spreadsheet.
//
// A spreadsheet runs a cell that begins with = + - @ or a control character as a
// formula. Writing puts an apostrophe before such a cell, reading takes one away:
// what is written and read again is the same.
package csvfile

import "unicode/utf8"

// Bounds of a file.
const (
	MaxBytes  = 1 << 20
	MaxRows   = 5000 // without the header
	MaxErrors = 200
	maxCell   = 1000 // characters
	maxValue  = 40   // characters of a value that an error repeats
)

// Codes of what can be wrong with a file. They are stable: pages translate them.
// The codes of records.Fault stand beside them.
const (
	CodeTooLarge      = "too_large"
	CodeTooManyRows   = "too_many_rows"
	CodeEncoding      = "encoding" // no UTF-8
	CodeGB18030       = "gb18030"  // what a Chinese spreadsheet writes unless told otherwise
	CodeUTF16         = "utf16"
	CodeSeparator     = "bad_separator" // semicolons or tabs
	CodeQuotes        = "bad_quotes"
	CodeHeader        = "header" // no first row
	CodeUnknownColumn = "unknown_column"
	CodeMissingColumn = "missing_column"
	CodeDuplicate     = "duplicate"
	CodeMissingCell   = "missing_cell"
	CodeExtraCell     = "extra_cell"
	CodeEmpty         = "empty"
	CodeTooLong       = "too_long"
	CodeText          = "bad_text"
	CodeBool          = "bad_bool"
	CodeNumber        = "bad_number"
	CodeTime          = "bad_time"
	CodeDate          = "bad_date"
	CodeWeekday       = "bad_weekday"
)

// Error is one thing that is wrong with a file.
type Error struct {
	Row    int    `json:"row"` // as a spreadsheet counts: 1 is the header; 0 the whole file
	Column string `json:"column"`
	Code   string `json:"code"`
	Value  string `json:"value"` // what stands there, at most 40 characters
}

// NewError cuts the value to what an error may repeat.
func NewError(row int, column, code, value string) Error {
	return Error{Row: row, Column: column, Code: code, Value: cut(value)}
}

func cut(value string) string {
	n := 0
	for i := range value {
		if n == maxValue {
			return value[:i]
		}
		n++
	}
	if !utf8.ValidString(value) {
		return ""
	}
	return value
}
