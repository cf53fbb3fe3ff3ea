package main

import (
	"sync"
	"sync/atomic"
)

func main() {
	given := parse()
	var finished int64
	var all sync.WaitGroup
	watch := start()
	all.Add(int(given.size))
	for index := int64(0); index < given.size; index++ {
		go func() {
			atomic.AddInt64(&finished, 1)
			all.Done()
		}()
	}
	all.Wait()
	watch.stop()
	report(watch, given.size, finished == given.size, 0)
}
