package command

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sirupsen/logrus"
)

// newLog makes the log that a command and all below it write to. Warnings
// always reach stderr; --verbose shows everything there, and --log FILE
// appends everything to a file, which only its owner can read if it is new.
// Entries have a day and no time: who hands out a tag when is nobody's business,
// and no time anywhere is finer.
func newLog(stderr io.Writer, g globals) (log *logrus.Entry, closeLog func() error, err error) {
	l := logrus.New()
	l.SetOutput(io.Discard)
	screen := &logTo{w: stderr, upTo: logrus.WarnLevel, format: plain{}, brief: true}
	if g.Verbose {
		screen = &logTo{w: stderr, upTo: logrus.DebugLevel, format: &logrus.TextFormatter{DisableColors: true, DisableTimestamp: true}}
	}
	l.SetLevel(screen.upTo)
	l.AddHook(screen)
	if g.Log == "" {
		return logrus.NewEntry(l), func() error { return nil }, nil
	}
	f, err := os.OpenFile(g.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, errLogFile.because(err)
	}
	l.SetLevel(logrus.DebugLevel)
	l.AddHook(&logTo{w: f, upTo: logrus.DebugLevel, format: &logrus.TextFormatter{DisableColors: true, FullTimestamp: true, TimestampFormat: time.DateOnly}})
	return logrus.NewEntry(l), f.Close, nil
}

// logTo writes entries up to a level to one place.
type logTo struct {
	w      io.Writer
	upTo   logrus.Level
	format logrus.Formatter
	// brief leaves out what names a problem: the person is told that in words.
	brief bool
}

// Levels makes logTo a [logrus.Hook].
func (h *logTo) Levels() []logrus.Level { return logrus.AllLevels[:h.upTo+1] }

// Fire writes one entry.
func (h *logTo) Fire(e *logrus.Entry) error {
	if _, told := e.Data["problem"]; told && h.brief {
		return nil
	}
	b, err := h.format.Format(e)
	if err != nil {
		return err
	}
	_, err = h.w.Write(b)
	return err
}

// plain writes an entry as a person reads it.
type plain struct{}

// Format writes the message, and the error if there is one.
func (plain) Format(e *logrus.Entry) ([]byte, error) {
	if err, ok := e.Data[logrus.ErrorKey]; ok {
		return fmt.Appendf(nil, "sleutelbord: %s: %v\n", e.Message, err), nil
	}
	return fmt.Appendf(nil, "sleutelbord: %s\n", e.Message), nil
}
