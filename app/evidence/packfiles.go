package evidence

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"sleutelbord/app/desk"
)

// Write writes a pack into a folder, which must be empty or not be there yet.
// After an error nothing of it is left.
func (p *Pack) Write(dir string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing the evidence pack: %w", err)
		}
	}()
	entries, missing := os.ReadDir(dir)
	if missing == nil && len(entries) > 0 {
		return &fs.PathError{Op: "write", Path: dir, Err: fs.ErrExist}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var written []string
	defer func() {
		if err == nil {
			return
		}
		for _, name := range written {
			if gone := os.Remove(name); !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
		if missing != nil {
			err = errors.Join(err, os.Remove(dir))
		}
	}()
	for name, content := range p.Files {
		path := filepath.Join(dir, name)
		written = append(written, path)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Verified is what a pack says of itself, after it was found to be what the key in
// it has signed.
type Verified struct {
	SiteID      string `json:"site_id"`
	Day         string `json:"day"`
	Key         int    `json:"key"` // version
	Fingerprint string `json:"fingerprint"`
	Files       int    `json:"files"`
}

// maxPackFile is more than a pack's largest file can have.
const maxPackFile = 64 << 20

// VerifyPack checks that a folder is a pack as it was signed: every file, none
// missing, none added. It is not said whose key that is: compare Fingerprint with
// what the site publishes. Anything else is [desk.ErrEvidence].
func VerifyPack(dir string) (Verified, error) {
	v, err := verifyPack(dir)
	if err != nil {
		return Verified{}, fmt.Errorf("verifying the evidence pack: %w", err)
	}
	return v, nil
}

func verifyPack(dir string) (Verified, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Verified{}, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return Verified{}, err
		}
		if !info.Mode().IsRegular() || info.Size() > maxPackFile {
			return Verified{}, wrong("%s is not a file of a pack", e.Name())
		}
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return Verified{}, err
		}
	}
	return verifyFiles(files)
}

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %s", desk.ErrEvidence, fmt.Sprintf(format, args...))
}

func verifyFiles(files map[string][]byte) (Verified, error) {
	block, rest := pem.Decode(files[keyFile])
	if block == nil || block.Type != "PUBLIC KEY" || len(rest) > 0 {
		return Verified{}, wrong("%s is not a public key", keyFile)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Verified{}, wrong("%s: %v", keyFile, err)
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return Verified{}, wrong("%s is a key of another kind", keyFile)
	}
	if !ed25519.Verify(public, files[sumsFile], files[signatureFile]) {
		return Verified{}, wrong("%s is not signed by %s", sumsFile, keyFile)
	}
	v, sums, err := parseSums(files[sumsFile])
	if err != nil {
		return Verified{}, err
	}
	for name, content := range files {
		if name == sumsFile || name == signatureFile {
			continue
		}
		want, listed := sums[name]
		if !listed {
			return Verified{}, wrong("%s was added", name)
		}
		if sha256.Sum256(content) != want {
			return Verified{}, wrong("%s was changed", name)
		}
		delete(sums, name)
	}
	for name := range sums {
		return Verified{}, wrong("%s is missing", name)
	}
	v.Fingerprint, v.Files = fingerprint(block.Bytes), len(files)
	return v, nil
}

var (
	sumsHead = regexp.MustCompile(`^` + packMark + `\n# site ([0-9a-f]{16})\n# day (\d{4}-\d\d-\d\d)\n# key (\d{1,5})\n`)
	sumsLine = regexp.MustCompile(`^([0-9a-f]{64})  ([a-zA-Z0-9.-]{1,64})$`)
)

// parseSums reads the list of files that was signed.
func parseSums(b []byte) (v Verified, sums map[string][32]byte, err error) {
	head := sumsHead.FindStringSubmatch(string(b))
	if head == nil {
		return v, nil, wrong("%s does not begin as it ought to", sumsFile)
	}
	v.SiteID, v.Day = head[1], head[2]
	if v.Key, err = strconv.Atoi(head[3]); err != nil || v.Key > 0xFFFF {
		return v, nil, wrong("%s names no version of a key", sumsFile)
	}
	body, ended := strings.CutSuffix(string(b[len(head[0]):]), "\n")
	if !ended {
		return v, nil, wrong("%s is cut off", sumsFile)
	}
	sums = map[string][32]byte{}
	for line := range strings.SplitSeq(body, "\n") {
		m := sumsLine.FindStringSubmatch(line)
		if m == nil {
			return v, nil, wrong("%s has the line %q", sumsFile, line)
		}
		if _, twice := sums[m[2]]; twice || m[2] == sumsFile || m[2] == signatureFile {
			return v, nil, wrong("%s names %s twice", sumsFile, m[2])
		}
		var sum [32]byte
		if _, err := hex.Decode(sum[:], []byte(m[1])); err != nil {
			return v, nil, wrong("%s has the line %q", sumsFile, line)
		}
		sums[m[2]] = sum
	}
	return v, sums, nil
}
