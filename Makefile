# Thin: every recipe is one tool or one cargo command. `make help` lists what there is.
# Everything built outside the tree (roots, tools, Python environments) is cached below CACHE.

CACHE   := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)
TOOLS   := $(CACHE)/juniperctl-tools
TRIPLE  := x86_64-unknown-linux-gnu
# Linked against the C library of Debian 11, so that one binary runs on every supported system.
GLIBC   := 2.31
RELEASE := target/$(TRIPLE)/release
DEBS    := target/debian
LAB     := cargo run --quiet --package juniper-lab --
export PATH := $(TOOLS)/bin:$(TOOLS)/python/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help requirements tools build deb lint unit systemd test demo bench clean up down restart status health logs install-reference

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

requirements: ## install what building and testing need (Debian packages; asks nothing)
	@packaging/requirements

tools: requirements ## fetch the build tools that are no Debian packages, once
	@test -x $(TOOLS)/python/bin/cargo-zigbuild || { python3 -m venv $(TOOLS)/python && \
	  $(TOOLS)/python/bin/pip install --quiet cargo-zigbuild==0.24.1 ziglang==0.17.1; }
	@test -x $(TOOLS)/bin/cargo-deb  || cargo install --quiet --locked --root $(TOOLS) cargo-deb@3.8.0
	@test -x $(TOOLS)/bin/cargo-deny || cargo install --quiet --locked --root $(TOOLS) cargo-deny@0.20.2

build: tools ## build the release programs
	cargo zigbuild --quiet --release --target $(TRIPLE).$(GLIBC) --package juniperctl --package juniper-standin

deb: build ## build both Debian packages into target/debian
	@packaging/assets $(RELEASE)/juniperctl target/assets
	@rm -f $(DEBS)/*.deb
	cargo deb --quiet --no-build --no-strip --target $(TRIPLE) --package juniperctl --output $(DEBS)/
	cargo deb --quiet --no-build --no-strip --target $(TRIPLE) --package juniper-standin --output $(DEBS)/
	@ls -l $(DEBS)/*.deb

lint: tools ## formatting, clippy, documentation, licences and sources
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps
	@packaging/deny

unit: ## the tests that need no machine
	cargo test --quiet --package juniperctl --lib --bins --test '*' -- --skip systemd:: --skip real::
	cargo test --quiet --package juniper-standin

systemd: deb ## the tests on real systemd 247, 252, 257 and 262
	$(LAB) prepare
	cargo test --quiet --package juniper-lab
	cargo test --package juniperctl --test systemd

test: lint unit systemd real ## everything

demo: deb ## install and run the group on a throw-away Debian; REAL=1 uses the real services
	@$(LAB) prepare trixie
	@$(LAB) demo $(if $(REAL),--real)
