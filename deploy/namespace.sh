#!/bin/sh
# Waits for Temporal and creates the namespace, unless it is there. Temporal is
# named by TEMPORAL_ADDRESS, the namespace by TEMPORAL_NAMESPACE.
set -eu

# retry repeats a command until it succeeds, for a minute. Then it shows why it fails.
retry() {
  for _ in $(seq 60); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 1
  done
  "$@"
}

# A server that just started listens before it answers.
retry temporal operator cluster health

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  echo "namespace $TEMPORAL_NAMESPACE exists"
  exit
fi
# Closed orders can be looked up for 400 days.
temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 9600h
# Temporal's services know a new namespace some seconds after it is there.
retry temporal workflow count --namespace "$TEMPORAL_NAMESPACE"
