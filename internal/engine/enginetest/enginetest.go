// Package enginetest runs tests against a real Temporal server: mostly the dev server.
package enginetest

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/cartumsync/cartumsync/internal/engine"
)

// EnvCLI names the environment variable that points to the Temporal CLI.
const EnvCLI = "CARTUMSYNC_TEMPORAL_CLI"

const callTimeout = 30 * time.Second

// Server is a running Temporal server.
type Server struct {
	mu      sync.Mutex
	process *process
	count   atomic.Int64
	users   int // tests that share it and have not ended, see shared
}

// sharedFor is how many tests share a server. It keeps what they leave behind, and grows slow with it.
const sharedFor = 80

// shared is the server that tests share. Its lock guards the users of all servers.
var shared struct {
	mu     sync.Mutex
	server *Server
	taken  int // by how many tests so far
}

// Start returns a dev server, in memory, that tests of this binary share, and starts one if needed. Tests keep apart by their
// namespaces and may run in parallel.
func Start(tb testing.TB) *Server {
	tb.Helper()
	notInShort(tb)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil || shared.taken == sharedFor {
		s, err := start(tb, devServer{})
		if err != nil {
			tb.Fatal(err)
		}
		retire(shared.server)
		shared.server, shared.taken = s, 0
	}
	s := shared.server
	shared.taken++
	s.users++
	tb.Cleanup(func() {
		shared.mu.Lock()
		defer shared.mu.Unlock()
		s.users--
		if s != shared.server {
			retire(s)
		}
	})
	return s
}

// notInShort leaves out a test that starts servers, where unit tests alone were asked for.
func notInShort(tb testing.TB) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("-short leaves out what starts a server")
	}
}

// retire ends a server that no test gets any more, once none uses it.
func retire(s *Server) {
	if s != nil && s.users == 0 {
		go s.Stop()
	}
}

// StartWithFile starts another dev server, which keeps everything in dbFile and listens on port (0: a free one), for tests
// that stop a server, put an older copy of its file in place, and start it again, and for those of Worker Deployments, which
// a shared server does not have. It ends with the test.
func StartWithFile(tb testing.TB, dbFile string, port int) *Server {
	tb.Helper()
	return startAlone(tb, devServer{dbFile: dbFile, port: port})
}

// StartWithUI starts another dev server, in memory, with Temporal's UI, which decrypts by the codec endpoint. It ends with the
// test.
func StartWithUI(tb testing.TB, codec string) (s *Server, ui string) {
	tb.Helper()
	port, err := freePort()
	if err != nil {
		tb.Fatal(err)
	}
	return startAlone(tb, devServer{ui: port, codec: codec}), "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

func startAlone(tb testing.TB, d devServer) *Server {
	tb.Helper()
	notInShort(tb)
	s, err := start(tb, d)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		s.Stop()
		s.tailIfFailed(tb)
	})
	return s
}

func start(tb testing.TB, d devServer) (*Server, error) {
	tb.Helper()
	cli, err := findCLI()
	if err != nil {
		return nil, err
	}
	_, d.benchmark = tb.(*testing.B)
	p, err := d.start(cli)
	if err != nil {
		return nil, err
	}
	return &Server{process: p}, nil
}

// Address is host and port of the server.
func (s *Server) Address() string { return s.process.address }

// Stop ends the server and waits until it has ended. A second call does nothing.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process.stop()
}

// Namespace creates a fresh namespace with all search attributes for the test and
// returns its name. If the test fails, the end of the server's log is shown.
func (s *Server) Namespace(tb testing.TB) string {
	tb.Helper()
	name := s.BareNamespace(tb)
	c := s.Client(tb, name)
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	if err := engine.RegisterSearchAttributes(ctx, c, name); err != nil {
		tb.Fatal(err)
	}
	return name
}

// BareNamespace is [Server.Namespace] without search attributes. Its retention is one day.
func (s *Server) BareNamespace(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("%s-%d", namespaceName(tb.Name()), s.count.Add(1))
	c := s.Client(tb, name)
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        name,
		WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		tb.Fatalf("register namespace %s: %v", name, err)
	}
	tb.Cleanup(func() { s.tailIfFailed(tb) })
	return name
}

// Client returns a client without a codec, closed at the end of the test. It does not connect before its first call.
func (s *Server) Client(tb testing.TB, namespace string) client.Client {
	tb.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: s.Address(), Namespace: namespace, Logger: silent})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func (s *Server) tailIfFailed(tb testing.TB) {
	tb.Helper()
	if tb.Failed() {
		tb.Logf("the server's log ends with:\n%s", s.process.tail())
	}
}

// namespaceName keeps what a namespace may consist of, so that the test is recognisable in the server's log.
func namespaceName(test string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, test)
	return name[:min(len(name), 60)]
}
