//! A pseudo-terminal with a program at it, and a user who types when there is a prompt.

#![cfg(test)]

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use framecheck_tests::DEADLINE;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A program at a terminal; dropping it kills it.
pub(crate) struct AtTerminal {
    child: Child,
    terminal: File,
    stdin: Option<File>,
    parts: mpsc::Receiver<(Stream, Vec<u8>)>,
    shown: [Vec<u8>; 3],
    /// How much of each stream has been waited for.
    seen: [usize; 3],
}

/// Where something was shown: a place in `AtTerminal::shown`.
#[derive(Debug, Clone, Copy)]
enum Stream {
    Terminal,
    Stdout,
    Stderr,
}

/// What a program has shown on the terminal, and on those of its streams that are not the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) terminal: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl AtTerminal {
    /// Starts a program. `kinds` says for stdin, stdout and stderr which is the terminal, as `t`;
    /// the others are pipes. The terminal has the default settings: it echoes, and ends lines by
    /// `\r\n`.
    pub(crate) fn start(mut command: Command, kinds: &str) -> Self {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&near).unwrap();
        unlockpt(&near).unwrap();
        let name = ptsname(&near, Vec::new()).unwrap();
        let far = {
            use rustix::fs::{Mode, OFlags, open};
            open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap()
        };
        let (sender, parts) = mpsc::channel();
        let end = |number: usize, stream| {
            if kinds[number..].starts_with('t') {
                return Stdio::from(far.try_clone().unwrap());
            }
            let (reader, writer) = std::io::pipe().unwrap();
            pass_on(OwnedFd::from(reader).into(), stream, sender.clone());
            Stdio::from(writer)
        };
        command.stdout(end(1, Stream::Stdout)).stderr(end(2, Stream::Stderr));
        let mut stdin = None;
        if kinds.starts_with('t') {
            command.stdin(far);
        } else {
            let (reader, writer) = std::io::pipe().unwrap();
            command.stdin(reader);
            stdin = Some(OwnedFd::from(writer).into());
        }
        let terminal = File::from(near);
        pass_on(terminal.try_clone().unwrap(), Stream::Terminal, sender);
        let child = command.spawn().unwrap();
        Self { child, terminal, stdin, parts, shown: Default::default(), seen: [0; 3] }
    }

    /// Waits until this is shown, on any stream, after the text that was last waited for.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        loop {
            for (shown, seen) in self.shown.iter().zip(&mut self.seen) {
                let mut places = shown[*seen..].windows(text.len());
                if let Some(at) = places.position(|place| place == text.as_bytes()) {
                    *seen += at + text.len();
                    return;
                }
            }
            match self.parts.recv_timeout(DEADLINE) {
                Ok(part) => self.keep(part),
                Err(why) => panic!("{why}: no {text:?} in {:?}", self.texts()),
            }
        }
    }

    /// The text on a line after the text that was last waited for.
    #[track_caller]
    pub(crate) fn rest_of_line(&mut self) -> String {
        let before = self.seen;
        self.wait_for("\n");
        let streams = self.shown.iter().zip(before).zip(self.seen);
        let mut moved = streams.filter(|((_, from), to)| from < to);
        let ((shown, from), to) = moved.next().unwrap();
        String::from_utf8_lossy(&shown[from..to]).trim().to_owned()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Types this, control characters too.
    #[track_caller]
    pub(crate) fn type_in(&mut self, typed: &[u8]) {
        use std::io::Write;
        self.stdin.as_mut().unwrap_or(&mut self.terminal).write_all(typed).unwrap();
    }

    /// Ends the input: Ctrl-D at the start of a line.
    pub(crate) fn type_end(&mut self) {
        if self.stdin.take().is_none() {
            self.type_in(b"\x04");
        }
    }

    /// Its status and everything it has shown, once it has ended by itself.
    #[track_caller]
    pub(crate) fn end(mut self) -> (ExitStatus, Shown) {
        loop {
            match self.parts.recv_timeout(DEADLINE) {
                Ok(part) => self.keep(part),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("no end of {:?}", self.texts()),
            }
        }
        (self.child.wait().unwrap(), self.texts())
    }

    fn keep(&mut self, (stream, bytes): (Stream, Vec<u8>)) {
        self.shown[stream as usize].extend(bytes);
    }

    fn texts(&self) -> Shown {
        let [terminal, stdout, stderr] =
            self.shown.each_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Shown { terminal, stdout, stderr }
    }
}

impl Drop for AtTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads until the other end is closed, which at a terminal is an error.
fn pass_on(mut from: File, stream: Stream, to: mpsc::Sender<(Stream, Vec<u8>)>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if to.send((stream, buffer[..read].to_vec())).is_err() {
                return;
            }
        }
    });
}
