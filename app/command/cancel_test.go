package command

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// stopper takes what is written and calls stop at a line.
type stopper struct {
	bytes.Buffer
	at   string
	stop func()
}

func (s *stopper) Write(b []byte) (int, error) {
	if strings.HasPrefix(string(b), s.at) {
		s.stop()
	}
	return s.Buffer.Write(b)
}

// TestCancel interrupts the writing of a tag at one step after the other. The
// tag is then finished by laying it again.
func TestCancel(t *testing.T) {
	s := newSite(t)
	issue := []string{"tag", "issue", scriptHome, "--reader", virtualPrefix + s.at("tag"), "--store", s.at("store")}
	for _, step := range []string{"1/", "3/", "5/"} {
		ctx, stop := context.WithCancel(t.Context())
		steps := &stopper{at: step, stop: stop}
		env := s.env
		env.Stderr, env.ShowSteps = steps, func() bool { return true }
		if code := Run(ctx, issue, env); code != exitCancelled {
			t.Fatalf("step %s: exit code %d\n%s", step, code, steps)
		}
		stop()
		if strings.Contains(steps.String(), "step.") || !strings.Contains(steps.String(), "\nsleutelbord: ") {
			t.Errorf("said %q", steps)
		}
	}
	s.run(issue[:5]...)
	if !strings.Contains(s.out.String(), "Ready: take the tag.") {
		t.Errorf("said %q", &s.out)
	}
	s.run("tag", "check", "--reader", virtualPrefix+s.at("tag"))
}

// TestNothingIsDoneAfterCancel runs every command that opens the records with
// a context that is done.
func TestNothingIsDoneAfterCancel(t *testing.T) {
	s := newSite(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, args := range [][]string{
		{"tag", "issue", scriptHome, "--reader", virtualPrefix + s.at("tag")},
		{"tag", "wipe", "--reader", virtualPrefix + s.at("tag")},
		{"tag", "check", "--reader", virtualPrefix + s.at("tag")},
		{"lock", "bundles", s.at("stick")},
		{"import", s.at("campus.csv")},
		{"home", "list"},
		{"demo"},
	} {
		s.out.Reset()
		if code := Run(ctx, append(args, "--store", s.at("store"), "--json"), s.env); code != exitCancelled {
			t.Errorf("%v: exit code %d\n%s", args, code, &s.out)
		}
		if !strings.Contains(s.out.String(), `"code":"cancelled"`) {
			t.Errorf("%v: said %s", args, &s.out)
		}
	}
}
