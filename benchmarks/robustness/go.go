// Go's net/http for the robustness figures: the limits are arguments, since it has none of its own.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

func main() {
	address := flag.String("address", "127.0.0.1:0", "")
	root := flag.String("root", ".", "")
	headerTimeout := flag.Duration("header-timeout", 10*time.Second, "")
	flag.Parse()
	mux := http.NewServeMux()
	files := http.FileServer(http.Dir(*root))
	mux.HandleFunc("/", func(to http.ResponseWriter, request *http.Request) {
		if request.URL.Path != "/" {
			files.ServeHTTP(to, request)
			return
		}
		to.Write([]byte("Hello, World!\n"))
	})
	mux.HandleFunc("/cpu", func(to http.ResponseWriter, request *http.Request) {
		us, _ := strconv.Atoi(request.URL.Query().Get("us"))
		for begin := time.Now(); time.Since(begin) < time.Duration(us)*time.Microsecond; {
		}
		to.Write([]byte("computed\n"))
	})
	listening, err := net.Listen("tcp4", *address)
	if err != nil {
		panic(err)
	}
	fmt.Println(listening.Addr())
	server := http.Server{Handler: mux, ReadHeaderTimeout: *headerTimeout, IdleTimeout: time.Minute,
		WriteTimeout: 5 * time.Minute}
	panic(server.Serve(listening))
}
