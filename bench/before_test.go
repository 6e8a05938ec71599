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

// orderBenchmarks are the benchmarks of an order's history and of imports.
const orderBenchmarks = "^Benchmark(History|WholeLife|Throughput)$/^Lines1$"

// beforeRounds are how often both are measured, at the same time, so that whatever
// else the machine does falls on both; ratios are those of the median round.
const beforeRounds = 3

// BenchmarkBefore compares what an order costs now with what it cost in an earlier
// commit, which is built beside this one and measured by the same benchmarks in the
// same run.
func BenchmarkBefore(b *testing.B) {
	then := checkOut(b, before)
	self, err := os.Executable()
	fatal(b, err)
	now := measured{b: b, binary: self, dir: "."}

	var ratios []map[string]float64
	for range beforeRounds {
		was, is := both(then, now, orderBenchmarks)
		// The product posts more comments than it did: each is a request, with its events.
		was.divide("WholeLife events/life", "WholeLife roapp-requests/life")
		is.divide("WholeLife events/life", "WholeLife roapp-requests/life")
		ratios = append(ratios, is.over(was))
	}
	was, is := both(then, now, "^BenchmarkIdleOrders$")
	idle := is.over(was)
	ratio := func(name string) float64 {
		var all []float64
		for _, round := range ratios {
			all = append(all, round[name])
		}
		return median(all)
	}
	report(b, ratio("History/Lines1 bytes/order"), "import-bytes/before", atMost(1.3))
	report(b, ratio("History/Lines1 events/order"), "import-events/before", atMost(1))
	report(b, ratio("WholeLife bytes/life"), "life-bytes/before", atMost(1.3))
	report(b, ratio("WholeLife events/life"), "life-events/before", toKnow)
	report(b, ratio("WholeLife events/life per WholeLife roapp-requests/life"), "life-events-per-request/before", atMost(1))
	report(b, ratio("Throughput imports/s"), "imports-per-s/before", atLeast(0.95))
	report(b, idle["IdleOrders KiB/cached-order"], "KiB-per-cached-order/before", atMost(1))
	report(b, idle["IdleOrders KiB/order-all-cached"], "KiB-per-order-all-cached/before", atMost(1))
}

// measured is the test binary of one version, and the folder in which it runs.
type measured struct {
	b           *testing.B
	binary, dir string
}

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
	m := measured{b: b, binary: filepath.Join(dir, "before.test"), dir: filepath.Join(tree, "bench")}
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

// both measures two versions at the same time.
func both(then, now measured, pattern string) (was, is figures) {
	then.b.Helper()
	var group errgroup.Group
	group.Go(func() (err error) { was, err = then.run(pattern); return err })
	group.Go(func() (err error) { is, err = now.run(pattern); return err })
	fatal(then.b, group.Wait())
	return was, is
}

// run gives the figures of benchmarks by their names and units.
func (m measured) run(pattern string) (figures, error) {
	cmd := exec.CommandContext(m.b.Context(), m.binary, "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", "1x", "-test.timeout", "30m")
	cmd.Dir = m.dir
	text, err := cmd.CombinedOutput()
	if err != nil {
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
	m.b.Logf("%s: %v", m.dir, all)
	return all, nil
}

// figures are what benchmarks measured, by name and unit.
type figures map[string]float64

// divide adds one figure for each of another.
func (f figures) divide(name, each string) { f[name+" per "+each] = f[name] / f[each] }

// over are the ratios to other figures.
func (f figures) over(other figures) map[string]float64 {
	ratios := map[string]float64{}
	for name, value := range f {
		ratios[name] = value / other[name]
	}
	return ratios
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
