// Package file reads the files people have: tables from Excel, CSV in any of
// the encodings that offices use, JSON from other systems. Import feeds one
// file to the gate; Watch feeds a folder.
//
// # What is read
//
//	XLSX   every sheet whose header one kind knows; the others are reported
//	CSV    comma, semicolon, tab or bar; quotes with line breaks inside
//	JSONL  one object a line; also one JSON array, or objects one after the other
//
// The content decides, not the name: a table of text named .xls is CSV, and an
// old binary .xls, a workbook with a password or half a workbook each get a
// sentence that says what to do. CSV and JSON may be UTF-8, GB18030 (GBK), or
// UTF-16, with or without a byte order mark. A file whose encoding cannot be
// told is refused whole; a row with bytes that are none in the file's encoding
// is refused alone. Characters are never replaced silently.
//
// # Header
//
// The header is looked for in the first ten rows of a table: the row, or the
// two rows joined, of which one kind knows the most columns. Rows above it
// (titles, notes) are skipped. Where cells of a two-row header are merged, the
// value above is joined with the value below; if the kind knows the lower name
// alone, that is the name. Cells merged below the header are not spread: the
// value stands in the first row only, as the file says. How columns become
// items is mapping's matter.
//
// # Memory
//
// No file is read whole. A row is held once, up to Limits.Row bytes; the rest
// of a longer one is skipped as it streams by, and the row is rejected. The
// texts of a workbook are kept in a temporary file beside an index of eight
// bytes each. A workbook may unpack to Limits.Unzip bytes, and no more.
//
// # Rejects
//
// A row that was not taken is written to NAME.rejects.csv beside the import:
//
//	行号, 列, 值, 原因, 建议, then the original columns with the original values
//
// Correct the values in Excel, save, and import the rejects file: its first
// five columns are ignored, but for the number of the row, which stays that of
// the original file, and for a correction written into 值, which is answered
// with where it belongs. A value that Excel would alter (a formula, a long
// number, leading zeros) stands behind an apostrophe there, which is dropped
// again. A line of JSON that could not be read stands whole in the column
// 原始行 and is read as JSON again. Of a text refused for a secrecy mark only
// the number of its row and the reason are written. An import without rejects
// removes the file that an earlier import of the same file left, one with
// rejects replaces it; but a rejects file that somebody has changed stays, and
// the new one is NAME.rejects-2.csv. The file
// holds what the senders wrote, names and phones included: it belongs to the
// one who imported, is readable by its owner only, and wants to be deleted
// once done.
//
// # Repeats
//
// The same file fed again, or two files that overlap, in any order, change
// nothing: items have the same IDs, and the gate answers known. That holds
// between formats too, as numbers and times are brought to one form first;
// what a row without a number of its own means is told in package mapping.
//
// # The watched folder
//
//	INBOX/SOURCE/export.xlsx           imported when its size rests
//	INBOX/SOURCE/done/export.20260131-150405.xlsx
//	INBOX/SOURCE/failed/export.20260131-150405.xlsx              not all of it was taken
//	INBOX/SOURCE/failed/export.20260131-150405.xlsx.rejects.csv  the rows that were not
//	INBOX/SOURCE/failed/export.20260131-150405.xlsx.reason.txt   or why it could not be read, or that it holds secrets
//
// The name of the sub-folder is the name of the source. The stamp is the
// file's own time, so that a repeated run gives the same name. The file is
// moved after its last row is durable; a crash before that leaves it in place,
// and the next start imports it again, which is harmless. Names that begin
// with a dot or ~$, or end in .tmp or .part, are left alone, and so are
// symbolic links. A file of which a row was refused for a secrecy mark is moved
// like any other and still holds the words: the reason file and the log ask
// for it to be removed by hand, as evidence is not for a program to destroy.
package file
