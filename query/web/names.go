package web

import (
	"strings"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
	"qianliyan/query/export"
	"qianliyan/query/search"
)

// none is what a value that nobody gave is called.
const none = "未标明"

// name is what the value of a filter's list is called on screen.
func (s *Server) name(list, value string) string {
	if value == "" {
		return ""
	}
	switch list {
	case "channel":
		return item.Channel(value).Label()
	case "topic":
		return s.deps.Taxonomy.Name(label.Topic, value)
	case "region":
		return s.deps.Taxonomy.Name(label.Region, value)
	}
	return value
}

// longName is name, for a region with the regions around it: many towns share
// a name.
func (s *Server) longName(list, value string) string {
	if list == "region" {
		if p := s.deps.Taxonomy.Path(value); p != "" {
			return p
		}
	}
	return s.name(list, value)
}

func joinPieces(ps []search.Piece) string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.Text)
	}
	return b.String()
}

// maskPieces covers numbers in pieces as in the whole text, as a mark may
// stand in the middle of a number.
func maskPieces(ps []search.Piece) []search.Piece {
	whole := joinPieces(ps)
	covered := Mask(whole)
	if covered == whole {
		return ps
	}
	out := make([]search.Piece, len(ps))
	for i, p := range ps {
		out[i] = search.Piece{Text: covered[:len(p.Text)], Hit: p.Hit}
		covered = covered[len(p.Text):]
	}
	return out
}

// writeRows hands a table's header and rows to w.
func writeRows(w export.Writer, t export.Table) error {
	if err := w.WriteHeader(t.Columns); err != nil {
		return err
	}
	for _, row := range t.Rows {
		if err := w.WriteRow(row); err != nil {
			return err
		}
	}
	return nil
}
