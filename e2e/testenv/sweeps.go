package testenv

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/cartumsync/cartumsync/workflows"
)

// Sweep has all the shop's orders polled and waits until that is done.
func (w *Env) Sweep() workflows.Swept {
	w.T.Helper()
	started := time.Now()
	w.must(w.Orders.Sweep(w.T.Context(), w.Shop))
	view := w.AwaitShop(func(v workflows.ShopView) string {
		if v.Whole == nil || v.Whole.At.Before(started) {
			return "not swept"
		}
		return ""
	})
	return *view.Whole
}

// AwaitShop waits until the shop's entity is as the condition wants it: "" or
// what is missing.
func (w *Env) AwaitShop(condition func(workflows.ShopView) string) workflows.ShopView {
	w.T.Helper()
	var view workflows.ShopView
	w.Eventually(Patience, func() string {
		var err error
		if view, err = w.Orders.Shop(w.T.Context(), w.Shop); err != nil {
			return err.Error()
		}
		if text := condition(view); text != "" {
			return fmt.Sprintf("the shop: %s; paused %q, health %+v, import %+v", text, view.Paused, view.Health, view.Import)
		}
		return ""
	})
	return view
}

// Running reports whether the order's workflow runs.
func (w *Env) Running(number int64) bool {
	w.T.Helper()
	return w.describe(w.Key(number).WorkflowID()).GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}

// HistorySize is that of a workflow's newest run, in bytes.
func (w *Env) HistorySize(id string) int64 {
	w.T.Helper()
	return w.describe(id).GetHistorySizeBytes()
}

func (w *Env) describe(id string) *workflowpb.WorkflowExecutionInfo {
	w.T.Helper()
	answer, err := w.Temporal.DescribeWorkflow(w.T.Context(), id, "")
	w.must(err)
	return answer.RawResponse.GetWorkflowExecutionInfo()
}

// DeleteOrder deletes an order as the shop's manager does.
func (c *Cartum) DeleteOrder(number int64) {
	c.t.Helper()
	c.call(http.MethodDelete, fmt.Sprintf("/sandbox/orders/%d", number), nil, nil)
}

// SwitchShop switches the shop on or off in the settings of workers that are
// started from now on.
func (w *Env) SwitchShop(on bool) {
	w.T.Helper()
	text := regexp.MustCompile(`(?m)^    enabled: .*\n`).ReplaceAll(w.YAML, nil)
	line := fmt.Appendf(nil, "    enabled: %t\n    account: main\n", on)
	w.YAML = bytes.Replace(text, []byte("    account: main\n"), line, 1)
	w.parseSettings()
}

// SetPassword changes the shop's password in the settings of workers that are
// started from now on.
func (w *Env) SetPassword(password string) {
	w.T.Helper()
	w.Env["CARTUM_PASSWORD"] = password
	w.parseSettings()
}
