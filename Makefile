# Two commands do it all: `make demo` and `make test`. Both make .venv and install what they need.

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
VENV := .venv
BIN := $(VENV)/bin
# Dagster brings 40 packages, which no other check needs.
CHAIN := .venv-chain
# The compiled files name all there is to install (--no-deps): left to resolve, pip takes a newer
# release for `name[extra]` than the one pinned as `name`, and refuses it.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
COMPILED := $(patsubst %.po,%.mo,$(wildcard src/altegio_sync/locale/*/LC_MESSAGES/*.po))

# One at a time, and from both ends (tests/both_ends.py): the tests that wait come first, the quick ones last.
SIDE_BY_SIDE := -n 4 --dist load --maxschedchunk 1
# With it, every process of the tests would compile the tests and the program again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow coverage lint types unit attack bench bench-check pictures requirements catalog clean test-chain chain chain-picture

help: ## Show this.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | column -t -s '|'

demo: $(VENV)/.demo $(COMPILED) ## Sync a made-up school into its own MongoDB; needs no settings.
	@$(BIN)/altegio-sync demo

test: $(VENV)/.dev $(COMPILED) ## Run every check: format, lint, types, layers, tests.
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports >.lint-imports.log || { cat .lint-imports.log; exit 1; }
	@$(BIN)/pytest -q $(SIDE_BY_SIDE)

coverage: $(VENV)/.dev $(COMPILED) ## Run the tests and count which lines and branches they reach.
	@$(BIN)/pytest -q $(SIDE_BY_SIDE) --cov --cov-report=term

lint: $(VENV)/.dev ## Format and lint the code.
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(VENV)/.dev ## Check types and layers.
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test-chain: $(CHAIN)/.done $(COMPILED) ## Run the tests of the chain, with Dagster in an environment of its own.
	@$(CHAIN)/bin/mypy --no-error-summary -p altegio_sync.chain -p tests.chain
	@$(CHAIN)/bin/pytest -q -n 2 --dist loadfile tests/chain tests/unit/test_messages.py

chain: $(CHAIN)/.done $(COMPILED) ## Start Dagster's page over 20 made-up locations, on this machine.
	@$(CHAIN)/bin/python scripts/run-chain $(CHAIN_ARGS)

chain-picture: $(CHAIN)/.done ## Draw the picture of docs/chain.md again, while `make chain` runs.
	@$(CHAIN)/bin/python scripts/make-chain-picture $(URL)

test-slow: $(VENV)/.dev $(COMPILED) ## Run the tests that take long or need root: installing, a million rows.
	@$(BIN)/pytest -q -rs --timeout=3600 tests/slow

unit: $(VENV)/.dev $(COMPILED) ## Run only the quick tests.
	@$(BIN)/pytest -q tests/unit

attack: $(VENV)/.dev ## Attack the syncs for longer than the tests do, differently each time.
	@$(BIN)/pytest -q tests/integration/test_attack_machine.py --attack=300 --timeout=0

bench: $(VENV)/.dev .bench/peers/.done ## Measure the speed and write benchmarks/RESULTS.md (half an hour).
	@$(BIN)/python -m benchmarks $(BENCH)

bench-check: $(VENV)/.dev .bench/peers/.done ## Compare counts, memory and ratios with their goals (minutes).
	@$(BIN)/python -m benchmarks --check

pictures: $(VENV)/.dev ## Draw the README's pictures again, from a made-up school.
	@$(BIN)/python scripts/make-pictures
	@$(BIN)/python scripts/make-page-pictures

requirements: $(VENV)/.dev ## Compile the pinned requirements again.
	$(COMPILE) --upgrade --extra embedded -o requirements/runtime.txt pyproject.toml
	$(COMPILE) --upgrade -o requirements/dev.txt requirements/dev.in
	$(COMPILE) --upgrade -o requirements/chain.txt requirements/chain.in
	$(COMPILE) --upgrade -o requirements/build.txt requirements/build.in
	$(COMPILE) --upgrade -o benchmarks/peers/requirements.txt benchmarks/peers/requirements.in

catalog: $(VENV)/.dev ## Bring the translations up to date with the sentences in the code.
	@$(BIN)/python scripts/catalog

clean: ## Remove the files of the other targets.
	rm -rf $(VENV) $(CHAIN) .chain .bench .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage* .hypothesis .lint-imports.log

.bench/peers/.done: benchmarks/peers/requirements.txt
	@echo "Installing what the program is measured against ..."
	@scripts/make-venv .bench/peers
	@.bench/peers/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r $<
	@touch $@

%.mo: %.po | $(VENV)/.demo
	@$(BIN)/python hatch_build.py

$(VENV)/bin/python:
	@scripts/make-venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python requirements/runtime.txt requirements/build.txt pyproject.toml
	@echo "Installing into $(VENV) ..."
	@$(PIP) install --no-deps --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@scripts/install-libcurl
	@touch $@

$(CHAIN)/.done: $(wildcard requirements/*.txt) pyproject.toml
	@echo "Installing Dagster into $(CHAIN) ..."
	@test -x $(CHAIN)/bin/python || scripts/make-venv $(CHAIN)
	@for each in runtime build dev chain; do \
	  $(CHAIN)/bin/python -m pip --disable-pip-version-check --quiet install \
	    --no-deps --require-hashes -r requirements/$$each.txt || exit 1; \
	done
	@$(CHAIN)/bin/python -m pip --disable-pip-version-check --quiet install \
	  --no-deps --no-build-isolation --editable .
	@scripts/install-libcurl
	@touch $@

$(VENV)/.dev: $(VENV)/.demo requirements/dev.txt
	@echo "Installing the tools of the checks ..."
	@$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	@scripts/install-chromium
	@touch $@
