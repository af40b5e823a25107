//go:build unix

package postgrestest

import (
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/internal/testca"
)

// certify gives the server a certificate for 127.0.0.1 by an authority of its own.
func (s *Server) certify() {
	s.t.Helper()
	ca := testca.New(s.t)
	certificate, key := ca.Issue(s.t, "server")
	s.write("server.crt", certificate)
	s.write("server.key", key)
	s.CA = filepath.Join(s.t.TempDir(), "ca.pem")
	writeFile(s.t, s.CA, ca.PEM())
}

// OtherCA is the file of an authority that has signed nothing here.
func OtherCA(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.pem")
	writeFile(t, path, testca.New(t).PEM())
	return path
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
