#!/bin/sh
# Runs a program whose log has one JSON object a line with the time as "ts", and
# writes so many of its lines a second: limit-log.sh LINES PROGRAM [ARGUMENT ...]
# How many were left out is said when the second is over.
set -eu

lines=$1
shift
log=${TMPDIR:-/tmp}/limited-log.$$
rm -f "$log"
mkfifo -m 600 "$log"
awk -v most="$lines" '
  function left_out() {
    if (dropped > 0) printf "{\"level\":\"warn\",%s\",\"msg\":\"log lines were left out\",\"lines\":%d}\n", second, dropped
    dropped = 0
  }
  {
    # A line without a time belongs to the one before it.
    if (match($0, /"ts":"[^".]*/)) {
      now = substr($0, RSTART, RLENGTH)
      if (now != second) { left_out(); second = now; written = 0 }
    }
    if (written < most) { print; written++ } else dropped++
    fflush()
  }
  END { left_out() }
' <"$log" &
# In place of this shell, so that the signals reach it.
exec "$@" >"$log" 2>&1
