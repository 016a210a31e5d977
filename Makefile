# Thin on purpose: every target is one command that can be typed by hand. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
CODE := libs services deploy/local tests examples
SERVICES := $(notdir $(patsubst %/,%,$(wildcard services/*/)))
DOMAINS := $(wildcard services/*/src/*/domain)
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := 1

.PHONY: help
help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 28

.PHONY: bootstrap
bootstrap:  ## Install what is missing: Debian packages, .venv, libraries, Kafka
	@deploy/local/bootstrap.sh

.PHONY: up
up: bootstrap  ## Start the suite and keep it running until Ctrl-C (PORT=8080 DIR=.zc)
	@exec $(BIN)/zc $(if $(DIR),--dir $(DIR)) up $(if $(PORT),--port $(PORT))

.PHONY: demo
demo: bootstrap  ## Play a whole season on the running suite (EXIT=1 SEED=2026 APPLICANTS=40 PORT=8080 DIR=.zc)
	@exec $(BIN)/zc $(if $(DIR),--dir $(DIR)) demo $(if $(EXIT),--exit) $(if $(SEED),--seed $(SEED)) \
	  $(if $(APPLICANTS),--applicants $(APPLICANTS)) $(if $(PORT),--port $(PORT))

.PHONY: test
test: bootstrap lint types imports  ## Everything that must hold: lint, types, import rules, all tests (ONLY=services/units)
	@$(BIN)/python tests/run.py $(ONLY)

.PHONY: test-real
test-real: bootstrap  ## Install the real servers and play the season and its faults on them (ONLY=tests/real)
	@deploy/local/real-servers.sh
	@SERVERS=real $(BIN)/python tests/run.py $(or $(ONLY),tests/real tests/seam tests/faults)

.PHONY: lint
lint:  ## Style and formatting
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)

.PHONY: format
format:  ## Mend style and formatting
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

.PHONY: types
types:  ## Types: strict for libraries, launcher and every domain
	@$(BIN)/mypy $(wildcard libs/*/src) deploy/local/src $(DOMAINS)

.PHONY: imports
imports:  ## Who may import whom
	@$(BIN)/lint-imports

.PHONY: schemas
schemas:  ## Write anew what is generated: event schemas, AsyncAPI and OpenAPI documents, compose file, manifests
	@$(BIN)/python -m zc.deployables
	@$(BIN)/python -m zc.kafka_access
	@$(BIN)/python -m contracts docs/events.md
	@$(BIN)/python -m contracts asyncapi docs/asyncapi.json
	@for name in $(SERVICES); do $(BIN)/python -m $$name openapi services/$$name/openapi.json; done
	@$(BIN)/python -m zc.problems docs/problems.md

.PHONY: lock
lock:  ## Write requirements.lock anew (names no host; delete uv.lock to raise every version)
	@$(BIN)/uv lock -q
	@$(BIN)/uv export -q --no-emit-workspace --all-groups --all-packages --all-extras \
	  --format requirements-txt --no-annotate --no-header >requirements.lock

.PHONY: new-service
new-service:  ## Lay out a new service (NAME=archives)
	@$(BIN)/python -m zc.new_service $(NAME)

.PHONY: coverage-of-requirements
coverage-of-requirements:  ## Run all tests and list the rows of the requirements that none of them proves
	@$(BIN)/python tests/run.py --requirements

.PHONY: clean
clean:  ## Remove what was installed and generated; the data of the suite stays (`zc reset` destroys it)
	@rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache dist
	@find . -name __pycache__ -type d -not -path './.zc/*' -prune -exec rm -rf {} +

.PHONY: test-deploy
test-deploy: bootstrap  ## Check the deploy files with operators' own tools: compose's loader, a Kubernetes API, Prometheus
	@deploy/supply-chain/tools.sh
	@DEPLOY_TOOLS="base apiserver" $(BIN)/pytest -rs --durations=10 deploy/local/tests/test_deploy*.py deploy/local/tests/operations

.PHONY: test-kill-all
test-kill-all: bootstrap  ## Die at every kill point of a season, first and last passing each, half an hour (SEED=2026 ONLY=relay. PLAN=file)
	@$(BIN)/python -m tests.faults.kill_all $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY)) $(if $(PLAN),--plan $(PLAN) --bisect)

.PHONY: audit
audit:  ## Ask a vulnerability database about every locked package, and say how many answers there were
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python deploy/supply-chain/audit.py

.PHONY: sbom
sbom:  ## Write dist/sbom.json (CycloneDX) and dist/licences.csv from the lock
	@mkdir -p dist
	@$(BIN)/uv tool run -q --from cyclonedx-bom==7.5.0 cyclonedx-py requirements requirements.lock --of JSON -o dist/sbom.json
	@$(BIN)/python deploy/supply-chain/licences.py >dist/licences.csv
	@echo "dist/sbom.json, dist/licences.csv"
