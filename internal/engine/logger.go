package engine

import (
	"fmt"
	"log/slog"
	"math"

	"go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"
)

// Formats of [NewLogger].
const (
	FormatJSON    = "json"    // one object a line, for log collectors
	FormatConsole = "console" // for a person at a terminal
)

// NewLogger returns a logger that writes to standard error. Format is [FormatJSON] or [FormatConsole]; level is one of
// zap's names, such as "info". Nothing is sampled: a missing line would make an order's story wrong.
func NewLogger(format, level string) (*zap.Logger, error) {
	lvl, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	cfg := zap.NewProductionConfig()
	cfg.Level = zap.NewAtomicLevelAt(lvl)
	cfg.Sampling = nil
	cfg.DisableStacktrace = true
	cfg.EncoderConfig.TimeKey = "time"
	cfg.EncoderConfig.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	switch format {
	case FormatJSON:
	case FormatConsole:
		cfg.Encoding = "console"
		cfg.EncoderConfig.EncodeLevel = zapcore.CapitalLevelEncoder
		cfg.EncoderConfig.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
	default:
		return nil, fmt.Errorf("log format %q: must be %q or %q", format, FormatJSON, FormatConsole)
	}
	logger, err := cfg.Build()
	if err != nil {
		return nil, fmt.Errorf("build logger: %w", err)
	}
	return logger, nil
}

// noStack is a level above all others: the stack at the place of logging is the SDK's own and tells nothing.
const noStack = slog.Level(math.MaxInt)

// TemporalLogger creates a logger usable by Temporal's SDK. The caller in its
// lines is the place in our code, also through workflow.GetLogger and
// activity.GetLogger.
func TemporalLogger(logger *zap.Logger) log.Logger {
	return log.NewStructuredLogger(slog.New(zapslog.NewHandler(
		logger.Core(),
		zapslog.WithName(logger.Name()),
		zapslog.WithCaller(true),
		zapslog.AddStacktraceAt(noStack),
	)))
}
