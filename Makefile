# Two commands do everything on a fresh machine: `make sweep` and `make test`.
# Needed besides Python 3.11 to 3.14: g++, make, perl. All else is installed into .venv: what pyproject.toml
# asks for, in the versions of constraints.txt, which `make lock` renews.

# What is compiled is kept: without that every command that a test starts compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= reports/bitnet-2b4t

# Of pip only errors are shown: its warnings are of newer versions of itself, of being root, and of folders of
# packages or for its cache that the machine has configured and does not have. Modules are compiled when they are
# first imported; most never are.
PIP := PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet install --no-compile

.PHONY: sweep test exhaustive benchmarks claims published docs site lint lock clean

sweep: $(VENV)/installed  ## explore BitNet b1.58 2B4T, emit the best core, simulate a real layer on it
	$(BIN)/ternlut sweep examples/bitnet-2b4t.toml -o $(OUT) --emit-best

TESTS ?= tests
# Tests of a file stay together as long as both processes have work: they share what their fixtures made.
test: $(VENV)/tested  ## every test that fits in a few minutes
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not exhaustive" --durations 12 $(TESTS)

exhaustive: $(VENV)/tested  ## the long proofs, and wrong cores that regressions have to notice
	$(BIN)/python -m pytest -n auto --dist worksteal -m exhaustive tests tests/floating/exhaustive_fp16.py

benchmarks: $(VENV)/tested  ## what docs/results.md measures
	for program in benchmarks/*.py; do echo "== $$program"; $(BIN)/python $$program || exit 1; done

claims: $(VENV)/installed  ## what the literature claims, measured: reports/claims
	$(BIN)/python -m dse.studies.claims
	$(BIN)/python -m dse.studies.energy

published: $(VENV)/installed  ## the accelerators of designs/, as published and corrected: reports/published
	$(BIN)/python -m dse.studies.published

docs: $(VENV)/tested  ## the outputs and tables that the documentation shows, made anew
	$(BIN)/python docs/refresh.py

site: $(VENV)/tested  ## the documentation as a site, in build/site
	$(BIN)/mkdocs build --quiet

lint: $(VENV)/tested  ## style, types and imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

# One list for every Python that pyproject.toml allows, those of them that need other versions marked.
lock: $(VENV)/installed  ## the newest versions that go together, into constraints.txt
	$(PIP) uv
	printf 'pip\nsetuptools>=77\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras \
	  --upgrade --no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml - -o $(VENV)/locked
	(echo '# What make installs, on every Python that pyproject.toml allows: renewed by `make lock`.'; \
	  cat $(VENV)/locked) > constraints.txt

$(VENV)/installed: pyproject.toml constraints.txt | tools
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade --constraint constraints.txt pip setuptools
	$(PIP) --constraint constraints.txt --no-build-isolation --editable ".[all]"
	touch $@

$(VENV)/tested: $(VENV)/installed
	$(PIP) --constraint constraints.txt --no-build-isolation --editable ".[dev]"
	touch $@

.PHONY: tools
tools:
	@for tool in g++ perl $(PYTHON); do command -v $$tool > /dev/null || \
	  { echo "make: $$tool is missing: install g++, make, perl and Python 3.11 to 3.14" >&2; exit 2; }; done
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
	  { echo "make: $(PYTHON) does not run or is none of 3.11 to 3.14: set PYTHON=python3.13, say" >&2; exit 2; }

clean:
	rm -rf .venv* build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
