# Everything here needs only cargo, make and python3, unless a line says otherwise.
#
#   make conformance   build, play the default matrix, write target/conformance/
#   make conformance-pythons   the same under every python3.N (3.8 or later) of this machine
#   make examples      the example protocols, each with its port: examples/README.md
#   make mutants       play wrong programs, each of which the harness must catch: docs/KILL-MATRIX.md
#   make fuzz          run each fuzz target for FUZZ_SECONDS; FUZZ_TARGET names one: docs/fuzzing.md
#   make fuzz-minimize remove inputs from the corpus that reach nothing new
#   make fuzz-seeds    make the seed corpus and the dictionary from the vectors
#   make browser-test  test index.html in a headless Chromium; without node, npm and Chromium it prints SKIPPED
#   make screenshots   take the pictures in docs/img; needs the same programs
#   make picture       draw the picture of a failing case in README
#   make bench         measure the programs and the framing beside the best alternatives, in the same
#                      run: docs/benchmarks.md; less than 5 minutes, writes target/bench/
#   make bench-json    the same for pyjson, and the effect of its fast paths
#   make soak          run thousands of idle and slow clients, and measure whether the others notice
#   make test          run all tests
#   make portable      build, test and play the programs as they are on Unix systems other than Linux
#   make msrv          check with the oldest Rust that Cargo.toml promises; prints SKIPPED if it isn't installed
#   make other-systems check for macOS and Windows; prints SKIPPED if Rust for them isn't installed
#   make package       pack each published crate, and build it from its package
#   make wheel         build the Python package with the programs and the pytest plugin: target/dist-out/
#   make wheel-test    install and test that package, with the debug programs, in fresh environments
#   make dist          build the distribution: the wheel, a tarball, SHA256SUMS; reproducible by commit
#   make lint-workflows  check .github/workflows and action.yml; without node and npm it prints SKIPPED
#   make lint          check formatting, clippy and rustdoc; each warning is an error
#
# ARGS is passed to `framecheck run`:  make conformance ARGS='--scenario file-transfer --cases 500'
# It also selects mutants by a part of their names:  make mutants ARGS='header'
# PORTABLE_ARGS selects what the portable programs play:  make portable PORTABLE_ARGS='--cases 4'
# ARGS selects rows of the benchmark:  make bench ARGS='--only echo --repeats 9'

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
ARGS ?=
FUZZ_SECONDS ?= 60
FUZZ_TARGET ?=
PORTABLE_ARGS ?= --cases 0 --network asis --scenario file-transfer --scenario 'chat*' --scenario udp-upper \
	--transport tcp4 --transport udp4 --transport unixgram

# The features for every system.
EVERYWHERE := framecheck-frame/tokio,pyjson/serde,pyjson/serde_json

# The packages with different code on systems other than Linux: docs/portability.md.
PORTABLE := --package endpoint --package frame-server --package frame-client --package framecheck --package framecheck-engine --features portable

.PHONY: all build conformance conformance-pythons examples mutants test browser-test screenshots picture bench bench-json soak \
	portable oldest-rust msrv other-systems package wheel wheel-test dist lint lint-workflows clean fuzz fuzz-minimize fuzz-seeds

all: build

# Builds only the three programs. The end-to-end tests and the harness run them by path, as a user would.
build:
	$(CARGO) build

conformance: build
	$(TARGET)/debug/framecheck run $(ARGS)

conformance-pythons: build
	$(TARGET)/debug/framecheck pythons $(ARGS)

examples: build
	FRAMECHECK=$(abspath $(TARGET))/debug/framecheck examples/run $(ARGS)

# UPDATE_DOCS=1 writes the document anew, and takes longer.
mutants: build
	$(CARGO) build --package framecheck-tests --bin mutants
	UPDATE_DOCS=$(UPDATE_DOCS) $(TARGET)/debug/mutants $(ARGS)

# Most tests wait for programs, so more of them run at once than there are processors.
test: build
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-4} $(CARGO) test --workspace
	$(CARGO) test --package pyjson --all-features

fuzz:
	FUZZ_SECONDS=$(FUZZ_SECONDS) crates/frame/fuzz/run.sh fuzz $(FUZZ_TARGET)

fuzz-minimize:
	crates/frame/fuzz/run.sh minimize $(FUZZ_TARGET)

fuzz-seeds:
	$(CARGO) run --quiet --package framecheck-tests --bin fuzz-seeds -- crates/frame/fuzz

browser-test: build
	$(CARGO) build --quiet --package framecheck --example large_report
	tests/browser/run test

screenshots: build
	tests/browser/run screenshots

picture: build
	UPDATE_DOCS=1 $(CARGO) test --package framecheck-tests --test e2e -- picture::

# Measures the programs as they are shipped, from one build.
bench:
	$(CARGO) build --release --package frame-server --package frame-client --package frame-bench
	$(TARGET)/release/frame-bench $(ARGS)

# The last column is the crate without its fast paths, from a separate build.
bench-json:
	RUSTFLAGS="$$RUSTFLAGS --cfg pyjson_plain" $(CARGO) build --release --package pyjson --example turns \
		--target-dir $(TARGET)/plain
	PYJSON_PLAIN=$(abspath $(TARGET))/plain/release/examples/turns $(CARGO) bench --package pyjson --bench compare

soak:
	$(CARGO) build --release --package frame-server --package framecheck-tests --bin frame-server --bin soak
	$(TARGET)/release/soak $(ARGS)

# Copies the portable programs to another directory, then rebuilds the usual ones.
portable:
	$(CARGO) test $(PORTABLE) --lib --bins --tests
	$(CARGO) build $(PORTABLE) --bins
	mkdir -p $(TARGET)/portable
	cp $(TARGET)/debug/framecheck $(TARGET)/debug/frame-server $(TARGET)/debug/frame-client $(TARGET)/portable/
	$(CARGO) build
	$(TARGET)/portable/framecheck run --out $(TARGET)/portable/conformance $(PORTABLE_ARGS)

# Needs this toolchain in rustup. The check has its own directory, so the usual build stays unchanged.
MSRV := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
oldest-rust:
	@echo $(MSRV)
msrv:
	@if cargo +$(MSRV) --version > /dev/null 2>&1; \
	then cargo +$(MSRV) check --workspace --lib --bins --target-dir $(TARGET)/msrv; \
	else echo "SKIPPED Rust $(MSRV): rustup toolchain install $(MSRV)" >&2; fi

# Checks the crates for every system on Windows, and those for Unix on macOS. It links and runs nothing.
other-systems:
	@for check in 'aarch64-apple-darwin --workspace --exclude frame-bench --exclude frame-fuzz --exclude framecheck-tests' \
		'x86_64-pc-windows-gnu --package framecheck-frame --package pyjson --package pytext'; do \
		set -- $$check; \
		if rustup target list --installed 2> /dev/null | grep -qx "$$1"; \
		then $(CARGO) check --lib --bins --target-dir $(TARGET)/other-systems --target $$check || exit 1; \
		else echo "SKIPPED $$1: rustup target add $$1" >&2; fi; \
	done

# Packs each published crate, and builds it from its package, with the others' packages instead of the registry. cargo
# caches the unpacked packages by version and by this directory's path. It would build old sources if the version is the
# same, so this first removes the cache. (Only such a local registry has a cache directory without a host in its name.)
package:
	rm -rf "$${CARGO_HOME:-$$HOME/.cargo}"/registry/src/-*
	$(CARGO) package --workspace --exclude frame-bench --exclude frame-fuzz --exclude framecheck-tests --allow-dirty

# These three need a pip that reaches its index. PYTHONS are the versions under which the wheel is tested.
PYTHONS ?= python3.8 python3.13
wheel:
	python3 python/dist.py --wheel
dist:
	python3 python/dist.py
# Status 77: pip can't install what builds a wheel, which has been told.
wheel-test: build
	@status=0; python3 python/dist.py --wheel --bin $(TARGET)/debug --out $(TARGET)/wheel-test || status=$$?; \
		if [ $$status = 77 ]; then exit 0; elif [ $$status != 0 ]; then exit $$status; fi; \
		python/tests/run $(TARGET)/wheel-test/*.whl $(PYTHONS)

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --features $(EVERYWHERE) -- -D warnings
	$(CARGO) clippy $(PORTABLE) --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --quiet

lint-workflows:
	@tests/workflows/run || [ $$? = 77 ]

clean:
	$(CARGO) clean
