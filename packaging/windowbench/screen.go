//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// screen is a display that nobody sees. Its picture is a file in memory, so
// that looking at it costs neither the display nor who draws on it anything.
type screen struct {
	cmd    *exec.Cmd
	dir    string
	number string
	file   []byte
	pixels []byte
	stride int // bytes of a row
}

// The header of a picture as Xvfb keeps it is that of xwd (XWDFile.h of X11,
// version 7), in words of four bytes, high byte first.
const (
	xwdHeader = 0
	xwdHeight = 5
	xwdStride = 12
	xwdColors = 19
	xwdColor  = 12 // bytes of a colour
)

func openScreen() (s *screen, err error) {
	s = &screen{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("opening a display: %w", err), s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "screen"); err != nil {
		return s, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return s, err
	}
	defer func() { _ = r.Close() }()
	s.cmd = exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1366x768x24", "-nolisten", "tcp", "-fbdir", s.dir)
	s.cmd.ExtraFiles = []*os.File{w}
	err = s.cmd.Start()
	_ = w.Close()
	if err != nil {
		return s, err
	}
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		return s, err
	}
	s.number = strings.TrimSpace(line)
	return s, s.look()
}

// look finds the picture.
func (s *screen) look() error {
	f, err := os.Open(filepath.Join(s.dir, "Xvfb_screen0"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s.file, err = syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	word := func(n int) int { return int(binary.BigEndian.Uint32(s.file[4*n:])) }
	from := word(xwdHeader) + xwdColor*word(xwdColors)
	s.stride = word(xwdStride)
	to := from + word(xwdHeight)*s.stride
	if s.stride == 0 || from >= to || to > len(s.file) {
		return fmt.Errorf("a picture from byte %d to %d of %d", from, to, len(s.file))
	}
	s.pixels = s.file[from:to]
	return nil
}

// sampled is every how many rows of the picture are looked at.
const sampled = 8

// glance is what part of the picture is looked at, row by row.
func (s *screen) glance(into []byte) []byte {
	into = into[:0]
	for at := 0; at < len(s.pixels); at += sampled * s.stride {
		into = append(into, s.pixels[at:at+s.stride]...)
	}
	return into
}

// differing is how many of the rows in two glances differ, of a hundred.
func (s *screen) differing(a, b []byte) int {
	n, rows := 0, len(a)/s.stride
	for i := range rows {
		if !bytes.Equal(a[i*s.stride:(i+1)*s.stride], b[i*s.stride:(i+1)*s.stride]) {
			n++
		}
	}
	return 100 * n / rows
}

// change is a moment at which the picture changed.
type change struct {
	after time.Duration
	rows  int // of a hundred
}

// watch notes every change of the picture from now on, until it has changed and
// then stayed the same for so long, and at most for the limit.
func (s *screen) watch(from time.Time, still, limit time.Duration) (all []change) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	was := s.glance(nil)
	var now []byte
	began := time.Now()
	last := began
	for range tick.C {
		t := time.Now()
		now = s.glance(now)
		if rows := s.differing(was, now); !bytes.Equal(was, now) {
			all = append(all, change{t.Sub(from), rows})
			was, now, last = now, was, t
		}
		if len(all) > 0 && t.Sub(last) > still || t.Sub(began) > limit {
			return all
		}
	}
	return all
}

func (s *screen) close() error {
	var err error
	if s.file != nil {
		err = syscall.Munmap(s.file)
	}
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
