// Go: a goroutine per connection. GOMAXPROCS is set by who starts it.
package main

import (
	"fmt"
	"net"
)

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

func main() {
	listening, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listening.Addr().(*net.TCPAddr).Port)
	for {
		peer, err := listening.Accept()
		if err == nil {
			go echo(peer)
		}
	}
}
