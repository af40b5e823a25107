// Sleutelbord-lock is the door controller: a lock for a small Linux computer
// with a PC/SC reader. It brings no window and needs no graphics.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"sleutelbord/app/command"
	"sleutelbord/nfc/pcsc"
)

// version is set when the program is built.
var version = "development"

func main() {
	// Without it the door still works; the person ought to know.
	if err := command.ForbidCoreDumps(); err != nil {
		fmt.Fprintf(os.Stderr, "sleutelbord-lock: %v\n", err)
	}
	command.OutlivePipes()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	env := command.SystemEnv(version)
	env.OpenReader = pcsc.Open
	env.FollowReader = pcsc.Follow
	env.ListReaders = pcsc.List
	code := command.RunController(ctx, os.Args[1:], env)
	stop()
	os.Exit(code)
}
