package engine

import (
	"errors"

	"go.temporal.io/api/serviceerror"
)

// Missing tells that an error of Temporal means that there is no such workflow, or none that runs.
func Missing(err error) bool {
	_, missing := errors.AsType[*serviceerror.NotFound](err)
	return missing
}
