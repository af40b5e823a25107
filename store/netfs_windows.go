package store

import (
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// networkFS names the network drive on which dir lies, or "".
func networkFS(dir string) (string, error) {
	full, err := filepath.EvalSymlinks(dir)
	if err == nil {
		full, err = filepath.Abs(full)
	}
	if err != nil {
		return "", fmt.Errorf("looking at the drive: %w", err)
	}
	root := filepath.VolumeName(full) + `\`
	if strings.HasPrefix(root, `\\`) && !strings.HasPrefix(root, `\\?\`) && !strings.HasPrefix(root, `\\.\`) {
		return root, nil
	}
	p, err := windows.UTF16PtrFromString(root)
	if err != nil {
		return "", fmt.Errorf("looking at the drive: %w", err)
	}
	if windows.GetDriveType(p) == windows.DRIVE_REMOTE {
		return root, nil
	}
	return "", nil
}
