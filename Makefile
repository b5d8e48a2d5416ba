# Every target sets up what it needs: a fresh clone wants git, make and python3 (3.11 or newer), nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
DEVSTAMP := $(VENV)/.ready-dev
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes

WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')# one more than cores: each waits now and then

.DEFAULT_GOAL := help
.PHONY: help setup dev demo test check lint types contracts lock docs bench conformance clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(STAMP) ## prepare .venv with the lockkeeper command in it

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Lockkeeper needs Python 3.11 or newer; point PYTHON= at one, for example: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "setup: creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(STAMP): $(VENV)/bin/python requirements/runtime.lock requirements/engines.lock requirements/rego.lock requirements/build.lock pyproject.toml
	@echo "setup: installing locked dependencies"
	@$(PIP) -r requirements/build.lock
	@$(PIP) -r requirements/runtime.lock
	@$(PIP) --no-deps --ignore-requires-python -r requirements/engines.lock
	@$(PIP) --no-deps --only-binary :all: -r requirements/rego.lock || echo "setup: no Rego engine for this machine: Gatekeeper templates in Rego will be \"not evaluable here\"" >&2
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q bot
	@touch $@

dev: $(DEVSTAMP) ## setup, and the tools for checks and tests

$(DEVSTAMP): $(STAMP) requirements/dev.lock
	@echo "setup: installing locked development tools"
	@$(PIP) -r requirements/dev.lock
	@touch $@

demo: $(STAMP) ## play the whole story on this machine (STAY=1 keeps it running for your browser)
	@$(BIN)/lockkeeper demo $(if $(STAY),--stay)

test: $(DEVSTAMP) ## run the tests
	@$(BIN)/python -m tests.referee.fetch || echo "test: the referee's material is not to be had; its tests are skipped"
	@$(BIN)/python -m tools.conformance.oracles || echo "test: kubectl and helm are not to be had; what compares with them is skipped"
	@$(BIN)/python -m compileall -q bot
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: lint types contracts test ## everything a change must pass

lint: $(DEVSTAMP) ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEVSTAMP) ## mypy --strict
	@$(BIN)/mypy

contracts: $(DEVSTAMP) ## import contracts: who may import whom
	@$(BIN)/lint-imports

docs: $(DEVSTAMP) ## write docs/commands.md, the tables of docs/configuration.md and the JSON Schema anew
	@$(BIN)/python tools/docs.py

bench: $(STAMP) ## measure beside kubectl, helm and checkov (ARGS="--only one --runs 5", ARGS=--help)
	@$(BIN)/python -m tools.bench $(ARGS)

conformance: $(DEVSTAMP) ## compare with kubectl, helm, original schemas and policies' own tests (DIR=… adds a directory of yours)
	@$(BIN)/python -m tools.conformance $(DIR) $(ARGS)

lock: ## write the lock files anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/runtime.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev -c requirements/runtime.lock pyproject.toml -o requirements/dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build -o requirements/build.lock
	uv pip compile -q --universal --python-version 3.14 --no-deps --generate-hashes --no-emit-index-url --no-header requirements/engines.in -o requirements/engines.lock
	uv pip compile -q --universal --python-version 3.11 --no-deps --generate-hashes --no-emit-index-url --no-header requirements/rego.in -o requirements/rego.lock
	uv pip compile -q --universal --python-version 3.11 --no-deps --generate-hashes --no-emit-index-url --no-header requirements/oracles-binaries.in -o requirements/oracles-binaries.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/oracles-schemas.in -o requirements/oracles-schemas.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/oracles-checkov.in -o requirements/oracles-checkov.lock

clean: ## remove what make made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
