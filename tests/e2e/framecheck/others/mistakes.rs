//! Servers and clients that framecheck does not start: what it refuses, and where.

use std::net::TcpListener;

use framecheck_tests::Sandbox;

use super::{capitals, running, says};

#[test]
fn each_mistake_about_them_is_shown_in_its_line() {
    for (entry, place, what) in [
        ("[server]\ntcp-upper = { at = \"9000\" }", "3:20", "not the address of a server"),
        ("[server]\ntcp-upper = { at = \"127.0.0.1:0\" }", "3:20", "no server is at port 0"),
        ("[server]\ntcp-upper = { at = \"0.0.0.0:9\" }", "3:20", "nothing can connect to it"),
        (
            "[server]\ntcp-upper = { at = \"no-such-host.invalid:9\" }",
            "3:20",
            "no address is known of \"no-such-host.invalid\"",
        ),
        ("[server]\ntcp-upper = {}", "3:13", "does not say what plays it"),
        (
            "[server]\ntcp-upper = { at = \"[::1]:9\", command = [\"sh\", \"{port}\"] }",
            "3:13",
            "one thing plays it, not command and at",
        ),
        (
            "[server]\ntcp-upper = { by-hand = true }",
            "3:25",
            "only a client can be started by hand",
        ),
        (
            "[client]\ntcp-upper = { at = \"[::1]:9\" }",
            "3:20",
            "framecheck does not connect to a client",
        ),
        ("[client]\ntcp-upper = { by-hand = false }", "3:25", "by-hand is true, or not there"),
        ("[client]\ntcp-upper = { by-hand = 1 }", "3:25", "expected a boolean"),
        ("[client]\ntcp-upper = { byhand = true }", "3:15", "unknown field `byhand`"),
        (
            "[client]\ntcp-upper = { by-hand = true, parallel = true }",
            "3:42",
            "only a server that runs already has \"parallel\"",
        ),
        (
            "[server]\ntcp-upper = { at = \"[::1]:9\", ready = \"up\" }",
            "3:39",
            "only a program that framecheck starts is given this",
        ),
        (
            "[server]\ntcp-upper = { at = \"[::1]:9\", fixed-address = \"[::1]:9\" }",
            "3:47",
            "the address of a server that runs already is in \"at\"",
        ),
        ("[server]\nsocket-api = { at = \"[::1]:9\" }", "3:14", "is one program"),
        ("[client]\nsocket-api = { by-hand = true }", "3:1", "has no client"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("acme.toml", format!("name = \"acme\"\n{entry}\n"));
        for command in [&["run", "--peer", "acme.toml"][..], &["check-peer", "acme.toml"]] {
            let (_, stderr) = says(&sandbox, command, 2);
            let place = format!("acme.toml:{place}");
            assert!(stderr.contains(&place) && stderr.contains(what), "{entry}: {stderr}");
        }
    }
}

#[test]
fn a_server_on_another_machine_needs_an_option() {
    let sandbox = Sandbox::new();
    let file = capitals(&sandbox, "tcp4");
    let file = file.to_str().unwrap();
    // Reserved for documentation: no machine has this address.
    running(&sandbox, "capitals", "192.0.2.1:9000");
    let case = "capitals/acme->ours/tcp4/asis/one-line";
    for command in [
        &["run", file, "--peer", "acme.toml"][..],
        &["replay", case, file, "--peer", "acme.toml"],
        &["capture", case, file, "--peer", "acme.toml"],
        &["check-peer", "acme.toml", file],
        &["attach", case, file, "--peer", "acme.toml", "--role", "client"],
    ] {
        let (_, stderr) = says(&sandbox, command, 2);
        assert!(
            stderr.contains("acme.toml: the server of capitals is at 192.0.2.1:9000"),
            "{stderr}"
        );
        assert!(stderr.contains("--allow-non-loopback lets"), "{stderr}");
    }
}

#[test]
fn a_server_that_is_not_up_when_the_run_begins_is_told_in_a_sentence() {
    let sandbox = Sandbox::new();
    let file = capitals(&sandbox, "tcp4");
    let file = file.to_str().unwrap();
    let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    running(&sandbox, "capitals", &at);
    let case = "capitals/acme->ours/tcp4/asis/one-line";
    for command in [
        &["run", file, "--peer", "acme.toml", "--out", "out"][..],
        &["replay", case, file, "--peer", "acme.toml"],
    ] {
        let (stdout, stderr) = says(&sandbox, command, 3);
        assert_eq!(stdout, "");
        let told = format!(
            "framecheck: the server of capitals that acme has at {at} is not up: Connection refused"
        );
        assert!(stderr.starts_with(&told) && stderr.lines().count() == 1, "{stderr}");
    }
    assert!(!sandbox.path().join("out").exists());
}
