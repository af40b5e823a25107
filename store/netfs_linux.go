package store

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// networkTypes are the file systems of other computers, by the magic number
// that statfs(2) shows (linux/magic.h, and the file systems' own headers).
var networkTypes = map[uint32]string{
	0x00006969: "NFS",
	0x0000517B: "SMB",
	0xFE534D42: "SMB2",
	0xFF534D42: "CIFS",
	0x0000564C: "NCP",
	0x01021997: "9P",
	0x5346414F: "AFS",
	0x6B414653: "AFS",
	0x73757245: "Coda",
	0x00C36400: "Ceph",
	0x0BD00BD0: "Lustre",
	0x01161970: "GFS2",
	0x7461636F: "OCFS2",
	0x20030528: "OrangeFS",
	0x47504653: "GPFS",
	0x19830326: "BeeGFS",
	0x786F4256: "VirtualBox shared folder",
	0xBACBACBC: "VMware shared folder",
}

// fuseType is what every file system in user space shows; only the kernel's
// mount table tells which one it is.
const fuseType = 0x65735546

// localFUSE are the file systems in user space that lie on a local disk.
var localFUSE = map[string]bool{
	"fuseblk":   true, // NTFS and exFAT on a disk
	"fuse.ntfs": true, "fuse.ntfs-3g": true, "fuse.exfat": true, "fuse.apfs-fuse": true,
	"fuse.gocryptfs": true, "fuse.encfs": true, "fuse.cryfs": true, "fuse.veracrypt": true,
	"fuse.fuse-overlayfs": true, "fuse.bindfs": true, "fuse.mergerfs": true, "fuse.portal": true,
}

// networkFS names the network file system on which dir lies, or "".
func networkFS(dir string) (string, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return "", fmt.Errorf("looking at the file system: %w", err)
	}
	if uint32(s.Type) != fuseType {
		return networkTypes[uint32(s.Type)], nil
	}
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "", fmt.Errorf("looking at the file system: %w", err)
	}
	defer f.Close() // only read
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("looking at the file system: %w", err)
	}
	kind, err := mountType(f, real)
	if err != nil || localFUSE[kind] {
		return "", err
	}
	return kind, nil
}

// mountType finds the type of the file system on which a path lies in a mount
// table as proc(5) describes mountinfo: fields separated by spaces, the fifth
// the mount point, and after a field "-" the type. Of several mounts on one
// point the last one is seen.
func mountType(table io.Reader, path string) (string, error) {
	kind, length := "", -1
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 7 {
			continue
		}
		point := unescapeMount(fields[4])
		if !within(path, point) || len(point) < length {
			continue
		}
		for i, f := range fields[6:] {
			if f == "-" && 7+i < len(fields) {
				kind, length = fields[7+i], len(point)
				break
			}
		}
	}
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("looking at the file system: %w", err)
	}
	return kind, nil
}

func within(path, point string) bool {
	return path == point || point == "/" || strings.HasPrefix(path, point+"/")
}

// unescapeMount undoes the escapes of mountinfo: octal for space, tab, newline
// and backslash.
var unescapeMount = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace
