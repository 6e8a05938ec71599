package enginetest_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
)

func TestServerIsSharedAndNamespacesAreNot(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t)
	assert.Same(t, server, enginetest.Start(t))
	first, second := server.Namespace(t), server.Namespace(t)
	assert.NotEqual(t, first, second)
}

func TestFileOutlivesItsServer(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	server := enginetest.StartWithFile(t, file, 0)
	namespace := server.Namespace(t)
	options := client.StartWorkflowOptions{ID: "kept", TaskQueue: "nobody"}
	run, err := server.Client(t, namespace).ExecuteWorkflow(t.Context(), options, "Any")
	require.NoError(t, err)
	server.Stop()
	server.Stop()

	server = enginetest.StartWithFile(t, file, 0)
	found, err := server.Client(t, namespace).DescribeWorkflow(t.Context(), "kept", "")
	require.NoError(t, err)
	assert.Equal(t, run.GetRunID(), found.WorkflowExecution.RunID)
}
