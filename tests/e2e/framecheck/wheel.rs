//! How the wheel is built where something is missing. `python/tests` tests the wheel itself.

use std::process::Command;

use framecheck_tests::{Sandbox, program, repository};

#[test]
fn a_wheel_is_skipped_and_not_passed_where_pip_reaches_no_index() {
    let sandbox = Sandbox::new();
    let mut build = Command::new("python3");
    build.arg(repository().join("python/dist.py")).args(["--wheel", "--bin"]);
    build.arg(program("framecheck").parent().unwrap());
    build.arg("--out").arg(sandbox.path().join("out")).env("CARGO_TARGET_DIR", sandbox.path());
    // No one listens at the discard port.
    build.env("PIP_INDEX_URL", "http://127.0.0.1:9").env("PIP_RETRIES", "0");
    build.env("PYTHONDONTWRITEBYTECODE", "1");
    let done = build.output().unwrap();
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(77), "{stderr}");
    assert!(stderr.contains("SKIPPED the wheel: venv and pip can't install hatchling"), "{stderr}");
    assert!(!sandbox.path().join("out/SHA256SUMS").exists());
}
