# Everything runs in the virtual environment .venv, which the first target that needs it makes.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# The version of uv that installs the lock is the one that stands in it.
UV_VERSION := $(shell sed -n 's/^uv==\([^ ]*\) .*/\1/p' requirements.lock)

.PHONY: help setup demo dashboard test proofs check types lint contract unit bench images docs notebook lock audit clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## Make .venv with exactly the packages of requirements.lock

$(VENV)/.installed: requirements.lock pyproject.toml
	@interpreter=$$(command -v $(PYTHON) || command -v python3); \
	  "$$interpreter" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "medimage needs Python 3.11, 3.12 or 3.13: install one, or name it with make PYTHON=python3.12"; exit 1; }; \
	  test -x $(BIN)/python || "$$interpreter" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## Train, judge, register and package the quickstart's classifier
	$(BIN)/python -m pipelines.train_pipeline --config configs/quickstart.yaml

dashboard: setup ## Serve the ZenML dashboard, MLflow and the newest champion's service until Ctrl-C
	$(BIN)/medimage dashboard --all

test: check unit ## All tests, lint, types and the import contract

proofs: setup ## The tests that take long: a full disk, interruptions, kills, several runs in a row
	$(BIN)/python -m pytest -m proof

check: lint types contract ## What needs no test run

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/pyright

contract: setup
	$(BIN)/lint-imports

unit: setup
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

bench: setup ## Run every benchmark and write benchmarks/results
	$(BIN)/python -m benchmarks run all

images: setup ## Build the container images as a test, start them and ask them; needs root, buildah, debootstrap and runc
	$(BIN)/python -m pytest -m 'proof or not proof' tests/containers -rs

docs: setup ## Build the documentation into build/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

notebook: setup ## Run the documentation's notebook anew and keep its outputs
	$(BIN)/python -m documentation.run_notebook docs/tutorials/from_a_folder_to_a_served_model.ipynb

lock: setup ## Resolve pyproject.toml anew into requirements.lock, with hashes and without addresses
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" --quiet --upgrade -o requirements.lock
	$(BIN)/python -c 'from medimage.serving.bento_contents import PACKAGES; print(*PACKAGES, sep="\n")' | \
	  $(BIN)/uv pip compile - --constraint requirements.lock --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-emit-index-url --custom-compile-command "make lock" --quiet -o medimage/serving/requirements.lock

audit: setup ## Look the locked packages up among known vulnerabilities; needs the network, and is no part of make test
	.ci/audit

clean: ## Remove the virtual environment and everything that runs left behind
	rm -rf $(VENV) .medimage build *.egg-info
