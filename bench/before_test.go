package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

// before is the last commit in which the rules of orders ran inside the replayed
// workflow. What their separation costs is held against it.
const before = "74e3c450c7f4fafdcb818e3eaf4064a7445e5c7d"

// BenchmarkBefore compares what an order costs now with what it cost in an earlier
// commit, which is built beside this one and measured by the same benchmarks in the
// same run.
func BenchmarkBefore(b *testing.B) {
	then := checkOut(b, before)
	self, err := os.Executable()
	fatal(b, err)
	now := measured{binary: self, dir: "."}

	b.Run("History", func(b *testing.B) {
		ratio := compared(b, then, now, "^BenchmarkHistory$/^Lines1$")
		ratio.report(b, "History/Lines1 bytes/order", "import-bytes/before", atMost(1.3))
		ratio.report(b, "History/Lines1 events/order", "import-events/before", atMost(1))
	})
	b.Run("WholeLife", func(b *testing.B) {
		ratio := compared(b, then, now, "^BenchmarkWholeLife$")
		ratio.report(b, "WholeLife bytes/life", "life-bytes/before", atMost(1.3))
		ratio.report(b, "WholeLife events/life", "life-events/before", toKnow)
		// The product posts more comments than it did: each is a request, with its events.
		ratio.divide("WholeLife events/life", "WholeLife roapp-requests/life")
		ratio.report(b, "WholeLife events/life per WholeLife roapp-requests/life", "life-events-per-request/before", atMost(1))
	})
	b.Run("IdleOrders", func(b *testing.B) {
		ratio := compared(b, then, now, "^BenchmarkIdleOrders$")
		ratio.report(b, "IdleOrders KiB/cached-order", "KiB-per-cached-order/before", atMost(1))
		ratio.report(b, "IdleOrders KiB/order-all-cached", "KiB-per-order-all-cached/before", atMost(1))
	})
	b.Run("Throughput", func(b *testing.B) {
		compared(b, then, now, "^BenchmarkThroughput$").report(b, "Throughput imports/s", "imports-per-s/before", atLeast(0.95))
	})
}

// measured is the test binary of one version, and the folder in which it runs.
type measured struct{ binary, dir string }

// checkOut builds the benchmarks of a commit outside of this working tree.
func checkOut(b *testing.B, commit string) measured {
	b.Helper()
	if err := exec.CommandContext(b.Context(), "git", "cat-file", "-e", commit+"^{commit}").Run(); err != nil {
		missing := fmt.Sprintf("git has no commit %s here to compare with (%v); git fetch --unshallow brings it, where the remote has it", commit, err)
		table.remark(missing)
		b.Skip(missing)
	}
	root := strings.TrimSpace(output(b, ".", "git", "rev-parse", "--show-toplevel"))
	dir := b.TempDir()
	archive := filepath.Join(dir, "commit.tar")
	tree := filepath.Join(dir, "tree")
	fatal(b, os.Mkdir(tree, 0o700))
	output(b, root, "git", "archive", "--output", archive, commit)
	output(b, dir, "tar", "-xf", archive, "-C", tree)
	sameOrders(b, filepath.Join(tree, "bench", "idle_test.go"))
	m := measured{binary: filepath.Join(dir, "before.test"), dir: filepath.Join(tree, "bench")}
	output(b, tree, "go", "test", "-c", "-buildvcs=false", "-o", m.binary, "./bench")
	// It has no command line of Temporal of its own.
	b.Setenv("PATH", filepath.Join(root, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	return m
}

// sameOrders lets the earlier benchmark of idle orders have as many of them as this one.
func sameOrders(b *testing.B, file string) {
	b.Helper()
	text, err := os.ReadFile(file)
	fatal(b, err)
	for then, now := range map[string]int{"idleOrders = 10_000": idleOrders, "cachedOrders = 2_000": cachedOrders} {
		name, _, _ := strings.Cut(then, " ")
		changed := bytes.Replace(text, []byte(then), fmt.Appendf(nil, "%s = %d", name, now), 1)
		if bytes.Equal(changed, text) {
			b.Fatalf("%s does not say %q", file, then)
		}
		text = changed
	}
	fatal(b, os.WriteFile(file, text, 0o600))
}

// compared measures two versions at the same time and gives the ratio of each figure now to then.
func compared(b *testing.B, then, now measured, pattern string) figures {
	b.Helper()
	var was, is figures
	var group errgroup.Group
	group.Go(func() (err error) { was, err = then.run(b, pattern); return err })
	group.Go(func() (err error) { is, err = now.run(b, pattern); return err })
	fatal(b, group.Wait())
	ratios := figures{}
	for name, value := range is {
		if other := was[name]; other > 0 {
			ratios[name] = value / other
		}
	}
	return ratios
}

// run gives the figures of benchmarks by their names and units.
func (m measured) run(b *testing.B, pattern string) (figures, error) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), m.binary, "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", "1x", "-test.timeout", "30m")
	cmd.Dir = m.dir
	text, err := cmd.CombinedOutput()
	// A goal that is missed while two versions share the machine says nothing: the table comes after what go test says.
	if err != nil && !bytes.Contains(text, []byte("\nPASS\n")) {
		return nil, fmt.Errorf("%s in %s: %w\n%s", pattern, m.dir, err, text)
	}
	all := figures{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "-")
		for i := 2; i+1 < len(fields); i += 2 {
			if all[name+" "+fields[i+1]], err = strconv.ParseFloat(fields[i], 64); err != nil {
				return nil, fmt.Errorf("read %q: %w", line, err)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s in %s measured nothing:\n%s", pattern, m.dir, text)
	}
	b.Logf("%s: %v", m.dir, all)
	return all, nil
}

// figures are what benchmarks measured, by name and unit.
type figures map[string]float64

// divide adds one figure for each of another.
func (f figures) divide(name, each string) {
	if f[each] > 0 {
		f[name+" per "+each] = f[name] / f[each]
	}
}

// report reports a figure, which has to be there.
func (f figures) report(b *testing.B, name, unit string, g goal) {
	b.Helper()
	value, measured := f[name]
	if !measured {
		b.Fatalf("%s was not measured: %v", name, f)
	}
	report(b, value, unit, g)
}

func output(b *testing.B, dir, name string, args ...string) string {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), name, args...)
	cmd.Dir = dir
	var problems bytes.Buffer
	cmd.Stderr = &problems
	text, err := cmd.Output()
	if err != nil {
		b.Fatalf("%s %s in %s: %v\n%s%s", name, strings.Join(args, " "), dir, err, text, problems.Bytes())
	}
	return string(text)
}
