package bench

import (
	"fmt"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/service"
)

const (
	// tableDays is over how many days the orders of a table are spread: as long
	// as Temporal keeps them.
	tableDays = 400
	// tableRows are on a page.
	tableRows = 50
	// tableRounds are how often the first page is asked for.
	tableRounds = 9
	// tablePause is as long as a person checks a page at the least. The server admits
	// ten lists a second, no matter who asks.
	tablePause = 2 * time.Second
)

// BenchmarkOrdersTable is what the first page of the table costs by how many
// orders there are, on PostgreSQL and with the limits that Temporal's server has
// where nobody sets any: its time and its requests to Temporal, also as ratios
// to those of the fewest orders.
func BenchmarkOrdersTable(b *testing.B) {
	database := enginetest.StartOnPostgres(b)
	w := testenv.New(b, testenv.Options{Server: database.Server, Idle: true, Unlimited: true, RoappSwitches: prompt, Logger: quiet(b)})
	filler := newTableFiller(w, database)
	asked := new(asked)
	orders := watchedOrders(w, asked)

	var fewest struct{ seconds, requests float64 }
	for _, count := range []int{100, 10_000, 50_000} {
		filler.fill(count)
		seconds, requests := firstPages(b, orders, asked)
		name := fmt.Sprintf("%d-orders", count)
		report(b, seconds*1000, name+"-ms", toKnow)
		report(b, requests, name+"-requests", atMost(3))
		if fewest.requests == 0 {
			fewest.seconds, fewest.requests = seconds, requests
			continue
		}
		report(b, seconds/fewest.seconds, name+"/100-time", atMost(5))
		report(b, requests/fewest.requests, name+"/100-requests", atMost(1.5))
	}
}

// firstPages gives the median time and the requests of the table's first page.
func firstPages(b *testing.B, orders *service.Orders, asked *asked) (seconds, requests float64) {
	b.Helper()
	var times, counts []float64
	opens := time.NewTicker(tablePause)
	defer opens.Stop()
	for range tableRounds {
		<-opens.C
		asked.reset()
		began := time.Now()
		page, err := orders.List(b.Context(), service.Filter{}, "", tableRows)
		fatal(b, err)
		times = append(times, time.Since(began).Seconds())
		counts = append(counts, float64(asked.total()))
		if len(page.Rows) != tableRows || page.Next == "" {
			b.Fatalf("the first page has %d rows, then %q", len(page.Rows), page.Next)
		}
	}
	return median(times), median(counts)
}

// tableFiller multiplies an order that was really imported: fifty thousand imports
// would take most of an hour, and lists read nothing but Temporal's table of
// them. Each copy is a row of that table as the server wrote it, with a number
// and times of its own.
type tableFiller struct {
	w        *testenv.Env
	database *enginetest.Postgres
	columns  map[string]string // of search attributes, by their names
	filled   int
}

func newTableFiller(w *testenv.Env, database *enginetest.Postgres) *tableFiller {
	w.T.Helper()
	running := w.StartWorker()
	stock(w)
	w.Place(1, testenv.J{"delivery_phone": knownPhone(0), "products": lines(0, 3)})
	w.AwaitSynced(1)
	passage{w: w}.rest(1)
	running.Stop()
	f := &tableFiller{w: w, database: database, columns: map[string]string{}, filled: 1}
	about, err := w.Temporal.WorkflowService().DescribeNamespace(w.T.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: w.Namespace})
	fatal(w.T, err)
	for column, name := range about.GetConfig().GetCustomSearchAttributeAliases() {
		f.columns[name] = column
	}
	f.await()
	return f
}

// fill makes as many orders as there shall be, evenly spread over the days, and
// waits until the server lists them.
func (f *tableFiller) fill(count int) {
	f.w.T.Helper()
	// The latest are a minute old, so that all of them lie in the past.
	created := fmt.Sprintf("now() - interval '1 minute' - (n - %[1]d)::double precision / (%[2]d - %[1]d) * interval '%[3]d days'", f.filled, count, tableDays)
	f.database.Visibility(f.w.T, fmt.Sprintf(`
INSERT INTO executions_visibility (namespace_id, run_id, workflow_id, root_workflow_id, root_run_id, _version, start_time,
	execution_time, workflow_type_name, status, history_length, memo, encoding, task_queue, search_attributes)
SELECT namespace_id, gen_random_uuid(), 'order:%[1]s:' || n, 'order:%[1]s:' || n, gen_random_uuid(), _version, at, at,
	workflow_type_name, status, history_length, memo, encoding, task_queue,
	search_attributes || jsonb_build_object('%[2]s', n::text, '%[3]s', to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
FROM (SELECT * FROM executions_visibility WHERE workflow_id = 'order:%[1]s:1') AS imported,
	(SELECT n, (%[4]s) AT TIME ZONE 'UTC' AS at FROM generate_series(%[5]d, %[6]d) AS n) AS copies`,
		f.w.Shop, f.columns[engine.AttrOrderNumber.GetName()], f.columns[engine.AttrCartumCreated.GetName()],
		created, f.filled+1, count))
	f.database.Visibility(f.w.T, "VACUUM ANALYZE executions_visibility") // PostgreSQL does so by itself, some time later
	f.filled = count
	f.await()
}

// await waits until the server lists all that there are.
func (f *tableFiller) await() {
	f.w.T.Helper()
	f.w.Eventually(drained, func() string {
		if seen := countOrders(f.w, fmt.Sprintf("Shop = '%s' AND CartumCreated IS NOT NULL", f.w.Shop)); seen != int64(f.filled) {
			return fmt.Sprintf("%d of %d orders are listed", seen, f.filled)
		}
		return ""
	})
}
