//go:build linux

// Windowbench measures the real window, on a display that nobody sees, in turn
// with the least that a window can be (package floor): how long it takes to
// the first picture, its memory, what it does while nobody touches it, and how
// soon a tag that is laid is to be seen. It prints medians.
//
//	windowbench PROGRAM FLOOR [ROUNDS]
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"sleutelbord/store"
	"sleutelbord/store/manyhomes"
)

// passphrase opens the sites that are measured, which are thrown away.
const passphrase = "nothing is kept behind this one"

// siteName is the name of the sites, which is in the window's title.
const siteName = "Campus"

// floorName is in the title of the floor's.
const floorName = "floor"

// sizes are how many homes the sites have.
var sizes = []int{0, 2_400, 100_000}

// restSpan is how long a window is left alone.
const restSpan = 20 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "windowbench:", err)
		os.Exit(1)
	}
}

// trial is one run of everything.
type trial struct {
	program, floor string
	rounds         int
	dir            string
	env            []string // with which the program finds its passphrase
	out            io.Writer
}

func run(ctx context.Context, out io.Writer, args []string) (err error) {
	if len(args) < 2 || len(args) > 3 {
		return errors.New("windowbench PROGRAM FLOOR [ROUNDS]")
	}
	t := &trial{program: args[0], floor: args[1], rounds: 5, out: out}
	if len(args) == 3 {
		if t.rounds, err = strconv.Atoi(args[2]); err != nil || t.rounds < 1 {
			return fmt.Errorf("%q is no number of rounds", args[2])
		}
	}
	if t.dir, err = os.MkdirTemp("", "windowbench"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(t.dir)) }()
	if err := t.makeSites(ctx); err != nil {
		return err
	}
	return errors.Join(t.types(ctx), t.starts(ctx), t.rests(ctx), t.tags(ctx))
}

func (t *trial) site(homes int) string { return filepath.Join(t.dir, strconv.Itoa(homes)) }

// makeSites makes the sites by the program, and fills them.
func (t *trial) makeSites(ctx context.Context) error {
	file := filepath.Join(t.dir, "passphrase")
	if err := os.WriteFile(file, []byte(passphrase), 0o600); err != nil {
		return err
	}
	t.env = []string{"SLEUTELBORD_PASSPHRASE_FILE=" + file}
	for _, homes := range sizes {
		cmd := exec.CommandContext(ctx, t.program, "init", "--store", t.site(homes), "--site", siteName)
		cmd.Env = append(os.Environ(), t.env...)
		cmd.Env = append(cmd.Env, "SLEUTELBORD_NEW_PASSPHRASE_FILE="+file)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("making a site: %w\n%s", err, out)
		}
		began := time.Now()
		s, err := store.Open(ctx, t.site(homes), []byte(passphrase), store.Options{})
		if err != nil {
			return err
		}
		opened := time.Since(began)
		if err := errors.Join(manyhomes.Fill(ctx, s, homes, nil), s.Close()); err != nil {
			return err
		}
		if homes == 0 {
			fmt.Fprintf(t.out, "opening records, nearly all of it argon2id: %v\n", opened.Round(time.Millisecond))
		}
	}
	return nil
}

// windows are the floor with a list of so many lines, and the program with a
// site of so many homes.
func (t *trial) windows(homes int) (floor, desk window) {
	lines := strconv.Itoa(homes)
	return window{name: "floor, " + lines + " lines", program: t.floor, args: []string{lines}},
		window{name: "window, " + lines + " homes", program: t.program, env: t.env, args: []string{"window", "--store", t.site(homes)}}
}

// starts measures starts and memory, in turn.
func (t *trial) starts(ctx context.Context) error {
	fmt.Fprintf(t.out, "%-24s %10s %10s %10s %10s %6s\n", "start, medians", "first ms", "whole ms", "RSS MB", "own MB", "load")
	var all []window
	for _, homes := range sizes {
		floor, desk := t.windows(homes)
		all = append(all, floor, desk)
	}
	all = append(all, window{name: "window, no site", program: t.program, args: []string{"window", "--store", filepath.Join(t.dir, "none")}})
	took := make([][]shown, len(all))
	loads := make([]string, len(all))
	for range t.rounds {
		for i, w := range all {
			s, err := w.open(ctx)
			if err != nil {
				return err
			}
			took[i], loads[i] = append(took[i], s), load()
		}
	}
	for i, w := range all {
		fmt.Fprintf(t.out, "%-24s %10.0f %10.0f %10.0f %10.0f %6s\n", w.name,
			median(took[i], func(s shown) float64 { return ms(s.first) }), median(took[i], func(s shown) float64 { return ms(s.whole) }),
			median(took[i], func(s shown) float64 { return s.all }), median(took[i], func(s shown) float64 { return s.own }), loads[i])
	}
	return nil
}

// rests measures windows that nobody touches, in turn.
func (t *trial) rests(ctx context.Context) error {
	fmt.Fprintf(t.out, "%-24s %10s %10s %10s %6s\n", "idle for "+restSpan.String(), "% of core", "bytes", "pictures", "load")
	floor, desk := t.windows(2_400)
	for range max(1, t.rounds/2) {
		for _, w := range []window{floor, desk} {
			r, err := w.rest(ctx, restSpan)
			if err != nil {
				return err
			}
			fmt.Fprintf(t.out, "%-24s %10.2f %10d %10d %6s\n", w.name, 100*r.worked.Seconds()/restSpan.Seconds(), r.asked, r.changes, load())
		}
	}
	return nil
}

// types measures how soon a letter in the search, and what it finds, are to be
// seen; in the floor, which finds nothing, a letter in an entry.
func (t *trial) types(ctx context.Context) error {
	fmt.Fprintf(t.out, "%-24s %10s %10s %10s %10s %6s\n", "keys, medians and worst", "letter ms", "worst", "list ms", "worst", "load")
	floor, _ := t.windows(2_400)
	floor.args = append(floor.args, "field")
	if err := t.typesIn(ctx, floor, floorName); err != nil {
		return err
	}
	for _, homes := range sizes[1:] {
		_, desk := t.windows(homes)
		if err := t.typesIn(ctx, desk, siteName); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) typesIn(ctx context.Context, w window, title string) error {
	var all []typed
	for range max(1, t.rounds/2) {
		more, err := w.typing(ctx, title, []string{"12", "kamer", "7"})
		if err != nil {
			return err
		}
		all = append(all, more...)
	}
	letter := func(k typed) float64 { return ms(k.letter) }
	list := func(k typed) float64 { return ms(k.list) }
	fmt.Fprintf(t.out, "%-24s %10.0f %10.0f %10.0f %10.0f %6s\n", w.name, median(all, letter), worst(all, letter), median(all, list), worst(all, list), load())
	return nil
}

// tags measures how soon a tag is to be seen.
func (t *trial) tags(ctx context.Context) error {
	_, desk := t.windows(2_400)
	all, err := desk.lay(ctx, max(5, t.rounds))
	if err != nil {
		return err
	}
	first := func(l laid) float64 { return ms(l.first) }
	fmt.Fprintf(t.out, "a tag is laid: picture after %.0f ms (worst of %d: %.0f), what it is after %.0f ms, load %s\n",
		median(all, first), len(all), worst(all, first), median(all, func(l laid) float64 { return ms(l.known) }), load())
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// median is the middle one of a figure.
func median[T any](all []T, figure func(T) float64) float64 {
	var figures []float64
	for _, v := range all {
		figures = append(figures, figure(v))
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// worst is the largest of a figure.
func worst[T any](all []T, figure func(T) float64) float64 {
	most := figure(all[0])
	for _, v := range all {
		most = max(most, figure(v))
	}
	return most
}
