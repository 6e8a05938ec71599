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

// Postgres is a server on PostgreSQL, with the limits that a server has where nobody sets any.
type Postgres struct {
	*Server

	database *process
}

// StartOnPostgres starts a server that ends with the test. PostgreSQL comes from the system's packages, the server from
// "make bin/temporal-server bin/temporal-sql-tool".
func StartOnPostgres(tb testing.TB) *Postgres {
	tb.Helper()
	notInShort(tb)
	database := StartDatabase(tb)
	if err := createSchemas(database.Address()); err != nil {
		tb.Fatal(err)
	}
	return &Postgres{Server: database.StartServer(tb), database: database.process}
}

// Visibility runs a statement in the database of Temporal's lists, and gives what it prints.
func (p *Postgres) Visibility(tb testing.TB, statement string) string {
	tb.Helper()
	programs, err := postgresPrograms()
	if err != nil {
		tb.Fatal(err)
	}
	host, port, err := net.SplitHostPort(p.database.address)
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), filepath.Join(programs, "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", port, //nolint:gosec // the system's own PostgreSQL
		"-U", databaseUser, "-d", schemas[1].database, "-c", statement)
	output, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("%v: %s", err, output)
	}
	return strings.TrimSpace(string(output))
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
	// Without a sync per write it fills in a fraction of the time; only a power failure could harm it.
	cmd := asOwner(filepath.Join(programs, "postgres"), "-D", data, "-k", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port),
		"-c", "max_connections=200", "-c", "fsync=off")
	p, err := run(cmd, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	if err := p.waitFor(p.listens); err != nil {
		p.stop()
		return nil, fmt.Errorf("PostgreSQL: %w; its log ends with:\n%s", err, p.tail())
	}
	return p, nil
}

func (p *process) listens(ctx context.Context) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", p.address)
	if err != nil {
		return err
	}
	return conn.Close()
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

func startServer(dir, database string) (*process, error) {
	server, err := builtTool("temporal-server")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(8)
	if err != nil {
		return nil, err
	}
	config, err := serverConfig(database, ports)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "test.yaml"), config, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(server, "--root", dir, "--config", ".", "--env", "test", "--allow-no-auth", "start") //nolint:gosec,noctx // it outlives every test's context
	p, err := run(cmd, net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0])))
	if err != nil {
		return nil, err
	}
	if err := p.waitReady(); err != nil {
		p.stop()
		return nil, fmt.Errorf("temporal on PostgreSQL: %w; its log ends with:\n%s", err, p.tail())
	}
	return p, nil
}

// serverTemplate is the least that a server needs. It names no dynamic configuration, so all limits are the server's own.
var serverTemplate = template.Must(template.New("server").Parse(`
log: {stdout: true, level: warn}
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

func serverConfig(database string, ports []int) ([]byte, error) {
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
		"Database":  database, "User": databaseUser, "Services": services,
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
