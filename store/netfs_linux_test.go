package store

import (
	"os"
	"strings"
	"testing"
)

const mountTable = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
25 22 0:5 / /dev rw shared:2 - devtmpfs udev rw
40 22 0:44 / /home/kees/my\040files rw,nosuid shared:9 master:3 - fuse.sshfs kees@host: rw
41 22 0:45 / /media/usb rw - fuseblk /dev/sdb1 rw
42 22 0:46 / /secret rw shared:11 - fuse.gocryptfs /home/x rw
43 22 0:47 / /twice rw - fuse.rclone r: rw
44 22 0:48 / /twice rw - ext4 /dev/vdb rw
45 22 0:49 /sub /media/usb/deep rw - nfs4 server:/ rw
short line
46 22 0:50 / /nodash rw shared:1
`

func TestMountType(t *testing.T) {
	for path, want := range map[string]string{
		"/":                         "ext4",
		"/home":                     "ext4",
		"/home/kees/my files":       "fuse.sshfs",
		"/home/kees/my files/store": "fuse.sshfs",
		"/home/kees/my filesystem":  "ext4",
		"/media/usb/store":          "fuseblk",
		"/media/usb/deep/store":     "nfs4",
		"/secret/store":             "fuse.gocryptfs",
		"/twice/store":              "ext4",
		"/nodash":                   "ext4",
	} {
		got, err := mountType(strings.NewReader(mountTable), path)
		must(t, err)
		same(t, path, got, want)
	}
	got, err := mountType(strings.NewReader(""), "/")
	must(t, err)
	same(t, "empty table", got, "")
}

func TestNetworkFS(t *testing.T) {
	name, err := networkFS(t.TempDir())
	must(t, err)
	same(t, "temporary folder", name, "")
	if _, err := networkFS("/does/not/exist"); !os.IsNotExist(err) && err == nil {
		t.Error(err)
	}
	// NFS, SMB and FUSE by their numbers in linux/magic.h.
	for magic, want := range map[uint32]string{0x6969: "NFS", 0xFF534D42: "CIFS", 0xEF53: "", 0x01021994: "", 0x794C7630: ""} {
		same(t, "type", networkTypes[magic], want)
	}
}

func FuzzMountType(f *testing.F) {
	f.Add(mountTable, "/home/kees/my files")
	f.Fuzz(func(t *testing.T, table, path string) {
		_, _ = mountType(strings.NewReader(table), path) // must not panic
	})
}
