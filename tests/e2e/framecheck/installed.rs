//! `framecheck` as installed: without a checkout beside it, and perhaps without the port.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use framecheck_tests::{Sandbox, program, python, repository};

use super::{report, verdicts};

const SMALL: [&str; 9] =
    ["run", "--scenario", "tcp-hello", "--cases", "1", "--network", "asis", "--out", "out"];

/// Programs as `cargo install` leaves them: copies in their own directory.
fn install(sandbox: &Sandbox, programs: &[&str]) -> PathBuf {
    let bin = sandbox.path().join("bin");
    for directory in ["bin", "work", "tmp", "path"] {
        fs::create_dir(sandbox.path().join(directory)).unwrap();
    }
    for name in programs {
        fs::copy(program(name), bin.join(name)).unwrap();
    }
    bin.join("framecheck")
}

/// In the empty directory `work`, with an empty PATH and no home.
fn at_a_stranger<'c>(command: &'c mut Command, sandbox: &Sandbox) -> &'c mut Command {
    command
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("TMPDIR", sandbox.path().join("tmp"))
        .env("FRAMECHECK_PYTHON", python())
        .env("PATH", sandbox.path().join("path"))
        .current_dir(sandbox.path().join("work"))
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().next().is_none()
}

/// A command that runs another one with the repository hidden.
fn without_repository() -> Option<Command> {
    let script = "mount -t tmpfs none \"$0\" && exec \"$@\"";
    let hiding = |command: &mut Command| {
        command.args(["--user", "--map-root-user", "--mount", "/bin/sh", "-c", script]);
        command.arg(repository());
    };
    let which = which::which("unshare").ok()?;
    let mut asking = Command::new(&which);
    hiding(&mut asking);
    asking.args(["/usr/bin/env", "true"]).stderr(Stdio::null());
    let mut command = Command::new(which);
    hiding(&mut command);
    asking.status().is_ok_and(|status| status.success()).then_some(command)
}

#[test]
fn a_run_without_a_checkout_is_green_and_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let framecheck = install(&sandbox, &["framecheck", "frame-server", "frame-client"]);
    let mut command = without_repository().unwrap_or_else(|| {
        let _ = writeln!(std::io::stderr(), "SKIPPED: no unshare here that hides the checkout");
        Command::new("/usr/bin/env")
    });
    // Without `mount` on the PATH the checkout can't be hidden.
    at_a_stranger(&mut command, &sandbox).env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    let output = command.arg(&framecheck).args(SMALL).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let report = report(&sandbox.path().join("work/out"));
    assert_eq!(report["pairings"].as_array().unwrap().len(), 8);
    assert!(report["missing"].is_null());
    assert!(verdicts(&report).values().all(|verdict| ["pass", "erratum"].contains(&&**verdict)));
    assert!(is_empty(&sandbox.path().join("tmp")));
}

#[test]
fn what_lies_in_the_working_directory_is_not_taken_for_the_reference() {
    let sandbox = Sandbox::new();
    let framecheck = install(&sandbox, &["framecheck"]);
    let decoy = sandbox.path().join("work/python-ref");
    fs::create_dir(&decoy).unwrap();
    for name in ["launch.py", "oracle.py"] {
        fs::write(decoy.join(name), "open('was-run', 'w')\n").unwrap();
    }
    let mut command = Command::new(framecheck);
    let output = at_a_stranger(&mut command, &sandbox).args(SMALL).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!sandbox.path().join("work/was-run").exists());
}

#[test]
fn without_the_port_its_pairings_are_left_out_and_every_report_says_so() {
    let sandbox = Sandbox::new();
    let framecheck = install(&sandbox, &["framecheck"]);
    let mut command = Command::new(&framecheck);
    let output = at_a_stranger(&mut command, &sandbox).args(SMALL).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let out = sandbox.path().join("work/out");
    let found = report(&out);
    assert_eq!(found["missing"].as_array().unwrap().len(), 2);
    let pairings = found["pairings"].as_array().unwrap();
    assert!(pairings.iter().any(|pairing| pairing == "python->python"), "{pairings:?}");
    assert!(pairings.iter().all(|pairing| !pairing.as_str().unwrap().contains("rust")));
    let told = [String::from_utf8(output.stdout).unwrap()];
    let files = ["summary.md", "junit.xml", "index.html"];
    let files = files.map(|name| fs::read_to_string(out.join(name)).unwrap());
    for text in told.iter().chain(&files) {
        for program in ["frame-server", "frame-client"] {
            assert!(text.contains(&format!("{program} is neither beside framecheck")), "{text}");
            assert!(text.contains("docs/install.md says how to build it"), "{text}");
        }
    }

    let mut command = Command::new(&framecheck);
    let asked = ["run", "--pairing", "rust->python", "--cases", "0"];
    let output = at_a_stranger(&mut command, &sandbox).args(asked).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("frame-server is neither beside"));
}

#[test]
fn the_port_is_found_on_the_path() {
    let sandbox = Sandbox::new();
    let framecheck = install(&sandbox, &["framecheck"]);
    for name in ["frame-server", "frame-client"] {
        std::os::unix::fs::symlink(program(name), sandbox.path().join("path").join(name)).unwrap();
    }
    let mut command = Command::new(&framecheck);
    let output = at_a_stranger(&mut command, &sandbox).args(SMALL).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let report = report(&sandbox.path().join("work/out"));
    assert!(report["missing"].is_null());
    assert!(verdicts(&report).keys().any(|id| id.contains("/rust->rust/")));
}
