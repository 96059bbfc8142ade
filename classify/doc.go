// Package classify is the second stage: it says of each item what it is about,
// how urgent it is, where it happened and what it wants, and shows the words
// that decided.
//
// # Promise
//
// Every item on items.raw leaves on items.labeled, under the same key and in
// the order of its key, or lies on items.dead with the reason. A record is
// committed only after what became of it is on disk. Labelling is repeatable:
// the same item, the same files and the same program give the same labels, so
// a replay is harmless. classify keeps no state between items; whatever needs
// memory of earlier items is a store of index.
//
// # Flow
//
// Pipeline takes a batch of one partition, decodes it, segments each item once
// (package segment) and asks every classifier of the table in kinds.go, in
// that order, several items at a time; then it publishes the batch in its old
// order. What cannot be decoded, and what makes a classifier fail or panic, is
// buried alone; the rest of the batch goes on. A classifier that failed may be
// mended and the dead letters replayed.
//
// # How to add a classifier
//
// First ask whether a rule in a data file does: a word, a topic, a region, an
// urgency rule need no code. A new question about texts needs a package with a
// New and the three methods of Classifier, a line in kinds.go, and rows in
// eval/testdata. It must keep no memory, change nothing it is given, and give
// evidence for what it says.
package classify
