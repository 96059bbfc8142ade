package web

import (
	"math"
	"strconv"
)

// columns is a small chart of one value a day, drawn on the server as SVG so
// that it prints, needs no script, and every column is a link.
type columns struct {
	Width, Height int
	Bars          []bar
	Ticks         []tick // of the value axis
	Summary       string // what a screen reader says instead of the picture
}

type bar struct {
	X, Y, W, H float64
	Label      string // under the axis; empty for most
	Title      string // on pointing
	Query      string // of /search
	Here       bool   // the day shown
}

type tick struct {
	Y     float64
	Label string
}

const (
	chartWidth  = 1280
	chartHeight = 118
	chartLeft   = 44 // room for the value axis
	chartRight  = 14 // room for half a label
	chartTop    = 10
	chartBottom = 20 // room for the days
)

// drawColumns lays the days out. The value axis starts at 0: a bar's length
// is its value.
func drawColumns(days []dayCount, here string) columns {
	c := columns{Width: chartWidth, Height: chartHeight}
	if len(days) == 0 {
		return c
	}
	var most int64
	var sum int64
	for _, d := range days {
		most, sum = max(most, d.Count), sum+d.Count
	}
	top := niceCeil(float64(most))
	plot := float64(chartHeight - chartBottom - chartTop)
	step := float64(chartWidth-chartLeft-chartRight) / float64(len(days))
	for i, d := range days {
		h := plot * float64(d.Count) / top
		b := bar{
			X: chartLeft + float64(i)*step + step*0.14, W: step * 0.72, Y: chartTop + plot - h, H: h,
			Title: d.Day + "：" + number(d.Count) + " 条", Query: "from=" + d.Day + "&to=" + d.Day, Here: d.Day == here,
		}
		// Labels count back from the last day, which always has one.
		if (len(days)-1-i)%5 == 0 {
			b.Label = d.Day[5:]
		}
		c.Bars = append(c.Bars, b)
	}
	for _, share := range []float64{0, 0.5, 1} {
		c.Ticks = append(c.Ticks, tick{chartTop + plot*(1-share), number(strconv.FormatFloat(top*share, 'f', -1, 64))})
	}
	c.Summary = "近 " + strconv.Itoa(len(days)) + " 日共 " + number(sum) + " 条，单日最多 " + number(most) + " 条"
	return c
}

// niceCeil is the next number above v that reads well on an axis and halves
// into one that does.
func niceCeil(v float64) float64 {
	if v <= 2 {
		return 2
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 4, 6, 8, 10} {
		if v <= m*unit {
			return m * unit
		}
	}
	return 10 * unit
}
