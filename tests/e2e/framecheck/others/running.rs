//! Running servers: framecheck plays with them, and reports when they have died.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use framecheck_tests::Sandbox;

use super::super::report_forms::{faults, schema};
use super::{Started, capitals, example, run, running, says, verdicts};

/// The text about a program that framecheck does not start.
const NOT_JUDGED: &str = "its exit status, screen, files and memory";

#[test]
fn the_server_of_an_example_is_green_over_harmless_networks_and_faults() {
    let sandbox = Sandbox::new();
    let server = Started::example(&sandbox, "upload", -1);
    running(&sandbox, "upload", &format!("127.0.0.1:{}", server.port));
    let file = example("upload").join("upload.toml");
    let (stdout, _, report) = run(&sandbox, &file, &["--cases", "2", "--pairing", "acme->*"], 0);
    let verdicts = verdicts(&report);
    for network in ["asis", "random", "split-up@", "cut-up@", "reset-up@", "stall-up@", "flip-up@"]
    {
        let is_played = verdicts.iter().any(|(id, verdict)| {
            id.starts_with(&format!("upload/acme->python/tcp4/{network}")) && verdict == "pass"
        });
        assert!(is_played, "{network}: {verdicts:#?}");
    }
    assert!(verdicts.keys().any(|id| id.starts_with("upload/acme->harness/")));
    // Some inputs have a file for the server's directory.
    let not_played: Vec<_> = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["verdict"] == "not-applicable")
        .collect();
    assert!(!not_played.is_empty());
    for case in not_played {
        let names = ["big-file-replaces-old", "part-of-an-old-file"];
        assert!(names.contains(&case["input"].as_str().unwrap()), "{case}");
        let why = case["differences"][0]["what"].as_str().unwrap();
        assert!(why.contains("runs already, and the input has files for its directory"), "{why}");
    }
    assert!(faults(&schema(), &report).is_empty(), "{:?}", faults(&schema(), &report));
    let told = report["not_judged"][0].as_str().unwrap();
    assert!(told.starts_with("acme's server of upload") && told.ends_with(NOT_JUDGED), "{told}");
    assert_eq!(stdout.matches(NOT_JUDGED).count(), 1, "{stdout}");
    for form in ["summary.md", "index.html", "junit.xml"] {
        let text = std::fs::read_to_string(sandbox.path().join("out").join(form)).unwrap();
        assert!(text.contains("screen, files and memory"), "{form}");
    }
    // Its files are not framecheck's concern.
    assert!(sandbox.path().join("data/notes.txt").is_file());
}

#[test]
fn a_server_that_dies_after_the_tenth_case_is_said_to_and_the_rest_is_one_group() {
    let sandbox = Sandbox::new();
    let server = Started::example(&sandbox, "upload", 10);
    running(&sandbox, "upload", &format!("127.0.0.1:{}", server.port));
    let file = example("upload").join("upload.toml");
    let options = ["--network", "asis", "--cases", "12", "--skip-input", "hostile-*"];
    let (stdout, stderr, report) = run(&sandbox, &file, &options, 1);
    let of_acme = |(id, verdict): &(String, String)| {
        id.starts_with("upload/acme->") && verdict != "not-applicable"
    };
    let played: Vec<(String, String)> = verdicts(&report).into_iter().filter(of_acme).collect();
    assert_eq!(played.len(), 10, "{played:#?}\n{stdout}{stderr}");
    assert!(played.iter().all(|(_, verdict)| verdict == "pass"), "{played:#?}");
    assert!(faults(&schema(), &report).is_empty(), "{:?}", faults(&schema(), &report));
    let [gone] = &report["not_played"].as_array().unwrap()[..] else { panic!("{report}") };
    // The other fixed inputs without files for the server, and the other generated ones.
    assert_eq!(gone["cases"], 10, "{gone}");
    let why = gone["why"].as_str().unwrap();
    assert!(why.contains("has died"), "{why}");
    assert_eq!(played.iter().filter(|(id, _)| why.contains(id)).count(), 1, "{why}");
    assert!(stdout.contains(&format!("{why}; 10 cases were not played")), "{stdout}");
    assert!(!stdout.contains("also failed"), "{stdout}");
    for form in ["summary.md", "index.html", "junit.xml"] {
        let text = std::fs::read_to_string(sandbox.path().join("out").join(form)).unwrap();
        assert!(text.contains("10 cases were not played"), "{form}");
    }
}

#[test]
fn the_cases_that_were_not_played_are_played_by_a_run_that_goes_on() {
    let sandbox = Sandbox::new();
    let file = capitals(&sandbox, "tcp4");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    running(&sandbox, "capitals", &at.to_string());
    let options = ["--network", "asis"];
    let serving = std::thread::spawn(move || serve(&listener, 1));
    let (_, _, report) = run(&sandbox, &file, &options, 1);
    serving.join().unwrap();
    assert_eq!(report["not_played"][0]["cases"], 1, "{report}");
    let listener = TcpListener::bind(at).unwrap();
    std::thread::spawn(move || serve(&listener, usize::MAX));
    let (_, _, report) = run(&sandbox, &file, &["--network", "asis", "--resume"], 0);
    assert!(report.get("not_played").is_none(), "{report}");
    assert_eq!(verdicts(&report).len(), 4, "{report}");
}

/// Answers this many clients in capitals.
fn serve(listener: &TcpListener, clients: usize) {
    for client in listener.incoming().take(clients) {
        answer(client.unwrap());
    }
}

fn answer(mut client: impl Read + Write) {
    let mut said = [0; 1000];
    while let Ok(read @ 1..) = client.read(&mut said) {
        if client.write_all(&said[..read].to_ascii_uppercase()).is_err() {
            return;
        }
    }
}

#[test]
fn servers_over_ipv6_datagrams_and_unix_sockets_are_green() {
    for transport in ["tcp6", "udp4", "unix"] {
        let sandbox = Sandbox::new();
        // The reference speaks IPv4, and the recorder bridges.
        let file = capitals(&sandbox, if transport == "udp4" { "udp4" } else { "tcp4" });
        let at = match transport {
            "tcp6" => {
                let listener = TcpListener::bind("[::1]:0").unwrap();
                let at = listener.local_addr().unwrap().to_string();
                std::thread::spawn(move || serve(&listener, usize::MAX));
                at
            }
            "udp4" => {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                let at = socket.local_addr().unwrap().to_string();
                std::thread::spawn(move || {
                    let mut said = [0; 1000];
                    loop {
                        if let Ok((read, from)) = socket.recv_from(&mut said) {
                            let _ = socket.send_to(&said[..read].to_ascii_uppercase(), from);
                        }
                    }
                });
                at
            }
            _ => {
                let listener = UnixListener::bind(sandbox.path().join("sock")).unwrap();
                std::thread::spawn(move || {
                    for client in listener.incoming() {
                        answer(client.unwrap());
                    }
                });
                "unix:sock".to_owned()
            }
        };
        running(&sandbox, "capitals", &at);
        let (stdout, _, report) = run(&sandbox, &file, &[], 0);
        let passed = verdicts(&report);
        let passed = passed
            .iter()
            .filter(|(id, verdict)| id.starts_with("capitals/acme->ours/") && *verdict == "pass");
        assert!(passed.count() >= 8, "{transport}: {stdout}");
    }
}

#[test]
fn a_server_that_answers_wrongly_fails_by_its_bytes() {
    let sandbox = Sandbox::new();
    let file = capitals(&sandbox, "tcp4");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    running(&sandbox, "capitals", &listener.local_addr().unwrap().to_string());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut said = [0; 1000];
            while let Ok(read @ 1..) = client.read(&mut said) {
                let _ = client.write_all(&said[..read]);
            }
        }
    });
    let options = ["--network", "asis", "--network", "cut@2"];
    let (stdout, _, report) = run(&sandbox, &file, &options, 1);
    assert!(stdout.contains("to-client parts at byte 0"), "{stdout}");
    let wrong = verdicts(&report).into_iter().filter(|(_, verdict)| verdict == "fail");
    assert!(wrong.count() >= 4, "{stdout}");
}

#[test]
fn a_server_of_a_tutorial_that_runs_already_is_green() {
    let sandbox = Sandbox::new();
    let server = sandbox.server(&["tcp-upper"]);
    running(&sandbox, "tcp-upper", &server.address);
    let run = "run --peer acme.toml --scenario tcp-upper --cases 2 --transport tcp4 --out out";
    says(&sandbox, &run.split(' ').collect::<Vec<_>>(), 0);
    let verdicts = verdicts(&super::report(&sandbox.path().join("out")));
    for begins in ["python/tcp4/asis", "rust/tcp4/cut", "harness/tcp4/asis"] {
        let is_played = verdicts.iter().any(|(id, verdict)| {
            id.starts_with(&format!("tcp-upper/acme->{begins}")) && verdict == "pass"
        });
        assert!(is_played, "{begins}: {verdicts:#?}");
    }
}

#[test]
fn a_server_is_sent_one_case_at_a_time_unless_it_may_be_sent_several() {
    for parallel in [false, true] {
        let sandbox = Sandbox::new();
        let file = capitals(&sandbox, "tcp4");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        running(&sandbox, "capitals", &format!("\"{at}\", parallel = {parallel}"));
        let together = Arc::new(Together::default());
        let serving = together.clone();
        std::thread::spawn(move || serve_together(&listener, &serving, parallel));
        let options = ["--network", "asis", "--network", "delayed", "--jobs", "8"];
        run(&sandbox, &file, &options, 0);
        let (_, most) = *together.counts.lock().unwrap();
        assert_eq!(most > 1, parallel, "{most} at once");
    }
}

/// How many clients that have sent something are connected, and how many there were at most.
#[derive(Default)]
struct Together {
    counts: Mutex<(usize, usize)>,
    changed: Condvar,
}

impl Together {
    /// Counts a client. Of the clients that may come together, the first is answered only when a second one is
    /// there.
    fn arrive(&self, is_parallel: bool) {
        let mut counts = self.counts.lock().unwrap();
        counts.0 += 1;
        counts.1 = counts.1.max(counts.0);
        self.changed.notify_all();
        let is_first = |counts: &mut (usize, usize)| is_parallel && counts.1 < 2;
        drop(self.changed.wait_timeout_while(counts, Duration::from_secs(10), is_first).unwrap());
    }
}

/// Answers all clients, each in a thread, and counts those that are connected at once.
fn serve_together(listener: &TcpListener, together: &Arc<Together>, is_parallel: bool) {
    for client in listener.incoming() {
        let together = together.clone();
        std::thread::spawn(move || {
            let client = client.unwrap();
            // A connection without bytes only probes whether the server is up.
            if matches!(client.peek(&mut [0]), Ok(1..)) {
                together.arrive(is_parallel);
                answer(&client);
                // Before the connection is closed: then the next client may come.
                together.counts.lock().unwrap().0 -= 1;
            }
        });
    }
}

#[test]
fn check_peer_says_whether_the_server_is_there() {
    let sandbox = Sandbox::new();
    let file = capitals(&sandbox, "tcp4");
    let file = file.to_str().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    running(&sandbox, "capitals", &at.to_string());
    let serving = std::thread::spawn(move || serve(&listener, 1));
    let check = ["check-peer", "acme.toml", file, "--no-cache"];
    let (stdout, _) = says(&sandbox, &check, 0);
    assert!(stdout.contains("ok    server of capitals"), "{stdout}");
    serving.join().unwrap();
    let (stdout, _) = says(&sandbox, &check, 1);
    assert!(
        stdout.contains(&format!("the server at {at} is not up: Connection refused")),
        "{stdout}"
    );
}
