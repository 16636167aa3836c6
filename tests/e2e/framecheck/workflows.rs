//! What holds for all workflows of GitHub. `make lint-workflows` checks them with actionlint.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use framecheck_tests::{Sandbox, repository};

/// action.yml, and each workflow of this repository and of its documentation.
fn files() -> Vec<PathBuf> {
    let root = repository();
    let ours = fs::read_dir(root.join(".github/workflows")).unwrap();
    let ours = ours.map(|entry| entry.unwrap().path());
    let others = ["action.yml", "docs/scale/github-workflow.yml"].map(|name| root.join(name));
    ours.chain(others).collect()
}

#[test]
fn each_action_is_pinned_by_its_full_tag() {
    let files = files();
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let uses = text.lines().filter_map(|line| line.split_once("uses: ")).map(|(_, it)| it);
        for action in uses {
            let numbers: Vec<&str> =
                action.split_once("@v").unwrap_or_default().1.split('.').collect();
            let is_full = numbers.len() == 3 && numbers.iter().all(|it| it.parse::<u32>().is_ok());
            assert!(is_full, "{}: expected a tag like @v6.0.2, found {action}", file.display());
        }
    }
}

#[test]
fn the_lint_of_workflows_is_skipped_and_not_passed_without_node() {
    let sandbox = Sandbox::new();
    for program in ["bash", "dirname", "env"] {
        symlink(which::which(program).unwrap(), sandbox.path().join(program)).unwrap();
    }
    let mut lint = Command::new(repository().join("tests/workflows/run"));
    let done = lint.env("PATH", sandbox.path()).output().unwrap();
    assert_eq!(done.status.code(), Some(77));
    assert_eq!(String::from_utf8_lossy(&done.stderr), "SKIPPED the workflows: no node\n");
}
