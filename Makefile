# Every target sets up its own environment in .venv; only Python 3.11+ and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export RLM_HOME ?= $(CURDIR)/.rlm
export DAGSTER_HOME ?= $(RLM_HOME)/dagster

.PHONY: setup demo test lint dev bench clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "could not create $(VENV); on Debian and Ubuntu install the package python3-venv" >&2; exit 2; }
	@echo "installing into $(VENV) (about 2 GB, a few minutes the first time)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup  ## the planted support desk, from dirty files to a report
	@$(BIN)/rlm demo

test: setup  ## the whole test run
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q

lint: setup  ## formatting, lint, types, import rules, definitions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

dev: setup  ## the Dagster UI on http://localhost:3000
	@mkdir -p $(DAGSTER_HOME) && test -e $(DAGSTER_HOME)/dagster.yaml || cp configs/dagster/local.yaml $(DAGSTER_HOME)/dagster.yaml
	@$(BIN)/dg dev

clean:  ## remove the environment; data in $(RLM_HOME) stays
	rm -rf $(VENV)
