# The commands people and CI use. Each sets up what it needs; none touches anything outside this folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_FLAGS ?=
TEST_FLAGS ?=
EVIDENCE_FLAGS ?=
DATE ?= $(shell date -u +%Y-%m-%dT%H:%MZ)
BENCH ?= $(sort $(wildcard benchmarks/*.py))
CORE := $(VENV)/.core-installed
WEB := $(VENV)/.web-installed
DEV := $(VENV)/.dev-installed

# Python keeps what it compiles, or every worker and every command that a test starts compiles it all again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo demo-core demo-clean web test evidence check bench cross-check docs clean
.DEFAULT_GOAL := help

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: $(WEB) ## Conduct the flagship trial with invented people, report it, and serve it
	@$(BIN)/equipoise demo $(DEMO_FLAGS)

demo-core: $(CORE) ## The same without the web system: simulate, analyze and report
	@$(BIN)/equipoise demo --without-web $(DEMO_FLAGS)

demo-clean: ## Remove what the demo left
	rm -rf demo-data

web: $(WEB) ## Add the web system, to conduct a trial in a browser

# The results name the files they are of, so that evidence is never taken from another commit's.
test: $(DEV) ## Run every test
	@mkdir -p build
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --junitxml=build/tests.xml \
	    -o junit_suite_name="$$($(BIN)/python docs/evidence.py --stamp)" $(TEST_FLAGS)

evidence: $(DEV) ## Join docs/traceability.md to the tests of this commit, into build/evidence
	@$(BIN)/python docs/evidence.py --date "$(DATE)" $(EVIDENCE_FLAGS)

check: $(DEV) ## Format, lint, types, layers, security, generated documents
	$(BIN)/ruff format --check src tests benchmarks docs
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -c pyproject.toml -r src
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/catalog.py --check

bench: $(DEV) ## Print every benchmark's figure beside its bar
	@missed=0; for script in $(BENCH); do echo "$$script"; $(BIN)/python $$script || missed=1; done; exit $$missed

cross-check: $(DEV) ## Compare mixed models with R's packages, by digits (needs R)
	$(BIN)/python tests/cross/compare.py

docs: $(DEV) ## Write the generated reference again, and each language's catalog
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/catalog.py

clean: demo-clean ## Remove everything made here
	rm -rf build $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(CORE): requirements/core.txt pyproject.toml
	@PYTHON="$(PYTHON)" sh requirements/install.sh core
	@touch $@

$(WEB): requirements/web.txt requirements/core.txt pyproject.toml
	@PYTHON="$(PYTHON)" sh requirements/install.sh web
	@touch $(CORE) $@

$(DEV): requirements/dev.txt requirements/web.txt requirements/core.txt requirements/data.txt pyproject.toml
	@PYTHON="$(PYTHON)" sh requirements/install.sh dev
	@touch $(CORE) $(WEB) $@
