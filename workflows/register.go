package workflows

import "go.temporal.io/sdk/workflow"

// Register gives all workflows to a worker.
func Register(registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
},
) {
	for name, function := range map[string]any{
		OrderWorkflow:          Order,
		EnsureContactWorkflow:  EnsureContact,
		EnsureProductWorkflow:  EnsureProduct,
		EnsureCategoryWorkflow: EnsureCategory,
		ShopWorkflow:           Shop,
		AccountWorkflow:        Account,
		LaneWorkflow:           Lane,
		RehearsalWorkflow:      Rehearsal,
		RoappOrdersWorkflow:    RoappOrders,
		NotifyWorkflow:         Notify,
		CheckWorkflow:          Check,
		ReconcileWorkflow:      Reconcile,
		LookupWorkflow:         Lookup,
		SearchWorkflow:         Search,
	} {
		// Orders outlive releases: every worker may carry on every run.
		registry.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{
			Name: name, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
		})
	}
}
