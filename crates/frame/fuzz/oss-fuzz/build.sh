#!/bin/bash -eu
# Builds the targets that need no CPython, and puts each into $OUT with its corpus and its
# dictionary. The base-builder image calls this; it sets $OUT, $SRC and the sanitizer's flags.
cd "$SRC/framecheck"
cargo fuzz build -O --fuzz-dir crates/frame/fuzz

for target in decode_frame roundtrip_frame session json_loads layout_parser; do
    cp "target/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
    cp crates/frame/fuzz/frame.dict "$OUT/$target.dict"
    zip -q -j "$OUT/${target}_seed_corpus.zip" "crates/frame/fuzz/corpus/$target"/*
done
