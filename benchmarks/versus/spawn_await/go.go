package main

func main() {
	given := parse()
	result := make(chan int64)
	value := int64(0)
	watch := start()
	for index := int64(0); index < given.size; index++ {
		go func(before int64) { result <- before + 1 }(value)
		value = <-result
	}
	watch.stop()
	report(watch, given.size, value == given.size, 0)
}
