# Two commands, each complete on a fresh machine: make demo, make test.
# Linux without a GPU: add TORCH_INDEX=https://download.pytorch.org/whl/cpu to save a large download.

PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
TORCH_INDEX ?=
BIN = $(VENV)/bin

.PHONY: demo test lint install dev weights clean

demo: install weights
	$(BIN)/funcorr match samples/espresso-kettle.png samples/wine-bottle.png --function pour-with --out funcorr-out

test: dev weights
	$(BIN)/pytest

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

install: $(VENV)/installed
dev: $(VENV)/installed-dev

weights: install
	$(BIN)/funcorr weights fetch efficientnet-lite2 dinov2-small-focus minilm

$(VENV)/torch:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	touch $@

$(VENV)/installed: $(VENV)/torch pyproject.toml
	$(BIN)/pip install --quiet -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed pyproject.toml
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) funcorr-out
