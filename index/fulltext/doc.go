// Package fulltext finds items by their words.
package fulltext
