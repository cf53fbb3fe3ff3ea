// Go: a goroutine per connection; net/http with the argument "http", over TLS with "https FILE", which holds the
// certificate and its key; datagrams with "udp". GOMAXPROCS is set by who starts it.
package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func echo(peer net.Conn) {
	defer peer.Close()
	buffer := make([]byte, 2048)
	for {
		count, err := peer.Read(buffer)
		if err != nil {
			return
		}
		if _, err = peer.Write(buffer[:count]); err != nil {
			return
		}
	}
}

func serveDatagrams() {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{})
	check(err)
	fmt.Println(socket.LocalAddr().(*net.UDPAddr).Port)
	buffer := make([]byte, 2048)
	for {
		count, from, err := socket.ReadFromUDPAddrPort(buffer)
		check(err)
		_, err = socket.WriteToUDPAddrPort(buffer[:count], from)
		check(err)
	}
}

func serveHTTP(listening net.Listener, secret string) {
	small := []byte("Hello, World!\n")
	large := make([]byte, 1<<20)
	answer := func(body []byte) http.HandlerFunc {
		length := fmt.Sprint(len(body))
		return func(into http.ResponseWriter, _ *http.Request) {
			into.Header().Set("Content-Type", "text/plain")
			into.Header().Set("Content-Length", length)
			into.Write(body)
		}
	}
	http.HandleFunc("/", answer(small))
	http.HandleFunc("/m", answer(large))
	if secret == "" {
		check(http.Serve(listening, nil))
	}
	// HTTP/1.1 like the others.
	plain := &http.Server{TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	check(plain.ServeTLS(listening, secret, secret))
}

func main() {
	kind := ""
	if len(os.Args) > 1 {
		kind = os.Args[1]
	}
	if kind == "udp" {
		serveDatagrams()
	}
	listening, err := net.Listen("tcp4", "0.0.0.0:0")
	check(err)
	fmt.Println(listening.Addr().(*net.TCPAddr).Port)
	if kind == "http" {
		serveHTTP(listening, "")
	} else if kind == "https" {
		serveHTTP(listening, os.Args[2])
	}
	for {
		peer, err := listening.Accept()
		if err == nil {
			go echo(peer)
		}
	}
}
