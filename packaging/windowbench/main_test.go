//go:build linux

package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWrongCommandLines(t *testing.T) {
	for _, args := range [][]string{nil, {"program"}, {"program", "floor", "many"}, {"program", "floor", "0"}, {"program", "floor", "1", "2"}} {
		var out bytes.Buffer
		if err := run(t.Context(), &out, args); err == nil || out.Len() > 0 {
			t.Errorf("%q: %v, %q", args, err, &out)
		}
	}
	if err := run(t.Context(), io.Discard, []string{"/nonexistent", "floor", "1"}); err == nil || !strings.Contains(err.Error(), "making a site") {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestMedian(t *testing.T) {
	length := func(s string) float64 { return float64(len(s)) }
	if m := median([]string{"four", "a", "seventeen letters"}, length); m != 4 {
		t.Errorf("the median is %v", m)
	}
}

// A screen is empty until something is drawn on it, and every change is noted
// with its size.
func TestScreen(t *testing.T) {
	s, err := openScreen()
	if err != nil {
		t.Fatal(err)
	}
	if all := s.watch(time.Now(), time.Second, 50*time.Millisecond); len(all) != 0 {
		t.Errorf("an empty screen changes: %v", all)
	}
	if len(s.pixels) != 768*s.stride || s.stride != 4*1366 {
		t.Errorf("%d bytes in rows of %d", len(s.pixels), s.stride)
	}
	blank := s.glance(nil)
	half := bytes.Clone(blank)
	for i := range len(half) / 2 {
		half[i] ^= 0xFF
	}
	if n := s.differing(blank, half); n != 50 {
		t.Errorf("half a picture differs in %d of 100 rows", n)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("its folder: %v", err)
	}
}

func TestProcess(t *testing.T) {
	p, err := begin(t.Context(), "4095", []string{"GREETING=hello"}, "/bin/sh", "-c", `echo "$GREETING $DISPLAY" >"$HOME/said"; exec cat /dev/zero >/dev/null`)
	if err != nil {
		t.Fatal(err)
	}
	defer p.end()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if worked, err := p.worked(); err != nil {
			t.Fatal(err)
		} else if worked > 0 {
			break
		}
	}
	if said, err := os.ReadFile(filepath.Join(p.home, "said")); err != nil || string(said) != "hello :4095\n" {
		t.Errorf("it said %q, %v", said, err)
	}
	if all, own, err := p.memory(); err != nil || all <= 0 || own < 0 || own > all {
		t.Errorf("memory of %v and %v MB, %v", all, own, err)
	}
}

// What a program says to a display arrives, and is counted; what the display
// answers is not.
func TestProxy(t *testing.T) {
	display, err := net.Listen("unix", filepath.Join(t.TempDir(), "display"))
	if err != nil {
		t.Fatal(err)
	}
	defer display.Close()
	p := &proxy{}
	program, far := net.Pipe()
	go p.carry(far, display.Addr().String())
	at, err := display.Accept()
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	go func() { _, _ = program.Write([]byte("paint")) }()
	if _, err := io.ReadFull(at, got); err != nil || string(got) != "paint" {
		t.Fatalf("the display heard %q, %v", got, err)
	}
	go func() { _, _ = at.Write([]byte("done")) }()
	if _, err := io.ReadFull(program, got[:4]); err != nil || string(got[:4]) != "done" {
		t.Fatalf("the program heard %q, %v", got, err)
	}
	if err := at.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, program); err != nil { // ends with the display
		t.Fatal(err)
	}
	if n := p.asked.Load(); n != 5 {
		t.Errorf("%d bytes were counted", n)
	}
}

// The least window opens, shows something, and ends.
func TestFloor(t *testing.T) {
	floor := filepath.Join(t.TempDir(), "floor")
	if out, err := exec.Command("go", "build", "-o", floor, "../floor").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s, err := window{name: "floor", program: floor, args: []string{"100"}}.open(context.Background())
	if err != nil || s.first <= 0 || s.whole < s.first || s.own <= 0 || s.all < s.own {
		t.Errorf("%+v, %v", s, err)
	}
	keys, err := window{name: "floor", program: floor, args: []string{"100", "field"}}.typing(t.Context(), floorName, []string{"ab"})
	if err != nil || len(keys) != 4 || median(keys, func(k typed) float64 { return ms(k.letter) }) <= 0 {
		t.Errorf("two letters, typed and taken away: %v, %v", keys, err)
	}
	_, err = window{name: "floor", program: floor, args: []string{"100"}}.typing(t.Context(), floorName, []string{"a"})
	if err == nil || !strings.Contains(err.Error(), "changed nothing") {
		t.Errorf("a letter where nothing takes it: %v", err)
	}
	if out, err := exec.Command(floor).CombinedOutput(); err == nil || !strings.Contains(string(out), "floor LINES") {
		t.Errorf("without a number of lines: %v, %s", err, out)
	}
}
