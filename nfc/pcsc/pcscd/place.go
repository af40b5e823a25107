//go:build linux

package pcscd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Where Debian keeps things; pcscd has them compiled in.
const (
	systemRun     = "/run"
	systemDrivers = "/usr/lib/pcsc/drivers"
	vpcdDriver    = systemDrivers + "/serial/libifdvpcd.so"
	// program stands in a folder that is not on a plain user's PATH.
	program = "/usr/sbin/pcscd"
)

// place is where a pcscd lives.
type place struct {
	dir string
	// driver is the vpcd driver as pcscd will see it.
	driver string
	// socket is where clients find pcscd.
	socket string
	// namespace are the arguments with which unshare makes a mount namespace
	// here; none if the system does not allow it.
	namespace []string
}

// config is the reader.conf file.
func (p place) config() string { return filepath.Join(p.dir, "conf", "vpcd") }

// run becomes /run, none hides the USB drivers.
func (p place) run() string  { return filepath.Join(p.dir, "run") }
func (p place) none() string { return filepath.Join(p.dir, "none") }

func prepare() (place, error) {
	if _, err := os.Stat(program); err != nil {
		return place{}, fmt.Errorf("pcscd is not installed (Debian package pcscd): %w", err)
	}
	driver, err := os.ReadFile(vpcdDriver)
	if err != nil {
		return place{}, fmt.Errorf("the virtual reader is not installed (Debian package vsmartcard-vpcd): %w", err)
	}
	// The name is the same each time: pcsc-lite's client remembers the first.
	dir := filepath.Join(os.TempDir(), "sleutelbord-pcscd-"+strconv.Itoa(os.Getpid()))
	p := place{
		dir:       dir,
		driver:    filepath.Join(dir, "libifdvpcd.so"),
		socket:    filepath.Join(dir, "pcscd.comm"),
		namespace: namespace(),
	}
	for _, d := range []string{filepath.Dir(p.config()), filepath.Join(p.run(), "pcscd"), p.none()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return place{}, err
		}
	}
	// The namespace hides the driver's own folder.
	return p, os.WriteFile(p.driver, driver, 0o700)
}

// namespace finds out how this machine lets us have a mount namespace: as
// root, or as a user who is root of a user namespace, or not at all.
func namespace() []string {
	for _, args := range [][]string{{"--mount"}, {"--mount", "--map-root-user"}} {
		try := append(append([]string(nil), args...), "mount", "--bind", systemRun, systemDrivers)
		if exec.Command("unshare", try...).Run() == nil {
			return args
		}
	}
	return nil
}

// Shell steps before pcscd: mounts for $1 and $2, and the socket, which is file
// descriptor 3, in the way of sd_listen_fds(3).
const (
	stepMount = `mount --bind "$1" ` + systemRun + ` && mount --bind "$2" ` + systemDrivers + ` && `
	stepExec  = `shift 2 && LISTEN_FDS=1 LISTEN_PID=$$ exec ` + program + ` "$@"`
)

// command is pcscd with args, in its place.
func (p place) command(args ...string) *exec.Cmd {
	script := []string{"-c", stepExec, "sh", p.run(), p.none()}
	if p.namespace == nil {
		return exec.Command("sh", append(script, args...)...)
	}
	script[1] = stepMount + stepExec
	all := append(append([]string(nil), p.namespace...), "sh")
	return exec.Command("unshare", append(append(all, script...), args...)...)
}
