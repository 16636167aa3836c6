//! How `frame-server remote-command` starts a shell, next to the reference's server, which uses
//! `subprocess.Popen(command, shell=True, stdout=PIPE, stderr=PIPE)`.

#![cfg(test)]

use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use framecheck_tests::Sandbox;

use crate::peers::{Process, connect, read_exactly, reference_server_command, server_command};

/// Commands that show their environment, without numbers that differ each time.
const REVEALING: [&str; 14] = [
    "echo $0 $# $-; tr '\\0' '|' < /proc/$$/cmdline",
    "grep -E '^(SigPnd|SigBlk|SigIgn|SigCgt|ShdPnd)' /proc/self/status",
    "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Umask|THP|Cpus)' /proc/self/status",
    "cut -d ' ' -f 5-7,18-19,41 /proc/$$/stat",
    "ps -o pgid,sid -p $$",
    "umask; ulimit -a; ulimit -H -a",
    "cat /proc/$$/limits /proc/$$/oom_score_adj /proc/$$/timerslack_ns /proc/$$/personality",
    "env | sort",
    "ls /proc/self/fd; readlink /proc/self/fd/0; stat -L -c %F /proc/self/fd/1 /proc/self/fd/2",
    "grep -h flags /proc/self/fdinfo/0 /proc/self/fdinfo/1 /proc/self/fdinfo/2",
    "readlink /proc/$$/cwd /proc/$$/exe; pwd; pwd -P; id",
    "trap; nice; set | grep -E '^(IFS|OPTIND|PS.)='",
    "cat; cat",
    "ls \u{e9} >/dev/null 2>&1; locale 2>/dev/null; cd /; pwd",
];

/// The variables that determine the locale. `PYTHONCOERCECLOCALE` matters for the reference, and so
/// for ours.
const LOCALE: [&str; 4] = ["LC_ALL", "LC_CTYPE", "LANG", "PYTHONCOERCECLOCALE"];

/// As from a shell's prompt, even if the parent process ignores the keyboard's signals: ours handles
/// SIGINT all the same, the reference does not.
fn as_from_a_prompt(command: &Command) -> Command {
    let mut from_a_prompt = Command::new("env");
    from_a_prompt.arg("--default-signal=HUP,INT,QUIT");
    from_a_prompt.arg(command.get_program()).args(command.get_args());
    if let Some(directory) = command.get_current_dir() {
        from_a_prompt.current_dir(directory);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => from_a_prompt.env(name, value),
            None => from_a_prompt.env_remove(name),
        };
    }
    from_a_prompt
}

/// Starts a server with this on its standard input, and this of [`LOCALE`] set.
fn start(server: &Command, stdin: &Path, locale: &str) -> (Process, TcpStream) {
    let mut server = as_from_a_prompt(server);
    for name in LOCALE {
        server.env_remove(name);
    }
    server.envs(locale.split_once('='));
    let (server, address) = Process::listening(server.stdin(File::open(stdin).unwrap()), None);
    let stream = connect(address);
    (server, stream)
}

fn ask(stream: &mut TcpStream, command: &str) -> String {
    stream.write_all(command.as_bytes()).unwrap();
    let dict_len = i32::from_ne_bytes(read_exactly(stream, 4).try_into().unwrap());
    let dict = read_exactly(stream, usize::try_from(dict_len).unwrap());
    let dict: serde_json::Value = serde_json::from_slice(&dict).unwrap();
    let size = usize::try_from(dict["data_size"].as_u64().unwrap()).unwrap();
    String::from_utf8_lossy(&read_exactly(stream, size)).into_owned()
}

#[test]
fn a_command_is_told_the_same_by_both_servers_in_every_locale() {
    let sandbox = Sandbox::new();
    let typed = sandbox.write("typed", "what the server is given to read\n");
    for locale in ["LANG=C.UTF-8", "", "LC_ALL=C", "LC_CTYPE=POSIX", "PYTHONCOERCECLOCALE=0"] {
        let ours = server_command(&sandbox, &["remote-command"]);
        let theirs = reference_server_command(&sandbox, "remote-command", &[]);
        let (_ours, mut ours) = start(&ours, &typed, locale);
        let (_theirs, mut theirs) = start(&theirs, &typed, locale);
        for command in REVEALING {
            let (ours, theirs) = (ask(&mut ours, command), ask(&mut theirs, command));
            assert_eq!(ours, theirs, "ours, and the reference's, to {command}, with {locale:?}");
            assert_ne!(ours, "", "{command} reveals nothing");
        }
    }
}
