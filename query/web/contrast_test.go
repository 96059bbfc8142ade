package web

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"
)

// TestContrast computes WCAG contrast for each pair of named colours that the
// style sheet puts on one another: 4.5 for text, 3 for edges of inputs and
// for the outline of what has the focus.
func TestContrast(t *testing.T) {
	css, err := files.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(string(css), -1) {
		colours[m[1]] = m[2]
	}
	for _, p := range []struct {
		on, ink string
		least   float64
	}{
		{"paper", "ink", 7},
		{"ground", "ink", 7},
		{"accent-pale", "ink", 7},
		{"mark", "ink", 7},
		{"paper", "quiet", 4.5},
		{"ground", "quiet", 4.5},
		{"accent-pale", "quiet", 4.5},
		{"paper", "accent", 4.5},
		{"ground", "accent", 4.5},
		{"accent-pale", "accent", 4.5},
		{"mark", "accent", 4.5},
		{"accent", "paper", 4.5},
		{"accent-deep", "paper", 7},
		{"accent-deep", "head-quiet", 4.5},
		{"grave", "grave-ink", 7},
		{"level-1", "level-1-ink", 4.5},
		{"level-2", "level-2-ink", 4.5},
		{"level-3", "level-3-ink", 4.5},
		{"level-4", "level-4-ink", 4.5},
		{"paper", "edge", 3},
		{"ground", "accent", 3},
		{"paper", "accent", 3},
	} {
		a, b := colours[p.on], colours[p.ink]
		if a == "" || b == "" {
			t.Errorf("the style sheet names no colour %q or %q", p.on, p.ink)
			continue
		}
		if got := contrast(t, a, b); got < p.least {
			t.Errorf("%s on %s has a contrast of %.2f, want %.1f", p.ink, p.on, got, p.least)
		}
	}
	// The levels must also be told apart from one another by more than hue.
	if len(colours) < 20 {
		t.Errorf("found only %d colours: has the way they are written changed?", len(colours))
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is WCAG's relative luminance of #rrggbb.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(fmt.Errorf("colour %q: %w", hex, err))
		}
		c := float64(n) / 255
		if c <= 0.03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// TestOldBrowsers keeps out what a browser of 2021 does not understand and
// would answer with a broken page.
func TestOldBrowsers(t *testing.T) {
	css, err := files.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{`:has\(`, `@container`, `@layer`, `color-mix`, `oklch`, `\d[ds]vh`, `text-wrap`, `@import`, `url\(`, `^\s+&`} {
		if m := regexp.MustCompile(`(?m)` + p).Find(css); m != nil {
			t.Errorf("the style sheet uses %q", m)
		}
	}
}
