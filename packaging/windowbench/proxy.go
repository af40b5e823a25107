//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync/atomic"
)

// sockets is where programs look for displays (X(7)).
const sockets = "/tmp/.X11-unix/X"

// proxy is a display that hands everything on to another and counts what
// programs ask it to draw: whoever draws nothing says nothing.
type proxy struct {
	net.Listener
	number string
	asked  atomic.Int64 // bytes
}

func listen(screen string) (*proxy, error) {
	p := &proxy{}
	for n := 1000; n < 2000; n++ {
		l, err := net.Listen("unix", sockets+strconv.Itoa(n))
		if err != nil {
			continue
		}
		p.Listener, p.number = l, strconv.Itoa(n)
		go p.serve(sockets + screen)
		return p, nil
	}
	return nil, errors.New("no number is free for a display")
}

func (p *proxy) serve(screen string) {
	for {
		program, err := p.Accept()
		if err != nil {
			return // closed
		}
		go p.carry(program, screen)
	}
}

func (p *proxy) carry(program net.Conn, screen string) {
	defer func() { _ = program.Close() }()
	display, err := net.Dial("unix", screen)
	if err != nil {
		fmt.Fprintln(os.Stderr, "windowbench:", err)
		return
	}
	defer func() { _ = display.Close() }()
	go func() {
		_, _ = io.Copy(program, display)
		_ = program.Close()
	}()
	_, _ = io.Copy(io.MultiWriter(p, display), program)
}

// Write counts.
func (p *proxy) Write(b []byte) (int, error) {
	p.asked.Add(int64(len(b)))
	return len(b), nil
}
