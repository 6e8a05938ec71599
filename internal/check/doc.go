// Package check finds out whether the settings fit what both services say: the
// services are asked for facts, of which findings are made. Facts may be kept,
// so that findings are made of them again when the settings change.
package check
