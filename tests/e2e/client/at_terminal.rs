//! `frame-client` at a terminal, next to the reference's clients there.

#![cfg(test)]

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use framecheck_tests::{Sandbox, program, python, repository};
use rustix::process::Signal;

use super::typed::echo;
use crate::terminal::{AtTerminal, Shown};

const PROMPT: &str = "请输入你要发送给服务端的数据:";

fn ours(address: &str) -> Command {
    let mut command = Command::new(program("frame-client"));
    command.args(["tcp-upper", "--connect", address]).env_remove("FRAME_LOG");
    command
}

fn reference(address: &str) -> Command {
    let (host, port) = address.rsplit_once(':').unwrap();
    let mut command = Command::new(python());
    command.args(["-u", "-X", "utf8"]);
    command.arg(repository().join("python-ref/tcp-upper/client.py"));
    command.args(["--host", host, "--port", port]);
    command
}

/// What a client shows and sends, when the user types one of these at each prompt.
fn talk(command: fn(&str) -> Command, kinds: &str, typed: &[&[u8]]) -> (Shown, Vec<u8>) {
    let (sandbox, server) = (Sandbox::new(), echo());
    let mut command = command(&server.address);
    command.current_dir(sandbox.path());
    let mut client = AtTerminal::start(command, kinds);
    for typed in typed {
        client.wait_for(PROMPT);
        client.type_in(typed);
    }
    client.wait_for(PROMPT);
    client.type_end();
    let (_, shown) = client.end();
    (shown, server.join())
}

/// What both show and send. The reference ends with an `EOFError`, which is cut off.
#[track_caller]
fn talk_of_both(kinds: &str, typed: &[&[u8]]) -> (Shown, Vec<u8>) {
    let ours = talk(ours, kinds, typed);
    let (mut shown, sent) = talk(reference, kinds, typed);
    for stream in [&mut shown.terminal, &mut shown.stderr] {
        let end = stream.find("Traceback").unwrap_or(stream.len());
        stream.truncate(end);
    }
    assert_eq!(ours, (shown, sent), "ours, and the reference's, with {kinds} at the terminal");
    ours
}

#[test]
fn the_prompt_is_where_the_references_is_whichever_streams_are_the_terminal() {
    for kinds in ["ttt", "ttp", "tpt", "tpp", "ptt", "ptp", "ppt"] {
        let (shown, sent) = talk_of_both(kinds, &[b"hello\n", "你好\n".as_bytes()]);
        assert_eq!(sent, "hello你好".as_bytes());
        let prompts = [&shown.terminal, &shown.stdout, &shown.stderr]
            .map(|stream| stream.matches(PROMPT).count());
        let expected = match kinds {
            "ttp" => [0, 0, 3],
            "tpt" | "tpp" | "ppt" => [0, 3, 0],
            _ => [3, 0, 0],
        };
        assert_eq!(prompts, expected, "{kinds}");
    }
}

#[test]
fn what_is_typed_is_what_the_reference_reads() {
    let (_, sent) = talk_of_both(
        "ttt",
        &[
            b"plain\n",
            // Ctrl-V makes the next key a character: here, Return.
            b" a carriage return at the end\x16\r\n",
            b" and in the\x16\rmiddle\n",
            b" corrected\x7f\x7f\n",
            b" a NUL hides\0this and the line's end\n, so there is more\n",
            b" Ctrl-D goes on\x04 here\n",
            b" or ends it thrice, which costs a byte!\x04\x04\x04",
        ],
    );
    let expected = "plain a carriage return at the end and in the\rmiddle correct a NUL hides, so \
                    there is more Ctrl-D goes on here or ends it thrice, which costs a byte";
    assert_eq!(String::from_utf8(sent).unwrap(), expected);
}

#[test]
fn what_is_typed_where_the_output_is_no_terminal_is_what_the_reference_reads() {
    let (_, sent) = talk_of_both(
        "tpt",
        &[b"return\x16\r\n", b"NUL\0.\n", b" Ctrl-D goes on\x04 here\n", b" or ends it\x04\x04"],
    );
    assert_eq!(String::from_utf8(sent).unwrap(), "return\rNUL\0. Ctrl-D goes on here or ends it");
}

#[test]
fn long_lines_are_sent_whole() {
    // The reference reads an answer of up to 1024 bytes with one recv.
    for length in [98, 99, 100, 1023, 1024] {
        let line = "x".repeat(length);
        let (_, sent) = talk_of_both("ttp", &[format!("{line}\n").as_bytes()]);
        assert_eq!(sent, line.as_bytes());
    }
}

#[test]
fn ctrl_d_at_the_prompt_is_a_complete_exchange() {
    let server = echo();
    let mut client = AtTerminal::start(ours(&server.address), "ttt");
    client.wait_for(PROMPT);
    client.type_end();
    let (status, shown) = client.end();
    assert_eq!((status.code(), shown.terminal.as_str()), (Some(0), PROMPT));
    assert_eq!(server.join(), b"");
}

#[test]
fn ctrl_c_ends_the_client_by_its_signal_and_nothing_is_sent() {
    // Ctrl-C is a signal only to programs whose controlling terminal it is typed at; and a shell
    // that runs this in the background ignores it.
    let code = "import fcntl, os, signal, sys, termios\n\
                signal.signal(signal.SIGINT, signal.SIG_DFL)\n\
                os.setsid()\n\
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n\
                os.execv(sys.argv[1], sys.argv[1:])";
    let server = echo();
    let ours = ours(&server.address);
    let mut command = Command::new(python());
    command.args(["-c", code]).arg(ours.get_program()).args(ours.get_args());
    command.env_remove("FRAME_LOG");
    let mut client = AtTerminal::start(command, "ttt");
    client.wait_for(PROMPT);
    client.type_in(b"half a line");
    client.wait_for("half a line");
    client.type_in(b"\x03");
    let (status, shown) = client.end();
    assert_eq!(status.signal(), Some(Signal::INT.as_raw()), "{shown:?}");
    assert_eq!(shown.terminal.trim_end_matches("^C"), format!("{PROMPT}half a line"));
    assert_eq!(server.join(), b"");
}
