package main

import (
	"runtime"
	"sync"
	"sync/atomic"
)

func main() {
	given := parse()
	each := given.size / given.tasks
	var done int64
	var all sync.WaitGroup
	watch := start()
	for index := int64(0); index < given.tasks; index++ {
		all.Add(1)
		go func() {
			for number := int64(0); number < each; number++ {
				runtime.Gosched()
			}
			atomic.AddInt64(&done, each)
			all.Done()
		}()
	}
	all.Wait()
	watch.stop()
	report(watch, done, done == each*given.tasks, 0)
}
