// Starter takes Cartum's webhooks and serves the people who run the exchange.
package main

import "github.com/cartumsync/cartumsync/internal/process"

func main() { process.Main(command()) }
