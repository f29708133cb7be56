# Thin: every recipe is one tool or one cargo command. `make help` lists what there is.
# Everything built outside the tree (roots, tools, Python environments) is cached below CACHE.

CACHE   := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)
TOOLS   := $(CACHE)/juniperctl-tools
# `make deb ARCHITECTURE=arm64` builds for the other one.
ARCHITECTURE := amd64
TRIPLE  := $(if $(filter arm64,$(ARCHITECTURE)),aarch64,x86_64)-unknown-linux-gnu
# Linked against the C library of Debian 11, so that one binary runs on every supported system.
GLIBC   := 2.31
RELEASE := target/$(TRIPLE)/release
DEBS    := target/debian$(if $(filter amd64,$(ARCHITECTURE)),,-$(ARCHITECTURE))
LAB     := cargo run --quiet --package juniper-lab --
# No path of the building computer is in a program, and no table for unwinding: see packaging/no-unwinding.ld.
LEAN    := --remap-path-prefix=$(CURDIR)=/juniperctl --remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)=/cargo \
           -Clink-arg=-Wl,-T,packaging/no-unwinding.ld -Clink-arg=-Wl,--no-eh-frame-hdr
# What the files of a package say of their age: that of the last commit.
export SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),1763942400)
export PATH := $(TOOLS)/bin:$(TOOLS)/python/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help requirements tools build deb lint unit packages systemd real test arm64 gpu demo ordering soak mutated bench locks accept screenshots clean repo reproducible recording \
        up down restart status health logs

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

requirements: ## install what building and testing need (Debian packages; asks nothing)
	@packaging/requirements

tools: requirements ## fetch the build tools that are no Debian packages, once
	@test -x $(TOOLS)/python/bin/cargo-zigbuild || { python3 -m venv $(TOOLS)/python && \
	  $(TOOLS)/python/bin/pip install --quiet cargo-zigbuild==0.24.1 ziglang==0.17.1; }
	@test -x $(TOOLS)/bin/cargo-deb  || cargo install --quiet --locked --root $(TOOLS) cargo-deb@3.8.0
	@test -x $(TOOLS)/bin/cargo-deny || cargo install --quiet --locked --root $(TOOLS) cargo-deny@0.20.2

build: tools ## build the release programs
	RUSTFLAGS='$(LEAN)' cargo zigbuild --quiet --release --target $(TRIPLE).$(GLIBC) --package juniperctl \
	  --package juniper-standin $(if $(filter amd64,$(ARCHITECTURE)),--package juniper-escape)

deb: build ## build both Debian packages into target/debian; ARCHITECTURE=arm64: into target/debian-arm64
	@packaging/assets $(if $(filter amd64,$(ARCHITECTURE)),$(RELEASE)/juniperctl,"cargo run --quiet --") target/assets
	@rm -f $(DEBS)/*.deb
	cargo deb --quiet --no-build --no-strip --target $(TRIPLE) --package juniperctl --output $(DEBS)/
	cargo deb --quiet --no-build --no-strip --target $(TRIPLE) --package juniper-standin --output $(DEBS)/
	@ls -l $(DEBS)/*.deb

lint: tools ## formatting, clippy, documentation, licences and sources
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps
	@packaging/deny

unit: requirements ## the tests that need no machine
	cargo test --quiet --package juniperctl --lib --test golden --test refused --test cli --test mutated
	cargo test --quiet --package juniper-standin

packages: deb ## what lintian says of the Debian packages
	lintian --pedantic --fail-on error,warning,info,pedantic $(DEBS)/*.deb

systemd: deb ## the tests on real systemd 247 to 262; those of Ubuntu where its archive can be reached
	$(LAB) prepare
	$(LAB) prepare jammy noble || [ $$? -eq 75 ]
	$(LAB) prepare --virtual
	$(LAB) prepare --ssh
	cargo test --quiet --package juniper-lab
	cargo test --package juniperctl --test systemd -- systemd::

real: deb ## the tests with the real Juniper services (downloads 3 GB the first time)
	$(LAB) prepare trixie --real || [ $$? -eq 75 ]
	cargo test --package juniperctl --test systemd -- real::

test: lint unit packages systemd real ## everything that CI runs

arm64: ## build the packages for arm64, ask lintian, run them on a whole machine of that kind; takes an hour the first time
	@packaging/foreign
	$(MAKE) packages ARCHITECTURE=arm64
	$(LAB) prepare --foreign
	EVERY_SYSTEMD=1 cargo test --package juniperctl --test systemd -- systemd::arm64

gpu: deb ## as root on a machine with a GPU: look at all that is said of GPUs; JUNIPER_TORCH_PYTHON=/path/of/python names one with torch for CUDA
	TRIAL=$$(cargo test --quiet --package juniperctl --test systemd --no-run --message-format=json | \
	  sed -n 's|.*"executable":"\([^"]*/systemd-[^"]*\)".*|\1|p') \
	  tests/gpu/look target/gpu $(DEBS)/juniperctl_*.deb $(DEBS)/juniper-standin_*.deb

repo: deb ## a signed apt repository of the packages in target/repository; REPOSITORY_KEY=FINGERPRINT signs it
	@packaging/repository target/repository $(wildcard target/debian/*.deb target/debian-arm64/*.deb)

reproducible: deb ## build the packages again elsewhere and compare every byte; ARCHITECTURE=arm64: those
	@packaging/reproducible $(ARCHITECTURE) $(DEBS)

recording: deb ## the README's picture, from a real run in the lab
	@$(LAB) prepare trixie
	@packaging/recording packaging/doc/recording.svg

demo: deb ## install and run the group on a throw-away Debian; REAL=1 uses the real services
	@$(LAB) prepare trixie $(if $(REAL),--real)
	@$(LAB) demo $(if $(REAL),--real)

ordering: deb ## write tests/systemd/ORDERING.md: what the ordering trials see on each systemd
	$(LAB) prepare jammy noble || [ $$? -eq 75 ]
	EVERY_SYSTEMD=1 ORDERING_TABLE=$(CURDIR)/tests/systemd/ORDERING.md \
	  cargo test --package juniperctl --test systemd -- ordering::

soak: export EVERY_SYSTEMD = 1
soak: deb mutated arm64 ## the long campaigns: each trial on each systemd, arm64, kills, power cuts, mutated configurations; writes tests/systemd/INSTALLING.md
	$(LAB) prepare jammy || [ $$? -eq 75 ]
	$(LAB) prepare noble --virtual || [ $$? -eq 75 ]
	cargo test --package juniperctl --test systemd -- systemd:: --skip systemd::arm64
	KILLS=500 cargo test --package juniperctl --test systemd -- kills_do_not_touch
	POWER_CUTS=20 cargo test --package juniperctl --test systemd -- a_power_cut
	INSTALL_KILLS=1000 INSTALL_POWER_CUTS=20 INSTALL_POWER_MOMENTS=50 INSTALLING_TABLE=$(CURDIR)/tests/systemd/INSTALLING.md \
	  cargo test --package juniperctl --test systemd -- an_install

mutated: requirements ## 100,000 mutated configurations; writes tests/mutated/REPORT.md
	MUTATIONS=$(or $(MUTATIONS),100000) MUTATION_REPORT=$(CURDIR)/tests/mutated/REPORT.md \
	  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=2 \
	  cargo test --quiet --release --package juniperctl --test mutated

bench: deb ## measure beside what a user would do instead; writes tests/lab/BENCHMARK.md; ONLY=watching does one part
	@$(LAB) prepare trixie
	@test -x $(TOOLS)/bin/servicrab || cargo install --quiet --locked --root $(TOOLS) servicrab@1.0.0 || true
	$(LAB) bench --out tests/lab/BENCHMARK.md $(if $(ONLY),--only $(ONLY))

locks: tools ## write the lock files of provision anew, from packaging/locks/services.toml
	@test -x $(TOOLS)/python/bin/uv || $(TOOLS)/python/bin/pip install --quiet uv==0.13.9
	@packaging/lock

accept: build ## take the current output as the reference: golden trees, refusals, imports, units/
	SNAPSHOTS=overwrite cargo test --quiet --package juniperctl --test golden --test refused
	SNAPSHOTS=overwrite cargo test --quiet --package juniperctl --test cli -- imports::

screenshots: ## pictures of the watchdog's page in target/screenshots, to look at; needs chromium
	@packaging/screenshots target/screenshots

clean: ## remove what was built here; the caches stay
	cargo clean

# ---- The group on this machine, as juniperctl runs it. PROFILE=mock and the like choose one. ----

up: ## install the units and start the group
	juniperctl install $(if $(PROFILE),--profile $(PROFILE)) && juniperctl start

down: ## stop the group
	juniperctl stop

restart: ## restart the group
	juniperctl restart

status: ## the group at a glance
	juniperctl status

health: ## ask every endpoint
	juniperctl health

logs: ## follow the journal of all services
	juniperctl logs --follow
