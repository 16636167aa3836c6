//! The examples in docs/scale: they are well formed, and use the environment variables for shards
//! that framecheck reads.
//!
//! A workflow linter is not part of a machine with cargo, make and python3. So this test checks the
//! parsed documents of the two manifests, and runs their scripts with a stand-in.

use std::path::Path;
use std::process::Command;

use framecheck_tests::{Sandbox, repository};
use serde::Deserialize;
use serde_json::Value;

fn text(name: &str) -> String {
    std::fs::read_to_string(repository().join("docs/scale").join(name)).unwrap()
}

/// Every document of a YAML file.
fn documents(name: &str) -> Vec<Value> {
    let text = text(name);
    serde_norway::Deserializer::from_str(&text).map(|it| Value::deserialize(it).unwrap()).collect()
}

fn string<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}"))
}

/// A stand-in for `name` in this directory. It records how it was called, and ends with a status.
fn stand_in(sandbox: &Sandbox, name: &str, status: u8) {
    stand_in_saying(sandbox, name, "\"$@\"", status);
}

/// The same, but it also records these shell words after its name.
fn stand_in_saying(sandbox: &Sandbox, name: &str, words: &str, status: u8) {
    use std::os::unix::fs::PermissionsExt;
    let said = sandbox.path().join("said");
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' {name} {words} >> '{}'\necho 42\nexit {status}\n",
        said.display()
    );
    let path = sandbox.write(name, script);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a command with the stand-ins first on the PATH: returns its status, and how they were called.
fn played(sandbox: &Sandbox, command: &mut Command) -> (Option<i32>, Vec<String>) {
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", sandbox.path().display()));
    let status = command.current_dir(sandbox.path()).output().unwrap().status.code();
    let said = sandbox.path().join("said");
    let words = std::fs::read_to_string(&said).unwrap_or_default();
    let _ = std::fs::remove_file(said);
    (status, words.lines().map(str::to_owned).collect())
}

#[test]
fn the_job_of_kubernetes_has_as_many_shards_as_it_says_in_each_place() {
    let documents = documents("kubernetes-job.yaml");
    let [claim, job, merge] = &documents[..] else { panic!("{} documents", documents.len()) };
    assert_eq!(string(claim, "/kind"), "PersistentVolumeClaim");
    for document in [job, merge] {
        assert_eq!(
            (string(document, "/apiVersion"), string(document, "/kind")),
            ("batch/v1", "Job")
        );
        // podFailurePolicy is allowed only then.
        assert_eq!(string(document, "/spec/template/spec/restartPolicy"), "Never");
        let of_claim = "/spec/template/spec/volumes/0/persistentVolumeClaim/claimName";
        assert_eq!(string(document, of_claim), string(claim, "/metadata/name"));
        let container = &document["spec"]["template"]["spec"]["containers"][0];
        for rule in document["spec"]["podFailurePolicy"]["rules"].as_array().unwrap() {
            if let Some(name) = rule.pointer("/onExitCodes/containerName") {
                assert_eq!(*name, container["name"]);
            }
        }
    }
    assert_eq!(string(job, "/spec/completionMode"), "Indexed");
    let shards = job["spec"]["completions"].as_u64().unwrap();
    let environment = "/spec/template/spec/containers/0/env/0";
    assert_eq!(string(job, &format!("{environment}/name")), "JOB_COMPLETIONS");
    for document in [job, merge] {
        assert_eq!(string(document, &format!("{environment}/value")), shards.to_string());
    }

    // A conformance failure is a result; any other failure is not.
    let script = "/spec/template/spec/containers/0/args/0";
    for (status, becomes) in [(0, 0), (1, 0), (2, 2), (3, 3)] {
        let sandbox = Sandbox::new();
        stand_in(&sandbox, "framecheck", status);
        let mut shell = Command::new("sh");
        shell.args(["-c", string(job, script)]).env("JOB_COMPLETION_INDEX", "3");
        let (status, said) = played(&sandbox, &mut shell);
        assert_eq!(status, Some(becomes));
        assert_eq!(
            said,
            ["framecheck", "run", "--shard", "auto", "--resume", "--out", "/reports/shard-3"]
        );
    }
    let sandbox = Sandbox::new();
    stand_in(&sandbox, "framecheck", 1);
    let mut shell = Command::new("sh");
    shell.args(["-c", string(merge, script)]).env("SHARDS", shards.to_string());
    let (status, said) = played(&sandbox, &mut shell);
    assert_eq!(status, Some(1));
    let mut right = vec!["framecheck".to_owned(), "merge".to_owned()];
    right.extend((0..shards).map(|index| format!("/reports/shard-{index}")));
    right.extend(["--out".to_owned(), "/reports/merged".to_owned()]);
    assert_eq!(said, right);
}

#[test]
fn the_workflow_of_github_numbers_its_shards_from_one_and_merges_what_it_uploads() {
    let documents = documents("github-workflow.yml");
    let [workflow] = &documents[..] else { panic!("{} documents", documents.len()) };
    let (shard, merge) = (&workflow["jobs"]["shard"], &workflow["jobs"]["merge"]);
    let numbers = shard["strategy"]["matrix"]["shard"].as_array().unwrap();
    let counted: Vec<Value> = (1..=numbers.len()).map(Value::from).collect();
    assert_eq!(*numbers, counted);
    // The number of jobs is that of the shards as long as the matrix has nothing else.
    assert_eq!(shard["strategy"]["matrix"].as_object().unwrap().len(), 1);
    assert_eq!(
        string(shard, "/env/FRAMECHECK_SHARD"),
        "${{ matrix.shard }}/${{ strategy.job-total }}"
    );
    assert_eq!(merge["needs"], "shard");
    let steps = |job: &Value| job["steps"].as_array().unwrap().clone();
    for step in steps(shard).iter().chain(&steps(merge)) {
        assert_ne!(step.get("uses").is_some(), step.get("run").is_some(), "{step}");
    }
    let using = |job: &Value, action: &str| {
        let found = steps(job).into_iter().find(|step| {
            step["uses"]
                .as_str()
                .is_some_and(|uses| uses.starts_with(&format!("actions/{action}@")))
        });
        found.unwrap_or_else(|| panic!("no {action}"))
    };
    assert_eq!(using(shard, "upload-artifact")["with"]["name"], "shard-${{ matrix.shard }}");
    assert_eq!(using(merge, "download-artifact")["with"]["pattern"], "shard-*");

    let run_of = |job: &Value, words: &str| {
        let mut runs =
            steps(job).into_iter().filter_map(|step| Some(step["run"].as_str()?.to_owned()));
        let run = runs.find(|run| run.contains(words)).unwrap_or_else(|| panic!("no {words}"));
        run.replace("target/debug/", "")
    };
    for (status, becomes) in [(0, 0), (1, 0), (2, 1), (3, 1)] {
        let sandbox = Sandbox::new();
        stand_in(&sandbox, "framecheck", status);
        let mut shell = Command::new("bash");
        shell.args(["-e", "-c", &run_of(shard, "framecheck run")]);
        let (status, said) = played(&sandbox, &mut shell);
        assert_eq!(status, Some(becomes));
        assert_eq!(said, ["framecheck", "run", "--shard", "auto", "--out", "reports"]);
    }
    let sandbox = Sandbox::new();
    for number in 1..=2 {
        std::fs::create_dir_all(sandbox.path().join(format!("shards/shard-{number}"))).unwrap();
    }
    stand_in(&sandbox, "framecheck", 1);
    let mut shell = Command::new("bash");
    shell.args(["-e", "-c", &run_of(merge, "framecheck merge")]);
    let (status, said) = played(&sandbox, &mut shell);
    assert_eq!(status, Some(1));
    let right = ["framecheck", "merge", "shards/shard-1", "shards/shard-2", "--out", "merged"];
    assert_eq!(said, right);
}

#[test]
fn the_script_for_slurm_submits_an_array_and_what_merges_it() {
    let sandbox = Sandbox::new();
    stand_in_saying(&sandbox, "sbatch", "\"$@\" \"OUT=${OUT-}\"", 0);
    let script = repository().join("docs/scale/slurm.sh");
    let out = sandbox.path().join("all 'reports', $(touch made) \"`touch made`\"");
    let (status, said) = played(&sandbox, Command::new(script).arg("3").arg(&out));
    assert_eq!(status, Some(0));
    let has = |word: &str| assert!(said.iter().any(|it| it == word), "no {word:?} in {said:?}");
    has("--array=1-3");
    has("--export=ALL");
    has(&format!("OUT={}", out.display()));
    has("--dependency=afterany:42");
    assert_eq!(said.iter().filter(|word| *word == "sbatch").count(), 2);

    // The wrapped script, as a node would run it.
    let wrapped =
        said.iter().find_map(|word| word.strip_prefix("--wrap=framecheck merge")).unwrap();
    stand_in(&sandbox, "framecheck", 1);
    let (status, called) = merged(&sandbox, wrapped);
    assert_eq!(status, Some(1));
    let at = |name: &str| out.join(name).display().to_string();
    let right = ["framecheck", "merge", &at("shard-1"), &at("shard-2"), &at("shard-3"), "--out"];
    assert_eq!(called[..6], right);
    assert_eq!(called[6], at("merged"));
    assert!(Path::new(&out).is_dir());
    assert!(!sandbox.path().join("made").exists());
}

#[test]
fn the_script_for_slurm_refuses_a_directory_that_sbatch_would_take_for_another() {
    let sandbox = Sandbox::new();
    stand_in(&sandbox, "sbatch", 0);
    for out in ["100%", "back\\slash", "two\nlines"] {
        let mut script = Command::new(repository().join("docs/scale/slurm.sh"));
        let (status, said) = played(&sandbox, script.args(["3", out]));
        assert_eq!((status, said), (Some(2), Vec::new()), "{out}");
        assert!(!sandbox.path().join(out).exists());
    }
}

fn merged(sandbox: &Sandbox, arguments: &str) -> (Option<i32>, Vec<String>) {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("framecheck merge{arguments}")]);
    played(sandbox, &mut shell)
}
