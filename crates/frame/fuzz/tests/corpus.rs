//! Runs every kept input through its target: those that reach code that no other reaches, and those
//! that once showed a bug. Fuzzing needs a nightly toolchain; this does not.

#![allow(clippy::unwrap_used, reason = "a test panics when something is wrong")]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use frame_fuzz::TARGETS;

/// The inputs of a target, by file name.
fn inputs(kind: &str, target: &str) -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(kind).join(target);
    let Ok(entries) = fs::read_dir(&directory) else { return Vec::new() };
    let mut inputs: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.display().to_string(), fs::read(&path).unwrap())
        })
        .collect();
    inputs.sort();
    inputs
}

#[test]
fn every_input_that_was_kept_is_as_it_should_be() {
    let mut wrong = Vec::new();
    for (name, target) in TARGETS {
        let corpus = inputs("corpus", name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for (file, data) in corpus.into_iter().chain(inputs("regressions", name)) {
            if catch_unwind(|| target(&data)).is_err() {
                wrong.push(format!("cargo run -p frame-fuzz --bin {name} -- {file}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_corpus_is_small() {
    let bytes: usize = TARGETS
        .iter()
        .flat_map(|(name, _)| inputs("corpus", name))
        .map(|(_, data)| data.len())
        .sum();
    assert!(bytes < 2 << 20, "{bytes} bytes; make fuzz-minimize");
}
