# `make run` starts kindmap, `make test` checks it. Everything they need goes into .venv; `make help` lists the rest.

PYTHON_FILES := kindmap dashboard runner tests bench manage.py
# One process on each database, side by side; what needs no database runs in the first only (tests/conftest.py).
BOTH_DATABASES := --dist each -o console_output_style=classic \
	--tx popen//id=sqlite//env:KINDMAP_TEST_SPLIT=1//env:KINDMAP_TEST_DATABASE=sqlite \
	--tx popen//id=postgresql//env:KINDMAP_TEST_SPLIT=1//env:KINDMAP_TEST_DATABASE=postgresql
UV_COMPILE := .venv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	--no-emit-find-links --universal

.DEFAULT_GOAL := help
.PHONY: help run demo demo-remove test lint check-deploy requirements corpus bench clean venv venv-dev

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: venv ## start kindmap on http://127.0.0.1:8000 (PORT, HOST, DATABASE_URL, REDIS_URL, KINDMAP_DATA_DIR)
	@exec .venv/bin/python -m kindmap.supervisor

demo: venv ## fill the demo repository of a running kindmap once more
	@.venv/bin/python manage.py demo

demo-remove: venv ## remove the demo repository and everything in it
	@.venv/bin/python manage.py demo --remove

test: venv-dev ## every check and every test, on SQLite and PostgreSQL; installs what it needs
	@scripts/system-packages
	@$(MAKE) --no-print-directory lint check-deploy
	@.venv/bin/python -m pytest $(BOTH_DATABASES) $(PYTEST_ARGS)

lint: venv-dev ## style, types, forbidden imports, forgotten migrations
	@.venv/bin/ruff check $(PYTHON_FILES)
	@.venv/bin/ruff format --check $(PYTHON_FILES)
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo
	@scripts/check-django makemigrations --check --dry-run

check-deploy: venv-dev
	@scripts/check-django check --deploy --fail-level WARNING

requirements: venv-dev ## requirements*.in → requirements*.txt with exact versions and hashes
	@$(UV_COMPILE) requirements.in -o requirements.txt
	@$(UV_COMPILE) requirements-dev.in -o requirements-dev.txt

corpus: venv-dev ## how kindmap reads a thousand real reports (CORPUS=folder)
	@.venv/bin/python bench/corpus.py $(CORPUS)

bench: venv-dev ## measure intake and pages
	@.venv/bin/python bench/run.py

clean: ## remove .venv, caches and collected static files; data (var/) stays
	rm -rf .venv staticfiles build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis

venv:
	@scripts/venv requirements.txt

venv-dev:
	@scripts/venv requirements.txt requirements-dev.txt
