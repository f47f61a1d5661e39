# Two commands are enough: `make plan` and `make test`. The others are for developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: plan test lint system bench lock clean

plan: $(VENV)/compiled  ## install, then plan the embedded city; prints where the map is
	$(BIN)/sanshe plan taicang

test: $(VENV)/installed-dev  ## install what the tests need, then run all of them
	$(MAKE) -j 3 $(VENV)/compiled lint system
	SANSHE_EXAMPLES=$(or $(SANSHE_EXAMPLES),half) $(BIN)/pytest -q -n 2 -m "slow or not slow" --nbmake notebooks tests

lint: $(VENV)/installed-dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

system:
	sh tools/install-test-system.sh

bench: $(VENV)/installed-bench  ## measure against peers; see benchmarks/README.md
	$(BIN)/python -m benchmarks

lock:  ## write the lock files anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet --output-file requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet --constraint requirements.lock \
	  --output-file requirements-dev.lock
	uv pip compile pyproject.toml --group dev --group bench --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet --constraint requirements-dev.lock \
	  --output-file requirements-bench.lock

clean:  ## remove everything that these commands made
	rm -rf $(VENV) build dist plan-* planner/maps/assets .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	@echo "Installing the planner into $(VENV) ..."
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/compiled: $(VENV)/installed
	@echo "Compiling the searches, once ..."
	@$(BIN)/python -m planner.compiled 2>/dev/null
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing what the tests need into $(VENV) ..."
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/installed-bench: requirements-bench.lock $(VENV)/installed-dev
	@echo "Installing the tools to measure against into $(VENV) ..."
	$(PIP) install --require-hashes --requirement requirements-bench.lock
	@touch $@
