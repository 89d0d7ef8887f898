# Needs Python 3.11 or newer and make. Everything else is installed into .venv on first use, from requirements.lock.

SOURCE ?= demo
PERIOD ?=
FROM ?=
TO ?=
TESTS ?= tests
export SOURCE PERIOD FROM TO REPORT_LANG ID
# Python keeps the bytecode of src/, which halves the time to say that nothing is to be done.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
ANALYSIS := $(PYTHON) -m analysis
MADE := .venv/.made
WHO := 'import sys; print(sys.version, sys.executable)'
# The environment stands when it was made whole, from this lock file, by the Python that it runs, in this folder.
SAME_PYTHON := [ -f $(MADE)/python ] && [ "$$($(CURDIR)/$(PYTHON) -I -S -c $(WHO) 2>&1)" = "$$(cat $(MADE)/python)" ]
SAME_LOCK := cmp -s requirements.lock $(MADE)/requirements.lock
SAME_PROJECT := cmp -s pyproject.toml $(MADE)/pyproject.toml
PIP := $(PYTHON) -m pip --quiet --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help report test check lab backfill explain verify coverage customer data demo bench clean lock setup environment

help: ## print this help
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

report: setup ## publish a month: [SOURCE=demo] [PERIOD=YYYY-MM, default the last whole one] [REPORT_LANG=en]
	@$(ANALYSIS) report --source "$$SOURCE" --period "$$PERIOD"

test: setup ## run the tests: [TESTS=tests/unit]
	@$(PYTHON) -m pytest $(TESTS)

check: setup ## check format, lint, types, import layers, notebooks, versions
	@$(PYTHON) -m ruff format --check --quiet src tests .ci
	@$(PYTHON) -m ruff check --quiet src tests .ci
	@$(PYTHON) -m mypy --no-error-summary
	@.venv/bin/lint-imports --no-logo > .import_linter.log 2>&1 && rm .import_linter.log || { cat .import_linter.log; rm .import_linter.log; exit 1; }
	@$(PYTHON) .ci/check.py
	@echo "format, lint, types, layers, notebooks and versions are in order"

lab: setup ## open JupyterLab on the notebooks, with the kernel and the demo company ready
	@$(ANALYSIS) ledger --source demo
	@.venv/bin/jupyter lab --notebook-dir=notebooks $$([ "$$(id -u)" -ne 0 ] || echo --allow-root)

backfill: setup ## publish many months in parallel: [SOURCE=demo] [FROM=YYYY-MM] [TO=YYYY-MM]
	@$(ANALYSIS) backfill --source "$$SOURCE" --from "$$FROM" --to "$$TO"

explain: setup ## say what would run again, and why: [SOURCE=demo] [PERIOD=YYYY-MM]
	@$(ANALYSIS) explain --source "$$SOURCE" --period "$$PERIOD"

verify: setup ## run a month again elsewhere and compare every byte: [SOURCE=demo] [PERIOD=YYYY-MM]
	@$(ANALYSIS) verify --source "$$SOURCE" --period "$$PERIOD"

customer: setup ## write the card of one customer, for analysts alone: ID= [SOURCE=demo] [PERIOD=YYYY-MM]
	@$(ANALYSIS) customer --source "$$SOURCE" --period "$$PERIOD" --id "$$ID"

coverage: setup ## print each requirement with the page or command that answers it: [SOURCE=demo]
	@$(ANALYSIS) coverage --source "$$SOURCE"

data: setup ## bring a source's raw files: SOURCE=online_retail_ii [DATA_MIRROR=folder]
	@$(ANALYSIS) data --source "$$SOURCE"

demo: setup ## simulate the demo company's raw files anew
	@$(ANALYSIS) demo

bench: setup ## measure accuracy, speed and memory beside the peers, in environments of their own (about 12 minutes)
	@$(PYTHON) tests/bench

clean: setup ## remove what a run can make again (raw files, issued files and published reports stay)
	@$(ANALYSIS) clean
	@rm -rf .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis

lock: ## renew requirements.lock and environment.yml from pyproject.toml (needs uv): [UPGRADE=--upgrade]
	@command -v uv > /dev/null || { echo "uv renews the lock: pip install uv, then make lock" >&2; exit 1; }
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	    --custom-compile-command "make lock" --quiet $(UPGRADE) --output-file requirements.lock
	python3 .ci/environment.py > environment.yml

setup:
	@{ $(SAME_LOCK) && $(SAME_PROJECT) && $(SAME_PYTHON); } || $(MAKE) --no-print-directory environment

# Interrupted at any point, it starts over: the stamp's last file is written last.
environment:
	@if $(SAME_LOCK) && $(SAME_PYTHON); then \
	    rm -f $(MADE)/python; \
	else \
	    rm -rf $(MADE); \
	    for candidate in python3 python3.13 python3.12 python3.11; do \
	        if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1; then \
	            python=$$candidate; break; \
	        fi; \
	    done; \
	    if [ -z "$$python" ]; then \
	        echo "Python 3.11 or newer with its venv module is needed (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; \
	    fi; \
	    echo "setting up the environment in .venv (about 2 minutes, once)"; \
	    $$python -m venv --clear .venv && $(PIP) install --require-hashes --requirement requirements.lock || exit 1; \
	fi; \
	$(PIP) install --no-deps --no-build-isolation --editable . && \
	mkdir -p $(MADE) && cp requirements.lock pyproject.toml $(MADE)/ && \
	$(CURDIR)/$(PYTHON) -I -S -c $(WHO) > $(MADE)/python
