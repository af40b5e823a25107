package evidence

import (
	"math/rand/v2"
	"testing"
)

// possible tells whether a hidden number of a table could be v for somebody who
// knows what is shown. It tries every table, row by row.
func possible(c Counts, row, column, v, most int) bool {
	rows, columns := len(c.Rows), len(c.Columns)
	cells := make([][]int, rows)
	for i := range cells {
		cells[i] = make([]int, columns)
	}
	var try func(at int) bool
	try = func(at int) bool {
		i, j := at/columns, at%columns
		if at > 0 && j == 0 && !sumFits(c.Cells[i-1][columns], cells[i-1]) {
			return false
		}
		if at == rows*columns {
			return fits(c, cells, row, column, v)
		}
		low, high := 0, most
		if shown := c.Cells[i][j]; shown != nil {
			low, high = *shown, *shown
		} else if i == row && j == column {
			low, high = v, v
		}
		for n := low; n <= high; n++ {
			cells[i][j] = n
			if try(at + 1) {
				return true
			}
		}
		return false
	}
	return try(0)
}

func sumFits(shown *int, cells []int) bool {
	sum := 0
	for _, n := range cells {
		sum += n
	}
	return shown == nil || *shown == sum
}

// fits holds a whole table to the sums that are shown, and a hidden sum to v.
func fits(c Counts, cells [][]int, row, column, v int) bool {
	rows, columns := len(c.Rows), len(c.Columns)
	total := 0
	for j := range columns {
		line := make([]int, rows)
		for i := range rows {
			line[i] = cells[i][j]
			total += cells[i][j]
		}
		if !sumFits(c.Cells[rows][j], line) || row == rows && column == j && !sumFits(&v, line) {
			return false
		}
	}
	for i := range rows {
		if row == i && column == columns && !sumFits(&v, cells[i]) {
			return false
		}
	}
	if row == rows && column == columns && v != total {
		return false
	}
	return c.Cells[rows][columns] == nil || *c.Cells[rows][columns] == total
}

// TestHiddenStayHidden attacks tables: no small number may be told more exactly
// than to small values.
func TestHiddenStayHidden(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	attacked, hiddenMore := 0, 0
	for range 150 {
		rows, columns, small := 1+r.IntN(3), 2+r.IntN(2), 2+r.IntN(2)
		numbers := make([][]int, rows)
		for i := range numbers {
			numbers[i] = make([]int, columns)
			for j := range numbers[i] {
				if r.IntN(3) > 0 {
					numbers[i][j] = r.IntN(6)
				}
			}
		}
		names := make([]string, rows)
		c := hide(names, make([]string, columns), numbers, small)
		truth := newSums(numbers, small)
		for i := range truth.values {
			for j, is := range truth.values[i] {
				switch shown := c.Cells[i][j]; {
				case is > 0 && is < small && shown != nil:
					t.Fatalf("%v: %d is shown", numbers, is)
				case shown != nil && *shown != is:
					t.Fatalf("%v: %d is shown for %d", numbers, *shown, is)
				case shown == nil && truth.low[i][j]:
					attacked++
					n := 0
					for v := range small + 12 {
						if n <= small && possible(c, i, j, v, 12) {
							n++
						}
					}
					if n <= small {
						t.Fatalf("%v: row %d column %d can only be one of %d numbers", numbers, i, j, n)
					}
				case shown == nil:
					hiddenMore++
				}
			}
		}
	}
	if attacked < 100 || hiddenMore < 100 {
		t.Errorf("only %d numbers attacked, %d hidden for their sake", attacked, hiddenMore)
	}
}

// TestNothingToHide shows all where nothing is small.
func TestNothingToHide(t *testing.T) {
	c := hide([]string{"a", "b"}, []string{"x", "y"}, [][]int{{10, 0}, {7, 12}}, 5)
	want := [][]int{{10, 0, 10}, {7, 12, 19}, {17, 12, 29}}
	for i := range want {
		for j, n := range want[i] {
			if c.Cells[i][j] == nil || *c.Cells[i][j] != n {
				t.Errorf("row %d column %d: %v, not %d", i, j, c.Cells[i][j], n)
			}
		}
	}
	if c := hide(nil, nil, nil, 5); len(c.Cells) != 1 || *c.Cells[0][0] != 0 {
		t.Errorf("an empty table: %+v", c)
	}
}
