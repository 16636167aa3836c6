//! What the proxy refuses, and what it can't do.

use super::super::manifests::says;
use super::{sandbox, server};

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    let sandbox = sandbox(&[]);
    let (without, _) = super::super::audit::PARCELS.split_once("[frames.request]").unwrap();
    sandbox.write("frameless.toml", without);
    let example =
        framecheck_tests::repository().join("examples/json-datagrams/json-datagrams.toml");
    let example = example.to_str().unwrap();
    let (here, file) = ("127.0.0.1:0", "parcels.toml");
    let to = "127.0.0.1:9";
    for (listen, to, protocol, more, what) in [
        ("0.0.0.0:0", to, file, "", "--listen 0.0.0.0:0: expected a loopback address"),
        (here, "192.0.2.1:9", file, "", "--to 192.0.2.1:9: expected a loopback address"),
        (here, "[2001:db8::1]:9", file, "", "--allow-non-loopback permits others"),
        (here, "127.0.0.1:0", file, "", "expected the server's port, found 0"),
        (here, to, "no.toml", "", "no.toml"),
        (here, to, "frameless.toml", "", "frameless.toml has no [frames] and [streams]"),
        (here, to, file, "--network=drop@1", "goes over streams"),
        (here, to, file, "--network=wet", "no network is called \"wet\""),
        (here, to, file, "--connections=0", "--connections"),
        (here, to, example, "--network=split@3", "goes over datagrams"),
        (here, to, example, "--connections=3", "which have no end"),
        ("localhost", to, file, "", "--listen"),
    ] {
        let mut arguments = vec!["proxy", "--listen", listen, "--to", to, "--protocol", protocol];
        arguments.extend(Some(more).filter(|more| !more.is_empty()));
        let (_, stderr) = says(&sandbox, &arguments, 2);
        assert!(stderr.contains(what), "{what}: {stderr}");
    }
}

#[test]
fn what_can_not_be_done_is_said_at_once() {
    let (sandbox, (_listener, taken)) = (sandbox(&[]), server());
    let taken = taken.to_string();
    let proxy = ["proxy", "--to", "127.0.0.1:9", "--protocol", "parcels.toml", "--listen"];
    let (_, stderr) = says(&sandbox, &[&proxy[..], &[&taken]].concat(), 3);
    assert!(stderr.contains(&format!("cannot listen on {taken}")), "{stderr}");
    for option in ["--out", "--junit"] {
        let more = ["127.0.0.1:0", option, "no/file"];
        let (_, stderr) = says(&sandbox, &[&proxy[..], &more].concat(), 3);
        assert!(stderr.contains("cannot write to no/file"), "{stderr}");
    }
}

#[test]
fn that_nothing_came_is_no_success() {
    let (sandbox, (_listener, to)) = (sandbox(&[]), server());
    let (status, said) = super::Proxy::start(&sandbox, to, &[]).stop();
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("no connection came, so nothing was judged"), "{said}");
}
