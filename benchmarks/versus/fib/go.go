package main

func fib(n int64) int64 {
	if n < 2 {
		return n
	}
	first := make(chan int64, 1)
	go func() { first <- fib(n - 1) }()
	second := fib(n - 2)
	return <-first + second
}

func main() {
	given := parse()
	watch := start()
	result := fib(given.size)
	watch.stop()
	report(watch, fibNodes(given.size), result == fibNumber(given.size), 0)
}
