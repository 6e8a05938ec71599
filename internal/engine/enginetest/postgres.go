package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"
)

// databaseUser is who owns the test's database inside PostgreSQL.
const databaseUser = "temporal"

// Postgres is a server on PostgreSQL, with the limits that a server has where nobody sets any. Both stay at their
// addresses when they are started again.
type Postgres struct {
	*Server

	database *Database
	folder   string // of the server's configuration
}

// StartOnPostgres starts a server that ends with the test. PostgreSQL comes from the system's packages, the server from
// "make bin/temporal-server bin/temporal-sql-tool".
func StartOnPostgres(tb testing.TB) *Postgres { tb.Helper(); return startOnPostgres(tb, "") }

// StartAsDeployed is [StartOnPostgres] with the dynamic configuration of the deployment.
func StartAsDeployed(tb testing.TB) *Postgres {
	tb.Helper()
	root, err := ModuleRoot()
	if err != nil {
		tb.Fatal(err)
	}
	return startOnPostgres(tb, filepath.Join(root, "deploy", "dynamicconfig.yaml"))
}

func startOnPostgres(tb testing.TB, dynamicConfig string) *Postgres {
	tb.Helper()
	notInShort(tb)
	database := StartDatabase(tb)
	if err := createSchemas(database.Address()); err != nil {
		tb.Fatal(err)
	}
	folder := tb.TempDir()
	return &Postgres{Server: database.startServer(tb, folder, dynamicConfig), database: database, folder: folder}
}

// Restart starts the server again.
func (p *Postgres) Restart(tb testing.TB) {
	tb.Helper()
	p.Stop()
	started, err := launchServer(p.folder, p.Address())
	if err != nil {
		tb.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.process = started
}

// Kill ends the server as a power failure would.
func (p *Postgres) Kill() { p.process.kill() }

// KillDatabase ends PostgreSQL as a power failure would.
func (p *Postgres) KillDatabase() { p.database.process.kill() }

// RestartDatabase starts PostgreSQL again.
func (p *Postgres) RestartDatabase(tb testing.TB) { tb.Helper(); p.database.restart(tb) }

// dumped are the databases in the order in which they are dumped. The lists come first: they may know less than the
// histories that are dumped a moment later, but must not show what those do not have.
var dumped = []string{schemas[1].database, schemas[0].database}

// Backup dumps both databases, also while the server runs, into a folder.
func (p *Postgres) Backup(tb testing.TB) (folder string) {
	tb.Helper()
	folder = tb.TempDir()
	for _, name := range dumped {
		p.database.run(tb, "pg_dump", "-Fc", "-f", filepath.Join(folder, name+".dump"), name)
	}
	return folder
}

// Restore puts a backup in the place of both databases, whose server must have ended.
func (p *Postgres) Restore(tb testing.TB, folder string) {
	tb.Helper()
	for _, name := range dumped {
		p.database.run(tb, "pg_restore", "--clean", "--if-exists", "--create", "-d", "postgres", filepath.Join(folder, name+".dump"))
	}
}

// Visibility runs a statement in the database of Temporal's lists, and gives what it prints.
func (p *Postgres) Visibility(tb testing.TB, statement string) string {
	tb.Helper()
	return strings.TrimSpace(p.database.run(tb, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", schemas[1].database, "-c", statement))
}

// databaseOwner is the system's user of the package, for PostgreSQL refuses to run as root.
const databaseOwner = "postgres"

func isRoot() bool { return os.Geteuid() == 0 }

// clusterFolder is not below the test's own, which other users may not enter.
func clusterFolder() (string, error) {
	path, err := os.MkdirTemp("", "temporal-postgres-")
	if err != nil || !isRoot() {
		return path, err
	}
	owner, err := user.Lookup(databaseOwner)
	if err != nil {
		return "", fmt.Errorf("user for PostgreSQL: %w", err)
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return "", err
	}
	return path, os.Chown(path, uid, -1)
}

// asOwner creates a command of PostgreSQL. Changing the user undoes what
// [bindToParent] asks for, so that is asked for again.
func asOwner(program string, args ...string) *exec.Cmd {
	args = append([]string{program}, args...)
	if isRoot() {
		args = append([]string{"setpriv", "--reuid", databaseOwner, "--regid", databaseOwner, "--clear-groups", "--pdeathsig", "KILL"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...) //nolint:gosec,noctx // the system's own PostgreSQL; it outlives every test's context
	cmd.Dir = "/"                             // which every user may enter
	return cmd
}

// startPostgres creates a new cluster in the folder and starts it.
func startPostgres(data string) (*process, error) {
	programs, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	initialize := asOwner(filepath.Join(programs, "initdb"), "-D", data, "-U", databaseUser, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	if output, err := initialize.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a PostgreSQL cluster: %w: %s", err, output)
	}
	return launchPostgres(data, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// launchPostgres starts a cluster that is there.
func launchPostgres(data, address string) (*process, error) {
	programs, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	// Without a sync per write it fills in a fraction of the time; only a power failure of the machine could harm it.
	cmd := asOwner(filepath.Join(programs, "postgres"), "-D", data, "-k", data, "-h", host, "-p", port,
		"-c", "max_connections=200", "-c", "fsync=off")
	p, err := run(cmd, address)
	if err != nil {
		return nil, err
	}
	ready := func(ctx context.Context) error {
		return exec.CommandContext(ctx, filepath.Join(programs, "pg_isready"), "-q", "-h", host, "-p", port).Run() //nolint:gosec // the system's own PostgreSQL
	}
	if err := p.waitFor(ready); err != nil {
		p.stop()
		return nil, fmt.Errorf("PostgreSQL: %w; its log ends with:\n%s", err, p.tail())
	}
	return p, nil
}

// postgresPrograms is the folder of PostgreSQL's programs, which Debian keeps out of PATH.
func postgresPrograms() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return filepath.Dir(slices.Max(found)), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", errors.New("no PostgreSQL: install the package postgresql")
	}
	return filepath.Dir(path), nil
}

// schemas are Temporal's two databases and the folders of their schemas inside the tool.
var schemas = []struct{ database, name string }{
	{"temporal", "postgresql/v12/temporal"},
	{"temporal_visibility", "postgresql/v12/visibility"},
}

func createSchemas(database string) error {
	tool, err := builtTool("temporal-sql-tool")
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(database)
	if err != nil {
		return err
	}
	for _, schema := range schemas {
		for _, step := range [][]string{
			{"create-database"},
			{"setup-schema", "-v", "0.0"},
			{"update-schema", "--schema-name", schema.name},
		} {
			args := append([]string{"--plugin", "postgres12", "--endpoint", host, "--port", port, "--user", databaseUser, "--database", schema.database}, step...)
			if output, err := exec.Command(tool, args...).CombinedOutput(); err != nil { //nolint:gosec,noctx // our own tool; it ends by itself
				return fmt.Errorf("%s of %s: %w: %s", step[0], schema.database, err, output)
			}
		}
	}
	return nil
}

func startServer(dir, database, dynamicConfig string) (*process, error) {
	ports, err := freePorts(8)
	if err != nil {
		return nil, err
	}
	config, err := serverConfig(database, dynamicConfig, ports)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "test.yaml"), config, 0o600); err != nil {
		return nil, err
	}
	return launchServer(dir, net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0])))
}

// launchServer starts a server whose configuration is in the folder.
func launchServer(dir, address string) (*process, error) {
	server, err := builtTool("temporal-server")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(server, "--root", dir, "--config", ".", "--env", "test", "--allow-no-auth", "start") //nolint:gosec,noctx // it outlives every test's context
	p, err := run(cmd, address)
	if err != nil {
		return nil, err
	}
	if err := p.waitReady(); err != nil {
		p.stop()
		return nil, fmt.Errorf("temporal on PostgreSQL: %w; its log ends with:\n%s", err, p.tail())
	}
	return p, nil
}

// serverTemplate is the least that a server needs. Without dynamic configuration all limits are the server's own.
var serverTemplate = template.Must(template.New("server").Parse(`
log: {stdout: true, level: warn}
{{- with .DynamicConfig}}
dynamicConfigClient: {filepath: "{{.}}", pollInterval: 60s}
{{- end}}
persistence:
  defaultStore: default
  visibilityStore: visibility
  numHistoryShards: 4
  datastores:
{{- range $store, $database := .Databases}}
    {{$store}}:
      sql:
        pluginName: postgres12
        databaseName: {{$database}}
        connectAddr: {{$.Database}}
        connectProtocol: tcp
        user: {{$.User}}
        maxConns: 20
        maxIdleConns: 20
        maxConnLifetime: 1h
{{- end}}
global:
  membership: {maxJoinDuration: 30s, broadcastAddress: 127.0.0.1}
services:
{{- range .Services}}
  {{.Name}}: {rpc: {grpcPort: {{.Port}}, membershipPort: {{.Membership}}, bindOnIP: 127.0.0.1}}
{{- end}}
clusterMetadata:
  enableGlobalNamespace: false
  failoverVersionIncrement: 10
  masterClusterName: active
  currentClusterName: active
  clusterInformation:
    active: {enabled: true, initialFailoverVersion: 1, rpcName: frontend, rpcAddress: "{{.Address}}"}
`))

func serverConfig(database, dynamicConfig string, ports []int) ([]byte, error) {
	type service struct {
		Name             string
		Port, Membership int
	}
	var services []service
	for i, name := range []string{"frontend", "history", "matching", "worker"} {
		services = append(services, service{name, ports[2*i], ports[2*i+1]})
	}
	var text bytes.Buffer
	err := serverTemplate.Execute(&text, map[string]any{
		"Databases": map[string]string{"default": schemas[0].database, "visibility": schemas[1].database},
		"Database":  database, "DynamicConfig": dynamicConfig, "User": databaseUser, "Services": services,
		"Address": net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0])),
	})
	return text.Bytes(), err
}

// freePorts finds different ones by holding all of them for a moment. The server keeps them in columns of 16 bits with a
// sign, so those that the system would choose are too high.
func freePorts(count int) ([]int, error) {
	var lc net.ListenConfig
	var ports []int
	var held []net.Listener
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	for port := 20_000 + rand.IntN(10_000); len(ports) < count; port++ { //nolint:gosec // a place to begin, not a secret
		if port > math.MaxInt16 {
			return nil, errors.New("too few free ports")
		}
		l, err := lc.Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue // taken
		}
		held, ports = append(held, l), append(ports, port)
	}
	return ports, nil
}
