//go:build linux

package pcscd

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// line is what pcscd wrote, and when it arrived here.
type line struct {
	text string
	at   time.Time
}

// Log collects what a pcscd writes. It is an io.Writer.
type Log struct {
	mu    sync.Mutex
	lines []line
	rest  string
	news  chan struct{}
}

func newLog() *Log { return &Log{news: make(chan struct{})} }

// Write takes what pcscd writes.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	parts := strings.Split(l.rest+string(b), "\n")
	for _, text := range parts[:len(parts)-1] {
		l.lines = append(l.lines, line{text, now})
	}
	l.rest = parts[len(parts)-1]
	close(l.news)
	l.news = make(chan struct{})
	return len(b), nil
}

// Len is the number of lines so far.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}

// String is the whole log so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	texts := make([]string, len(l.lines))
	for i, n := range l.lines {
		texts[i] = n.text
	}
	return strings.Join(texts, "\n")
}

// Await waits, at most limit, for a line that contains words, from the line
// with number from on, and says when it came.
func (l *Log) Await(from int, limit time.Duration, words string) (time.Time, error) {
	n, err := l.await(from, limit, nil, words)
	return n.at, err
}

func (l *Log) await(from int, limit time.Duration, ended <-chan struct{}, words ...string) (line, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		found, ok, news := l.find(from, words)
		if ok {
			return found, nil
		}
		select {
		case <-news:
		case <-ended:
			if found, ok, _ := l.find(from, words); ok {
				return found, nil
			}
			return line{}, errors.New("it ended")
		case <-timer.C:
			return line{}, fmt.Errorf("pcscd did not say %q within %v", words, limit)
		}
	}
}

func (l *Log) find(from int, words []string) (found line, ok bool, news <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.lines[from:] {
		for _, w := range words {
			if strings.Contains(n.text, w) {
				return n, true, l.news
			}
		}
	}
	return line{}, false, l.news
}
