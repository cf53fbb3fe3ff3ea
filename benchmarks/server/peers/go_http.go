// Go's net/http, with its own limits and defaults. GOMAXPROCS is set by who starts it.
package main

import (
	"fmt"
	"net"
	"net/http"
)

func main() {
	text := []byte("Hello, World!\n")
	mebibyte := make([]byte, 1<<20)
	http.HandleFunc("/", func(to http.ResponseWriter, _ *http.Request) {
		to.Header().Set("Content-Type", "text/plain")
		to.Write(text)
	})
	http.HandleFunc("/mebibyte", func(to http.ResponseWriter, _ *http.Request) {
		to.Header().Set("Content-Type", "application/octet-stream")
		to.Header().Set("Content-Length", "1048576")
		to.Write(mebibyte)
	})
	listening, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listening.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listening, nil))
}
