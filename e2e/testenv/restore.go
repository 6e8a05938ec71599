package testenv

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
)

// Database is a Temporal server that keeps everything in a file, so that a
// backup of it can be taken and put back.
type Database struct {
	// Server stays at its address through restores.
	Server *enginetest.Server

	t    testing.TB
	file string
	port int
}

// NewDatabase starts a server of its own for the test.
func NewDatabase(t testing.TB) *Database {
	t.Helper()
	d := &Database{t: t, file: filepath.Join(t.TempDir(), "temporal.db")}
	d.start()
	_, port, err := net.SplitHostPort(d.Server.Address())
	d.must(err)
	d.port, err = strconv.Atoi(port)
	d.must(err)
	return d
}

func (d *Database) start() { d.t.Helper(); d.Server = enginetest.StartWithFile(d.t, d.file, d.port) }

// Outage is what happens while the server is down.
func (d *Database) Outage(happens func()) {
	d.t.Helper()
	d.Server.Stop()
	happens()
	d.start()
}

// Backup is a copy of the whole database, taken while the server is down.
func (d *Database) Backup() (backup []byte) {
	d.t.Helper()
	d.Outage(func() {
		var err error
		backup, err = os.ReadFile(d.file)
		d.must(err)
	})
	return backup
}

// Restore puts a backup in the place of the database.
func (d *Database) Restore(backup []byte) {
	d.t.Helper()
	d.Server.Stop()
	for _, journal := range []string{"-wal", "-shm"} {
		_ = os.Remove(d.file + journal) // of what is replaced; a server that ended in order leaves none
	}
	d.must(os.WriteFile(d.file, backup, 0o600))
	d.start()
}

// AwaitServer waits until the test environment's client has found its server again.
func (w *Env) AwaitServer() {
	w.T.Helper()
	w.Eventually(Patience, func() string {
		if _, err := w.Temporal.CheckHealth(w.T.Context(), &client.CheckHealthRequest{}); err != nil {
			return err.Error()
		}
		return ""
	})
}

func (d *Database) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}
