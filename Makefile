# `make run` lets you hear something, `make test` proves it works; `make help` lists the rest.

VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= python3
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
APP_STAMP := $(VENV)/.installed-app
MINUTES ?= 30
# Sums on one thread, as live conversion needs them.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help run test check bench app soak clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

run: $(RUN_STAMP) ## open the window; options for the command line in ARGS="..."
	@$(PY) main.py $(ARGS)

test: $(DEV_STAMP) ## run all tests; pytest's options in ARGS="..."
	@$(PY) -m tests $(ARGS)

check: $(DEV_STAMP) ## lint and check types
	@echo "ruff"; $(PY) -m ruff check .
	@echo "mypy"; $(PY) -m mypy

bench: $(RUN_STAMP) ## measure speed and delay; options in ARGS="..."
	@$(ONE_THREAD) $(PY) -m rtvc.bench $(ARGS)

app: $(APP_STAMP) ## build a folder that runs without Python, into dist/, and try it
	@$(PY) packaging/build.py

soak: $(DEV_STAMP) ## live under random commands and all faults for MINUTES=30; Linux, on a virtual sound card
	@$(PY) -m tests.live.ordeal --minutes $(MINUTES) $(ARGS)

clean: ## remove the environment, caches and build output; your recordings stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN_STAMP): pyproject.toml | $(PY)
	@echo "Installing what the program needs into $(VENV); the first time this takes a few minutes."
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEV_STAMP): pyproject.toml | $(PY)
	@.ci/need-compiler $(PY)
	@echo "Installing what tests and training need into $(VENV); the first time this takes some minutes more."
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable ".[dev,train,export,eval]"
	@touch $@ $(RUN_STAMP)

$(APP_STAMP): pyproject.toml | $(PY)
	@echo "Installing what a build needs into $(VENV)."
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable ".[app]"
	@touch $@ $(RUN_STAMP)

$(PY):
	@.ci/make-venv "$(PYTHON)" $(VENV)
