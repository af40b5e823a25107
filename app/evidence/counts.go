package evidence

// Counts is a table of numbers of people, with its sums.
type Counts struct {
	Rows    []string `json:"rows"`
	Columns []string `json:"columns"`
	// Cells has a row more than Rows and a column more than Columns, for the sums.
	// A number that is hidden is nil.
	Cells [][]*int `json:"cells"`
}

// hide makes a table of numbers that can be shown: numbers from 1 to small-1 are
// hidden, and with them as many others as are needed so that whoever adds and
// subtracts what is shown cannot tell a hidden number more exactly than to small
// different values. Nought is shown.
func hide(rows, columns []string, numbers [][]int, small int) Counts {
	t := newSums(numbers, small)
	for t.widen() {
	}
	c := Counts{Rows: rows, Columns: columns}
	for i := range t.values {
		line := make([]*int, len(t.values[i]))
		for j, v := range t.values[i] {
			if !t.hidden[i][j] {
				line[j] = &v
			}
		}
		c.Cells = append(c.Cells, line)
	}
	return c
}

// sums is a table with its sums in the last row and column.
type sums struct {
	small  int
	values [][]int
	hidden [][]bool
	low    [][]bool // hidden because it is small
}

func newSums(numbers [][]int, small int) *sums {
	t := &sums{small: small}
	columns := 0
	if len(numbers) > 0 {
		columns = len(numbers[0])
	}
	last := make([]int, columns+1)
	for _, row := range numbers {
		line := make([]int, columns+1)
		for j, n := range row {
			line[j] = n
			line[columns] += n
			last[j] += n
		}
		last[columns] += line[columns]
		t.values = append(t.values, line)
	}
	t.values = append(t.values, last)
	for _, row := range t.values {
		hidden, low := make([]bool, columns+1), make([]bool, columns+1)
		for j, n := range row {
			low[j] = n > 0 && n < small
			hidden[j] = low[j]
		}
		t.hidden, t.low = append(t.hidden, hidden), append(t.low, low)
	}
	return t
}

// widen looks for a small number that can be told too exactly, hides one more
// number because of it, and tells whether it did.
func (t *sums) widen() bool {
	for i := range t.values {
		for j := range t.values[i] {
			if t.low[i][j] && t.slack(i, j) < t.small && t.hideOneMore(i, j) {
				return true
			}
		}
	}
	return false
}

// hideOneMore hides the smallest number that is shown in the row of a cell, in
// its column, or else anywhere; rows and columns that hide one number only come
// first, and noughts, which protect badly, last.
func (t *sums) hideOneMore(row, column int) bool {
	bestI, bestJ, best := -1, -1, 0
	consider := func(i, j, weight int) {
		if t.hidden[i][j] {
			return
		}
		cost := weight + t.values[i][j]
		if t.values[i][j] == 0 {
			cost += 1 << 20
		}
		if bestI < 0 || cost < best {
			bestI, bestJ, best = i, j, cost
		}
	}
	for i := range t.values {
		for j := range t.values[i] {
			switch {
			case i == row && t.hiddenIn(i, -1) < 2, j == column && t.hiddenIn(-1, j) < 2:
				consider(i, j, 0)
			case i == row || j == column:
				consider(i, j, 1<<21)
			default:
				consider(i, j, 1<<22)
			}
		}
	}
	if bestI < 0 {
		return false
	}
	t.hidden[bestI][bestJ] = true
	return true
}

// hiddenIn counts the hidden numbers of a row or of a column; -1 is neither.
func (t *sums) hiddenIn(row, column int) (n int) {
	for i := range t.values {
		for j := range t.values[i] {
			if (i == row || j == column) && t.hidden[i][j] {
				n++
			}
		}
	}
	return n
}

// unbounded is more than any number of people.
const unbounded = 1 << 30

// slack is by how much a hidden number could be higher and lower together, for
// somebody who knows what is shown and that no number is negative.
//
// Every way to change hidden numbers without changing what is shown is a
// circulation in a network: rows and columns are its nodes, a hidden number leads
// from its row to its column where it grows, and back where it shrinks, by no
// more than itself. Sums count with the other sign. The most that a number can
// grow is then the largest flow from its column back to its row over the others
// (Gusfield, A graph theoretic approach to statistical data security, 1988).
func (t *sums) slack(row, column int) int {
	up := t.flow(row, column, true)
	down := t.flow(row, column, false)
	grow, shrink := t.room(row, column)
	return min(up, grow) + min(down, shrink)
}

// room is how far a hidden number can grow and shrink by itself. Sums of rows
// and of columns count with the other sign.
func (t *sums) room(i, j int) (grow, shrink int) {
	lastRow, lastColumn := i == len(t.values)-1, j == len(t.values[i])-1
	if lastRow != lastColumn {
		return t.values[i][j], unbounded
	}
	return unbounded, t.values[i][j]
}

// flow is the largest flow between the column and the row of a cell over all
// other hidden cells: from the column to the row if back is true.
func (t *sums) flow(row, column int, back bool) int {
	rows, columns := len(t.values), len(t.values[0])
	capacity := make([][]int, rows+columns)
	for i := range capacity {
		capacity[i] = make([]int, rows+columns)
	}
	for i := range t.values {
		for j := range t.values[i] {
			if t.hidden[i][j] && (i != row || j != column) {
				capacity[i][rows+j], capacity[rows+j][i] = t.room(i, j)
			}
		}
	}
	from, to := row, rows+column
	if back {
		from, to = to, from
	}
	total := 0
	for total < t.small {
		n := augment(capacity, from, to)
		if n == 0 {
			break
		}
		total += n
	}
	return total
}

// augment sends more over a shortest path that has room, and tells how much.
func augment(capacity [][]int, from, to int) int {
	before := make([]int, len(capacity))
	for i := range before {
		before[i] = -1
	}
	before[from] = from
	for queue := []int{from}; len(queue) > 0 && before[to] < 0; queue = queue[1:] {
		for next, room := range capacity[queue[0]] {
			if room > 0 && before[next] < 0 {
				before[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	if before[to] < 0 {
		return 0
	}
	most := unbounded
	for at := to; at != from; at = before[at] {
		most = min(most, capacity[before[at]][at])
	}
	for at := to; at != from; at = before[at] {
		capacity[before[at]][at] -= most
		capacity[at][before[at]] += most
	}
	return most
}
