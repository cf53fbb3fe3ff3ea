package main

func main() {
	given := parse()
	if given.capacity == 0 {
		notApplicable("Go's channels are bounded")
	}
	each := given.size / given.tasks
	channel := make(chan int64, given.capacity)
	sum := int64(0)
	watch := start()
	for producer := int64(0); producer < given.tasks; producer++ {
		go func() {
			for index := int64(1); index <= each; index++ {
				channel <- index
			}
		}()
	}
	for index := int64(0); index < each*given.tasks; index++ {
		sum += <-channel
	}
	watch.stop()
	report(watch, each*given.tasks, sum == given.tasks*(each*(each+1)/2), 0)
}
