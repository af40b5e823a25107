package softcard

import (
	"net"
	"syscall"
)

// quickAck asks for the next packet to be acknowledged at once. The kernel takes
// it back by itself, so that it is asked for after every receive. It only saves
// time: that it cannot be had is no fault.
func quickAck(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
