# Two commands do everything on a fresh machine: `make sweep` and `make test`.
# Needed besides Python 3.11: g++, make, perl. All else is installed into .venv from pyproject.toml.

PYTHON ?= python3
BIN := .venv/bin
OUT ?= reports/bitnet-2b4t

.PHONY: sweep test exhaustive benchmarks claims lint clean

sweep: .venv/installed  ## explore BitNet b1.58 2B4T, emit the best core, simulate a real layer on it
	$(BIN)/ternlut sweep examples/bitnet-2b4t.toml -o $(OUT) --emit-best

test: .venv/tested lint  ## lint, types and every test that fits in a few minutes
	$(BIN)/python -m pytest -n auto -m "not exhaustive" --durations 12

exhaustive: .venv/tested  ## the long proofs
	$(BIN)/python -m pytest -n auto -m exhaustive tests tests/floating/exhaustive_fp16.py

benchmarks: .venv/tested  ## the figures of the README, measured
	for program in benchmarks/*.py; do echo "== $$program"; $(BIN)/python $$program || exit 1; done

claims: .venv/installed  ## what the literature claims, measured: reports/claims
	$(BIN)/python -m dse.claims

lint: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

.venv/installed: pyproject.toml | tools
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

.PHONY: tools
tools:
	@for tool in g++ perl $(PYTHON); do command -v $$tool > /dev/null || \
	  { echo "make: $$tool is missing: install g++, make, perl and Python 3.11 or newer" >&2; exit 2; }; done
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: $(PYTHON) is older than 3.11: set PYTHON=python3.11 or newer" >&2; exit 2; }

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
