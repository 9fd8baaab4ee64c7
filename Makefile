# Two commands do all the set-up: `make run` and `make test`.
PY := .venv/bin/python
BIN := .venv/bin
# Where nobody may keep bytecode, each process compiles all of Django anew: a second a start.
unexport PYTHONDONTWRITEBYTECODE
OFFLINE := --quiet --disable-pip-version-check --no-index --find-links $(WHEELHOUSE)

.DEFAULT_GOAL := help
.PHONY: help setup wheelhouse run test test-all test-services lint bench requirements clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

.venv/ready: requirements.txt pyproject.toml
	python3 -m venv .venv
ifdef WHEELHOUSE
	$(BIN)/pip install $(OFFLINE) --require-hashes -r requirements.txt
	$(BIN)/pip install $(OFFLINE) --no-deps --no-build-isolation -e .
else
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(PY) --require-hashes -r requirements.txt
	$(BIN)/uv pip install --quiet --python $(PY) --no-deps --no-build-isolation -e .
endif
	touch $@

setup: .venv/ready ## make the virtual environment; without a network: WHEELHOUSE=folder

wheelhouse: ## all packages as files, by the pinned hashes, for machines without a network
	python3 -m venv .wheelhouse-env
	.wheelhouse-env/bin/pip download --quiet --disable-pip-version-check --require-hashes -r requirements.txt -d wheelhouse
	.wheelhouse-env/bin/pip install --quiet --disable-pip-version-check --no-index --find-links wheelhouse hatchling
	.wheelhouse-env/bin/pip wheel --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -w wheelhouse .
	cd wheelhouse && sha256sum -- *.whl >SHA256SUMS
	rm -rf .wheelhouse-env

run: .venv/ready ## run the main job on the shipped sample and serve the pages
	$(BIN)/pehra run --demo

test: .venv/ready ## tests that need no server, no browser and no data beside the repository, nor ten seconds each
	$(PY) -m pytest -q -n logical --dist worksteal -m "not service and not long"

test-services: ## Debian's packages for `make test-all` (as root)
	bash .ci/services

test-all: .venv/ready test-services ## everything, on both databases; a skip is a failure
	bash .ci/test-all

lint: .venv/ready ## formatting, rules, types, rooms
	bash lint/run

bench: .venv/ready ## measured figures, with IntelMQ in the same run
	$(BIN)/pehra bench pipeline --against intelmq

requirements: .venv/ready ## pin anew: versions and hashes, no addresses
	$(BIN)/uv pip compile --quiet --extra dev --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.txt

clean:
	rm -rf .venv dist
