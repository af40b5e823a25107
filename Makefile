# Sleutelbord. Two commands to know: make run, make test.
#
# Both install what is missing on Debian 12 (as root or with sudo) and say why;
# besides make they need only Go.

# Flags of every build, in one place. Another compiler, another tag or -trimpath
# here and not there would compile Fyne's C parts a second time.
#
#   clang-14            gcc takes five times as long: cgo finds out the names of
#                       OpenGL by making errors, and gcc thinks about each.
#   x11                 no Wayland libraries; Fyne's Wayland driver is young.
#   migrated_fynedo     no check of the goroutine at every refresh.
#   no_emoji            4 MB less.
#   no_animations       a cursor that does not blink: else a window that nobody
#                       touches is drawn anew ten times a second.
CC           := clang-14
TAGS         := x11,migrated_fynedo,no_emoji,no_animations
GO           := $(or $(shell command -v go),/usr/local/go/bin/go)
export CC
export CGO_ENABLED := 1
export GOFLAGS := -trimpath -buildvcs=false -tags=$(TAGS)

VERSION      := $(or $(shell git describe --tags --always --dirty 2>/dev/null),unknown)
LDFLAGS      := -s -w -X main.version=$(VERSION)

# Tools, at fixed versions. go run keeps what it built in Go's cache, so that
# only the first use takes time, and nothing is installed.
GOFUMPT      := $(GO) run mvdan.cc/gofumpt@v0.12.0
STATICCHECK  := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2

# The race detector is a second build of everything, many times slower. make
# test runs it over the packages whose goroutines meet, as far as they do
# without the database; make race over everything but main and the floor, which bring
# in Fyne's OpenGL driver, and takes half an hour.
RACE         := ./nfc ./nfc/pcsc/... ./nfc/softcard ./lock
RACE_ALL     := $$($(GO) list ./... | sed -e 1d -e '/\/packaging\/floor$$/d')

BUILD        := build
PROGRAM      := $(BUILD)/sleutelbord
# How long make fuzz spends on each target.
FUZZTIME     ?= 30s
LOCKS        ?= 100000
ROUNDS       ?= 5
# Which reader make demo uses: builtin, or pcsc, a virtual one behind pcscd.
READER       ?= builtin

SHELL        := /bin/bash
.SHELLFLAGS  := -o errexit -o nounset -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test race demo check bench bench-window bench-gateway fuzz build screens packages test-packages site notices clean

help: ## Say what there is.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 16

run: ## Open the window; without a display, run it unseen and save pictures.
	@packaging/install-deps build window $$(packaging/has-display || echo screen)
	@$(MAKE) --no-print-directory build
	@packaging/run-window $(PROGRAM) $(BUILD)/pictures

test: ## Run every test, and count.
	@packaging/install-deps build test
	@mkdir -p $(BUILD)
	@$(GO) test -race $(RACE)
	@$(GO) test -timeout 40m -json ./... | tee $(BUILD)/test.json | $(GO) run ./packaging/testreport

race: ## Run the tests with the race detector.
	@packaging/install-deps build test
	$(GO) test -race -timeout 60m $(RACE_ALL)

demo: ## Tell the whole story; READER=pcsc sends it through pcscd.
	@packaging/install-deps build $(if $(filter pcsc,$(READER)),pcsc)
	@$(MAKE) --no-print-directory build
	@case "$(READER)" in \
	builtin) $(PROGRAM) demo ;; \
	pcsc) $(GO) build -o $(BUILD)/withpcscd ./packaging/withpcscd; $(BUILD)/withpcscd $(PROGRAM) demo --reader '{reader}' --vpcd '{addr}' ;; \
	*) echo 'READER is builtin or pcsc' >&2; exit 2 ;; \
	esac

check: ## Format, vet, lint, floor plan.
	@packaging/install-deps build check
	@packaging/check '$(GO)' '$(GOFUMPT)' '$(STATICCHECK)'

bench: ## Measure.
	@packaging/install-deps build pgsql
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-window: ## Measure the window in turn with the least that one can be (ROUNDS times): ten minutes.
	@packaging/install-deps build window screen keys pcsc
	@$(MAKE) --no-print-directory build
	@$(GO) build -ldflags '$(LDFLAGS)' -o $(BUILD)/floor ./packaging/floor
	@$(GO) build -o $(BUILD)/windowbench ./packaging/windowbench
	@$(BUILD)/windowbench $(PROGRAM) $(BUILD)/floor $(ROUNDS)

bench-gateway: ## Run 100,000 locks (LOCKS) behind one broker, and kill it: half an hour.
	@packaging/install-deps mqtt
	SLEUTELBORD_GATEWAY_LOCKS=$(LOCKS) $(GO) test -run '^TestGatewayAtScale$$' -v -timeout 3h ./app/desk

fuzz: ## Fuzz every target for FUZZTIME each.
	@packaging/install-deps build
	@packaging/fuzz '$(GO)' '$(FUZZTIME)'

build: ## Build the program.
	@packaging/install-deps build
	@mkdir -p $(BUILD)
	@test -e $(PROGRAM) || echo 'Building; the first time takes two or three minutes.' >&2
	@$(GO) build -ldflags '$(LDFLAGS)' -o $(PROGRAM) .

screens: ## Take the pictures of the documentation anew.
	@packaging/install-deps build window screen pictures
	@$(MAKE) --no-print-directory build
	@packaging/screens $(PROGRAM) docs/screens

packages: ## Make the packages for Linux and Windows, their checksums and the list of parts.
	@packaging/install-deps build package
	@packaging/make-packages '$(GO)' $(BUILD)/packages

test-packages: ## Install the packages in clean systems, use them, remove them, make them again; as root.
	@packaging/install-deps build package
	@test -e $(BUILD)/packages/SHA256SUMS || $(MAKE) --no-print-directory packages
	@packaging/test-packages $(BUILD)/packages
	@packaging/test-signing $(BUILD)/packages/*-setup.exe $(BUILD)/signed-setup.exe
	@packaging/test-windows $(BUILD)/packages $(BUILD)/signed-setup.exe
	@packaging/test-again '$(GO)' $(BUILD)/packages

site: ## Make a small site of the documentation, in build/site.
	@rm -rf $(BUILD)/site
	@$(GO) run ./packaging/site . $(BUILD)/site

notices: ## Collect the licences of what is linked in; after a change of go.mod.
	$(GO) run ./packaging/notices . ./app/controller >$(BUILD)/notices.txt
	mv $(BUILD)/notices.txt assets/notices.txt

clean: ## Remove what was built.
	rm -rf $(BUILD)
