// Sleutelbord hands out MIFARE DESFire key tags and brings locks their keys.
//
// This is the only file that starts Fyne's desktop driver and opens PC/SC.
// With a command, the program runs without a window.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"sleutelbord/app/command"
	"sleutelbord/app/sound"
	"sleutelbord/app/window"
	"sleutelbord/assets"
	"sleutelbord/nfc"
	"sleutelbord/nfc/pcsc"
	"sleutelbord/store/token"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
)

// version is set when the program is built.
var version = "development"

// id is under what the desktop knows the program, and keeps its preferences.
const id = "sleutelbord"

var errNoDisplay = errors.New("there is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set")

func main() {
	// Without it the program still works; the person ought to know.
	if err := command.ForbidCoreDumps(); err != nil {
		fmt.Fprintf(os.Stderr, "sleutelbord: %v\n", err)
	}
	command.OutlivePipes()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	env := command.SystemEnv(version)
	env.OpenReader = pcsc.Open
	env.FollowReader = pcsc.Follow
	env.ListReaders = pcsc.List
	env.Window = openWindow
	env.UseTokens(token.New())
	code := command.Run(ctx, os.Args[1:], env)
	stop()
	os.Exit(code)
}

// openWindow runs the window until it is closed.
func openWindow(ctx context.Context, o command.WindowOptions) (err error) {
	if runtime.GOOS == "linux" && o.Getenv("DISPLAY") == "" && o.Getenv("WAYLAND_DISPLAY") == "" {
		return errNoDisplay
	}
	// Fyne makes a folder in here, but not this one.
	if cache, err := os.UserCacheDir(); err == nil {
		if err := os.MkdirAll(cache, 0o700); err != nil {
			return fmt.Errorf("making the cache folder: %w", err)
		}
	}
	var w *window.Window
	defer func() {
		if p := recover(); p != nil {
			err = crashed(w, p)
		}
	}()
	a := newApp(o.Tour != "")
	player := sound.New()
	defer player.Close()
	w = window.New(window.Options{
		App: a, Post: fyne.Do, Log: o.Log, Getenv: o.Getenv, Version: version,
		Dir: o.Store, Passphrase: o.Passphrase, Reader: o.Reader,
		Sound: player.Play, OpenReader: opener(o), ListReaders: o.ListReaders, Store: o.Records,
		Closed: func() { runtime.GOMAXPROCS(1) },
	})
	w.Show()
	toured := make(chan error, 1)
	if o.Tour != "" {
		go func() {
			toured <- w.Tour(ctx, window.TourOptions{Dir: o.Tour, Dark: o.TourDark, Read: readFrame})
			fyne.Do(a.Quit)
		}()
	} else {
		toured <- nil
		go func() { <-ctx.Done(); fyne.Do(w.End) }()
	}
	// As it ends, Fyne closes a channel on which another goroutine of its own
	// may be about to send, which would be a panic in the midst of the end. That
	// other one is not run meanwhile: from when the window is closed until
	// Fyne has ended, there is one core.
	cores := runtime.GOMAXPROCS(0)
	a.Run()
	runtime.GOMAXPROCS(cores)
	return errors.Join(<-toured, w.Shutdown())
}

// crashed tells of a panic that ended the window. Fyne panics where there is no
// OpenGL, and says so; what else is panicked with may be anything, and is not
// told.
func crashed(w *window.Window, p any) error {
	if w == nil || !w.Shown() {
		return fmt.Errorf("the window cannot be shown here: %v", p)
	}
	path, err := w.Crashed(p)
	if err == nil {
		err = fmt.Errorf("there is a report for its makers, without a name or a key, in %s", path)
	}
	return errors.Join(errors.New("the program made a mistake, and ends"), err, w.Shutdown())
}

// newApp makes the Fyne application. A tour has preferences of its own, so
// that its pictures do not depend on what somebody chose.
func newApp(tour bool) fyne.App {
	_, png := assets.AppIcon()
	icon := fyne.NewStaticResource("icon.png", png)
	name := id
	if tour {
		name += ".tour"
	}
	app.SetMetadata(fyne.AppMetadata{ID: name, Name: "Sleutelbord", Version: version, Icon: icon, Migrations: map[string]bool{"fyneDo": true}})
	a := app.NewWithID(name)
	a.SetIcon(icon)
	return a
}

// opener opens readers for a window, which stays: a real reader may also be
// plugged in later.
func opener(o command.WindowOptions) func(string) (nfc.Reader, error) {
	return func(name string) (nfc.Reader, error) {
		if strings.HasPrefix(name, "virtual:") {
			return o.OpenReader(name)
		}
		return pcsc.Follow(name)
	}
}
