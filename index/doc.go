// Package index is stage 3: it shapes labelled items and writes the stores.
package index
