package main

func main() {
	given := parse()
	rounds := given.size / 2
	ping, pong := make(chan int64), make(chan int64)
	watch := start()
	go func() {
		for round := int64(0); round < rounds; round++ {
			pong <- <-ping + 1
		}
	}()
	value := int64(0)
	for round := int64(0); round < rounds; round++ {
		ping <- value
		value = <-pong
	}
	watch.stop()
	report(watch, rounds*2, value == rounds, 0)
}
