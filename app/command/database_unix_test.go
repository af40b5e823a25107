//go:build unix

package command

import (
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/store/postgrestest"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestDatabaseScripts runs scripts beside a real database, whose settings are
// in the file dsn.
func TestDatabaseScripts(t *testing.T) {
	server := postgrestest.Start(t)
	runScripts(t, "database", func(e *testscript.Env) {
		name, _ := server.Database()
		dsn := server.TLS(name, server.Addr, server.CA)
		if err := os.WriteFile(filepath.Join(e.WorkDir, "dsn"), []byte(dsn+"\n"), 0o600); err != nil {
			e.T().Fatal(err)
		}
	})
}
