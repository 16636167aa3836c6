//! The cache keeps the baseline of the reference, until something changes that determines
//! it.

use std::path::Path;

use framecheck_tests::Sandbox;

use super::{home, says};

/// A home whose server appends a line to an outside file at each start.
fn counting() -> Sandbox {
    let sandbox = home();
    let log = sandbox.path().join("starts");
    let count = format!("open({:?}, 'a').write('x\\n')\n", log.display().to_string());
    sandbox
        .write("server.py", super::SERVER.replace("server = socket", &(count + "server = socket")));
    std::fs::create_dir(sandbox.path().join("fixtures")).unwrap();
    sandbox.write("fixtures/f", "f");
    let file = super::FILE.replace("{ \"e\" = \"\" }", "{ \"e\" = { path = \"fixtures/f\" } }");
    sandbox.write("up.toml", file);
    sandbox
}

/// How often a run with these options started the server.
fn starts(sandbox: &Sandbox, options: &[&str]) -> usize {
    let log = sandbox.path().join("starts");
    let _ = std::fs::remove_file(&log);
    let usual =
        ["run", "up.toml", "--cases", "0", "--no-shrink", "--input", "empty", "--out", "out"];
    says(sandbox, &[&usual[..], options].concat(), 0);
    std::fs::read_to_string(log).unwrap_or_default().lines().count()
}

fn entries(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter(|entry| entry.path().is_dir()).count()
}

#[test]
fn the_reference_is_looked_at_once_until_something_changes() {
    let sandbox = counting();
    let cache = sandbox.path().join(".framecheck");
    let first = starts(&sandbox, &[]);
    assert!(first > 3, "{first}");
    // Only the case itself is played.
    assert_eq!(starts(&sandbox, &[]), 1);
    assert_eq!(std::fs::read_to_string(cache.join(".gitignore")).unwrap(), "*\n");
    assert_eq!(starts(&sandbox, &["--no-cache"]), first);
    assert_eq!(starts(&sandbox, &["--cache", "elsewhere"]), first);
    assert_eq!(starts(&sandbox, &["--cache", "elsewhere"]), 1);
    assert_eq!(entries(&sandbox.path().join("elsewhere")), 1);

    let append = |name: &str, text: &str| {
        let before = std::fs::read_to_string(sandbox.path().join(name)).unwrap_or_default();
        sandbox.write(name, before + text);
    };
    for (name, text) in [
        ("server.py", "# changed\n"),
        ("client.py", "# changed\n"),
        ("fixtures/f", "changed"),
        ("up.toml", "# changed\n"),
        ("imported.py", "# new\n"),
    ] {
        append(name, text);
        assert_eq!(starts(&sandbox, &[]), first, "{name} has changed");
        assert_eq!(starts(&sandbox, &[]), 1, "{name} has not changed");
    }
    // The earlier entry is not kept.
    assert_eq!(entries(&cache), 1);
}

#[test]
fn a_cache_that_can_not_be_written_costs_time_and_nothing_else() {
    let sandbox = counting();
    sandbox.write(".framecheck", "a file");
    let first = starts(&sandbox, &[]);
    assert_eq!(starts(&sandbox, &[]), first);
}

#[test]
fn two_runs_at_once_do_not_disturb_each_other() {
    let sandbox = counting();
    let run = |out: &str| {
        let options = ["run", "up.toml", "--cases", "0", "--no-shrink", "--out", out];
        let output = sandbox.framecheck().args(options).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let both = std::thread::scope(|scope| {
        let other = scope.spawn(|| run("one"));
        [run("two"), other.join().unwrap()]
    });
    for (status, shown) in both {
        assert_eq!(status, Some(0), "{shown}");
    }
}
