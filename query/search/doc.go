// Package search turns what people type into hits with marked passages.
package search
