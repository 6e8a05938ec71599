package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
)

// deployment is the Worker Deployment of the tests.
const deployment = "cartumsync"

// versioned are the flags of a worker that is a version of the deployment.
func versioned(buildID string) []string {
	return []string{"--deployment-name", deployment, "--build-id", buildID}
}

// route does what "temporal worker deployment" does, once the version polls.
func route(w *testenv.Env, set func(client.WorkerDeploymentHandle) error) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		if err := set(w.Temporal.WorkerDeploymentClient().GetHandle(deployment)); err != nil {
			return err.Error()
		}
		return ""
	})
}

// setCurrent makes a version the current one; "" are workers without a version.
func setCurrent(w *testenv.Env, buildID string) {
	w.T.Helper()
	route(w, func(h client.WorkerDeploymentHandle) error {
		_, err := h.SetCurrentVersion(w.T.Context(), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: buildID})
		return err
	})
}

// setRamping gives a version a share of the workflows, in percent.
func setRamping(w *testenv.Env, buildID string, percentage float32) {
	w.T.Helper()
	route(w, func(h client.WorkerDeploymentHandle) error {
		_, err := h.SetRampingVersion(w.T.Context(), client.WorkerDeploymentSetRampingVersionOptions{BuildID: buildID, Percentage: percentage})
		return err
	})
}

// carriedOnBy is the version that carried out the order's last workflow task, "" for
// a worker without a version.
func carriedOnBy(w *testenv.Env, number int64) string {
	w.T.Helper()
	described, err := w.Temporal.DescribeWorkflow(w.T.Context(), w.Key(number).WorkflowID(), "")
	require.NoError(w.T, err)
	return described.RawResponse.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId()
}

// goesOnWith edits an order until a version has carried it on: a version that was set
// a moment ago is not known to all parts of the server at once.
func goesOnWith(w *testenv.Env, number int64, buildID string) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		w.Webhook(number)
		if by := carriedOnBy(w, number); by != buildID {
			return fmt.Sprintf("order %d is carried on by %q", number, by)
		}
		return ""
	})
}

// placeNext imports one more order, and edits all that there are.
func placeNext(w *testenv.Env, number int64) {
	w.T.Helper()
	w.Place(number, testenv.J{"products": roseAndVase("2", "1"), "delivery_phone": fmt.Sprintf("+48 502 000 %03d", number)})
	w.AwaitSynced(number)
	for before := int64(1); before <= number; before++ {
		want := fmt.Sprintf("A-1 x %d at 12.5", number+2)
		w.Edit(before, testenv.J{"products": roseAndVase(fmt.Sprint(number+2), "1")})
		awaitItems(w, w.Order(before).Roapp.ID, want, "B-1 x 1 at 30")
	}
}

// assertNothingTwice looks for what a request that was sent twice leaves.
func assertNothingTwice(w *testenv.Env, orders int) {
	w.T.Helper()
	assert.Len(w.T, w.Roapp.Orders(), orders)
	assert.Len(w.T, w.Roapp.People(), orders)
	assert.Len(w.T, w.Roapp.Products(), 2)
	created := 0
	for _, r := range w.Roapp.Requests(5000).List {
		if r.Method+" "+r.Path == createOrder && r.Status != http.StatusTooManyRequests {
			created++ // a lane that changes hands may be refused
		}
	}
	assert.Equal(w.T, orders, created)
	for _, o := range w.Roapp.Orders() {
		assert.Len(w.T, o.Items, 2)
	}
	assertNothingEndedBadly(w)
}

// An installation goes over to Worker Versioning, to another version by a ramp, back,
// and to none at all. Orders go on all the time, whichever version they were on.
func TestOrdersGoOnWithEachVersion(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true, RoappSwitches: noLag, Server: testenv.NewDatabase(t).Server})
	plain := w.StartProcess()
	placeNext(w, 1)
	assert.Empty(t, carriedOnBy(w, 1))

	one := w.StartProcess(versioned("v1")...)
	placeNext(w, 2) // a version that is not current takes nothing
	setCurrent(w, "v1")
	goesOnWith(w, 1, "v1")
	placeNext(w, 3)
	plain.Stop()
	placeNext(w, 4)

	two := w.StartProcess(versioned("v2")...)
	setRamping(w, "v2", 50)
	placeNext(w, 5)
	placeNext(w, 6)
	setRamping(w, "v2", 100)
	goesOnWith(w, 1, "v2")
	goesOnWith(w, 6, "v2")
	setRamping(w, "v2", 0) // rollback
	goesOnWith(w, 1, "v1")
	goesOnWith(w, 6, "v1")
	placeNext(w, 7)

	setCurrent(w, "v2")
	goesOnWith(w, 7, "v2")
	one.Stop()
	placeNext(w, 8)
	w.StartProcess()
	setCurrent(w, "")
	goesOnWith(w, 8, "")
	two.Stop()
	placeNext(w, 9)
	assertNothingTwice(w, 9)
}

// A version that may not become the current one, for it does not poll what the other
// does, would end every upgrade. Lanes and shops are polled by one process, or by all.
func TestVersionPollsTheWorkflowsQueueAlone(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true, RoappSwitches: noLag, Server: testenv.NewDatabase(t).Server})
	w.StartProcess(versioned("v1")...)
	awaitLanePollers(w, 1)
	assertHasWorker := func(want bool) {
		w.Eventually(testenv.Patience, func() string {
			polled, err := engine.HasWorker(t.Context(), w.Temporal)
			if polled != want || err != nil {
				return fmt.Sprintf("has a worker: %v %v", polled, err)
			}
			return ""
		})
	}
	assertHasWorker(false) // the health is red while no version is current
	setCurrent(w, "v1")
	assertHasWorker(true)
	placeNext(w, 1)
	handle := w.Temporal.WorkerDeploymentClient().GetHandle(deployment)
	described, err := handle.DescribeVersion(t.Context(), client.WorkerDeploymentDescribeVersionOptions{BuildID: "v1"})
	require.NoError(t, err)
	queues := map[string]bool{}
	for _, queue := range described.Info.TaskQueuesInfos {
		queues[queue.Name] = true
	}
	assert.Equal(t, map[string]bool{engine.OrdersQueue: true}, queues)
	_, err = handle.SetCurrentVersion(t.Context(), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: "unknown"})
	require.Error(t, err)
}
