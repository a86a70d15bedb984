# Everything here works on a bare machine with Python 3.10 or newer, npm and make. See README.md.
VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin

.PHONY: help demo test simulate mapping screens lint format bench bench-embedded bench-site clean

help:
	@echo "make demo    a day of orders through the embedded host, with a crash in the middle"
	@echo "make test    all tests; with a bench (BENCH_PATH) those on its test site too"
	@echo "make simulate  10,000 simulated days of bad luck; draws simulation-report.html"
	@echo "make mapping writes docs/mapping.md anew from the code"
	@echo "make lifecycles  1,000 random lives of orders on a bench's test site, and its trial balance"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make screens the pictures of docs/images, from a bench's test site in a browser"
	@echo "make bench   the benchmarks; those on a site run on every bench in BENCH_PATH"

$(VENV)/.installed: pyproject.toml setup.py
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,browser]'
	@touch $@

$(VENV)/.lint: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lint]'
	@touch $@

tests/node_modules/.installed: tests/package.json tests/package-lock.json
	npm ci --prefix tests --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Shopify's full schemas: the tarball alone, without the hundreds of packages that it would bring along.
SCHEMA = tests/node_modules/.admin-schema
$(SCHEMA)/shopify-dev-mcp-1.16.0.tgz: tests/node_modules/.installed
	@mkdir -p $(SCHEMA)
	npm pack @shopify/dev-mcp@1.16.0 --pack-destination $(SCHEMA) --silent
	@touch $@

demo: $(VENV)/.installed
	$(BIN)/shopify-sync demo

test: $(VENV)/.installed $(SCHEMA)/shopify-dev-mcp-1.16.0.tgz
	$(BIN)/python tests/tiers/run.py

SEEDS ?= 10000
simulate: $(VENV)/.installed
	$(BIN)/shopify-sync simulate --seeds $(SEEDS) --report simulation-report.html

mapping: $(VENV)/.installed
	$(BIN)/python -m tests.mapping

BENCH ?= $(HOME)/frappe-bench
screens: $(VENV)/.installed
	$(BIN)/python -m tests.browser.screens $(BENCH)

LIVES ?= 1000
lifecycles: $(VENV)/.installed
	LIVES=$(LIVES) $(BIN)/python tests/tiers/lifecycles.py

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --verbose

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: bench-embedded bench-site

bench-embedded: $(VENV)/.installed
	$(BIN)/python benchmarks/embedded.py
	$(BIN)/python benchmarks/reconciliation.py

bench-site: $(VENV)/.installed
	$(BIN)/python benchmarks/site.py

clean:
	rm -rf $(VENV) tests/node_modules .tier-results build ./*.egg-info simulation-report.html
