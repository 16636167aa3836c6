//! `frame-server remote-command`: the answer to a command, and what a command gets.

#![cfg(test)]

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;

use framecheck_tests::Sandbox;
use rustix::process::Signal;

use crate::peers::{Process, answer, ask_python, connect, in_time, read_exactly};

/// A server whose standard output is read, so that it may print much.
fn server(sandbox: &Sandbox, options: &[&str]) -> (Process, TcpStream) {
    let (server, address) =
        Process::server(sandbox, &[&["remote-command"], options].concat(), None);
    let stream = connect(&address);
    (server, stream)
}

fn say(stream: &mut TcpStream, command: impl AsRef<[u8]>) {
    stream.write_all(command.as_ref()).unwrap();
}

/// The next answer's body; checks that its head is as CPython makes it.
#[track_caller]
fn hear(stream: &mut TcpStream) -> Vec<u8> {
    let header = read_exactly(stream, 4);
    let dict_len = i32::from_ne_bytes(header.clone().try_into().unwrap());
    let dict = read_exactly(stream, usize::try_from(dict_len).unwrap());
    let dict_text = String::from_utf8(dict.clone()).unwrap();
    let size = dict_text.trim_start_matches("{\"data_size\": ").trim_end_matches('}');
    let body = read_exactly(stream, size.parse().unwrap_or_else(|_| panic!("{dict_text}")));
    let whole = answer(&body);
    assert!(whole.starts_with(&[header, dict].concat()), "{dict_text}");
    body
}

#[track_caller]
fn ask(stream: &mut TcpStream, command: &str) -> String {
    say(stream, command);
    String::from_utf8(hear(stream)).unwrap()
}

/// Makes a named pipe: a command that reads from it waits for the test.
fn named_pipe(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    let path = sandbox.path().join(name);
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, 0o600.into()).unwrap();
    path
}

/// Lets the command go on that reads from the pipe.
fn release(pipe: &Path) {
    let pipe = pipe.to_owned();
    let mut opened = in_time(|| OpenOptions::new().write(true).open(pipe)).unwrap();
    opened.write_all(b"go\n").unwrap();
}

#[test]
fn output_of_any_length_is_answered_whole_from_either_pipe() {
    let sandbox = Sandbox::new();
    let (server, mut stream) = server(&sandbox, &[]);
    for len in [0, 1, 1023, 1024, 1025, 65535, 65536, 65537, (1 << 20) + 1] {
        let expected = "0123456789abcde\n".repeat(len / 16 + 1)[..len].to_owned();
        sandbox.write("output", &expected);
        assert!(ask(&mut stream, "cat output") == expected, "{len} on stdout");
        assert!(ask(&mut stream, "cat output >&2") == expected, "{len} on stderr");
        let both = ask(&mut stream, "cat output; cat output >&2");
        assert!(both == expected, "{len} on both");
    }
    assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
}

#[test]
fn a_megabyte_on_stdout_cannot_keep_the_answer_on_stderr_waiting() {
    let sandbox = Sandbox::new();
    let (server, mut stream) = server(&sandbox, &[]);
    let command = "head -c 2000000 /dev/zero; echo oops >&2";
    assert_eq!(ask(&mut stream, command), "oops\n");
    let (_, screen) = server.stop(Signal::TERM);
    assert_eq!(screen, format!("cmd: b'{command}'\nb'oops\\n'\n"));
}

#[test]
fn stderr_hides_stdout_whatever_the_status() {
    let sandbox = Sandbox::new();
    let (_server, mut stream) = server(&sandbox, &[]);
    for (command, expected) in [
        ("echo out; echo err >&2", "err\n"),
        ("echo err >&2; echo out; exit 3", "err\n"),
        ("echo out; exit 3", "out\n"),
        ("echo out; kill -9 $$", "out\n"),
        ("true", ""),
        ("   ", ""),
        ("exit 1", ""),
        ("exec >&- 2>&-", ""),
    ] {
        assert_eq!(ask(&mut stream, command), expected, "{command}");
    }
}

#[test]
fn every_byte_of_output_is_answered_and_shown_as_cpython_shows_bytes() {
    let sandbox = Sandbox::new();
    let every_byte: Vec<u8> = (0..=255).collect();
    sandbox.write("bytes", &every_byte);
    let (server, mut stream) = server(&sandbox, &[]);
    say(&mut stream, "cat bytes");
    assert_eq!(hear(&mut stream), every_byte);
    say(&mut stream, "cat bytes >&2; : '\"\\\t你");
    assert_eq!(hear(&mut stream), b"/bin/sh: 1: Syntax error: Unterminated quoted string\n");
    say(&mut stream, "cat bytes >&2");
    assert_eq!(hear(&mut stream), every_byte);
    let code = "for value in 'cmd: %s' % b'cat bytes', b'', \
                'cmd: %s' % 'cat bytes >&2; : \\'\"\\\\\\t你'.encode(), \
                b'/bin/sh: 1: Syntax error: Unterminated quoted string\\n', \
                'cmd: %s' % b'cat bytes >&2', bytes(range(256)): print(value)";
    let shown = String::from_utf8(ask_python(code, &[], "")).unwrap();
    assert_eq!(server.stop(Signal::TERM).1, shown);
}

#[test]
fn an_answer_waits_for_a_child_in_the_background_that_holds_the_pipe() {
    let sandbox = Sandbox::new();
    let pipe = named_pipe(&sandbox, "pipe");
    let (_server, mut stream) = server(&sandbox, &[]);
    let said = named_pipe(&sandbox, "said");
    say(&mut stream, "(read x < pipe; echo late) & echo at once; echo > said");
    assert_eq!(in_time(|| std::fs::read(said)).unwrap(), b"\n");
    release(&pipe);
    assert_eq!(hear(&mut stream), b"at once\nlate\n");
}

#[test]
fn an_answer_does_not_wait_for_a_child_in_the_background_that_holds_no_pipe() {
    let sandbox = Sandbox::new();
    let pipe = named_pipe(&sandbox, "pipe");
    let (_server, mut stream) = server(&sandbox, &[]);
    assert_eq!(ask(&mut stream, "(read x < pipe) >&- 2>&- & echo at once"), "at once\n");
    release(&pipe);
}

#[test]
fn an_answer_waits_for_the_end_of_the_pipes_and_not_of_the_shell() {
    let sandbox = Sandbox::new();
    let pipe = named_pipe(&sandbox, "pipe");
    let (_server, mut stream) = server(&sandbox, &[]);
    assert_eq!(ask(&mut stream, "echo out; exec >&- 2>&-; read x < pipe"), "out\n");
    release(&pipe);
}

#[test]
fn an_answer_from_stderr_does_not_wait_for_stdout() {
    let sandbox = Sandbox::new();
    let pipe = named_pipe(&sandbox, "pipe");
    let (_server, mut stream) = server(&sandbox, &[]);
    assert_eq!(ask(&mut stream, "echo err >&2; exec 2>&-; read x < pipe; echo out"), "err\n");
    release(&pipe);
}

#[test]
fn a_command_that_is_no_text_ends_its_session_only() {
    let sandbox = Sandbox::new();
    let (mut server, address) = Process::server(&sandbox, &["remote-command"], None);
    let mut bystander = connect(&address);
    for (command, why) in [
        (&b"echo \xff"[..], "the command is not UTF-8"),
        (b"\xe4\xbd", "the command is not UTF-8"),
        (b"echo a\0b", "cannot run the command"),
        (b"\0", "cannot run the command"),
    ] {
        let mut stream = connect(&address);
        say(&mut stream, command);
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"");
        server.wait_for(why);
        assert_eq!(ask(&mut bystander, "echo still here"), "still here\n");
    }
}

#[test]
fn output_up_to_the_limit_is_answered_and_one_byte_more_ends_the_session() {
    let sandbox = Sandbox::new();
    let (mut server, address) =
        Process::server(&sandbox, &["remote-command", "--max-output", "70000"], None);
    let mut stream = connect(&address);
    for redirect in ["", " >&2"] {
        let longest = ask(&mut stream, &format!("head -c 70000 /dev/zero{redirect}"));
        assert_eq!(longest.len(), 70000);
        let mut other = connect(&address);
        say(&mut other, format!("head -c 70001 /dev/zero{redirect}"));
        assert_eq!(other.read_to_end(&mut Vec::new()).unwrap(), 0);
        server.wait_for("the command's output is over the limit of 70000 bytes");
    }
    // The server ends a command that never ends.
    let mut other = connect(&address);
    say(&mut other, "exec yes");
    assert_eq!(other.read_to_end(&mut Vec::new()).unwrap(), 0);
    assert_eq!(ask(&mut stream, "echo still here"), "still here\n");
}

#[test]
fn the_smallest_and_the_largest_limit_are_limits_too() {
    let sandbox = Sandbox::new();
    let (_none, mut stream) = server(&sandbox, &["--max-output", "0"]);
    assert_eq!(ask(&mut stream, "true"), "");
    say(&mut stream, "echo");
    assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), 0);
    let (all, mut stream) = server(&sandbox, &["--max-output", &u64::MAX.to_string()]);
    assert_eq!(ask(&mut stream, "echo hi"), "hi\n");
    assert_eq!(all.stop(Signal::TERM).0.code(), Some(0));
}

#[test]
fn a_command_dies_of_sigpipe_as_in_a_shell() {
    let sandbox = Sandbox::new();
    let (_server, mut stream) = server(&sandbox, &[]);
    assert_eq!(ask(&mut stream, "yes | head -1"), "y\n");
    assert_eq!(ask(&mut stream, "seq 1 1000000 | head -2"), "1\n2\n");
}

#[test]
fn a_command_is_given_what_pythons_popen_gives_it() {
    let sandbox = Sandbox::new();
    let (_server, mut stream) = server(&sandbox, &[]);
    // A shell's background job ignores SIGINT, and so would its children; a server does not.
    let code = "import signal, subprocess, sys\n\
                signal.signal(signal.SIGINT, signal.default_int_handler)\n\
                child = subprocess.Popen(sys.argv[1], shell=True, stdin=subprocess.DEVNULL, \
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)\n\
                sys.stdout.buffer.write(child.stdout.read())";
    for command in [
        "grep -E '^Sig(Blk|Ign|Cgt)|^ShdPnd' /proc/self/status",
        "umask; ulimit -n; echo $0 $# $-; readlink /proc/$$/fd/0",
        "read line || echo end of input",
    ] {
        let expected = String::from_utf8(ask_python(code, &[command], "")).unwrap();
        assert_eq!(ask(&mut stream, command), expected, "{command}");
    }
    let here = sandbox.path().canonicalize().unwrap();
    assert_eq!(ask(&mut stream, "pwd -P"), format!("{}\n", here.display()));
}

#[test]
fn a_command_is_given_none_of_the_servers_descriptors() {
    // A descriptor that the server inherits, like everything else that the test starts meanwhile.
    let inherited = std::fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&inherited, rustix::io::FdFlags::empty()).unwrap();
    let sandbox = Sandbox::new();
    let (_server, address) = Process::server(&sandbox, &["remote-command"], None);
    let _others: Vec<TcpStream> = (0..3).map(|_| connect(&address)).collect();
    let command = "cd /proc/$$/fd && echo *";
    let code = "import subprocess, sys\n\
                child = subprocess.Popen(sys.argv[1], shell=True, stdin=subprocess.DEVNULL, \
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)\n\
                sys.stdout.buffer.write(child.stdout.read())";
    let expected = String::from_utf8(ask_python(code, &[command], "")).unwrap();
    assert_eq!(ask(&mut connect(&address), command), expected);
}

#[test]
fn what_one_recv_does_not_take_is_another_command_as_in_the_reference() {
    let sandbox = Sandbox::new();
    let (_server, mut stream) = server(&sandbox, &[]);
    let first = format!("echo {}", "a".repeat(1024 - 5));
    assert_eq!(first.len(), 1024);
    say(&mut stream, format!("{first}echo second"));
    assert_eq!(hear(&mut stream).len(), 1024 - 5 + 1);
    assert_eq!(hear(&mut stream), b"second\n");
}

#[test]
fn a_session_that_waits_keeps_nobody_from_being_served() {
    let sandbox = Sandbox::new();
    let pipe = named_pipe(&sandbox, "pipe");
    let (_server, address) = Process::server(&sandbox, &["remote-command"], None);
    let (_silent, mut slow, mut quick) = (connect(&address), connect(&address), connect(&address));
    say(&mut slow, "read x < pipe; echo slow");
    for number in 0..20 {
        assert_eq!(ask(&mut quick, &format!("echo {number}")), format!("{number}\n"));
    }
    release(&pipe);
    assert_eq!(hear(&mut slow), b"slow\n");
}

#[test]
fn a_client_that_breaks_off_while_its_command_runs_gives_its_place_back_and_ends_the_command() {
    let sandbox = Sandbox::new();
    let pipe = named_pipe(&sandbox, "pipe");
    let arguments = ["remote-command", "--max-connections=1"];
    let (mut server, address) = Process::server(&sandbox, &arguments, None);
    let mut stream = connect(&address);
    say(&mut stream, "read x < pipe; head -c 3000000 /dev/zero");
    let mut pipe = in_time(|| OpenOptions::new().write(true).open(pipe)).unwrap();
    crate::peers::reset(stream);
    server.wait_for("[RC-11] the client broke off while its command ran: Connection reset");
    // The reader of the pipe has gone.
    let error = in_time(move || {
        loop {
            if let Err(error) = pipe.write_all(b"x") {
                return error;
            }
        }
    });
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    // The place is free a moment after that was logged.
    let mut served = in_time(move || {
        loop {
            let mut stream = connect(&address);
            say(&mut stream, "echo served");
            if stream.peek(&mut [0]).is_ok_and(|read| read == 1) {
                return stream;
            }
        }
    });
    assert_eq!(hear(&mut served), b"served\n");
    assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
}

#[test]
fn a_client_that_only_ends_its_sending_while_its_command_runs_gets_its_answer() {
    let sandbox = Sandbox::new();
    let pipe = named_pipe(&sandbox, "pipe");
    let (_server, mut stream) = server(&sandbox, &[]);
    say(&mut stream, "read x < pipe; echo \"$x\"");
    stream.shutdown(Shutdown::Write).unwrap();
    release(&pipe);
    assert_eq!(hear(&mut stream), b"go\n");
    assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), 0);
}

#[test]
fn a_client_that_closes_its_side_gets_its_answer_and_the_end() {
    let sandbox = Sandbox::new();
    let (_server, mut stream) = server(&sandbox, &[]);
    say(&mut stream, "echo last");
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(hear(&mut stream), b"last\n");
    assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), 0);
}
