#!/usr/bin/env bash
# Fuzzes, or minimizes the corpus: see docs/fuzzing.md. `make fuzz` and `make fuzz-minimize` call this.
#
#   run.sh fuzz [TARGET]       each target, or one, for FUZZ_SECONDS seconds (60)
#   run.sh minimize [TARGET]   drop what others make needless from corpus/
#
# FUZZ_TOOLCHAIN (nightly), FUZZ_SANITIZER (none, address, ...) and FUZZ_ARGS (for libFuzzer).
set -euo pipefail
cd "$(dirname "$0")"

toolchain=${FUZZ_TOOLCHAIN:-nightly}
sanitizer=${FUZZ_SANITIZER:-none}
seconds=${FUZZ_SECONDS:-60}
all='decode_frame roundtrip_frame session json_loads layout_parser json_differential frame_differential'

usage() {
    echo "run.sh fuzz|minimize [TARGET]; targets: $all" >&2
    exit 2
}
[ $# -ge 1 ] || usage
what=$1
targets=${2:-$all}
for target in $targets; do
    [[ " $all " == *" $target "* ]] || usage
done

if ! cargo "+$toolchain" --version >/dev/null 2>&1; then
    echo "fuzzing takes the $toolchain toolchain: rustup toolchain install $toolchain" >&2
    exit 3
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "fuzzing takes cargo-fuzz: cargo install cargo-fuzz --locked" >&2
    exit 3
fi

fuzz() {
    cargo "+$toolchain" fuzz "$1" --fuzz-dir . --sanitizer "$sanitizer" "${@:2}"
}

# libFuzzer leaves what it found in artifacts/TARGET. Minimizes it, and prints how to run it again.
tell() {
    local target=$1 artifacts=artifacts/$1 found smallest
    found=$(find "$artifacts" -type f ! -name 'minimized-*' -newer "$2" | head -n 1)
    [ -n "$found" ] || return 0
    fuzz tmin "$target" "$found" -- -runs=20000 >/dev/null 2>&1 || true
    smallest=$(find "$artifacts" -type f -newer "$2" -printf '%s %p\n' | sort -n | head -n 1 | cut -d' ' -f2)
    echo
    echo "FOUND by $target, $(stat -c %s "$smallest") bytes:"
    od -A d -t x1z "$smallest" | head -n 20
    echo "again: cargo run -p frame-fuzz --bin $target -- crates/frame/fuzz/$smallest"
    echo "once it is mended, keep it: crates/frame/fuzz/regressions/$target/WHAT-IT-BROKE"
}

failed=0
for target in $targets; do
    mkdir -p "corpus/$target" "artifacts/$target"
    case $what in
    fuzz)
        # Keeps new inputs beside the committed ones; only `minimize` changes the committed ones.
        work=target/corpus/$target
        mkdir -p "$work"
        fuzz build "$target" >target/build.log 2>&1 || { cat target/build.log >&2; exit 3; }
        mark=$(mktemp)
        log=target/$target.log
        echo "$target: $seconds s"
        if fuzz run "$target" "$work" "corpus/$target" -- -max_total_time="$seconds" \
            -dict=frame.dict -print_final_stats=1 -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
            ${FUZZ_ARGS:-} >"$log" 2>&1; then
            awk '/^#[0-9]+.*cov:/ { line = $0 } /^stat::/ { stat[$1] = $2 }
                END {
                    match(line, /cov: [0-9]+ ft: [0-9]+ corp: [^ ]+/)
                    printf "  %s executions, %s a second, %s new inputs; %s\n",
                        stat["stat::number_of_executed_units:"], stat["stat::average_exec_per_sec:"],
                        stat["stat::new_units_added:"], substr(line, RSTART, RLENGTH)
                }' "$log"
        else
            failed=1
            grep -E "panicked at|^assertion|left:|right:|ERROR: libFuzzer" -A1 "$log" | head -n 12 || tail -n 20 "$log"
            tell "$target" "$mark"
        fi
        rm -f "$mark"
        ;;
    minimize)
        mkdir -p "target/corpus/$target"
        # Adds a new input only if it reaches code that no smaller input reaches. How often an input
        # reaches code does not count: that would keep thousands of inputs that differ in nothing else.
        fuzz run "$target" "corpus/$target" "target/corpus/$target" -- -merge=1 -use_counters=0 -max_len=4096 \
            >"target/$target.merge.log" 2>&1
        fuzz cmin "$target" "corpus/$target" -- -use_counters=0 >"target/$target.cmin.log" 2>&1
        echo "$target: $(find "corpus/$target" -type f | wc -l) inputs, $(du -sb "corpus/$target" | cut -f1) bytes"
        ;;
    *) usage ;;
    esac
done
exit $failed
