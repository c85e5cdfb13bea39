# Every target makes its own .venv; Python 3.11+, git and make are all that a machine needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2
CLUSTER ?= dock

.PHONY: setup check format test test-e2e demo bench clean help

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.installed ## create .venv with everything in it

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

check: setup ## format, lint, import contracts, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: setup ## rewrite the sources as the formatter wants them
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: setup ## all tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

test-e2e: setup ## tests of whole platforms; CLUSTER=dock|envtest|kubeconfig is their hub
	DOKASECA_E2E_CLUSTER=$(CLUSTER) DOKASECA_E2E_KUBECONFIG=$(KUBECONFIG) DOKASECA_E2E_CONTEXT=$(CONTEXT) \
	  $(BIN)/python -m pytest tests/e2e -rs

demo: setup ## the main job, end to end, timed
	$(BIN)/python -m dokaseca.cli.main demo

bench: setup ## benchmarks, as JSON
	@for b in bench/*.py; do $(BIN)/python $$b; done

clean: ## remove what the targets made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
