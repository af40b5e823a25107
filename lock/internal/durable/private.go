package durable

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// credentials names the directory in which a service manager hands over secrets.
// It shows them to the service alone, by an access list whose mask looks like
// rights of the group (systemd.exec, "LoadCredential").
const credentials = "CREDENTIALS_DIRECTORY"

// CheckPrivate refuses a file that others than its owner can read. On Windows
// every file passes, and so does one in the directory of credentials.
func CheckPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	perm := info.Mode().Perm()
	if runtime.GOOS == "windows" || perm&0o077 == 0 || perm&0o037 == 0 && handedOver(path) {
		return nil
	}
	return fmt.Errorf("%s can be read by others than its owner (mode %v, 0600 is wanted)", path, perm)
}

// handedOver tells whether a file lies in the directory of credentials.
func handedOver(path string) bool {
	dir := os.Getenv(credentials)
	return filepath.IsAbs(dir) && filepath.Dir(filepath.Clean(path)) == filepath.Clean(dir)
}
