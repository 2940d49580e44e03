# Everything a person or a machine needs: make demo, make test, make test-fast, make check, make setup, ...
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Tests and benchmarks start hundreds of processes: without its cache each of them would compile every module anew.
export PYTHONDONTWRITEBYTECODE :=
# The tests whose results depend on what the kernels run as.
KERNEL_TESTS := tests/suites/test_layers.py tests/suites/test_optimizers.py tests/engine/test_*.py tests/engine/layers \
	tests/engine/parity

# What a change that is being made need not wait for: servers, compilers, whole spaces of examples, large files.
SLOW_TESTS := app/api app/http_server app/preparation app/storage app/trainer app/worker app/test_composition.py \
	app/test_gradcheck.py \
	engine/data engine/diagnosis engine/estimators engine/hyperparameters/test_ranges.py engine/kernels engine/models \
	engine/parity engine/test_fading.py engine/test_gradient_check.py engine/test_memory.py engine/test_pausing.py \
	suites/test_kernels.py
FAST_TESTS := tests/app tests/client tests/engine tests/suites $(SLOW_TESTS:%=--ignore=tests/%)
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-package logsweep-client pyproject.toml requirements/build.in
# One process more than the two cores of continuous integration: many tests wait for processes that they have started.
IN_PARALLEL := -n 3 --dist loadgroup --no-loadscope-reorder
# How long make test-faults searches for what a parser cannot bear, each of them.
FUZZ_SECONDS := 600
# The name of an image by the digest that its registry has for it now.
DIGEST := docker buildx imagetools inspect --format '{{.Name}}@{{.Manifest.Digest}}'
# npm and node of the environment, for the dashboard's modules.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm --prefix web

.PHONY: demo test test-fast test-large test-faults curl compiler check hooks parity bounds bounds-newest bounds-oldest lock \
	bench bench-service bench-accuracy bench-search browser vendor sbom image web-types docs pictures setup format clean

demo: $(VENV)/.run ## Run the example sweep on real digits, with a live view.
	@$(BIN)/logsweep demo

test: $(VENV)/.web curl compiler browser ## Run every test with compiled kernels, and those of bits, formulas and memory in NumPy alone.
	$(NPM) run --silent test
	LOGSWEEP_KERNELS=compiled $(BIN)/python -m pytest $(IN_PARALLEL)
	LOGSWEEP_KERNELS=numpy $(BIN)/python -m pytest $(IN_PARALLEL) $(KERNEL_TESTS)

test-fast: $(VENV)/.dev compiler ## Run what takes a minute: the engine, the suites and all that is pure.
	LOGSWEEP_KERNELS=compiled $(BIN)/python -m pytest $(IN_PARALLEL) $(FAST_TESTS)

test-large: $(VENV)/.dev compiler ## Run the tests that take long: 500 kills, a server away for five minutes, the widest searches eight times as far.
	$(BIN)/python -m pytest -m large --ignore=tests/faults
	LOGSWEEP_KERNELS=compiled LOGSWEEP_TRIES=8 $(BIN)/python -m pytest $(IN_PARALLEL) `grep -l "tries(" -r tests --include "test_*.py"`

test-faults: $(VENV)/.dev compiler ## Run the faults that take long: 500 workers and 150 servers killed, requests by the ten thousand, a soak.
	$(BIN)/python -m pytest -m large tests/faults
	LOGSWEEP_FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest $(IN_PARALLEL) -rP -m parser tests

curl: # The README's examples are run with it.
	@command -v curl >/dev/null || { apt-get update -qq && apt-get install -y -qq curl; }

browser: # The dashboard's tests run it in a real one.
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; }

compiler: # The tests and benchmarks run the compiled kernels too.
	@command -v cc >/dev/null || { apt-get update -qq && apt-get install -y -qq gcc libc6-dev; }

parity: $(VENV)/.parity ## Add PyTorch and JAX to the environment, so that make test compares with them too.

bounds: bounds-newest bounds-oldest ## Try what the locks do not name: the newest and the oldest versions within the bounds.

bounds-newest: compiler
	$(PYTHON) -m venv --clear $(VENV)/newest
	$(VENV)/newest/bin/python -m pip install --quiet --editable ./client --editable '.[dev]'
	LOGSWEEP_KERNELS=compiled $(VENV)/newest/bin/python -m pytest $(IN_PARALLEL) $(FAST_TESTS)

bounds-oldest: compiler
	$(MAKE) VENV=$(VENV)/oldest $(VENV)/oldest/.oldest
	LOGSWEEP_KERNELS=compiled $(VENV)/oldest/bin/python -m pytest $(IN_PARALLEL) $(FAST_TESTS)

lock: $(VENV)/.dev ## Lock the newest versions within the bounds of pyproject.toml, and the oldest for make bounds.
	$(LOCK) --extra dev --extra docs --upgrade --output-file requirements/docs.lock
	$(LOCK) --extra dev --constraints requirements/docs.lock --output-file requirements/dev.lock
	$(LOCK) --constraints requirements/docs.lock --output-file requirements/run.lock
	$(LOCK) --extra onnx --extra parquet --constraints requirements/docs.lock --output-file requirements/image.lock
	$(LOCK) --extra dev --resolution lowest-direct --upgrade --output-file requirements/oldest.lock

check: $(VENV)/.web ## Format, lint, types, layers, and known weaknesses of what the image ships.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) run --silent check
	$(BIN)/python -m deployment.audit requirements/image.lock

sbom: $(VENV)/.dev ## Write the bill of materials anew: all that the image ships, with versions, hashes and licences.
	$(BIN)/python -m deployment.sbom

image: # Needs Docker: the bases by their digests of now, which the image's labels and layers then name.
	docker build --tag logsweep \
		--build-arg PYTHON=$$($(DIGEST) python:3.12) --build-arg PYTHON_SLIM=$$($(DIGEST) python:3.12-slim) \
		--build-arg REVISION=$$(git rev-parse HEAD) .

vendor: $(VENV)/.web ## Copy the dashboard's libraries anew, in the versions of web/package.json.
	$(NPM) run vendor

web-types: $(VENV)/.web ## Make the dashboard's types anew, when the API has changed.
	$(NPM) run types

hooks: $(VENV)/.dev ## Have git check each commit with the tools of .venv.
	$(BIN)/pre-commit install

format: $(VENV)/.dev ## Put every file into its form.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.parity compiler ## Measure against PyTorch, JAX and scikit-learn, side by side.
	$(BIN)/python -m benchmarks

bench-service: $(VENV)/.dev compiler browser ## Measure the service under load: requests, lists at a million trials, feeds, bytes, 100,000 trials.
	$(BIN)/python -m benchmarks service

bench-accuracy: $(VENV)/.parity ## Train on public data sets: make bench-accuracy DATA=folder with images/ and tabular/.
	@test -n "$(DATA)" || { echo "Say where the data sets are: make bench-accuracy DATA=folder"; exit 2; }
	$(BIN)/python -m benchmarks.accuracy "$(DATA)"

bench-search: $(VENV)/.dev ## Search tables and recorded curves, beside Optuna: make bench-search DATA=folder with fcnet.npz and others.
	@test -n "$(DATA)" || { echo "Say where the tables are: make bench-search DATA=folder"; exit 2; }
	$(BIN)/python -m pip install --quiet --editable ./client --editable '.[bench-search]'
	$(BIN)/python -m benchmarks.search "$(DATA)"

pictures: $(VENV)/.docs browser ## Take the pictures of the dashboard anew, of a server of their own.
	$(BIN)/python -m docs.pictures.dashboard

docs: $(VENV)/.docs ## Draw the pictures of docs/techniques.md anew.
	$(BIN)/python -m docs.pictures.draw

setup: $(VENV)/.run ## Make .venv and install logsweep in it.

clean: ## Remove the virtual environment.
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.web: $(VENV)/.dev web/package-lock.json
	$(NPM) ci --silent
	@touch $@

$(VENV)/.parity: $(VENV)/.dev # No hashes: PyTorch has builds with and without graphics cards under one version.
	$(PIP) install --editable ./client --editable '.[parity]'
	@touch $@

$(VENV)/.%: requirements/%.lock pyproject.toml client/pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes --requirement $<
	$(PIP) install --no-deps --no-build-isolation --editable ./client --editable .
	@touch $@ $(VENV)/.run
