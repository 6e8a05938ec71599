# Passes on what `go test -cover` prints, and fails where a package is covered by less than `least` percent and is not among
# `exceptions`, or is an exception without need. A package without statements has nothing to cover.
BEGIN {
	split(exceptions, names, " ")
	for (i in names) excepted[names[i]] = 1
}
{ print }
/\tcoverage: [0-9.]+% of statements/ {
	for (i = 1; i <= NF; i++) {
		if ($i ~ /^github.com\//) package = substr($i, length(module) + 2)
		if ($i == "coverage:") covered = $(i + 1) + 0
	}
	seen[package] = 1
	if (covered < least && !(package in excepted)) low[package] = package " is covered by " covered " %, less than " least " %"
	if (covered >= least && (package in excepted)) low[package] = package " is covered well enough to be no exception"
}
END {
	for (package in low) { print low[package] > "/dev/stderr"; failed = 1 }
	exit failed
}
