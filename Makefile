# Everything here works on a machine with cargo, make and python3 alone.
#
#   make conformance   build, play the default matrix, write target/conformance/
#   make conformance-pythons   the same under every python3.N (3.8 or later) of this machine
#   make mutants       wrong programs, each of which the harness must catch: docs/KILL-MATRIX.md
#   make fuzz          each fuzz target for FUZZ_SECONDS; FUZZ_TARGET names one: docs/fuzzing.md
#   make fuzz-minimize the corpus without the inputs that others make needless
#   make fuzz-seeds    the seed corpus and the dictionary, from the vectors
#   make browser-test  index.html in a headless Chromium; needs node, npm and Chromium besides, or says SKIPPED
#   make screenshots   the pictures in docs/img, by the same
#   make bench         how fast the programs and the framing are, beside the best alternatives in the same
#                      run: docs/benchmarks.md; less than 5 minutes, writes target/bench/
#   make bench-json    the same of pyjson
#   make soak          thousands of idle and slow clients, and whether the others notice
#   make test          all tests
#   make lint          formatting, clippy and rustdoc, each warning an error
#
# ARGS is passed to `framecheck run`:  make conformance ARGS='--scenario file-transfer --cases 500'
# or names mutants by a part of theirs:  make mutants ARGS='header'
# or chooses rows of the benchmark:  make bench ARGS='--only echo --repeats 9'

CARGO ?= cargo
ARGS ?=
FUZZ_SECONDS ?= 60
FUZZ_TARGET ?=

.PHONY: all build conformance conformance-pythons mutants test browser-test screenshots bench bench-json soak lint \
	clean fuzz fuzz-minimize fuzz-seeds

all: build

# The end-to-end tests and the harness run the programs as a user would: built, and by path.
build:
	$(CARGO) build --workspace --bins

conformance: build
	$(CARGO) run --quiet --package framecheck -- run $(ARGS)

conformance-pythons: build
	$(CARGO) run --quiet --package framecheck -- pythons $(ARGS)

# UPDATE_DOCS=1 writes the document anew, and takes longer.
mutants: build
	UPDATE_DOCS=$(UPDATE_DOCS) $(CARGO) run --quiet --package framecheck-tests --bin mutants -- $(ARGS)

test: build
	$(CARGO) test --workspace
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

# The programs are measured as they are shipped, from one build, beside each other.
bench:
	$(CARGO) build --release --package frame-server --package frame-client --package frame-bench
	$${CARGO_TARGET_DIR:-target}/release/frame-bench $(ARGS)

bench-json:
	$(CARGO) bench --package pyjson --bench compare

soak:
	$(CARGO) build --release --package frame-server --package framecheck-tests --bin frame-server --bin soak
	$${CARGO_TARGET_DIR:-target}/release/soak $(ARGS)

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --quiet

clean:
	$(CARGO) clean
