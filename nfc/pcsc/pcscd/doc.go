// Package pcscd runs a smart card service of its own: pcscd with the virtual
// reader of vsmartcard-vpcd, whose two slots are filled over TCP. Tests and the
// demonstration use it in place of a reader on the desk. Nothing of it touches
// the service, or the readers, of the machine that it runs on, and several run
// at the same time.
//
// The service is handed its socket in the way systemd does it (sd_listen_fds);
// the socket is a file in a temporary folder, and clients find it by the
// environment variable PCSCLITE_CSOCK_NAME. The virtual reader listens on free
// ports. Where the system allows a mount namespace, the service also sees an
// empty folder of USB drivers, so that it leaves attached readers alone, and a
// /run of its own.
//
// pcsc-lite's client reads PCSCLITE_CSOCK_NAME once per process, at its first
// call. So [Start] has to come before the first use of PC/SC in a process;
// the socket of a process has the same name each time.
package pcscd
