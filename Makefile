# Two commands for a machine with Python, make and git: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1
export HF_HUB_DISABLE_TELEMETRY := 1
NEW := data/example/new/insulin-01.txt

HELP := pipeline/comb/help
NODE := tests/js/node_modules/.package-lock.json

.PHONY: demo test lint types js notebooks docs pictures dist wheel lock bench clean

demo: $(VENV)/demo  ## train on the example study, then suggest codes for one new transcript
	dvc repro
	comb suggest $(NEW) --out data/processed/demo --format csv,xlsx
	@echo
	@echo "Suggestions for one new interview:  data/processed/demo/insulin-01.xlsx (and .csv)"
	@echo "Suggestions for all new interviews: data/processed/suggestions/"
	@echo "How good they are:                  data/processed/metrics/evaluate.json (or: dvc metrics show)"

test: $(VENV)/test  ## the whole test suite
	python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/test
	ruff check .
	ruff format --check .

types: $(VENV)/test
	mypy

docs: $(VENV)/test  ## build the documentation into the package, for comb docs and the workspace; warnings are errors
	rm -rf $(HELP)
	python -m sphinx -W --keep-going -q -b html -j auto -d build/docs docs $(HELP)

# The pictures of the example study only where dvc repro has trained it.
pictures: $(VENV)/test  ## draw the pictures of README and the documentation, with chromium
	COMB_PICTURES=1 python -m pytest -q tests/browser/test_pictures.py tests/browser/test_first_hour.py::test_the_first_hour

dist: docs  ## the source archive and, built from it, the wheel, both with the documentation; a look at what is in them
	rm -rf dist
	python -m build --outdir dist . > /dev/null
	python tests/wheel/contents.py dist

wheel: docs  ## build the wheel, install it into an empty environment and use it there
	python tests/wheel/smoke.py

notebooks: $(VENV)/test  ## execute the notebooks on the example study and compare their outputs with the stored ones
	dvc repro --quiet
	python tests/notebooks/run_notebooks.py

# Only this target needs node; comb itself, its tests and the review page do without.
js: $(NODE)  ## types, lint and unit tests of the JavaScript
	cd tests/js && npm run --silent check

$(NODE): tests/js/package-lock.json
	@command -v npm > /dev/null || { echo "make js: node and npm (20.19 or later) are not installed, so the JavaScript was NOT checked" >&2; exit 1; }
	cd tests/js && npm ci --silent --no-audit --no-fund
	@touch $@

# torch comes first: the registry's plain "torch" would fetch gigabytes of GPU libraries on some systems.
$(VENV)/demo: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --disable-pip-version-check "$$(grep '^torch==' requirements.lock)"
	python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/test: $(VENV)/demo requirements-dev.lock
	python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

lock:  ## write both lock files again
	python -m pip install --quiet pip-tools
	pip-compile --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links --strip-extras \
	  --extra train --output-file requirements.lock pyproject.toml
	pip-compile --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links --strip-extras \
	  --extra train --extra docs --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

bench: $(VENV)/test
	comb bench speed

clean:
	rm -rf $(VENV) data/interim data/processed models/encoder models/tuned models/head .comb build docs/reference/generated $(HELP)
