//go:build !linux

package softcard

import "net"

// quickAck does nothing: only Linux lets a program ask.
func quickAck(net.Conn) {}
