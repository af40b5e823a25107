// Package printer brings files to the printer that the system has for them. It
// knows the printing service of Linux and macOS by its programs lpstat and lp; on
// other systems there is no printer, and papers are shown instead.
package printer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// patience is how long the printing service may take to answer.
const patience = 20 * time.Second

// Name is the printer of this computer that a paper goes to unless told
// otherwise, or "": the one that was chosen in the system, else the first. Systems
// without the printing service of Linux and macOS have none here.
func Name(ctx context.Context) string {
	if _, err := exec.LookPath("lp"); err != nil {
		return ""
	}
	if out, err := ask(ctx, "lpstat", "-d"); err == nil {
		if _, name, found := strings.Cut(out, ": "); found {
			return firstLine(name)
		}
	}
	out, err := ask(ctx, "lpstat", "-e")
	if err != nil {
		return ""
	}
	return firstLine(out)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}

// Send hands files to the printing service, which copies them: afterwards they
// may be removed.
func Send(ctx context.Context, printer string, files ...string) error {
	if _, err := ask(ctx, "lp", append([]string{"-d", printer, "--"}, files...)...); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

// ask runs one of the system's programs, whose words are then English, and gives
// what it says.
func ask(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	c.Env = append(os.Environ(), "LC_ALL=C")
	c.WaitDelay = time.Second
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("asking %s: %w", program, err)
	}
	return string(out), nil
}
