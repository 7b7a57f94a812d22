# `make help` lists the targets. They need Go, make and git, and no C compiler.

GO := CGO_ENABLED=0 go

# Builds the tools of a module below tools/ into bin/. Like every -v here, it names what it compiles.
build-tools = $(GO) build -C $(1) -v -o $(CURDIR)/bin/ tool

# The image: its name and tag, and whether `make image` pushes it or writes it to dist/image.
IMAGE ?= registry.example.com/flinks-operator
TAG ?= dev
# What `make manifests` renders.
CONFIG ?= config/default
PUSH ?= false

# The race detector needs a C compiler. Without one the same tests run without it. RACE= turns it off.
RACE ?= $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)
GO_RACE = CGO_ENABLED=$(if $(RACE),1,0) go
# Ten minutes, Go's own limit for a package, is short for reconcilers and managers on a slow machine.
run-tests = $(GO_RACE) build $(RACE) -v ./api/... ./dataclient/... ./internal/... && $(GO_RACE) test $(RACE) -timeout 45m $(TESTFLAGS) $(1)

# The speeds of tests in this module; MANAGER is all that is in no other. Pure code has no goroutines
# that could race. The tests in a browser are a module of their own.
PURE := ./api/... ./internal/lifecycle/... ./internal/schedule/... ./test/day/... ./test/docs/...
CLIENT := ./dataclient/... ./internal/budget/... ./internal/flinks/... ./internal/flinkssim/... ./internal/link/... ./internal/linkapi/...
RECONCILE := ./internal/controller/... ./test/apivalidation/... ./test/reconcile/...
MANAGER = $(filter-out $(shell go list $(PURE) $(CLIENT) $(RECONCILE) $(SCALE)),$(shell go list ./...))
SCALE := ./test/scale

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

.PHONY: build
build: ## Build the commands into bin/
	$(GO) build -v -o bin/ ./cmd/...

.PHONY: k8s
k8s: ## Build the control plane for tests, demo and run into bin/k8s: minutes the first time
	@$(GO) run -C tools/controlplane . >/dev/null

# The names are those of test/browser/chromium. Without fonts-liberation, Chromium may have no font at all.
.PHONY: chromium
chromium: ## Install Chromium for the tests of the gateway's page and the demo, unless there is one
	@for program in $${CHROMIUM:-chromium chromium-browser google-chrome google-chrome-stable}; do \
		command -v "$$program" && exit 0; \
	done; \
	test -z "$$CHROMIUM" || { echo "There is no $$CHROMIUM, which \$$CHROMIUM names." >&2; exit 1; }; \
	command -v apt-get >/dev/null || \
		{ echo "No Chromium. Install it or Chrome, or name one in \$$CHROMIUM." >&2; exit 1; }; \
	as_root=; test "$$(id -u)" = 0 || as_root=sudo; \
	echo "Installing Chromium with apt-get." >&2; \
	$$as_root apt-get update && \
		$$as_root apt-get install --yes --no-install-recommends chromium chromium-sandbox fonts-liberation || \
		{ echo "Installing Chromium failed. Install it or Chrome, or name one in \$$CHROMIUM." >&2; exit 1; }

.PHONY: generate
generate: ## Generate deepcopy methods, CRDs, the manager's role and parts of docs
	$(call build-tools,tools)
	$(call build-tools,tools/crd-ref-docs)
	rm -f config/crd/bases/*.yaml
	bin/controller-gen object crd rbac:roleName=flinks-operator-manager \
		paths=./api/... paths=./internal/controller/... \
		output:crd:dir=config/crd/bases output:rbac:dir=config/rbac
	bin/crd-ref-docs --source-path=api/v1alpha1 --renderer=markdown --output-path=docs/spec/api.md --log-level=ERROR \
		--config=tools/crd-ref-docs/config.yaml --templates-dir=tools/crd-ref-docs/templates
	$(GO) test ./test/docs -run '^(TestErrorReference|TestReasonReference|TestFloorPlan)$$' -count=1 -args -update

.PHONY: fmt
fmt: ## Format the code
	$(call build-tools,tools/golangci-lint)
	bin/golangci-lint fmt ./...
	cd test/browser && $(CURDIR)/bin/golangci-lint fmt ./...

# actionlint finds the same on every machine if it does not use what may be installed there.
.PHONY: lint
lint: ## Check the code: mistakes, style, and who imports whom; and the workflows
	$(call build-tools,tools/actionlint)
	bin/actionlint -shellcheck= -pyflakes=
	$(call build-tools,tools/golangci-lint)
	CGO_ENABLED=0 bin/golangci-lint run ./...
	cd test/browser && CGO_ENABLED=0 $(CURDIR)/bin/golangci-lint run ./...

.PHONY: test
test: test-pure test-client test-reconcile test-manager test-scale test-browser ## Run all tests, the fastest first

.PHONY: test-pure
test-pure: RACE =
test-pure: ## Run the tests of pure code
	$(call run-tests,$(PURE))

.PHONY: test-client
test-client: ## Run the tests of both clients, the simulator, the limits and the link API
	$(call run-tests,$(CLIENT))

.PHONY: test-reconcile
test-reconcile: k8s ## Run the tests of API and reconcilers on a real API server
	$(call run-tests,$(RECONCILE))

.PHONY: test-manager
test-manager: k8s ## Run the tests of the whole manager, and all that remain
	$(call run-tests,$(MANAGER))

.PHONY: test-scale
# By itself: it takes all of the machine, and what it measures is another process.
test-scale: RACE =
test-scale: k8s ## Import 2,000 connections and count what each costs
	$(call run-tests,-v -count 1 $(SCALE))

.PHONY: test-browser
# Most of the time these tests wait for the page, which asks every two seconds.
test-browser: k8s chromium ## Run the tests of the gateway's page in Chromium
	$(GO_RACE) -C test/browser build $(RACE) -v ./...
	$(GO_RACE) -C test/browser test $(RACE) -timeout 30m -parallel 6 $(TESTFLAGS) . ./axe ./chromium

# What it finds it prints with the command that shows it again.
.PHONY: explore
explore: ## Run the reconcilers in 90,000 small worlds in which something fails, and plant known bugs
	$(GO) build -o bin/ ./test/explore
	bin/explore -cases 90000 -planted

.PHONY: explore-short
explore-short: ## Run a part of explore, which SEED chooses
	$(GO) build -o bin/ ./test/explore
	bin/explore -cases 10000 -seed $(or $(SEED),1)

# How long each target runs. What it found interesting is kept in Go's build cache, for the next time.
FUZZTIME ?= 1m

# An input that fails stays in testdata/fuzz of its package. Commit it: from then on every test run tries it.
.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME, a minute unless set
	@failed=; \
	for package in $$(grep -rl --include='*_test.go' '^func Fuzz' api dataclient internal test | xargs -n 1 dirname | sort -u); do \
		for target in $$($(GO) test -list '^Fuzz' ./$$package | grep '^Fuzz'); do \
			echo "=== $$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10s ./$$package || \
				failed="$$failed $$package:$$target"; \
		done; \
	done; \
	test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

.PHONY: bench
bench: k8s ## Run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

# The sizes of the fleets, and a file for the results as JSON.
SIZES ?= 1000,10000
OUT ?=

.PHONY: bench-scale
bench-scale: k8s ## Measure what fleets of SIZES connections cost, beside a bare client
	cd test/scale && $(GO) test -run '^TestScale$$' -timeout 6h -count 1 -scale.sizes $(SIZES) -scale.out '$(OUT)'

.PHONY: verify
verify: generate ## Generate everything again; fail if that changes a file or a go.mod is untidy
	$(GO) mod tidy -diff
	for module in tools tools/*/ test/browser; do $(GO) -C $$module mod tidy -diff || exit 1; done
	$(GO) vet ./...
	$(GO) -C test/browser vet ./...
	git --no-pager diff --exit-code
	@new=$$(git ls-files --others --exclude-standard); test -z "$$new" || { echo "not in git: $$new"; exit 1; }

.PHONY: demo
# In the directory of the package, go test shows what a test writes while it runs.
demo: k8s chromium ## Show the whole main job on this machine, checking each step
	$(GO) -C test/browser build -v ./...
	cd test/browser/demo && $(GO) test -timeout 10m

.PHONY: run
run: k8s build ## Run control plane, simulator, operator and gateway until Ctrl-C; an edit restarts the operator
	bin/devplane

build-image = KO_DOCKER_REPO=$(1) bin/ko build --bare --tags=$(TAG) --push=$(PUSH) \
	$(if $(filter false,$(PUSH)),--oci-layout-path=$(2)) $(3)

.PHONY: image
image: ## Build both images with ko into dist/, or push them: IMAGE=… TAG=… PUSH=true
	$(call build-tools,tools/ko)
	$(call build-image,$(IMAGE),dist/image,./cmd/manager)
	$(call build-image,$(IMAGE)-gateway,dist/image-gateway,./cmd/gateway)

.PHONY: manifests
manifests: ## Render CONFIG, config/default unless set, with IMAGE and TAG to dist/install.yaml
	@mkdir -p dist
	kubectl=$$($(GO) run -C tools/controlplane .)/kubectl && \
		"$$kubectl" kustomize $(CONFIG) >dist/install.tmp
	sed 's|registry.example.com/flinks-operator\(-gateway\)\{0,1\}:dev$$|$(IMAGE)\1:$(TAG)|' dist/install.tmp >dist/install.yaml
	rm dist/install.tmp

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf bin dist
