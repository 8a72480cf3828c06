# Two commands bring a newcomer there: `make demo` and `make test`. Each builds the virtual
# environment by itself, once, from constraints.txt, in which every package is pinned by its hash.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
UV := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv
SPARK := py4j|pyspark
FEATURETOOLS := $(VENV)/featuretools/.installed

# One thread for each process: numerical libraries that start a thread for every core are many
# times slower where several processes share the cores.
export OMP_NUM_THREADS := 1
# Compiled once at installation, the libraries are imported in a third of the time.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.PHONY: demo
demo: $(INSTALLED) ## Run the whole journey on synthetic data, in the folder demo/
	@if [ -f demo/.synthetic-demo ]; then rm -rf demo; fi
	@$(BIN)/triage demo demo

.PHONY: test
test: $(INSTALLED) ## Run the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

.PHONY: check
check: $(INSTALLED) ## Check style, types, imports between rooms, and spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

.PHONY: coverage
coverage: $(INSTALLED) ## Run the tests and show which branches none of them takes
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

.PHONY: bench
bench: $(INSTALLED) ## Measure speed beside other libraries
	@$(MAKE) --no-print-directory $(FEATURETOOLS) || true # the bench says that it does without
	$(BIN)/python tests/benchmarks/run.py

.PHONY: spark
spark: $(INSTALLED) ## Add PySpark, for 'triage features --engine spark'
	awk '/^[^ #]/ { wanted = /^($(SPARK))==/ } wanted' constraints.txt > $(VENV)/spark.txt
	$(UV) pip install --quiet --require-hashes --no-deps --no-build-isolation -r $(VENV)/spark.txt

# featuretools needs older versions of what we need, so it cannot be installed beside us: it has an
# environment of its own, which nothing but the bench uses.
$(FEATURETOOLS): tests/benchmarks/featuretools.txt | $(INSTALLED)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(@D)
	$(BIN)/uv pip install --quiet --require-hashes --python $(@D)/bin/python -r $<
	touch $@

# All is installed but PySpark, which is larger than all the rest together and needs Java.
# uv is itself installed by its hash, and then installs the rest; the project's own build backend is
# among the pinned packages, so that building it downloads nothing more.
$(INSTALLED): constraints.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; name one with 'make PYTHON=...'." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name one with 'make PYTHON=...'." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	awk '/^[^ #]/ { wanted = /^uv==/ } wanted' constraints.txt > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.txt
	awk '/^[^ #]/ { wanted = !/^($(SPARK))==/ } wanted' constraints.txt > $(VENV)/all.txt
	$(UV) pip install --quiet --compile-bytecode --require-hashes -r $(VENV)/all.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
