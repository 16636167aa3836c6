# Everything here works on a machine with cargo, make and python3 alone.
#
#   make conformance   build, play the default matrix, write target/conformance/
#   make conformance-pythons   the same under every python3.N (3.8 or later) of this machine
#   make examples      the example protocols, each with its port: examples/README.md
#   make mutants       wrong programs, each of which the harness must catch: docs/KILL-MATRIX.md
#   make fuzz          each fuzz target for FUZZ_SECONDS; FUZZ_TARGET names one: docs/fuzzing.md
#   make fuzz-minimize the corpus without the inputs that others make needless
#   make fuzz-seeds    the seed corpus and the dictionary, from the vectors
#   make browser-test  index.html in a headless Chromium; needs node, npm and Chromium besides, or says SKIPPED
#   make screenshots   the pictures in docs/img, by the same
#   make picture       the picture of a failing case in README
#   make bench         how fast the programs and the framing are, beside the best alternatives in the same
#                      run: docs/benchmarks.md; less than 5 minutes, writes target/bench/
#   make bench-json    the same of pyjson, and what its short cuts bring
#   make soak          thousands of idle and slow clients, and whether the others notice
#   make test          all tests
#   make portable      the programs as Unix systems other than Linux get them, built, tested and played here
#   make msrv          the oldest Rust that Cargo.toml promises builds it; or says SKIPPED if it isn't installed
#   make other-systems what macOS and Windows say to it; or SKIPPED where Rust for them isn't installed
#   make package       what would be published, packed and built from that
#   make wheel         the Python package with the programs and the pytest plugin: target/dist-out/
#   make wheel-test    that package of the debug programs, installed and tested in fresh environments
#   make dist          what is given away: the wheel, a tarball, SHA256SUMS; the same commit, the same bytes
#   make lint          formatting, clippy and rustdoc, each warning an error
#
# ARGS is passed to `framecheck run`:  make conformance ARGS='--scenario file-transfer --cases 500'
# or names mutants by a part of theirs:  make mutants ARGS='header'
# or chooses what the portable programs play:  make portable PORTABLE_ARGS='--cases 4'
# or chooses rows of the benchmark:  make bench ARGS='--only echo --repeats 9'

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
ARGS ?=
FUZZ_SECONDS ?= 60
FUZZ_TARGET ?=
PORTABLE_ARGS ?= --cases 0 --network asis --scenario file-transfer --scenario 'chat*' --scenario udp-upper \
	--transport tcp4 --transport udp4 --transport unixgram

# The features that are for every system.
EVERYWHERE := framecheck-frame/tokio,pyjson/serde,pyjson/serde_json

# What has another way to do things where the system is not Linux: docs/portability.md.
PORTABLE := --package endpoint --package frame-server --package frame-client --package framecheck --package framecheck-engine --features portable

.PHONY: all build conformance conformance-pythons examples mutants test browser-test screenshots picture bench bench-json soak \
	portable oldest-rust msrv other-systems package wheel wheel-test dist lint clean fuzz fuzz-minimize fuzz-seeds

all: build

# The three programs, and nothing else. The end-to-end tests and the harness run them as a user would: by path.
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

# Most tests wait for programs: more of them at once than there are processors.
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

# The programs are measured as they are shipped, from one build, beside each other.
bench:
	$(CARGO) build --release --package frame-server --package frame-client --package frame-bench
	$(TARGET)/release/frame-bench $(ARGS)

# The last column is the crate without its short cuts, from a build of its own.
bench-json:
	RUSTFLAGS="$$RUSTFLAGS --cfg pyjson_plain" $(CARGO) build --release --package pyjson --example turns \
		--target-dir $(TARGET)/plain
	PYJSON_PLAIN=$(abspath $(TARGET))/plain/release/examples/turns $(CARGO) bench --package pyjson --bench compare

soak:
	$(CARGO) build --release --package frame-server --package framecheck-tests --bin frame-server --bin soak
	$(TARGET)/release/soak $(ARGS)

# The portable programs are moved out of the way of the others, which are then there as before.
portable:
	$(CARGO) test $(PORTABLE) --lib --bins --tests
	$(CARGO) build $(PORTABLE) --bins
	mkdir -p $(TARGET)/portable
	cp $(TARGET)/debug/framecheck $(TARGET)/debug/frame-server $(TARGET)/debug/frame-client $(TARGET)/portable/
	$(CARGO) build
	$(TARGET)/portable/framecheck run --out $(TARGET)/portable/conformance $(PORTABLE_ARGS)

# Where rustup has it. What is checked lies beside what is built, which stays as it is.
MSRV := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
oldest-rust:
	@echo $(MSRV)
msrv:
	@if cargo +$(MSRV) --version > /dev/null 2>&1; \
	then cargo +$(MSRV) check --workspace --lib --bins --target-dir $(TARGET)/msrv; \
	else echo "SKIPPED Rust $(MSRV): rustup toolchain install $(MSRV)" >&2; fi

# What is for every system is checked for Windows; what is for Unix, for macOS. Nothing is linked or run.
other-systems:
	@for check in 'aarch64-apple-darwin --workspace --exclude frame-bench --exclude frame-fuzz --exclude framecheck-tests' \
		'x86_64-pc-windows-gnu --package framecheck-frame --package pyjson --package pytext'; do \
		set -- $$check; \
		if rustup target list --installed 2> /dev/null | grep -qx "$$1"; \
		then $(CARGO) check --lib --bins --target-dir $(TARGET)/other-systems --target $$check || exit 1; \
		else echo "SKIPPED $$1: rustup target add $$1" >&2; fi; \
	done

# Each crate that is published, packed, and built from what was packed with the others' packages in the place of the
# registry. cargo keeps what it has unpacked of those by version and by this directory's path, and would build that again
# when the sources are others and the version is the same: it goes first. (What has no host in its name is of no other
# registry than such a one.)
package:
	rm -rf "$${CARGO_HOME:-$$HOME/.cargo}"/registry/src/-*
	$(CARGO) package --workspace --exclude frame-bench --exclude frame-fuzz --exclude framecheck-tests --allow-dirty

# These three need a pip that reaches its index. PYTHONS are those that the wheel is tested under.
PYTHONS ?= python3.8 python3.13
wheel:
	python3 python/dist.py --wheel
dist:
	python3 python/dist.py
wheel-test: build
	python3 python/dist.py --wheel --bin $(TARGET)/debug --out $(TARGET)/wheel-test
	python/tests/run $(TARGET)/wheel-test/*.whl $(PYTHONS)

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --features $(EVERYWHERE) -- -D warnings
	$(CARGO) clippy $(PORTABLE) --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --quiet

clean:
	$(CARGO) clean
