// Package trend answers named questions about many items: how many, since
// when, of what, more than before?
//
// A question is one file sql/name.sql. Its head says what it answers, how it
// uses the filter's days, which parameters and columns it has (see parse for
// the form); the rest is one statement over the analysts' view `items`, one
// row an item. The page, the command line and analysts run the same text:
// Answer.SQL is that text with the values written in.
//
// # Promises
//
// Counts are of distinct items, never of versions or replays: the view gives
// the latest version of each. The same filter selects the same items as
// search: lists by equality with any of an item's labels, days by the item's
// day, words by search.Parse over the same folded text. Compared periods are
// whole days, written out in Answer.Spans. A column named as a Span counts
// that span: items, previous, year. Divisions by nothing give an empty cell.
//
// Values never become part of a statement that is run: they travel beside it
// as parameters, and a filter that is absent is an empty array.
//
// # How to add a question
//
// First ask whether the SQL page does: a question asked by one person once
// needs no file. Then write sql/name.sql and testdata/name.txtar, run
// go test ./query/trend -update and read the answers it wrote. The first
// column is what is counted; name it after the filter's list (topic, unit …)
// or bucket, and each number on the page leads to its items.
package trend
