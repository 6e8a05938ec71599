package enginetest

import (
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// patience is how long a test may stand still: a busy machine is no deadlock.
const patience = 10 * time.Minute

// WorkflowEnvironment returns the SDK's environment for unit tests of workflows, whose clock jumps over waiting. It logs
// nothing, for an entity's life of a day would be thousands of lines.
func WorkflowEnvironment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent)
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(patience)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: patience})
	return env
}

// ActivityEnvironment returns the SDK's environment for unit tests of activities. It logs nothing.
func ActivityEnvironment() *testsuite.TestActivityEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent)
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(patience)
	return env
}
