//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"sleutelbord/nfc/pcsc/pcscd"
	"sleutelbord/nfc/softcard"
)

// How long a picture must have stayed the same to be complete: at the start,
// where it waits for argon2id, and later; and how long that may take.
const (
	opened = 6 * time.Second
	still  = 2 * time.Second
	limit  = 60 * time.Second
)

// window is a program to measure.
type window struct {
	name    string
	env     []string
	program string
	args    []string
}

// shown is what one start of a window took.
type shown struct {
	first, whole time.Duration // to the first picture, and to the last large change of it
	all, own     float64       // memory in megabytes
}

// wholeRows is how much of the picture a change must touch to be counted as the
// window's, not as a figure's that came later: of a hundred rows.
const wholeRows = 30

// open measures one start, on a display of its own.
func (w window) open(ctx context.Context) (s shown, err error) {
	err = w.on(ctx, func(sc *screen, display string) error {
		p, err := begin(ctx, display, w.env, w.program, w.args...)
		if err != nil {
			return err
		}
		defer p.end()
		changes := sc.watch(p.began, opened, limit)
		if len(changes) == 0 {
			return errors.New("it shows nothing")
		}
		s.first = changes[0].after
		for _, c := range changes {
			if c.rows >= wholeRows {
				s.whole = c.after
			}
		}
		s.all, s.own, err = p.memory()
		return err
	})
	return s, err
}

// on does something on a display that nobody sees.
func (w window) on(_ context.Context, do func(sc *screen, display string) error) error {
	sc, err := openScreen()
	if err != nil {
		return err
	}
	if err = do(sc, sc.number); err != nil {
		err = fmt.Errorf("measuring %s: %w", w.name, err)
	}
	return errors.Join(err, sc.close())
}

// rested is what a window did while nobody touched it.
type rested struct {
	worked  time.Duration
	asked   int64 // bytes to the display
	changes int   // of the picture
}

// rest measures a window that nobody touches for so long.
func (w window) rest(ctx context.Context, span time.Duration) (r rested, err error) {
	err = w.on(ctx, func(sc *screen, display string) error {
		between, err := listen(display)
		if err != nil {
			return err
		}
		defer func() { _ = between.Close() }()
		p, err := begin(ctx, between.number, w.env, w.program, w.args...)
		if err != nil {
			return err
		}
		defer p.end()
		sc.watch(time.Now(), opened, limit)
		asked := between.asked.Load()
		worked, err := p.worked()
		if err != nil {
			return err
		}
		r.changes = len(sc.watch(time.Now(), span, span))
		r.asked = between.asked.Load() - asked
		now, err := p.worked()
		r.worked = now - worked
		return err
	})
	return r, err
}

// laid is how long after the service for card readers the window shows that a
// tag was laid, and what it is.
type laid struct{ first, known time.Duration }

// lay measures so many tags, one after the other, on one start of a window.
func (w window) lay(ctx context.Context, times int) (all []laid, err error) {
	service, err := pcscd.Start()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	w.args = append([]string{"--reader", service.Reader(0)}, w.args...)
	w.env = append([]string{pcscd.SocketVariable + "=" + os.Getenv(pcscd.SocketVariable)}, w.env...)
	err = w.on(ctx, func(sc *screen, display string) error {
		p, err := begin(ctx, display, w.env, w.program, w.args...)
		if err != nil {
			return err
		}
		defer p.end()
		sc.watch(p.began, opened, limit)
		for range times {
			l, err := layOnce(ctx, service, sc)
			if err != nil {
				return err
			}
			all = append(all, l)
		}
		return nil
	})
	return all, err
}

// layOnce lays a blank tag, waits until the picture is still, and takes it away.
func layOnce(ctx context.Context, service *pcscd.Daemon, sc *screen) (laid, error) {
	card, err := softcard.New(softcard.Config{})
	if err != nil {
		return laid{}, err
	}
	there, away := context.WithCancel(ctx)
	defer away()
	mark := service.Log().Len()
	began := time.Now()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = card.ServeVPCD(there, service.Addr(0)) // ends as it is taken away
	}()
	changes := sc.watch(began, still, limit)
	noticed, err := service.Log().Await(mark, limit, "Card inserted into "+service.Reader(0))
	if err != nil {
		return laid{}, err
	}
	if len(changes) == 0 {
		return laid{}, errors.New("a tag was laid, and the picture stayed the same")
	}
	late := noticed.Sub(began)
	l := laid{changes[0].after - late, changes[len(changes)-1].after - late}
	away()
	<-gone
	sc.watch(time.Now(), still, limit)
	return l, nil
}
