package enginetest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// Database is PostgreSQL with nothing in it. Its user is "temporal", with any
// password.
type Database struct {
	process *process
	data    string // folder of the cluster
}

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
	d := &Database{process, data}
	tb.Cleanup(func() { d.process.stop() })
	return d
}

// restart starts PostgreSQL again, which has ended.
func (d *Database) restart(tb testing.TB) {
	tb.Helper()
	// What a killed one leaves behind ends a moment later, and holds the folder until then.
	var err error
	for range 20 {
		var started *process
		if started, err = launchPostgres(d.data, d.Address()); err == nil {
			d.process = started
			return
		}
	}
	tb.Fatal(err)
}

// Address is host and port.
func (d *Database) Address() string { return d.process.address }

// StartServer starts a Temporal server on the database, whose schemas must be
// there. It ends with the test.
func (d *Database) StartServer(tb testing.TB) *Server {
	tb.Helper()
	return d.startServer(tb, tb.TempDir(), "")
}

func (d *Database) startServer(tb testing.TB, folder, dynamicConfig string) *Server {
	tb.Helper()
	p, err := startServer(folder, d.Address(), dynamicConfig)
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
	return dumpKey.ReplaceAllString(d.run(tb, "pg_dump", name), "")
}

// run runs one of PostgreSQL's programs against the cluster.
func (d *Database) run(tb testing.TB, program string, args ...string) (output string) {
	tb.Helper()
	programs, err := postgresPrograms()
	if err != nil {
		tb.Fatal(err)
	}
	host, port, err := net.SplitHostPort(d.Address())
	if err != nil {
		tb.Fatal(err)
	}
	args = append([]string{"-h", host, "-p", port, "-U", databaseUser}, args...)
	cmd := exec.CommandContext(tb.Context(), filepath.Join(programs, program), args...) //nolint:gosec // the system's own PostgreSQL
	var problem bytes.Buffer
	cmd.Stderr = &problem
	text, err := cmd.Output()
	if err != nil {
		tb.Fatalf("%s: %v: %s", program, err, problem.String())
	}
	return string(text)
}
