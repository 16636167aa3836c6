# Everything here works on a machine with cargo, make and python3 alone.
#
#   make conformance   build, play the default matrix, write target/conformance/
#   make conformance-pythons   the same under every python3.N (3.8 or later) of this machine
#   make mutants       wrong programs, each of which the harness must catch: docs/KILL-MATRIX.md
#   make fuzz          each fuzz target for FUZZ_SECONDS; FUZZ_TARGET names one: docs/fuzzing.md
#   make fuzz-minimize the corpus without the inputs that others make needless
#   make fuzz-seeds    the seed corpus and the dictionary, from the vectors
#   make bench         how fast, beside the best alternatives in the same run
#   make test          all tests
#   make lint          formatting, clippy and rustdoc, each warning an error
#
# ARGS is passed to `framecheck run`:  make conformance ARGS='--scenario file-transfer --cases 500'
# or names mutants by a part of theirs:  make mutants ARGS='header'

CARGO ?= cargo
ARGS ?=
FUZZ_SECONDS ?= 60
FUZZ_TARGET ?=

.PHONY: all build conformance conformance-pythons mutants test bench lint clean \
	fuzz fuzz-minimize fuzz-seeds

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

bench:
	$(CARGO) bench --package pyjson --bench compare

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --quiet

clean:
	$(CARGO) clean
