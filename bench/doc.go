// Package bench measures what the exchange costs and how fast it is, each as a
// ratio to what is possible in the same run, so that the numbers mean the same
// on every machine. "make bench" runs all of it and prints one table.
package bench
