package engine_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/cartumsync/cartumsync/internal/engine"
)

func TestNewLogger(t *testing.T) {
	t.Parallel()
	for _, format := range []string{engine.FormatJSON, engine.FormatConsole} {
		logger, err := engine.NewLogger(format, "warn")
		require.NoError(t, err)
		assert.False(t, logger.Core().Enabled(zapcore.InfoLevel))
		assert.True(t, logger.Core().Enabled(zapcore.WarnLevel))
	}
	_, err := engine.NewLogger("xml", "info")
	require.ErrorContains(t, err, `"xml"`)
	_, err = engine.NewLogger(engine.FormatJSON, "loud")
	require.ErrorContains(t, err, `"loud"`)
}

func TestTemporalLoggerNamesTheCaller(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.DebugLevel)
	logger := engine.TemporalLogger(zap.New(core).Named("worker"))

	logger.Error("plain", "n", 1)
	log.With(logger, "shop", "kwiaty").Info("with")
	helper := func() { log.Skip(logger, 1).Warn("skipped") }
	helper()

	require.Equal(t, 3, logs.Len())
	for _, line := range logs.All() {
		assert.Equal(t, "logger_test.go", filepath.Base(line.Caller.File), line.Message)
		assert.Equal(t, "worker", line.LoggerName)
		assert.Empty(t, line.Stack)
	}
	assert.Equal(t, map[string]any{"n": int64(1)}, logs.All()[0].ContextMap())
	assert.Equal(t, map[string]any{"shop": "kwiaty"}, logs.All()[1].ContextMap())
	assert.Contains(t, logs.All()[2].Caller.Function, "TestTemporalLoggerNamesTheCaller")
}
