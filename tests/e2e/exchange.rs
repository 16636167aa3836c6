//! `frame-server` and `frame-client` with each other, and each with the reference's other half:
//! in each pairing, the output and the files are the same.

#![cfg(test)]

use framecheck_tests::Sandbox;
use rustix::process::Signal;

use crate::peers::{Process, ask_python, client, reference_client};

const PAIRS: [(Who, Who); 4] = [
    (Who::Ours, Who::Ours),
    (Who::Ours, Who::Reference),
    (Who::Reference, Who::Ours),
    (Who::Reference, Who::Reference),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Ours,
    Reference,
}

/// The output of client and server after an exchange.
fn screens(
    sandbox: &Sandbox,
    scenario: &str,
    (server, who): (Who, Who),
    arguments: &[&str],
    typed: &str,
) -> (String, String) {
    let (server, address) = match server {
        Who::Ours => Process::server(sandbox, &[&[scenario], arguments].concat(), None),
        Who::Reference => {
            // The file is an option there, and comes last here.
            let (file, options) = arguments.split_last().unzip();
            let mut all = options.unwrap_or_default().to_vec();
            all.extend(file.iter().flat_map(|file| ["--file", file]));
            Process::reference_server(sandbox, scenario, &all)
        }
    };
    let shown = match who {
        Who::Ours => {
            let run = client(sandbox, scenario, &address, typed);
            assert_eq!(run.status(), Some(0), "{run}");
            run.stdout()
        }
        Who::Reference => {
            let output = reference_client(sandbox, scenario, &address, typed);
            String::from_utf8(output.stdout).unwrap()
        }
    };
    (shown, server.stop(Signal::KILL).1)
}

#[test]
fn a_file_of_any_size_and_content_arrives_as_it_is() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let noise =
        |len: usize| (0..len).map(|at| (at * 31 + at / 251).to_le_bytes()[0]).collect::<Vec<u8>>();
    let files = [0, 1, 1023, 1024, 1025, 65536, 1 << 20].map(noise);
    for content in files.into_iter().chain([every_byte]) {
        let sandbox = Sandbox::new();
        sandbox.write("source", &content);
        let server = sandbox.server(&["file-transfer", "source", "--name=it", "--desc=d"]);
        let run = client(&sandbox, "file-transfer", &server.address, "");
        run.completed_with(&format!(
            "{{'file_name': 'it', 'file_desc': 'd', 'file_size': {}}}\n",
            content.len()
        ));
        assert!(std::fs::read(sandbox.path().join("it")).unwrap() == content, "{run}");
        assert_eq!(sandbox.names(), ["it", "source"]);
        let (status, stdout) = server.stop();
        assert_eq!((status.code(), stdout.as_str()), (Some(0), ""));
    }
}

#[test]
fn the_client_prints_the_dict_as_cpython_does() {
    let (name, desc) = ("it's \"文件\" 😀.txt", "tab\t\\ \u{7f}\u{e9}\u{200b}\nline");
    let sandbox = Sandbox::new();
    sandbox.write("source", "hi");
    let server = sandbox.server(&["file-transfer", "source", "--name", name, "--desc", desc]);
    let run = client(&sandbox, "file-transfer", &server.address, "");
    let code = "import sys; print({'file_name': sys.argv[1], 'file_desc': sys.argv[2], \
                'file_size': 2})";
    run.completed_with(std::str::from_utf8(&ask_python(code, &[name, desc], "")).unwrap());
    assert_eq!(sandbox.names(), [name, "source"]);
}

#[test]
fn a_file_is_the_same_whichever_of_the_programs_are_the_references() {
    let content = "第一行\nsecond\r\n\n".repeat(700) + "no newline at the end";
    let mut seen = Vec::new();
    for pair in PAIRS {
        let sandbox = Sandbox::new();
        sandbox.write("source", &content);
        let arguments = ["--name", "副本", "--desc", "what fuck", "source"];
        let shown = screens(&sandbox, "file-transfer", pair, &arguments, "");
        assert!(std::fs::read(sandbox.path().join("副本")).unwrap() == content.as_bytes());
        assert_eq!(sandbox.names(), ["source", "副本"], "{pair:?}");
        seen.push((pair, shown));
    }
    for (pair, shown) in &seen {
        assert_eq!(*shown, seen[3].1, "{pair:?} is not as the reference alone");
    }
}

#[test]
fn commands_look_the_same_whichever_of_the_programs_are_the_references() {
    let typed = "echo hello\n\necho oops >&2; echo hidden\ntrue\nprintf abc\nexit 3\n\
                 printf '\\304\\343\\272\\303'\nseq 1 200\necho '你好'; pwd >/dev/null\n";
    let mut seen = Vec::new();
    for pair in PAIRS {
        let sandbox = Sandbox::new();
        seen.push((pair, screens(&sandbox, "remote-command", pair, &[], typed)));
        assert_eq!(sandbox.names(), Vec::<String>::new(), "{pair:?}");
    }
    for (pair, shown) in &seen {
        assert_eq!(*shown, seen[3].1, "{pair:?} is not as the reference alone");
    }
}

#[test]
fn lines_over_a_stream_look_the_same_whichever_of_the_programs_are_the_references() {
    let long = "x".repeat(1024);
    let typed = format!("hello\nMixed Case 42!\n你好 straße\n  spaces  \n'\"\\\n\u{1}\r\n{long}\n");
    let mut seen = Vec::new();
    for pair in PAIRS {
        let (client, server) = screens(&Sandbox::new(), "tcp-upper", pair, &[], &typed);
        // The reference goes on answering the end of the stream, until an error stops it.
        let received =
            |line: &&str| line.starts_with("接收客户端的数据: b") && !line.ends_with("b''");
        let server: Vec<String> = server.lines().filter(received).map(ToOwned::to_owned).collect();
        assert_eq!(server.len(), 7, "{pair:?}");
        seen.push((pair, client, server));
    }
    for (pair, client, server) in &seen {
        assert_eq!((client, server), (&seen[3].1, &seen[3].2), "{pair:?}");
    }
}

#[test]
fn datagrams_look_the_same_whichever_of_the_programs_are_the_references() {
    let long = "y".repeat(1500);
    let typed = format!("hello\n\n   \n  你好\t\n\u{85}a\u{3000}\n{long}\nend\r\n");
    let mut seen = Vec::new();
    for pair in PAIRS {
        let (client, server) = screens(&Sandbox::new(), "udp-upper", pair, &[], &typed);
        // The client's port differs each time.
        let without_port =
            |line: &str| line.rsplit_once(", ").map(|(shown, _port)| shown.to_owned());
        let server: Vec<String> = server.lines().filter_map(without_port).collect();
        assert_eq!(server.len(), 7, "{pair:?}");
        seen.push((pair, client, server));
    }
    for (pair, client, server) in &seen {
        assert_eq!((client, server), (&seen[3].1, &seen[3].2), "{pair:?}");
    }
}

#[test]
fn each_stream_scenario_works_over_ipv6_and_unix_sockets_and_by_name() {
    for listen in ["[::1]:0", "unix:socket", "localhost:0"] {
        let listen = format!("--listen={listen}");
        let sandbox = Sandbox::new();
        sandbox.write("source", "content");

        let server = sandbox.server(&["file-transfer", "source", "--name=copy", &listen]);
        let run = client(&sandbox, "file-transfer", &server.address, "");
        assert_eq!(run.status(), Some(0), "{listen}: {run}");
        assert_eq!(std::fs::read(sandbox.path().join("copy")).unwrap(), b"content");
        assert_eq!(server.stop().0.code(), Some(0));

        let server = sandbox.server(&["remote-command", &listen]);
        let run = client(&sandbox, "remote-command", &server.address, "echo hi\n");
        run.completed_with(">>: hi\n\n>>: ");
        assert_eq!(server.stop().1, "cmd: b'echo hi'\nb''\n");

        let server = sandbox.server(&["tcp-upper", &listen]);
        let run = client(&sandbox, "tcp-upper", &server.address, "hi\n");
        assert!(run.stdout().contains("服务端发来的消息: b'HI'\n"), "{listen}: {run}");
        assert_eq!(server.stop().1, "接收客户端的数据: b'hi'\n");
        assert_eq!(sandbox.names(), ["copy", "source"], "{listen}");
    }
}

#[test]
fn datagrams_work_over_ipv6_and_by_name() {
    for listen in ["[::1]:0", "localhost:0"] {
        let sandbox = Sandbox::new();
        let server = sandbox.server(&["udp-upper", "--listen", listen]);
        client(&sandbox, "udp-upper", &server.address, "hi\n").completed_with(">>: b'HI'\n>>: ");
        let screen = server.stop().1;
        let address = if listen.starts_with('[') { "('::1', " } else { "('127.0.0.1', " };
        assert!(screen.starts_with(&format!("===> b'hi' {address}")), "{screen}");
        assert_eq!(screen.ends_with(", 0, 0)\n"), listen.starts_with('['), "{screen}");
    }
}

#[test]
fn a_client_finds_by_name_a_server_that_listens_on_ipv4() {
    let sandbox = Sandbox::new();
    for (scenario, screen) in [
        (
            "tcp-upper",
            "请输入你要发送给服务端的数据:服务端发来的消息: b'HI'\n请输入你要发送给服务端的数据:",
        ),
        ("udp-upper", ">>: b'HI'\n>>: "),
    ] {
        let server = sandbox.server(&[scenario]);
        let named = server.address.replace("127.0.0.1", "localhost");
        client(&sandbox, scenario, &named, "hi\n").completed_with(screen);
    }
}
