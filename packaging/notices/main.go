// Notices writes the licences of all modules that are linked into programs, for
// the systems that they are built for: a heading with module and version, and
// then its licence files, word for word. It fails if a module has none.
//
//	notices PACKAGE...
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// systems are those that the programs are built for.
var systems = []string{"linux", "windows", "darwin"}

// licenceName are the names that licences and what belongs to them have.
var licenceName = regexp.MustCompile(`(?i)^(licen[cs]es?|copying|notice|patents|copyright|edl|epl)([-._].*)?$`)

// module is what go list tells of one.
type module struct {
	Path, Version, Dir string
	Main               bool
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: notices PACKAGE...")
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	err := write(out, os.Args[1:])
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "notices: %v\n", err)
		os.Exit(1)
	}
}

func write(w io.Writer, packages []string) error {
	modules, err := linked(packages)
	if err != nil {
		return err
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("finding Go: %w", err)
	}
	modules = append(modules, module{Path: "The Go programming language", Dir: strings.TrimSpace(string(root))})
	if _, err := fmt.Fprint(w, "Sleutelbord contains the following software of others.\n"); err != nil {
		return err
	}
	for _, m := range modules {
		if err := writeModule(w, m); err != nil {
			return err
		}
	}
	return nil
}

// linked are the modules below packages on any system, by path.
func linked(packages []string) ([]module, error) {
	all := make(map[string]module)
	for _, system := range systems {
		args := append([]string{"list", "-deps", "-e", "-json=Module"}, packages...)
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), "GOOS="+system)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("listing modules for %s: %w", system, err)
		}
		if err := collect(all, string(out)); err != nil {
			return nil, fmt.Errorf("listing modules for %s: %w", system, err)
		}
	}
	list := make([]module, 0, len(all))
	for _, m := range all {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

// collect adds the modules of a list of packages; the standard library has none.
func collect(all map[string]module, list string) error {
	d := json.NewDecoder(strings.NewReader(list))
	for {
		var p struct{ Module *module }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if p.Module != nil && !p.Module.Main {
			all[p.Module.Path] = *p.Module
		}
	}
}

// writeModule writes all licence files of a module, also of what it has taken
// over into folders of its own, each text once.
func writeModule(w io.Writer, m module) error {
	written := make(map[string]bool)
	err := filepath.WalkDir(m.Dir, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && file != m.Dir && (skipped[e.Name()] || m.Version == ""):
			return fs.SkipDir
		case e.IsDir() || !licenceName.MatchString(e.Name()) || slices.Contains([]string{".go", ".sh"}, filepath.Ext(e.Name())):
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil || written[string(text)] {
			return err
		}
		written[string(text)] = true
		name, err := filepath.Rel(m.Dir, file)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "\n%s\n%s (%s)\n\n%s\n", strings.Repeat("=", 78),
			strings.TrimSpace(m.Path+" "+m.Version), filepath.ToSlash(name), strings.TrimSpace(string(text)))
		return err
	})
	if err != nil {
		return fmt.Errorf("licence of %s: %w", m.Path, err)
	}
	if len(written) == 0 {
		return fmt.Errorf("%s %s has no licence file", m.Path, m.Version)
	}
	return nil
}

// skipped are folders with nothing that is linked.
var skipped = map[string]bool{"testdata": true, "cmd": true, "_examples": true, "examples": true, ".github": true}
