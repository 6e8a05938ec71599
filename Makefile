# Everything is built from Go modules: the product from go.mod, Temporal's command line from tools/go.mod, the linters from
# tools/lint/go.mod.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Tests mostly wait for Temporal and timers, so more of them run side by side than there are cores.
TEST          ?= ./...
TEST_TIMEOUT  ?= 25m
TEST_PACKAGES ?= 2
TEST_PARALLEL ?= 4
TEST_FLAGS    ?=
BENCH         ?= .
BENCH_FLAGS   ?= -benchtime 1x -timeout 60m
SANDBOX_FLAGS ?=

# Nothing to build where Temporal's command line is installed.
TEMPORAL := $(if $(shell command -v temporal),,bin/temporal)
LINTERS  := bin/golangci-lint bin/workflowcheck
ASSETS   := pages/assets/npm/htmx.min.js pages/assets/npm/pico.min.css

APT         := $(if $(filter-out 0,$(shell id -u)),sudo )apt-get
APT_INSTALL := $(APT) update -qq && $(APT) install -y -qq --no-install-recommends

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: bin/worker bin/starter $(TEMPORAL) ## run everything on this machine, with fakes of both services, until Ctrl-C
	go run ./sandbox --bin bin $(SANDBOX_FLAGS)

.PHONY: build
build: bin/worker bin/starter ## build the programs into bin/, and compile all the rest
	go build ./...

# Always asked for: Go's own cache knows better than file times what changed.
.PHONY: bin/worker bin/starter
bin/worker bin/starter: bin/%: $(ASSETS)
	go build -o $@ ./$*

# What the pages embed comes from npm, pinned by tools/web/package-lock.json.
.PHONY: assets
assets: $(ASSETS) ## fetch the libraries that the pages embed; installs the Debian package npm if it is absent

$(ASSETS) &: tools/web/package.json tools/web/package-lock.json
	@command -v npm >/dev/null || { $(APT_INSTALL) npm; }
	cd tools/web && npm ci --ignore-scripts --silent
	mkdir -p pages/assets/npm
	install -m 644 tools/web/node_modules/htmx.org/dist/htmx.min.js tools/web/node_modules/@picocss/pico/css/pico.min.css pages/assets/npm/

# Some tests run on Temporal as it is deployed, with PostgreSQL.
SERVER := bin/temporal-server bin/temporal-sql-tool

# The race detector makes the end-to-end tests four times as slow, so they run under it by `make race` only. The tests spend
# memory to save time, as the servers that they start do.
.PHONY: test
test: export GOGC ?= 400
test: $(TEMPORAL) $(SERVER) $(ASSETS) postgresql promtool ## run all tests, those beside the code with the race detector; TEST=./workflows TEST_FLAGS="-run Refresh" narrows them
	go list $(TEST) | sed '/\/e2e/d' | xargs -r go test -race $(GO_TEST)
	go list $(TEST) | sed -n '/\/e2e/p' | xargs -r go test $(GO_TEST)
	go test -run '$(SIMULATIONS)' ./internal/order

# Without a server, a browser or a program that is built first. Each package has to be covered by its own tests.
COVERAGE ?= 70
# The first starts Temporal and PostgreSQL, which unit tests do without, and make test covers it. The second is the
# installation that tests of other packages share.
UNCOVERED := internal/engine/enginetest internal/service/servicetest
.PHONY: unit
unit: $(ASSETS) ## run the unit tests alone, in a few minutes, and check that they cover each package; COVERAGE=0 checks none
	go list ./... | sed '/\/\(e2e\|bench\)/d' | xargs -r go test -race -short -cover -timeout 10m -parallel 16 -skip '$(SIMULATIONS)' $(TEST_FLAGS) \
		| awk -v module="$$(go list -m)" -v least=$(COVERAGE) -v exceptions="$(UNCOVERED)" -f tools/coverage.awk

.PHONY: race
race: $(TEMPORAL) $(SERVER) $(ASSETS) postgresql promtool ## run the end-to-end tests with the race detector, in about half an hour
	go test -race -timeout 60m -parallel 4 $(TEST_FLAGS) ./e2e/...

GO_TEST = -timeout $(TEST_TIMEOUT) -p $(TEST_PACKAGES) -parallel $(TEST_PARALLEL) -skip '$(SIMULATIONS)' $(TEST_FLAGS)

# Schedules of all that may happen to an order, and orders of 900 lines. They have one goroutine, so the race detector
# would only slow them down.
SIMULATIONS := AnySequence|HugeOrders

.PHONY: bench
bench: $(TEMPORAL) $(SERVER) $(ASSETS) postgresql ## run the benchmarks; BENCH=Import narrows them
	go test -run '^$$' -bench '$(BENCH)' $(BENCH_FLAGS) ./bench/...

# The histories that the replay test replays. They are recorded at a release, into a folder of its own.
RELEASE ?= 1
.PHONY: record
record: $(TEMPORAL) ## record the histories of RELEASE for the replay test
	go test -count 1 -tags record -run TestRecordHistories ./e2e -record $(CURDIR)/workflows/testdata/histories/$(RELEASE)

# The pages as people see them, with made-up orders. Four of them stand in the README.
.PHONY: screenshots
screenshots: $(TEMPORAL) $(ASSETS) ## take pictures of all pages into dist/screenshots; installs the Debian package chromium if it is absent
	@command -v chromium >/dev/null || { $(APT_INSTALL) chromium; }
	rm -rf dist/screenshots
	go test -count 1 -tags screenshots -run TestTakeScreenshots ./e2e/browser -screenshots $(CURDIR)/dist/screenshots -readme $(CURDIR)/docs/screenshots

.PHONY: assumptions
assumptions: ## write docs/assumptions.md from the documents in docs/reference and the switches of the fakes
	go run ./sandbox/assumptions > docs/assumptions.md~
	mv docs/assumptions.md~ docs/assumptions.md

.PHONY: lint
lint: $(LINTERS) ## check formatting, vet, lint, and that workflows are deterministic
	bin/golangci-lint fmt --diff
	go vet ./...
	bin/golangci-lint run ./...
	bin/workflowcheck -config tools/lint/workflowcheck.yaml ./...

.PHONY: format
format: bin/golangci-lint ## format all code
	bin/golangci-lint fmt

.PHONY: postgresql
postgresql: # installs the Debian package unless it is there
	@ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || { $(APT_INSTALL) postgresql; }

.PHONY: promtool
promtool: # installs the Debian package prometheus unless it is there
	@command -v promtool >/dev/null || { $(APT_INSTALL) prometheus; }

.PHONY: alerts-check
alerts-check: promtool ## check the alerts for Prometheus, and fire each once by made-up metrics; make test does by real ones
	cd deploy/prometheus && promtool check rules alerts.yml && promtool test rules alerts_test.yml

.PHONY: compose-test
compose-test: ## run docker-compose.yml as a user would, with fakes of both services; needs a Docker engine
	deploy/compose-test.sh

.PHONY: tools
tools: $(TEMPORAL) $(LINTERS) ## build Temporal's command line (unless it is on PATH) and the linters into bin/

bin/temporal: tools/go.mod tools/go.sum
	@echo "Building Temporal's command line, once, in about three minutes. Each package that is compiled is listed."
	cd tools && go build -v -ldflags '-s -w' -o ../$@ github.com/temporalio/cli/cmd/temporal
	touch $@

# The server as it runs on a database of its own, which the command line cannot do.
bin/temporal-server: tools/go.mod tools/go.sum
	cd tools && go build -ldflags '-s -w' -o ../$@ go.temporal.io/server/cmd/server
	touch $@

bin/temporal-sql-tool: tools/go.mod tools/go.sum
	cd tools && go build -ldflags '-s -w' -o ../$@ go.temporal.io/server/cmd/tools/sql
	touch $@

bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	cd tools/lint && go build -ldflags '-s -w' -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	touch $@

bin/workflowcheck: tools/lint/go.mod tools/lint/go.sum
	cd tools/lint && go build -ldflags '-s -w' -o ../../$@ go.temporal.io/sdk/contrib/tools/workflowcheck
	touch $@

.PHONY: clean
clean: ## remove what was built
	rm -rf bin dist pages/assets/npm tools/web/node_modules
