package main

func skynet(first, leaves int64, sum chan<- int64) {
	if leaves == 1 {
		sum <- first
		return
	}
	part := leaves / skynetChildren
	parts := make(chan int64, skynetChildren)
	for child := int64(0); child < skynetChildren; child++ {
		go skynet(first+child*part, part, parts)
	}
	total := int64(0)
	for child := 0; child < skynetChildren; child++ {
		total += <-parts
	}
	sum <- total
}

func main() {
	given := parse()
	correct := true
	watch := start()
	for round := 0; round < skynetRounds; round++ {
		sum := make(chan int64, 1)
		skynet(0, given.size, sum)
		correct = <-sum == skynetSum(given.size) && correct
	}
	watch.stop()
	report(watch, skynetNodes(given.size), correct, 0)
}
