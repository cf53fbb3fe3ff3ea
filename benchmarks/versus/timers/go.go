package main

import (
	"sync/atomic"
	"time"
)

func main() {
	given := parse()
	var fired int64
	delay := delays(1)
	next := func() time.Duration { return time.Duration(delay.nextMs()) * time.Millisecond }
	timers := make([]*time.Timer, timersArmed)
	for index := range timers {
		timers[index] = time.AfterFunc(next(), func() { atomic.AddInt64(&fired, 1) })
	}
	watch := start()
	for index := int64(0); index < given.size; index++ {
		timer := timers[index%timersArmed]
		timer.Stop()
		timer.Reset(next())
	}
	watch.stop()
	stopped := 0
	for _, timer := range timers {
		if timer.Stop() {
			stopped++
		}
	}
	report(watch, given.size, fired == 0 && stopped == timersArmed, 0)
}
