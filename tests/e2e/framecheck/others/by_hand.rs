//! Clients that a person starts; here the test acts as the person.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use framecheck_tests::{DEADLINE, Sandbox, program, repository, search_path};

use super::{capitals, example, says, verdicts};

/// What a person reads of a case.
struct Wanted {
    case: String,
    port: u16,
    lines: Vec<String>,
    /// The directory with the files, if there are any.
    files: Option<PathBuf>,
}

/// A run in progress, and what it prints for the person.
struct Run {
    child: Child,
    told: BufReader<ChildStderr>,
}

impl Run {
    fn start(sandbox: &Sandbox, options: &str) -> Self {
        let mut child = Command::new(program("framecheck"))
            .args(format!("run --peer acme.toml --no-cache --out out {options}").split(' '))
            .env("PATH", search_path())
            .env("FRAMECHECK_REFERENCE", repository().join("python-ref"))
            .current_dir(sandbox.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stderr.take().unwrap());
        Self { child, told }
    }

    /// The next case; `None` if the run is over.
    fn wanted(&mut self) -> Option<Wanted> {
        let mut wanted = Wanted { case: String::new(), port: 0, lines: Vec::new(), files: None };
        loop {
            let mut line = String::new();
            if self.told.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end_matches('\n');
            if let Some(case) = line.strip_prefix("by hand: ") {
                case.clone_into(&mut wanted.case);
            } else if line.contains("it must connect to ") {
                let (_, port) = line.rsplit_once("port ").unwrap();
                wanted.port = port.parse().unwrap();
            } else if let Some(typed) = line.trim_start().strip_prefix("type into it: ") {
                wanted.lines.push(typed.to_owned());
            } else if let Some(files) = line.trim_start().strip_prefix("its files are in ") {
                wanted.files = Some(Path::new(files.split_once(": ").unwrap().0).to_owned());
            } else if line.contains("framecheck waits") {
                return Some(wanted);
            }
        }
    }

    /// Its status and its output.
    fn ended(mut self) -> (i32, String) {
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        (self.child.wait().unwrap().code().unwrap(), stdout)
    }
}

fn by_hand(sandbox: &Sandbox, scenario: &str) {
    let text = format!("name = \"acme\"\n[client]\n{scenario} = {{ by-hand = true }}\n");
    sandbox.write("acme.toml", text);
}

/// A client that sends each line and reads its answer.
fn talk(wanted: &Wanted, change: impl Fn(&str) -> String) {
    let mut stream = TcpStream::connect(("127.0.0.1", wanted.port)).unwrap();
    for line in &wanted.lines {
        let line = change(line);
        stream.write_all(line.as_bytes()).unwrap();
        stream.read_exact(&mut vec![0; line.len()]).unwrap();
    }
}

#[test]
fn a_person_is_told_case_by_case_what_to_do_and_the_wire_is_judged() {
    let sandbox = Sandbox::new();
    capitals(&sandbox, "tcp4");
    by_hand(&sandbox, "capitals");
    let mut run = Run::start(&sandbox, "capitals.toml --network asis --jobs 4");
    let mut cases = Vec::new();
    while let Some(wanted) = run.wanted() {
        // One of the two sends something else than the typed line.
        let is_wrong = wanted.case.contains("one-line");
        talk(&wanted, |line| if is_wrong { "thrice".to_owned() } else { line.to_owned() });
        cases.push(wanted.case);
    }
    let (status, stdout) = run.ended();
    assert_eq!((status, cases.len()), (1, 2), "{stdout}");
    // What a person reads is only on standard error.
    assert!(stdout.starts_with("framecheck ") && !stdout.contains("by hand"), "{stdout}");
    let told = "not judged: acme's client of capitals, which a person starts: its exit status";
    assert!(stdout.contains(told), "{stdout}");
    assert!(stdout.contains("to-server parts at byte 3"), "{stdout}");
    let verdicts = verdicts(&super::report(&sandbox.path().join("out")));
    for (case, verdict) in [("two-lines", "pass"), ("one-line", "fail")] {
        let id = cases.iter().find(|it| it.contains(case)).unwrap();
        let id = id.split(' ').next().unwrap();
        assert_eq!(verdicts[id], verdict, "{id}");
    }
}

#[test]
fn a_client_with_a_fixed_address_is_awaited_there() {
    let sandbox = Sandbox::new();
    capitals(&sandbox, "tcp4");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for text in [
        format!("[client]\ncapitals = {{ by-hand = true, fixed-address = \"{free}\" }}\n"),
        format!("fixed-address = \"{free}\"\n[client]\ncapitals = {{ by-hand = true }}\n"),
    ] {
        sandbox.write("acme.toml", format!("name = \"acme\"\n{text}"));
        let mut run = Run::start(&sandbox, "capitals.toml --network asis");
        let mut ports = Vec::new();
        while let Some(wanted) = run.wanted() {
            talk(&wanted, str::to_owned);
            ports.push(wanted.port);
        }
        let (status, stdout) = run.ended();
        assert_eq!((status, ports), (0, vec![free.port(); 2]), "{stdout}");
    }
}

#[test]
fn the_files_of_an_input_are_there_for_the_person_and_a_cut_ends_the_wait() {
    let sandbox = Sandbox::new();
    by_hand(&sandbox, "upload");
    let file = example("upload").join("upload.toml");
    let options = format!(
        "{} --network asis --network reset-up@9 --network cut@0 --input small-file",
        file.display()
    );
    let mut run = Run::start(&sandbox, &options);
    let mut networks = Vec::new();
    while let Some(wanted) = run.wanted() {
        let [name] = &wanted.lines[..] else { panic!("{:?}", wanted.lines) };
        let body = std::fs::read(wanted.files.unwrap().join(name)).unwrap();
        let head = format!("{{\"filename\": \"{name}\", \"filesize\": {}}}", body.len());
        let mut stream = TcpStream::connect(("127.0.0.1", wanted.port)).unwrap();
        let len = i32::try_from(head.len()).unwrap().to_ne_bytes();
        // The network may break it off.
        let _ = stream.write_all(&[&len[..], head.as_bytes(), &body].concat());
        let _ = stream.read(&mut [0]);
        networks.push(wanted.case.split('/').nth(3).unwrap().to_owned());
    }
    let (status, stdout) = run.ended();
    assert_eq!(status, 0, "{stdout}");
    assert_eq!(networks.len(), 3, "{networks:?}\n{stdout}");
}

#[test]
fn a_client_that_never_comes_is_told_at_the_deadline_of_persons() {
    let sandbox = Sandbox::new();
    let file = capitals(&sandbox, "tcp4");
    by_hand(&sandbox, "capitals");
    let run = [
        "run",
        file.to_str().unwrap(),
        "--peer",
        "acme.toml",
        "--no-cache",
        "--out",
        "out",
        "--network",
        "asis",
        "--input",
        "one-line",
        "--deadline",
        "10",
        "--by-hand-timeout",
        "2",
    ];
    let (stdout, stderr) = says(&sandbox, &run, 1);
    assert!(stdout.contains("waiting for a person to start the client"), "{stdout}");
    assert!(stderr.contains("at most 2 seconds"), "{stderr}");
}

#[test]
fn a_datagram_client_has_ended_when_its_person_says_so() {
    let sandbox = Sandbox::new();
    by_hand(&sandbox, "udp-upper");
    let mut run = Run::start(
        &sandbox,
        "--scenario udp-upper --network asis --transport udp4 --input ascii \
         --pairing python->acme",
    );
    let mut stdin = run.child.stdin.take().unwrap();
    let mut count = 0;
    while let Some(wanted) = run.wanted() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.connect(("127.0.0.1", wanted.port)).unwrap();
        for line in &wanted.lines {
            socket.send(line.as_bytes()).unwrap();
            socket.recv(&mut [0; 4096]).unwrap();
        }
        stdin.write_all(b"\n").unwrap();
        count += 1;
    }
    let (status, stdout) = run.ended();
    assert_eq!((status, count), (0, 1), "{stdout}");
}
