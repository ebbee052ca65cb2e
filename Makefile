# One line each; `make help` lists them. npm is run by the Node of the project, so that lock files come out the same.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' Makefile)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
VERSION = $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)
DATA ?= $(or $(BURSAR_DATA),data)

help: ## Show this help
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 24

install: ## Install the dependencies of the lock file into node_modules
	npm ci

compile-deps: ## Bring the lock file in line with package.json, without upgrading what is in it
	npm install --package-lock-only --ignore-scripts

upgrade-deps: ## Upgrade the lock file as far as the pins allow, and list what is newer than its pin
	npm update --package-lock-only --ignore-scripts && { npm outdated || true; }

check-deps: ## Check that the lock file fits package.json
	npm ci --dry-run --ignore-scripts >/dev/null && echo 'package-lock.json fits package.json'

lint: ## Check types, style and the rules of the house, without tests
	npm run --silent check -- --no-tests

build: ## Pack the checked-in sources for a release into dist/ (nothing needs compiling)
	mkdir -p dist && git archive --format=tar.gz --prefix=bursar-$(VERSION)/ --output=dist/bursar-$(VERSION).tar.gz HEAD && ls dist/bursar-$(VERSION).tar.gz

run: ## Run Bursar with its own PostgreSQL in ./data, or with the one that DATABASE_URL names
	npm start

kill: ## Stop every Bursar that uses the data directory; its data stays
	@for user in '$(DATA)'/users/*; do mark=$${user##*/}; mark=$${mark%%.*}; pid=$${mark%%-*}; if [ "$$(sed 's/.*) //' "/proc/$$pid/stat" 2>/dev/null | cut -d' ' -f20)" = "$${mark#*-}" ]; then kill "$$pid" && echo "stopping $$pid"; fi; done

clean: ## Remove node_modules and dist; `make clean REMOVE=data` removes the data directory too, for good
	rm -rf node_modules dist $(if $(filter data,$(REMOVE)),'$(DATA)')

test: ## Install from the lock file and run everything, as CI does
	.ci/run

test-local: ## Run everything with what is installed
	npm test

migration: ## Begin the next migration: make migration MODULE=credits
	@: $${MODULE:?say which module: make migration MODULE=credits}; last=$$(ls migrations | tail -1); file=$$(printf 'migrations/%04d_%s.sql' $$((10#$${last%%_*} + 1)) "$$MODULE"); echo "-- $$MODULE: what it keeps, in one line." > "$$file"; echo "$$file"

show-config: ## Show the settings in force and where they come from, secrets masked
	@node src/cli.ts show-config

sh: ## A shell in which node, tsc and the other tools are those of the project
	@exec "$${SHELL:-bash}"
