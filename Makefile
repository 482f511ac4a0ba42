# make run    builds everything and serves the demo on http://127.0.0.1:8080
# make test   installs what the tests need and runs every one of them
# make quick  what to run all day (3 minutes)
# make build  leaves bin/remotewindow and bin/loadtest, with the pages inside

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

WEB   := agentdesk/web
BUILD := $(shell git describe --always --dirty 2>/dev/null || echo dev)
# SQLite under the race detector is very slow and the detector makes sync.Pool
# drop items, so these packages run in a pass of their own without it.
NO_RACE := ./agentdesk/records/... ./agentdesk/demo/... ./cmd/...
LINT := go tool -modfile=.ci/lint/go.mod golangci-lint

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | awk -F'\t' '{printf "  make %-8s %s\n", $$1, $$2}'

.PHONY: run
run: build ## serve the whole product with demo data on http://127.0.0.1:8080
	bin/remotewindow serve --demo

.PHONY: build
build: $(WEB)/dist/.built ## bin/remotewindow and bin/loadtest, with the pages inside
	go build -ldflags "-X main.build=$(BUILD)" -o bin/ ./cmd/...

# npm ci is done again only when the lock file changed.
$(WEB)/node_modules/.installed: $(WEB)/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node 20 or newer (on Debian: apt-get install nodejs npm)"; exit 1; }
	cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	touch $@

PAGES := $(shell find $(WEB)/src $(WEB)/public $(WEB)/*.html $(WEB)/*.ts $(WEB)/package.json -type f 2>/dev/null)
$(WEB)/dist/.built: $(WEB)/node_modules/.installed $(PAGES)
	cd $(WEB) && npm run --silent build
	touch $(WEB)/dist/.gitkeep $@

.PHONY: test
test: install lint test-go test-web e2e ## every test there is
	@echo "all tests passed"

.PHONY: install
install: ## what the tests need (chromium, redis-server, postgresql, ffmpeg, espeak-ng, nftables, gcc), by apt
	.ci/install

.PHONY: lint
lint: $(WEB)/node_modules/.installed ## go vet, golangci-lint, eslint, vue-tsc
	go vet ./...
	$(LINT) run ./...
	cd $(WEB) && npm run --silent lint && npm run --silent typecheck

.PHONY: test-go
test-go: $(WEB)/dist/.built ## Go tests, with the race detector where it can be
	go test -race -timeout 15m $$(go list ./... | grep -vE '/agentdesk/(records|demo)|/cmd/')
	go test -timeout 15m $(NO_RACE)

.PHONY: test-web
test-web: $(WEB)/node_modules/.installed ## front-end unit tests
	cd $(WEB) && npm run --silent unit

.PHONY: e2e
# Pages alone are small: two at a time. A story has browsers, a server and video: one at a time.
e2e: build ## Playwright drives kiosk, desk and board on the built binary
	cd $(WEB) && npm run --silent e2e -- --project=pages --workers=2
	cd $(WEB) && npm run --silent e2e -- --project=stories

.PHONY: ways
ways: build ## ways back (sockets cut, UDP blocked, address changed, page crashed), timed: for a quiet machine, as root
	cd $(WEB) && RW_GATE=1 npm run --silent e2e -- --project=stories stories/cuts stories/blocked stories/roaming stories/crash

.PHONY: quick
quick: $(WEB)/node_modules/.installed ## vet, Go tests without the race detector, front-end unit tests
	go vet ./...
	go test -timeout 3m $$(go list ./... | grep -v /cmd/)
	cd $(WEB) && npm run --silent unit

.PHONY: long
long: ## the models for long: 100,000 operations of the queue, and the twins of the records
	RW_LONG=1 go test -count=1 -timeout 90m -v ./queue/... ./agentdesk/records/...

# DIR names the folder of other patches; see queue/queuetest/mutants.
DIR ?= queue/testdata/mutants
.PHONY: mutants
mutants: ## plants known bugs one by one; each must be caught by a test (DIR= other patches)
	go run ./queue/queuetest/mutants -dir $(DIR)

# Timings gate here and never in make test.
.PHONY: bench
bench: ## the queue's operations on both stores, and the forecast of the wait against two others (10 minutes, quiet machine)
	go test -run '^$$' -bench Operations -benchtime 50x -timeout 30m ./queue
	RW_GATE=1 go test -count=1 -timeout 15m -run 'TestBenchmark|TestCentre' -v ./queue/forecast

# FUZZTIME is how long each target runs.
FUZZTIME ?= 60s
.PHONY: fuzz
fuzz: ## every fuzz target for 60 s (FUZZTIME=)
	@targets=$$(grep -rlE --include='*_test.go' '^func Fuzz' . --exclude-dir=node_modules | xargs -r grep -HoE '^func Fuzz[A-Za-z0-9_]*' | sed -E 's|/[^/]*:func |:|' | sort -u); \
	test -n "$$targets" || { echo "no fuzz targets"; exit 1; }; \
	for t in $$targets; do \
	  echo "== $$t"; go test -run '^$$' -fuzz "^$${t##*:}\$$" -fuzztime $(FUZZTIME) "$${t%%:*}/"; \
	done

.PHONY: clean
clean: ## remove what was built
	rm -rf bin $(WEB)/node_modules
	find $(WEB)/dist -mindepth 1 ! -name .gitkeep -delete
