//! `framecheck learn` finds in each example what the example's own file says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use framecheck_tests::Sandbox;
use framecheck_tests::learned::{examples, lesson, written};
use layout::{Digest, Item, Kind, Layout, Size};
use protocols::Protocol;

/// Fails and shows the text if these words are not in it.
fn says(text: &str, words: &str) {
    assert!(text.contains(words), "no {words:?} in:\n{text}");
}

/// A table without the names: each part and its size, as the number of that part and of its field.
fn shape(layout: &Layout) -> [Vec<String>; 2] {
    let frame = |item: &Item| {
        let frame = &layout.frames[item.frame];
        let place = |path: &[String]| {
            let place = frame.resolve(path, frame.parts.len());
            format!("{:?}", place.unwrap_or_else(|| panic!("{path:?} leads nowhere")))
        };
        let part = |part: &layout::Part| {
            let size = match part.kind.size() {
                Some(Size::Of(path)) => place(path),
                other => format!("{other:?}"),
            };
            let kind = match &part.kind {
                Kind::Struct { format, fields } => {
                    format!("{} of {}", format.as_str(), fields.len())
                }
                Kind::Json(_) => "json".to_owned(),
                Kind::Text { encoding, .. } => format!("text in {encoding:?}"),
                Kind::Bytes(_) => "bytes".to_owned(),
                other => format!("{other:?}"),
            };
            let digest =
                |it: &Digest| format!("{} {:?} {:?}", place(&it.at), frame.part(&it.of), it.kind);
            let digests: Vec<String> = part.digests.iter().map(digest).collect();
            format!("{kind}, {size}, {:?}, {digests:?}", part.counts)
        };
        let parts: Vec<String> = frame.parts.iter().map(part).collect();
        format!("{} {}", parts.join("; "), item.repeats)
    };
    let items = |items: &Vec<Item>| {
        let mut told: Vec<String> = items.iter().map(frame).collect();
        // A file may give the first of many frames another name. The bytes do not distinguish it from the
        // others.
        if let [first, rest @ ..] = &told[..]
            && let Some(first) = first.strip_suffix(" false")
            && rest.first().is_some_and(|next| next.starts_with(first) && next.ends_with(" true"))
        {
            told.remove(0);
        }
        told
    };
    [&layout.to_server, &layout.to_client].map(items)
}

/// The subjects of the masks, without the names of frames and parts.
fn masks(protocol: &Protocol) -> BTreeSet<String> {
    let key = |mask: &String| mask.rsplit(['.', ' ']).next().unwrap_or_default().to_owned();
    protocol.masks().iter().map(key).collect()
}

/// Learns an example in this directory; returns the output, and the protocol that the file describes.
fn learn(sandbox: &Sandbox, name: &str) -> (String, Protocol) {
    let lesson = lesson(name, sandbox.path()).unwrap();
    let run = sandbox.framecheck().args(&lesson.arguments).assert().success();
    let said = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    (said, Protocol::read(&lesson.file, &[]).unwrap())
}

/// Learns an example, and finds what its own file says.
fn is_as_written(name: &str) {
    let sandbox = Sandbox::new();
    let (said, learned) = learn(&sandbox, name);
    let by_hand = written(name).unwrap();
    assert_eq!(shape(learned.layout()), shape(by_hand.layout()), "{name}");
    assert_eq!(masks(&learned), masks(&by_hand), "{name}");
    assert!(said.contains("usable; next: framecheck run"), "{name}: {said}");
    assert!(learned.text().contains("# certain: "), "{}", learned.text());
}

/// A test for each example, so that they run beside each other.
macro_rules! as_written {
    ($($test:ident: $name:literal,)*) => {
        const LEARNED: &[&str] = &[$($name),*];
        $(
            #[test]
            fn $test() {
                is_as_written($name);
            }
        )*
    };
}

as_written! {
    command_is_learned_as_its_file_says: "command",
    content_is_learned_as_its_file_says: "content",
    gbk_command_is_learned_as_its_file_says: "gbk-command",
    getput_is_learned_as_its_file_says: "getput",
    json_datagrams_is_learned_as_its_file_says: "json-datagrams",
    json_lines_is_learned_as_its_file_says: "json-lines",
    login_is_learned_as_its_file_says: "login",
    two_parts_is_learned_as_its_file_says: "two-parts",
    upload_is_learned_as_its_file_says: "upload",
}

#[test]
fn every_example_is_learned() {
    assert_eq!(examples().unwrap(), LEARNED);
}

/// Two programs in a directory, and a file with the typed lines.
fn programs(sandbox: &Sandbox, server: &str, client: &str, typed: &str) {
    sandbox.write("server.py", server);
    sandbox.write("client.py", client);
    sandbox.write("typed", typed);
}

const ECHO_SERVER: &str = "import socket, struct, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    with sock:
        while True:
            head = sock.recv(4)
            if not head:
                break
            size, = struct.unpack('<I', head)
            body = b''
            while len(body) < size:
                body += sock.recv(size - len(body))
            sock.sendall(head + body)
";

const ECHO_CLIENT: &str = "import socket, struct, sys
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
for line in sys.stdin:
    body = line.strip().encode()
    sock.sendall(struct.pack('<I', len(body)) + body)
    head = sock.recv(4)
    size, = struct.unpack('<I', head)
    body = b''
    while len(body) < size:
        body += sock.recv(size - len(body))
    print(body.decode())
";

fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let usual = [
        "learn",
        "--server",
        "python3 server.py {host} {port}",
        "--client",
        "python3 client.py {host} {port}",
        "--typed",
        "typed",
        "--out",
        "echo.toml",
    ];
    usual.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn each_line_says_how_sure_it_is_and_which_call_said_so() {
    let sandbox = Sandbox::new();
    programs(&sandbox, ECHO_SERVER, ECHO_CLIENT, "one\nthree\nelevens\n");
    sandbox.framecheck().args(arguments(&[])).assert().success();
    let text = std::fs::read_to_string(sandbox.path().join("echo.toml")).unwrap();
    // Long comments are broken into lines.
    let text = text.replace("\n    # ", " ");
    says(&text, "certain: the number of bytes of text, in 3 frames of 3 values; struct.");
    says(&text, "struct.unpack in server.py:");
    says(&text, "struct.pack in client.py:5");
    says(&text, "{ name = \"length\", struct = \"<I\" }");
    says(&text, "turns = true");
}

#[test]
fn programs_that_cannot_be_looked_into_are_learned_from_their_bytes() {
    let sandbox = Sandbox::new();
    programs(&sandbox, ECHO_SERVER, ECHO_CLIENT, "one\nthree\nelevens\n");
    // An interpreter that the launcher does not fork.
    let run = sandbox.framecheck().args(arguments(&["--fresh"])).assert().success();
    let said = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    says(&said, "neither program could be traced: learned from the bytes alone");
    let text = std::fs::read_to_string(sandbox.path().join("echo.toml")).unwrap();
    says(&text, "# likely: the number of bytes of text");
    assert!(!text.contains("certain: "), "{text}");
    says(&text, "{ name = \"length\", struct = \"<I\" }");
}

#[test]
fn what_cannot_be_told_stands_in_a_comment() {
    let sandbox = Sandbox::new();
    let server = "import socket, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    with sock:
        sock.sendall(bytes([159, 19, 7, 136, 1]) + sock.recv(100))
";
    let client = "import socket, sys
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
sock.sendall(b'\\x93\\x00\\x01' + input().encode())
sock.shutdown(socket.SHUT_WR)
while sock.recv(100):
    pass
";
    programs(&sandbox, server, client, "hello\n");
    sandbox.framecheck().args(arguments(&[])).assert().success();
    let text = std::fs::read_to_string(sandbox.path().join("echo.toml")).unwrap();
    says(
        &text,
        "# to-server is not described: no frames were found that match all of its streams.",
    );
    assert!(!text.contains("[frames."), "{text}");
}

#[test]
fn files_belong_to_the_typed_lines_before_them() {
    let sandbox = Sandbox::new();
    programs(&sandbox, ECHO_SERVER, ECHO_CLIENT, "one\n");
    sandbox.write("other", "{braces}\n");
    sandbox.write("note.txt", "a {b}\n");
    std::fs::create_dir_all(sandbox.path().join("share/deep")).unwrap();
    std::fs::write(sandbox.path().join("share/deep/x.bin"), [0, 255]).unwrap();
    let more =
        ["--server-file", "conf=share", "--typed", "other", "--client-file", "mine.txt=note.txt"];
    // The files before the first --typed are for all inputs.
    let mut all = arguments(&[]);
    let behind = all.split_off(5);
    let usual: Vec<&str> = all
        .into_iter()
        .chain(more[..2].iter().copied())
        .chain(behind)
        .chain(more[2..].iter().copied())
        .collect();
    sandbox.framecheck().args(usual).assert().success();
    let text = std::fs::read_to_string(sandbox.path().join("echo.toml")).unwrap();
    says(
        &text,
        "name = \"typed\"\ntyped = [\"one\"]\nserver-files = { \"conf/deep/x.bin\" = { path = \"share/deep/x.bin\" } }",
    );
    says(
        &text,
        "name = \"other\"\ntyped = [\"{{braces}}\"]\nclient-files = { \"mine.txt\" = \"a {{b}}\\n\" }",
    );
}

#[test]
fn an_address_in_the_source_of_python_programs_is_seen() {
    let sandbox = Sandbox::new();
    let given = "(sys.argv[1], int(sys.argv[2]))";
    let port = 20_000 + std::process::id() % 10_000;
    let fixed = format!("('localhost', {port})");
    let in_source = [ECHO_SERVER, ECHO_CLIENT].map(|source| source.replace(given, &fixed));
    let [server, client] = &in_source;
    programs(&sandbox, server, client, "one\nthree\nelevens\n");
    let learn = [
        "learn",
        "--server",
        "python3 server.py",
        "--client",
        "python3 client.py",
        "--typed",
        "typed",
    ];
    sandbox.framecheck().args(learn).args(["--out", "echo.toml"]).assert().success();
    let text = std::fs::read_to_string(sandbox.path().join("echo.toml")).unwrap();
    says(&text, &format!("fixed-address = \"127.0.0.1:{port}\""));
    says(&text, "{ name = \"length\", struct = \"<I\" }");
}

#[test]
fn a_program_with_a_module_of_the_librarys_name_is_learned_from_its_bytes() {
    let sandbox = Sandbox::new();
    programs(&sandbox, ECHO_SERVER, ECHO_CLIENT, "one\nthree\nelevens\n");
    // Such a program gets its own interpreter, without hooks.
    sandbox.write("argparse.py", "");
    let run = sandbox.framecheck().args(arguments(&[])).assert().success();
    let said = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    says(&said, "neither program could be traced: learned from the bytes alone");
}

#[test]
fn a_socket_of_datagrams_beside_the_protocol_says_nothing_of_it() {
    let sandbox = Sandbox::new();
    let given = "(sys.argv[1], int(sys.argv[2]))";
    let port = 30_000 + std::process::id() % 10_000;
    let fixed = format!("('localhost', {port})");
    // A way to find the own address, which sends nothing.
    let beside = format!(
        "import socket, struct, sys\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', {port}))\n"
    );
    let [server, client] = [ECHO_SERVER, ECHO_CLIENT].map(|source| {
        source.replace(given, &fixed).replace("import socket, struct, sys\n", &beside)
    });
    programs(&sandbox, &server, &client, "one\nthree\nelevens\n");
    let learn = ["learn", "--server", "python3 server.py", "--client", "python3 client.py"];
    let rest = ["--typed", "typed", "--out", "echo.toml"];
    sandbox.framecheck().args(learn).args(rest).assert().success();
    let text = std::fs::read_to_string(sandbox.path().join("echo.toml")).unwrap();
    assert!(!text.contains("udp4"), "{text}");
    says(&text, "{ name = \"length\", struct = \"<I\" }");
}

#[test]
fn mistakes_are_told_before_anything_is_played() {
    let sandbox = Sandbox::new();
    programs(&sandbox, ECHO_SERVER, ECHO_CLIENT, "one\n");
    sandbox.write("there.toml", "");
    let refused: BTreeMap<&str, Vec<&str>> = BTreeMap::from([
        ("there.toml exists already; --force overwrites it", vec!["--out", "there.toml"]),
        ("cannot read nowhere: No such file", vec!["--out", "a.toml", "--typed", "nowhere"]),
        ("--out: no such directory: no/where", vec!["--out", "no/where/a.toml"]),
        ("\"No Name\" can't be a protocol's name", vec!["--out", "a.toml", "--name", "No Name"]),
        (
            "--fixed-address 127.0.0.1:9001: both commands have a place for their address",
            vec!["--out", "a.toml", "--fixed-address", "127.0.0.1:9001"],
        ),
    ]);
    for (message, more) in refused {
        let command =
            ["--server", "python3 server.py {host} {port}", "--client", "python3 client.py {port}"];
        let run = sandbox.framecheck().arg("learn").args(command).args(&more).assert().code(2);
        says(&String::from_utf8_lossy(&run.get_output().stderr), message);
    }
    assert!(!Path::new("a.toml").exists());
    let misspelt = [
        "--server",
        "python3 -u servr.py {host} {port}",
        "--client",
        "python3 client.py {host} {port}",
    ];
    let run =
        sandbox.framecheck().arg("learn").args(misspelt).args(["--out", "a.toml"]).assert().code(2);
    says(
        &String::from_utf8_lossy(&run.get_output().stderr),
        "--server: there is no file \"servr.py\"",
    );
}

#[test]
fn a_client_that_does_not_connect_is_told_with_its_last_words() {
    let sandbox = Sandbox::new();
    programs(&sandbox, ECHO_SERVER, "raise SystemExit('no, thanks')", "one\n");
    let run = sandbox.framecheck().args(arguments(&[])).assert().code(3);
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    says(&said, "no, thanks");
    assert!(
        !sandbox.path().join("echo.toml").exists(),
        "nothing is written where nothing was learned"
    );
}

#[test]
fn a_client_that_needs_typed_lines_and_gets_none_is_told_so() {
    let sandbox = Sandbox::new();
    let server = "import socket, sys\nsock = socket.create_server((sys.argv[1], int(sys.argv[2])))\n\
                  while True:\n    conn, _ = sock.accept()\n    conn.recv(9)\n    conn.close()\n";
    let client = "import socket, sys\nsock = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n\
                  sock.sendall(input('> ').encode())\n";
    sandbox.write("server.py", server);
    sandbox.write("client.py", client);
    let commands = [
        "--server",
        "python3 server.py {host} {port}",
        "--client",
        "python3 client.py {host} {port}",
    ];
    let run =
        sandbox.framecheck().arg("learn").args(commands).args(["--out", "l.toml"]).assert().code(2);
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    says(
        &said,
        "the programs sent nothing, and the client failed: EOFError: EOF when reading a line. --typed FILE",
    );
    assert!(!sandbox.path().join("l.toml").exists());
}
