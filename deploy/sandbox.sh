#!/bin/sh
# Makes the sandbox's namespace, and empties it: the stand-ins forget their orders
# when they stop, so Temporal must not remember them.
set -eu

# Written here, and not taken from outside, so that no other namespace is emptied.
export TEMPORAL_NAMESPACE=sandbox
/bin/sh "$(dirname "$0")/namespace.sh"

# A number, or nothing where the answer is none: the server takes some seconds to
# know a new namespace.
remembered() {
  temporal workflow count 2>/dev/null | tr -dc '0-9'
}

emptying=
patience=60
until count=$(remembered) && [ "$count" = 0 ]; do
  if [ -n "$count" ] && [ -z "$emptying" ]; then
    temporal workflow delete --query "StartTime > '2000-01-01T00:00:00Z'" --reason "the sandbox starts" --yes
    emptying=yes
  fi
  patience=$((patience - 1))
  if [ "$patience" -eq 0 ]; then
    echo "namespace $TEMPORAL_NAMESPACE does not get empty; begin anew with: docker compose --profile sandbox down --volumes" >&2
    exit 1
  fi
  sleep 1
done
echo "namespace $TEMPORAL_NAMESPACE is empty"
