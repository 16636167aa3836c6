//! The tree keeps its own rules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use framecheck_tests::repository;

mod module_loops;
mod rust_text;

/// Which of our crates may depend on which others, without loops. The harness starts the programs it
/// tests, so it must not be linked with them. Its reports and the tutorials know only the model, and its
/// engine knows no scenario.
const MAY_DEPEND_ON: [(&str, &[&str]); 21] = [
    ("pyjson", &[]),
    ("pytext", &["pyjson"]),
    ("endpoint", &["pytext"]),
    ("framecheck-frame", &["pyjson"]),
    ("frame-bench", &["framecheck-frame", "pyjson"]),
    ("frame-fuzz", &["framecheck-frame", "framecheck-layout", "pyjson", "pytext"]),
    ("frame-server", &["endpoint", "framecheck-frame", "pyjson", "pytext"]),
    ("frame-client", &["endpoint", "framecheck-frame", "pyjson", "pytext"]),
    ("framecheck-dissector", &["framecheck-layout"]),
    ("framecheck-layout", &["pyjson", "pytext"]),
    ("framecheck-learn", &["framecheck-layout", "pyjson"]),
    ("framecheck-located", &[]),
    ("framecheck-model", &[]),
    ("framecheck-engine", &["framecheck-located", "framecheck-model"]),
    (
        "framecheck-protocols",
        &["framecheck-layout", "framecheck-located", "framecheck-model", "pyjson"],
    ),
    ("framecheck-report", &["framecheck-model"]),
    ("framecheck-test", &[]),
    ("framecheck-traffic", &[]),
    (
        "framecheck-tutorials",
        &[
            "framecheck-frame",
            "framecheck-layout",
            "framecheck-model",
            "framecheck-protocols",
            "pyjson",
        ],
    ),
    ("framecheck", &HARNESS),
    ("framecheck-tests", &TESTS),
];

/// The command knows all parts of the harness. It does not use frames itself; see its Cargo.toml.
const HARNESS: [&str; 11] = [
    "framecheck-dissector",
    "framecheck-engine",
    "framecheck-frame",
    "framecheck-layout",
    "framecheck-learn",
    "framecheck-model",
    "framecheck-protocols",
    "framecheck-report",
    "framecheck-traffic",
    "framecheck-tutorials",
    "pyjson",
];
const TESTS: [&str; 9] = [
    "framecheck",
    "framecheck-engine",
    "framecheck-frame",
    "framecheck-layout",
    "framecheck-model",
    "framecheck-protocols",
    "framecheck-report",
    "framecheck-tutorials",
    "pyjson",
];

#[test]
fn dependencies_point_one_way() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(repository())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let allowed: BTreeMap<&str, &[&str]> = MAY_DEPEND_ON.into_iter().collect();
    assert_eq!(
        ours.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        allowed.keys().copied().collect()
    );
    for package in packages {
        let package_name = name(package);
        for dependency in package["dependencies"].as_array().unwrap() {
            let dependency = name(dependency);
            let fine = !ours.contains(&dependency)
                || allowed[package_name.as_str()].contains(&dependency.as_str());
            assert!(fine, "{package_name} must not depend on {dependency}");
        }
    }
}

/// The scenario itself answers what is particular to it.
#[test]
fn the_engine_the_model_and_the_reports_name_no_scenario() {
    let names: Vec<String> =
        tutorials::tutorials().iter().map(|scenario| format!("\"{}", scenario.name())).collect();
    for path in sources(&repository()) {
        let is_asked = ["crates/engine/", "crates/model/", "crates/report/"];
        if !is_asked.iter().any(|part| path.to_string_lossy().contains(part)) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // Tests are at the end of a file, or in a separate file.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = if path.ends_with("tests.rs") { "" } else { code };
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in lines {
            let named = names.iter().find(|name| line.contains(*name));
            assert!(named.is_none(), "{}: {line}", path.display());
        }
    }
}

/// `cargo run -p framecheck` after `make` compiles nothing, and `cargo test` after it compiles only tests:
/// the command's crates have the same features as in a build of everything.
#[test]
fn the_command_alone_is_made_of_what_everything_is_made_of() {
    let features = |selected: &[&str]| -> BTreeSet<String> {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--prefix", "none", "--format", "{p} {f}"])
            .args(selected)
            .current_dir(repository())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.trim_end_matches(" (*)").trim_end().to_owned()).collect()
    };
    let alone = features(&["--package", "framecheck", "--edges", "normal,build"]);
    let everything = features(&["--workspace", "--edges", "normal,build,dev"]);
    let others: Vec<_> = alone.difference(&everything).collect();
    assert!(
        others.is_empty(),
        "built again for the command alone: {others:#?}\nask for what is missing in \
         crates/conformance/Cargo.toml"
    );
}

#[test]
fn every_source_file_says_what_it_is_for_and_is_one_room() {
    const LINES_MAX: usize = 500;
    let files = sources(&repository());
    assert!(files.len() > 50);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} doesn't begin with //!", path.display());
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines", path.display());
    }
}

#[test]
fn nothing_is_ignored_or_left_to_do() {
    for path in sources(&repository()) {
        let text = std::fs::read_to_string(&path).unwrap();
        // Spelt in two halves, so that this file does not find itself.
        for (first, second) in [("#[ig", "nore"), ("todo", "!("), ("dbg", "!(")] {
            let found = text.contains(&format!("{first}{second}"));
            assert!(!found, "{first}{second} in {}", path.display());
        }
    }
}

/// The only files that may sleep, by the ends of their paths, and why each has no event to wait for.
const MAY_SLEEP: [(&str, &str); 14] = [
    ("engine/src/drive/prepare.rs", "a server that does not listen yet"),
    ("engine/src/stage/by_reference.rs", "the next second of the clock"),
    ("endpoint/src/datagrams.rs", "a Unix datagram socket doesn't tell when its receiver has room"),
    ("serving/acceptor.rs", "no event tells a server of one client that the system has room again"),
    (
        "platform/linux/sock_diag.rs",
        "the kernel doesn't tell when a receiver has read, only whether",
    ),
    ("platform/mod.rs", "other systems don't even tell whether a receiver has read"),
    ("network/datagram.rs", "no event tells that a port is bound"),
    ("network/lanes.rs", "a network may delay by a time"),
    ("cli/proxy/streams.rs", "no event tells that the system has room for a connection again"),
    ("network/disturbed.rs", "a network may delay by a time"),
    ("network/stream.rs", "no event tells that a server has begun to listen"),
    ("examples/relay_load.rs", "a turn of the load takes a given time"),
    ("bench/src/load.rs", "a turn of the load takes a given time"),
    ("soak/clients.rs", "a slow reader reads once a second"),
];

#[test]
fn only_what_has_no_event_to_wait_for_sleeps() {
    let sleeps = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let words = rust_text::words(&text);
        words.iter().any(|word| ["sleep", "sleep_until"].contains(word))
    };
    let mut sleeping: Vec<PathBuf> = sources(&repository()).into_iter().filter(sleeps).collect();
    for (end, why) in MAY_SLEEP {
        let before = sleeping.len();
        sleeping.retain(|path| !path.ends_with(end));
        let found = before - sleeping.len();
        assert_eq!(found, 1, "expected one {end} that sleeps ({why}): mend its entry here");
    }
    assert!(
        sleeping.is_empty(),
        "{sleeping:?}: expected a wait for an event with a deadline, found a sleep"
    );
}

/// Every Rust file of the repository.
fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![root.join("crates"), root.join("tests")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    directories.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}
