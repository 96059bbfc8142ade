package file

// Format is how a file is read.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
	JSONL Format = "jsonl" // a line an object
	JSON  Format = "json"  // an array, or objects that span lines
)
