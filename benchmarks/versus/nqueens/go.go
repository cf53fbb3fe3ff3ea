package main

func queens(rows board, row int, n int64, result chan<- int64) {
	if int64(row) == n {
		result <- 1
		return
	}
	parts := make(chan int64, n)
	children := 0
	for column := int8(0); int64(column) < n; column++ {
		if queenIsSafe(&rows, row, column) {
			child := rows
			child[row] = column
			go queens(child, row+1, n, parts)
			children++
		}
	}
	solutions := int64(0)
	for ; children > 0; children-- {
		solutions += <-parts
	}
	result <- solutions
}

func main() {
	given := parse()
	solutions, nodes := queensExpected(given.size)
	result := make(chan int64, 1)
	watch := start()
	queens(board{}, 0, given.size, result)
	found := <-result
	watch.stop()
	report(watch, nodes, found == solutions, 0)
}
