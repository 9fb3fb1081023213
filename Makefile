# Peapod's build. `make help` lists the targets; CONTRIBUTING.md explains them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules --no-print-directory

PREFIX  ?= /usr/local
DESTDIR ?=
PEERS   ?= ../shared/tools/peers
TIERS   ?= lint fixtures dist unit host conformance vm

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
DOTNET_FLAGS = -c Release -v quiet -clp:ErrorsOnly

OUT      := out
VERSION  := $(shell sed -nE 's|.*<VersionPrefix>(.*)</VersionPrefix>.*|\1|p' Directory.Build.props)
BINARIES := $(OUT)/peapod $(OUT)/peapod-pod $(OUT)/peapod-image
SOURCES  := $(shell find src native -type f -not -path '*/bin/*' -not -path '*/obj/*' 2>/dev/null) \
            Directory.Build.props Directory.Packages.props global.json Makefile
IMAGE    := $(OUT)/images/busybox
TOOLS    := $(OUT)/images/tools

.PHONY: all build demo lint format hooks picture watch test unit host conformance vm fresh bench fixtures tools man dist install clean help bootstrap
all: build                ## build out/peapod, out/peapod-pod and out/peapod-image
build: $(BINARIES)

# The commit is part of the binaries, so a new commit is a reason to link again; a quiet rebuild leaves the stamp alone.
$(OUT)/.commit: FORCE
	@mkdir -p $(OUT)
	@commit=$$(git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown); \
	  [[ -f $@ && $$(<$@) == "$$commit" ]] || printf '%s\n' "$$commit" >$@
FORCE:

# One recipe for all: they share projects, and two publishes at once would meet in the same obj folders.
$(BINARIES) &: $(SOURCES) $(OUT)/.commit
	@scripts/bootstrap
	@for project in Cli Pod.Cli Image.Cli; do \
	  echo "  publish Peapod.$$project"; \
	  dotnet publish src/Peapod.$$project $(DOTNET_FLAGS) -p:Commit="$$(<$(OUT)/.commit)" -o $(OUT)/publish/$$project; \
	done
	@install -m 755 $(OUT)/publish/Cli/peapod $(OUT)/peapod
	@install -m 755 $(OUT)/publish/Pod.Cli/peapod-pod $(OUT)/peapod-pod
	@install -m 755 $(OUT)/publish/Image.Cli/peapod-image $(OUT)/peapod-image
	@ls -l $(BINARIES) | awk '{ printf "  %-20s %5.2f MB\n", $$9, $$5 / 1e6 }'

bootstrap:                ## install what is missing on a Debian (as root)
	@scripts/bootstrap

fixtures: $(IMAGE)/index.json  ## the localhost/busybox image as an OCI layout in out/images/busybox
$(IMAGE)/index.json: $(wildcard rootfs-fixtures/*) /bin/busybox
	@rootfs-fixtures/make-busybox-image $(IMAGE)

tools: $(TOOLS)/index.json ## the localhost/tools image, Debian with bash, git, python3, nginx, ..., in out/images/tools (root)
$(TOOLS)/index.json: rootfs-fixtures/make-tools-image rootfs-fixtures/make-image
	@scripts/bootstrap tools
	@rootfs-fixtures/make-tools-image $(TOOLS)
	@touch $@

demo: bootstrap           ## run the example pod from start to removal
	@$(MAKE) build fixtures
	@scripts/demo

lint:                     ## shellcheck, clang-tidy and dotnet format, without a build
	@scripts/run-tests lint
format:                   ## put white space in order
	@scripts/format
hooks:                    ## have git run make lint before each commit
	@ln -sf "$$(git rev-parse --show-toplevel)/scripts/pre-commit" "$$(git rev-parse --git-path hooks)/pre-commit"
picture:                  ## draw docs/house.svg, the rooms and who uses whom, from the sources
	@PEAPOD_UPDATE_GOLDEN=1 dotnet test tests/Peapod.UnitTests -c Release --nologo -v quiet --filter FullyQualifiedName~HouseTests
watch:                    ## run the unit tests again whenever a source changes; FILTER=Name for some of them
	@dotnet watch --project tests/Peapod.UnitTests test -c Release --nologo --filter 'tier!=vm$(if $(FILTER),&FullyQualifiedName~$(FILTER))'

test: bootstrap           ## lint, fixture, dist, unit, host, conformance and vm tests; last line: N passed, N failed, N skipped; TIERS="unit host" for some
	@$(MAKE) build man fixtures
	@scripts/run-tests $(TIERS)
unit:                     ## unit tests only (no root needed)
	@scripts/run-tests unit
conformance: build fixtures ## podman, containerd and Docker on Peapod, beside runc (root)
	@scripts/run-tests conformance

host: build fixtures      ## host tests only (root)
	@scripts/run-tests host

vm: build fixtures        ## vm tests only: in a Debian guest under QEMU with every cgroup controller (root)
	@scripts/run-tests vm

fresh:                    ## make demo and make test, without the vm tier, in a bare Debian 12 and in a bare Debian 13 (root)
	@tests/fresh

bench:                    ## hyperfine against crun, runc and a C floor; table in out/bench/results.md
	@scripts/bootstrap bench
	@$(MAKE) build fixtures
	@tests/bench/bench $(PEERS)

man: $(OUT)/man/peapod.1   ## the man pages in out/man, from the commands' own help
$(OUT)/man/peapod.1: $(SOURCES) $(wildcard packaging/ManPages/*.cs*)
	@scripts/bootstrap
	@rm -rf $(OUT)/man
	@dotnet build packaging/ManPages $(DOTNET_FLAGS)
	@SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || echo 0)} dotnet packaging/ManPages/bin/Release/net10.0/peapod-man-pages.dll $(OUT)/man

dist: build man           ## out/dist: a tarball for /usr/local and a Debian package, the same bytes from the same executables
	@packaging/make-dist $(VERSION) $(OUT)/dist

install: build man        ## executables, man pages, completions and units; PREFIX=/usr/local DESTDIR=
	@packaging/install-tree "$(DESTDIR)" "$(PREFIX)"

clean:                    ## remove what was built
	rm -rf $(OUT)
	find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +

help:                     ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { sub(/:.*/, "", $$1); printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
