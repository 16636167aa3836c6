//! `frame-server socket-api`: each call's result, and it ends by itself.

#![cfg(test)]

use framecheck_tests::{DEADLINE, Sandbox, python, repository};

use crate::peers::Run;

#[test]
fn it_shows_what_the_reference_shows_and_ends() {
    for arguments in
        [&[][..], &["--message=it's 你好", "--backlog=0"], &["--message=x", "--backlog=-3"]]
    {
        let sandbox = Sandbox::new();
        let output =
            sandbox.command("frame-server").arg("socket-api").args(arguments).output().unwrap();
        let run = Run::new(output, format!("socket-api {arguments:?}"));
        let mut reference = assert_cmd::Command::new(python());
        reference.arg(repository().join("python-ref/socket-api/demo.py")).args(arguments);
        let right = reference.timeout(DEADLINE).output().unwrap();
        run.completed_with(std::str::from_utf8(&right.stdout).unwrap());
        assert_eq!(sandbox.names(), Vec::<String>::new());
    }
}
