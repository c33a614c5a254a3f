# Dossier: `make` lists the targets. Needs GNU make and Python 3.11 or newer; the rest is
# installed into .venv, by pinned hash.
#
# A stamp file says that an environment is complete: while no requirements change, no target
# installs anything or needs a network.

PYTHON ?= python3
PORT = 8501

VENV = .venv
PY = $(VENV)/bin/python
INSTALLED = $(VENV)/.installed
INSTALLED_DEV = $(VENV)/.installed-dev
BENCH_VENV = .venv-bench
BENCH_INSTALLED = $(BENCH_VENV)/.installed
TRAINING_VENV = .venv-training
TRAINING_INSTALLED = $(TRAINING_VENV)/.installed
DEMO = .dossier-demo

SHELL = /bin/sh
.DEFAULT_GOAL = help
.DELETE_ON_ERROR:
.PHONY: help run test test-slow lint format eval bench bench-full train lock clean

# What the shell around us has set must not leak into the environments that we make.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
export PIP_DISABLE_PIP_VERSION_CHECK = 1

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

# -- Use -----------------------------------------------------------------------------------------

# Your archive where you have one (DOSSIER_HOME, in .env too, or ./.dossier), else the demo's.
ifeq ($(DOSSIER_HOME)$(wildcard .dossier)$(shell grep -s '^ *DOSSIER_HOME=' .env),)
run: export DOSSIER_HOME = $(DEMO)
run: $(DEMO)/CURRENT
endif
run: $(INSTALLED) ## Ask your archive (or the demo corpus) on http://127.0.0.1:8501
	@echo "Dossier: http://127.0.0.1:$(PORT) (stop with Ctrl-C)"
	@exec $(PY) -m streamlit run app.py --server.headless true \
		--server.address 127.0.0.1 --server.port $(PORT)

# CURRENT names the archive's live generation: newer than the articles and the code, it is up to
# date. Ingesting what has not changed leaves it alone, hence the touch.
$(DEMO)/CURRENT: corpus/sample $(wildcard corpus/sample/* corpus/*.py vectorstore/*.py rag/*.py) \
		| $(INSTALLED)
	@$(PY) -m rag ingest corpus/sample --home $(DEMO)
	@touch $@

# -- Develop -------------------------------------------------------------------------------------

# One process more than there are cores, for many tests wait: for a browser, a server, a disk.
test: WORKERS = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
test: $(INSTALLED_DEV) ## Run every test but the slow ones, with coverage
	@$(PY) -m pytest -m "not slow" --cov --numprocesses $(WORKERS) --maxprocesses 4 --dist loadfile

test-slow: $(INSTALLED_DEV) ## Run the longer proofs
	@$(PY) -m pytest -m slow

lint: $(INSTALLED_DEV) ## Check style, format and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: $(INSTALLED_DEV) ## Format the code and mend what can be mended
	@$(PY) -m ruff check --fix-only .
	@$(PY) -m ruff format .

eval: $(INSTALLED_DEV) ## Ask the golden questions; fail where a figure fell below its floor
	@$(PY) -m evaluation gate

bench: $(BENCH_INSTALLED) ## Compare speed and memory with peers, in 30 minutes (needs 3 GB of disk)
	@$(BENCH_VENV)/bin/python -m benchmarks.embedder --rounds 3 --texts 120 --tries 3 --write
	@$(BENCH_VENV)/bin/python -m benchmarks.held --write
	@$(BENCH_VENV)/bin/python -m benchmarks.peers --write

bench-full: $(BENCH_INSTALLED) $(INSTALLED_DEV) ## The rest: size, many users, the page, all articles: hours
	@$(BENCH_VENV)/bin/python -m benchmarks.growth --write
	@$(BENCH_VENV)/bin/python -m benchmarks.scale --passages 100000 --write
	@$(BENCH_VENV)/bin/python -m benchmarks.load --write
	@$(PY) -m benchmarks.page --write
	@$(BENCH_VENV)/bin/python -m benchmarks.peers --full --write

# What training leaves is in build/reader; `--install` at the last makes it Dossier's own.
train: $(TRAINING_INSTALLED) ## Train the reader: hours on two cores (needs 3 GB of disk)
	@$(TRAINING_VENV)/bin/python -m training.train
	@$(TRAINING_VENV)/bin/python -m training.export build/reader/full-1

# The two empty variables keep local package folders out: the hashes are the public index's.
lock: $(INSTALLED_DEV) ## Compile the requirements files anew, with hashes
	@for name in requirements requirements-dev; do \
		PIP_EXTRA_INDEX_URL= PIP_FIND_LINKS= CUSTOM_COMPILE_COMMAND="make lock" \
		$(PY) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras \
			--no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
			--output-file $$name.txt $$name.in || exit 1; \
	done

clean: ## Remove what make made: environments, demo archive, caches (never .dossier)
	rm -rf $(VENV) $(BENCH_VENV) $(TRAINING_VENV) $(DEMO) build dist *.egg-info .coverage .coverage.* \
		.mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- Environments --------------------------------------------------------------------------------

# $(call new-venv,folder): make it, or say in one line why not and leave nothing half made.
define new-venv
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "Dossier needs Python 3.11 or newer and '$(PYTHON)' is not: try make PYTHON=python3.12" >&2; \
	exit 1; }
@test -x $(1)/bin/pip || $(PYTHON) -m venv --clear $(1) || { rm -rf $(1); exit 1; }
endef

$(INSTALLED): requirements.txt pyproject.toml
	$(call new-venv,$(VENV))
	@echo "Installing what Dossier needs into $(VENV) (a minute or two)"
	@$(PY) -m pip install --quiet --require-hashes -r requirements.txt
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt $(INSTALLED)
	@echo "Installing what its developers need"
	@$(PY) -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

# These two apart, because of torch: nothing of Dossier needs it.
$(TRAINING_INSTALLED): requirements.txt training/requirements.txt
	$(call new-venv,$(TRAINING_VENV))
	@echo "Installing what training needs into $(TRAINING_VENV)"
	@$(TRAINING_VENV)/bin/python -m pip install --quiet --require-hashes -r requirements.txt
	@$(TRAINING_VENV)/bin/python -m pip install --quiet -r training/requirements.txt
	@touch $@

$(BENCH_INSTALLED): requirements.txt benchmarks/requirements.txt
	$(call new-venv,$(BENCH_VENV))
	@echo "Installing what is compared into $(BENCH_VENV)"
	@$(BENCH_VENV)/bin/python -m pip install --quiet --require-hashes -r requirements.txt
	@$(BENCH_VENV)/bin/python -m pip install --quiet -r benchmarks/requirements.txt
	@touch $@
