# Two commands, each complete on a fresh machine: make demo, make test.
# torch comes as its CPU build; for a GPU: make demo TORCH_INDEX= (the default build of your system).

PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
BIN = $(VENV)/bin
PIP = $(BIN)/pip install --quiet

.PHONY: demo test test-pages lint wheels docs docs-check install dev weights browser clean

demo: install weights
	$(BIN)/funcorr match samples/coffee-mug.png samples/wine-bottle.png --function pour-with --out funcorr-out

test: dev weights browser
	$(BIN)/pytest -n 2 -m "not browser and not language_model"
	$(if $(shell command -v chromium || command -v google-chrome),$(MAKE) test-pages)

# One page at a time.
test-pages: dev weights
	$(BIN)/pytest -m browser

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Both wheels into dist/, tried in an environment of their own.
wheels:
	PYTHON="$(PYTHON)" TORCH="$(TORCH)" TORCH_INDEX="$(TORCH_INDEX)" scripts/check_wheels.sh

# The site, served here, or built with warnings as errors into build/site.
docs: $(VENV)/installed-docs
	$(BIN)/mkdocs serve

docs-check: $(VENV)/installed-docs
	$(BIN)/mkdocs build --strict

install: $(VENV)/installed
dev: $(VENV)/installed-dev

weights: install
	$(BIN)/funcorr weights fetch efficientnet-lite2 dinov2-small-focus minilm

# The pages are tested in chromium; where it is missing and cannot be installed, that is said.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && apt-get -qq update && apt-get -qq install -y chromium >/dev/null; } \
	|| echo "no chromium: the tests marked 'browser' are left out"

$(VENV)/torch:
	$(PYTHON) -m venv $(VENV)
	$(if $(TORCH_INDEX),$(PIP) --retries 0 --index-url $(TORCH_INDEX) $(TORCH) 2>/dev/null ||) $(PIP) $(TORCH)
	touch $@

$(VENV)/installed: $(VENV)/torch pyproject.toml
	$(PIP) -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed pyproject.toml forge/pyproject.toml
	$(PIP) -e ./forge -e '.[dev]'
	touch $@

$(VENV)/installed-docs: $(VENV)/installed pyproject.toml
	$(PIP) -e '.[docs]'
	touch $@

clean:
	rm -rf $(VENV) funcorr-out build
