//go:build linux

// Withpcscd runs a command beside a smart card service of its own, which has a
// virtual reader (see package pcscd), and ends the service with it:
//
//	withpcscd COMMAND [ARGUMENT...]
//
// In the arguments {reader} stands for the name of the reader, {addr} for the
// host and port at which a virtual card lies down on it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"sleutelbord/nfc/pcsc/pcscd"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpcscd:", err)
	}
	os.Exit(code)
}

// run gives the exit code of the command.
func run(args []string) (code int, err error) {
	if len(args) == 0 {
		return 2, errors.New("which command?")
	}
	d, err := pcscd.Start()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	fill := strings.NewReplacer("{reader}", d.Reader(0), "{addr}", d.Addr(0))
	for i, a := range args {
		args[i] = fill.Replace(a)
	}
	// An interrupt goes to the command too, which decides; the service stays
	// until the command has ended.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return nil }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
