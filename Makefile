# Everything a contributor runs. `make` alone lists the targets.

# Where the demo keeps its data and listens.
DATA ?= ./demo-data
LISTEN ?= 127.0.0.1:8484
# Which packages, benchmarks and how long.
PKG ?= ./...
BENCH ?= .
BENCHTIME ?= 1s
FUZZTIME ?= 20s

GOLANGCI_VERSION := v2.15.0
# A linter built with an older Go refuses newer modules, so Go's version is part of the name.
GOLANGCI = .tools/golangci-lint-$(GOLANGCI_VERSION)-$(shell go env GOVERSION)

READER = internal/guide/redoc/dist/redoc.standalone.js

VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# Muster is pure Go. Only the race detector wants cgo, and `test` turns it on for itself.
export CGO_ENABLED = 0

.DEFAULT_GOAL := help
# `make lint test` on two cores: one after the other, with readable output.
.NOTPARALLEL:
.PHONY: help run build test lint fmt bench fuzz cover clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# Not with "go run", which fails when it is interrupted, and so would make.
run: build ## start a demo community on LISTEN, its data in DATA
	bin/muster serve --demo --data $(DATA) --listen $(LISTEN)

# npm ci checks the hashes of package-lock.json; nothing that it brings is run. Without npm the program has no reader of
# API descriptions, and says so; "make build READER=" leaves it out where npm cannot reach its registry.
$(READER): internal/guide/redoc/package-lock.json
ifneq ($(shell command -v npm),)
	cd internal/guide/redoc && npm ci --ignore-scripts --no-audit --no-fund --silent
	cd internal/guide/redoc/node_modules/redoc && cp bundles/redoc.standalone.js.LICENSE.txt ../../dist && cp LICENSE ../../dist/redoc.LICENSE.txt
	cp internal/guide/redoc/node_modules/redoc/bundles/redoc.standalone.js $@
	rm -rf internal/guide/redoc/node_modules
else
	@echo "npm is not here: building without the reader of API descriptions"
endif

# The version is stamped by hand: Go's own stamp fails where the checkout belongs to another user, as in a container.
build: $(READER) ## build bin/muster, one static file
	go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o bin/muster ./cmd/muster

# The race detector looks at everything but SQLite itself, which is C by birth, guards itself, and would take most of the
# time.
UNWATCHED = modernc.org/sqlite/lib modernc.org/memory

test: export CGO_ENABLED = 1
test: ## run every test under the race detector, in random order, on SQLite and PostgreSQL
	@scripts/need gcc gcc libc6-dev
	@scripts/need chromium chromium
	flags=$$(scripts/unwatched $(UNWATCHED)) && scripts/postgres go test -race $$flags -shuffle=on -timeout 20m $(PKG)

lint: $(GOLANGCI) ## check go.mod, file lengths, vet, format, linters and the import table
	go mod tidy -diff
	scripts/file-length 400
	go vet ./...
	$(GOLANGCI) run ./...

fmt: $(GOLANGCI) ## format the Go files in place
	$(GOLANGCI) fmt

bench: ## run the benchmarks that BENCH matches, BENCHTIME each
	scripts/postgres --durable go test -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) $(PKG)

fuzz: ## run every fuzz target for FUZZTIME
	scripts/fuzz $(FUZZTIME) $(PKG)

cover: ## show how much of each package the tests reach
	scripts/postgres scripts/cover $(PKG)

clean: ## remove what was built; demo-data stays
	rm -rf bin .tools coverage.out

$(GOLANGCI):
	@echo "building golangci-lint $(GOLANGCI_VERSION), once: this takes a minute or two"
	@rm -rf .tools
	GOBIN=$(CURDIR)/.tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv .tools/golangci-lint $@
