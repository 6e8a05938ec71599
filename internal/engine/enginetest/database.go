package enginetest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// Database is PostgreSQL with nothing in it. Its user is "temporal", with any
// password.
type Database struct{ process *process }

// StartDatabase starts PostgreSQL, which comes from the system's packages. It ends
// with the test.
func StartDatabase(tb testing.TB) *Database {
	tb.Helper()
	notInShort(tb)
	data, err := clusterFolder()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(data) }) // a leftover of a temporary folder harms nobody
	process, err := startPostgres(data)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(process.stop)
	return &Database{process}
}

// Address is host and port.
func (d *Database) Address() string { return d.process.address }

// StartServer starts a Temporal server on the database, whose schemas must be
// there. It ends with the test.
func (d *Database) StartServer(tb testing.TB) *Server {
	tb.Helper()
	p, err := startServer(tb.TempDir(), d.Address())
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{process: p}
	tb.Cleanup(func() {
		s.Stop()
		s.tailIfFailed(tb)
	})
	return s
}

// dumpKey is what makes every dump another text.
var dumpKey = regexp.MustCompile(`(?m)^\\(un)?restrict .*$`)

// Dump is all that is in one of the databases, as SQL.
func (d *Database) Dump(tb testing.TB, name string) string {
	tb.Helper()
	programs, err := postgresPrograms()
	if err != nil {
		tb.Fatal(err)
	}
	host, port, err := net.SplitHostPort(d.Address())
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), filepath.Join(programs, "pg_dump"), "-h", host, "-p", port, "-U", databaseUser, name) //nolint:gosec // the system's own PostgreSQL
	output, err := cmd.Output()
	if err != nil {
		tb.Fatalf("pg_dump of %s: %v", name, err)
	}
	return dumpKey.ReplaceAllString(string(output), "")
}
