# Everything a person or a machine needs: make demo, make test, make test-large, make check, make bench, make setup.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Tests and benchmarks start hundreds of processes: without its cache each of them would compile every module anew.
export PYTHONDONTWRITEBYTECODE :=
# The tests whose results depend on what the kernels run as.
KERNEL_TESTS := tests/suites/test_layers.py tests/suites/test_optimizers.py tests/engine/test_*.py tests/engine/layers \
	tests/engine/parity

.PHONY: demo test test-large curl compiler check parity bench bench-accuracy docs setup format clean

demo: $(VENV)/.run ## Run the example sweep on real digits, with a live view.
	@$(BIN)/logsweep demo

test: $(VENV)/.dev curl compiler ## Run every test with compiled kernels, and those of bits, formulas and memory in NumPy alone.
	LOGSWEEP_KERNELS=compiled $(BIN)/python -m pytest -n 2 --dist loadgroup
	LOGSWEEP_KERNELS=numpy $(BIN)/python -m pytest -n 2 $(KERNEL_TESTS)

test-large: $(VENV)/.dev compiler ## Run the tests that take long: 500 kills, a server away for five minutes, 50 million weights.
	$(BIN)/python -m pytest -m large tests/system

curl: # The README's examples are run with it.
	@command -v curl >/dev/null || { apt-get update -qq && apt-get install -y -qq curl; }

compiler: # The tests and benchmarks run the compiled kernels too.
	@command -v cc >/dev/null || { apt-get update -qq && apt-get install -y -qq gcc libc6-dev; }

parity: $(VENV)/.dev ## Add PyTorch and JAX to the environment, so that make test compares with them too.
	$(PIP) install --editable '.[parity]'

check: $(VENV)/.dev ## Format, lint, types and layers.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Put every file into its form.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.bench compiler ## Measure against PyTorch, JAX and scikit-learn, side by side.
	$(BIN)/python -m benchmarks

bench-accuracy: $(VENV)/.bench ## Train on public data sets: make bench-accuracy DATA=folder with images/ and tabular/.
	@test -n "$(DATA)" || { echo "Say where the data sets are: make bench-accuracy DATA=folder"; exit 2; }
	$(BIN)/python -m benchmarks.accuracy "$(DATA)"

docs: $(VENV)/.docs ## Draw the pictures of docs/techniques.md anew.
	$(BIN)/python -m docs.pictures.draw

setup: $(VENV)/.run ## Make .venv and install logsweep in it.

clean: ## Remove the virtual environment.
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(PIP) install --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.run

$(VENV)/.bench: pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[bench]'
	@touch $@ $(VENV)/.run

$(VENV)/.docs: pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[docs]'
	@touch $@ $(VENV)/.run
