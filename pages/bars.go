package pages

import "math"

// bars is a chart of stacked bars, one for each day. Its heights are in pixels and
// its widths in percent, so that it fills its place without distorting its texts.
type bars struct {
	Height  int
	Base    int // where the bars stand
	Columns []barColumn
}

type barColumn struct {
	Name             string // the day
	Sum              int
	X, Width, Middle float64
	Top              float64 // of its label
	Labelled         bool    // where there is room for texts
	Parts            []barPart
}

type barPart struct {
	Class     string
	Y, Height float64
}

const (
	barsHeight = 150
	barsTop    = 18 // room for the label of the highest bar
	barsBottom = 20 // room for the days' names
	barShare   = 0.6
	// labelsMost is how many columns have room for texts on a phone.
	labelsMost = 7
)

// barValues are what a column is stacked of, from its base up.
type barValues struct {
	Name  string
	Parts []int // by class
}

// newBars draws the columns from left to right, each stacked of the classes in
// their order.
func newBars(classes []string, columns []barValues) bars {
	b := bars{Height: barsHeight, Base: barsHeight - barsBottom}
	highest := 1
	for _, column := range columns {
		highest = max(highest, sumOf(column.Parts))
	}
	step := 100 / float64(len(columns))
	every := (len(columns) + labelsMost - 1) / labelsMost
	scale := float64(b.Base-barsTop) / float64(highest)
	for i, column := range columns {
		c := barColumn{
			Name: column.Name, Sum: sumOf(column.Parts), Labelled: (len(columns)-1-i)%every == 0,
			X: tenths((float64(i) + (1-barShare)/2) * step), Width: tenths(barShare * step), Middle: tenths((float64(i) + 0.5) * step),
		}
		y := float64(b.Base)
		for p, value := range column.Parts {
			height := tenths(float64(value) * scale)
			y -= height
			c.Parts = append(c.Parts, barPart{Class: classes[p], //nolint:gosec // a class for each part
				Y: tenths(y), Height: height})
		}
		c.Top = tenths(y - 4)
		b.Columns = append(b.Columns, c)
	}
	return b
}

func sumOf(values []int) (sum int) {
	for _, value := range values {
		sum += value
	}
	return sum
}

// tenths rounds to what can be seen.
func tenths(value float64) float64 { return math.Round(10*value) / 10 }
