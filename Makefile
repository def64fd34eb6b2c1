# rbee: `make run` shows it working, `make test` checks it. Everything is built below .build.
SWIFT ?= swift
PREFIX ?= $(HOME)/.local
RELEASE := $(SWIFT) build -c release --static-swift-stdlib -Xlinker --build-id
PROGRAMS := rbee-keeper queen-rbee rbee-hive rbee-worker rbee-context rbee-launch
SOURCES := Package.swift Contracts Lifecycle Daemons Tools Tests

.PHONY: help setup build run test chaos test-net bench bench-peers model instructions lint format docs install clean

help:
	@echo 'make setup     install what is missing (Debian packages, llhttp sources)'
	@echo 'make run       build, then bring up queen, hive and worker, complete a chat, stop them again'
	@echo 'make test      build and run the tests; needs no network after make setup'
	@echo 'make chaos     storms over the daemons, laws checked in the quiet between them (SEED=N MINUTES=M; ROUNDS=N FROM=ROUND)'
	@echo 'make test-net  tests with real clients and engines from PyPI'
	@echo 'make bench     measure everything beside its floor, within five minutes (JSON=FILE keeps it, COMPARE=FILE compares with an earlier one)'
	@echo 'make bench-peers  rbee beside supervisord, runit, s6 and circus on the same work (ARGUMENTS=--quick)'
	@echo 'make model     check the model of the protocol, and that its wrong variants fail'
	@echo 'make instructions  count the instructions of the hot paths, and fail if they have become more'
	@echo 'make build     release binaries, in the folder that `swift build -c release --show-bin-path` names'
	@echo 'make install   build and put the binaries into PREFIX/bin (PREFIX=$(PREFIX))'
	@echo 'make lint      formatting, layering, shell and Python scripts'
	@echo 'make docs      build the documentation of the libraries, warnings are errors'
	@echo 'make clean     remove what was built'

setup:
	@scripts/setup

build: setup
	@for program in $(filter-out rbee-launch,$(PROGRAMS)); do echo "building $$program"; $(RELEASE) --product $$program --quiet || exit 1; done
	@echo "building rbee-launch"; scripts/build-launcher "$$($(RELEASE) --show-bin-path)"

run: build
	@scripts/demo "$$($(RELEASE) --show-bin-path)"

test: setup
	$(SWIFT) build --build-tests --quiet
	@scripts/test

chaos: setup
	$(SWIFT) build --build-tests --quiet
	@"$$($(SWIFT) build --show-bin-path)/rbee-chaos" $(if $(SEED),--seed $(SEED)) $(if $(ROUNDS),--rounds $(ROUNDS),--minutes $(or $(MINUTES),1)) $(if $(FROM),--from $(FROM))

test-net: build
	@Tests/Net/run "$$($(RELEASE) --show-bin-path)"

bench-peers: build
	@scripts/bench-peers "$$($(RELEASE) --show-bin-path)" $(ARGUMENTS)

model: setup
	@scripts/model

bench: build
	@echo "building rbee-bench"; $(RELEASE) --product rbee-bench --quiet
	@bin=$$($(RELEASE) --show-bin-path); $(CC) -O2 -D_GNU_SOURCE -o "$$bin/rbee-plain" Tools/rbee-plain/main.c && \
	RBEE_BENCH_NGINX="$$(scripts/nginx)" "$$bin/rbee-bench" all $(if $(JSON),--json $(JSON)) $(if $(COMPARE),--compare $(COMPARE))

instructions: setup
	@$(RELEASE) --product rbee-hotpaths --quiet
	@scripts/instructions "$$($(RELEASE) --show-bin-path)/rbee-hotpaths"

lint:
	@scripts/lint

format:
	$(SWIFT) format --in-place --recursive $(SOURCES)

docs: setup
	@scripts/docs

install: build
	@bin=$$($(RELEASE) --show-bin-path); mkdir -p "$(PREFIX)/bin"; \
	for program in $(PROGRAMS); do install -m 755 "$$bin/$$program" "$(PREFIX)/bin/.$$program.new" && mv "$(PREFIX)/bin/.$$program.new" "$(PREFIX)/bin/$$program" || exit 1; done; \
	echo "installed $(PROGRAMS) into $(PREFIX)/bin"

clean:
	rm -rf .build
