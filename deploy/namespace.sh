#!/bin/sh
# Waits for Temporal and creates the namespace, unless it is there. Temporal is
# named by TEMPORAL_ADDRESS, the namespace by TEMPORAL_NAMESPACE.
set -eu

# A server that just started listens before it answers.
patience=60
until temporal operator cluster health; do
  patience=$((patience - 1))
  if [ "$patience" -eq 0 ]; then
    echo "Temporal at $TEMPORAL_ADDRESS does not answer" >&2
    exit 1
  fi
  sleep 1
done

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  echo "namespace $TEMPORAL_NAMESPACE exists"
  exit
fi
# Closed orders can be looked up for 400 days.
temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 9600h
