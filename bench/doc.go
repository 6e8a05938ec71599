// Package bench measures what an import costs and how fast it goes, each as a
// ratio to what is possible in the same run, so that the numbers mean the same
// on every machine. "make bench" runs all of it and prints one table.
package bench
