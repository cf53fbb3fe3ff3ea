// What every Go program of the kit shares: see versus.hpp.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type arguments struct {
	workers               int
	size, tasks, capacity int64
}

// parse also limits Go to the given number of processors: its workers.
func parse() arguments {
	result := arguments{workers: 1, size: 1, tasks: 1}
	given := os.Args[1:]
	for index := 0; index+1 < len(given); index += 2 {
		value, err := strconv.ParseInt(given[index+1], 10, 64)
		if err != nil {
			panic(err)
		}
		switch given[index] {
		case "--workers":
			result.workers = int(value)
		case "--size":
			result.size = value
		case "--tasks":
			result.tasks = value
		case "--capacity":
			result.capacity = value
		default:
			panic("unknown: " + given[index])
		}
	}
	runtime.GOMAXPROCS(result.workers)
	return result
}

func notApplicable(why string) {
	fmt.Fprintln(os.Stderr, "not applicable:", why)
	os.Exit(77)
}

func cpuNow() float64 {
	var now syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &now)
	seconds := func(time syscall.Timeval) float64 { return float64(time.Sec) + float64(time.Usec)*1e-6 }
	return seconds(now.Utime) + seconds(now.Stime)
}

type stopwatch struct {
	cpu, cpuS, wallS float64
	wall             time.Time
}

func start() *stopwatch { return &stopwatch{cpu: cpuNow(), wall: time.Now()} }

func (watch *stopwatch) stop() {
	watch.wallS = time.Since(watch.wall).Seconds()
	watch.cpuS = cpuNow() - watch.cpu
}

// memoryBytes gives a line of /proc/self/status. Not Getrusage: its peak is at least that of the process
// that started this.
func memoryBytes(key string) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	words := strings.Fields(string(text))
	for index, word := range words {
		if word == key {
			kilobytes, err := strconv.ParseInt(words[index+1], 10, 64)
			if err != nil {
				panic(err)
			}
			return kilobytes * 1024
		}
	}
	return 0
}

func residentBytes() int64 { return memoryBytes("VmRSS:") }

func report(watch *stopwatch, operations int64, correct bool, bytes float64) {
	if !correct {
		fmt.Fprintln(os.Stderr, "wrong result")
		os.Exit(1)
	}
	fmt.Printf("{\"ns\": %.4f, \"operations\": %d, \"wall_s\": %.6f, \"cpu_s\": %.6f, "+
		"\"peak_rss_bytes\": %d, \"bytes\": %.1f}\n",
		watch.wallS*1e9/float64(operations), operations, watch.wallS, watch.cpuS,
		memoryBytes("VmHWM:"), bytes)
}

// -- The problems: see problems.hpp ----------------------------------------------------------------

func fibNumber(n int64) int64 {
	previous, current := int64(0), int64(1)
	for ; n > 0; n-- {
		previous, current = current, previous+current
	}
	return previous
}

func fibNodes(n int64) int64 { return 2*fibNumber(n+1) - 1 }

const skynetChildren = 10
const skynetRounds = 10

func skynetSum(leaves int64) int64 { return leaves * (leaves - 1) / 2 }

func skynetNodes(leaves int64) int64 {
	return skynetRounds * (leaves*skynetChildren - 1) / (skynetChildren - 1)
}

type board [16]int8

func queenIsSafe(rows *board, row int, column int8) bool {
	for above := 0; above < row; above++ {
		distance, other := int8(row-above), rows[above]
		if other == column || other == column-distance || other == column+distance {
			return false
		}
	}
	return true
}

// queensExpected gives solutions and nodes.
func queensExpected(n int64) (int64, int64) {
	known := map[int64][2]int64{4: {2, 17}, 6: {4, 153}, 8: {92, 2057}, 10: {724, 35539},
		11: {2680, 166926}, 12: {14200, 856189}, 13: {73712, 4674890}}
	return known[n][0], known[n][1]
}

const timersArmed = 1000

type delays int64

func (state *delays) nextMs() int64 {
	*state = (*state*1664525 + 1013904223) & 0xFFFFFFFF
	return 10000 + int64(*state>>8)%100000
}
