package main

import "sync"

func main() {
	given := parse()
	gate := make(chan struct{})
	var suspended, finished sync.WaitGroup
	suspended.Add(int(given.size))
	finished.Add(int(given.size))
	before := residentBytes()
	watch := start()
	for index := int64(0); index < given.size; index++ {
		go func() {
			suspended.Done()
			<-gate
			finished.Done()
		}()
	}
	suspended.Wait()
	held := residentBytes() - before
	close(gate)
	finished.Wait()
	watch.stop()
	report(watch, given.size, true, float64(held)/float64(given.size))
}
