//! Programs at a pseudo-terminal, and the output of each of their streams.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use crate::python::Python;

/// Reads, for each run, a number of parts and the parts: a line each, or the text before a Ctrl-D.
/// The terminal has no echo, and only Ctrl-D and the line's end are special characters.
const DRIVER: &str = r"
import os, subprocess, termios, threading
def plain_terminal():
    near, far = os.openpty()
    mode = termios.tcgetattr(far)
    mode[0] = mode[1] = 0
    mode[3] = termios.ICANON
    mode[6] = [b'\0'] * len(mode[6])
    mode[6][termios.VEOF] = b'\x04'
    termios.tcsetattr(far, termios.TCSANOW, mode)
    return near, far
def read_all(descriptor, into):
    try:
        while True:
            part = os.read(descriptor, 65536)
            if not part: return
            into.append(part)
    except OSError: # The other end of a terminal is gone.
        pass
def write_all(descriptor, data):
    while data:
        data = data[os.write(descriptor, data[:512]):]
def run(program, flags, kinds, typed):
    near, far = plain_terminal()
    pipes = [os.pipe() for _ in range(3)]
    ends = [pipes[0][0], pipes[1][1], pipes[2][1]]
    at_terminal = kinds[0] == 't'
    if at_terminal:
        feed = near, b''.join(part if part.endswith(b'\n') else part + b'\x04' for part in typed)
    else:
        feed = pipes[0][1], b''.join(typed)
    given = [far if kind == 't' else end for kind, end in zip(kinds, ends)]
    child = subprocess.Popen([sys.executable, '-I'] + flags + ['-c', program], stdin=given[0],
                             stdout=given[1], stderr=given[2])
    for end in ends: os.close(end)
    shown = [], [], []
    readers = near, pipes[1][0], pipes[2][0]
    threads = [threading.Thread(target=read_all, args=pair) for pair in zip(readers, shown)]
    threads.append(threading.Thread(target=write_all, args=feed))
    for thread in threads: thread.start()
    threads[3].join()
    os.close(pipes[0][1])
    if child.wait() != 0: raise SystemExit('%r: %r' % (child.returncode, shown))
    os.close(far)
    for thread in threads: thread.join()
    for reader in readers: os.close(reader)
    for parts in shown: put(b''.join(parts))
asked = iter(list(records()))
for program in asked:
    flags, kinds = next(asked).decode().split(), next(asked).decode()
    run(program.decode(), flags, kinds, [next(asked) for _ in range(int(next(asked)))])
";

/// The output of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// On the terminal, from all streams that are on it, in order.
    pub(crate) terminal: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The typed parts: each ends with `\n` or is followed by Ctrl-D. One read returns one part.
pub(crate) type Typed = Vec<Vec<u8>>;

impl Python {
    /// A program's output. `kinds` says for stdin, stdout and stderr which is the terminal, as `t`;
    /// the others are pipes.
    pub(crate) fn at_terminal(
        &self,
        program: &str,
        flags: &str,
        runs: &[(&str, Typed)],
    ) -> Vec<Shown> {
        let mut records: Vec<Vec<u8>> = vec![];
        for (kinds, typed) in runs {
            let bytes: usize = typed.iter().map(|part| part.len() + 1).sum();
            assert!(kinds.starts_with('p') || bytes < 4096, "more than a terminal keeps");
            records.extend([program, flags, kinds, &typed.len().to_string()].map(Into::into));
            records.extend(typed.iter().cloned());
        }
        let answers = self.ask(DRIVER, &records);
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let shown = answers.chunks(3).map(|streams| Shown {
            terminal: text(&streams[0]),
            stdout: text(&streams[1]),
            stderr: text(&streams[2]),
        });
        shown.collect()
    }
}

/// A terminal's side of the typed text: one part per read.
pub(crate) struct Parts(pub(crate) std::vec::IntoIter<Vec<u8>>);

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let part = self.0.next().expect("all that was typed is read");
        buffer[..part.len()].copy_from_slice(&part);
        Ok(part.len())
    }
}

/// The three streams of our side, some of which are the terminal.
pub(crate) struct Streams {
    shown: [Screen; 3],
    kinds: String,
}

/// The common target of several writers.
#[derive(Clone, Default)]
pub(crate) struct Screen(Rc<RefCell<Vec<u8>>>);

impl Streams {
    pub(crate) fn new(kinds: &str) -> Self {
        Self { shown: Default::default(), kinds: kinds.to_owned() }
    }

    /// The stream with this number: 1 is stdout, 2 is stderr.
    pub(crate) fn output(&self, number: usize) -> Screen {
        let at = if self.kinds[number..].starts_with('t') { 0 } else { number };
        self.shown[at].clone()
    }

    pub(crate) fn shown(&self) -> Shown {
        let [terminal, stdout, stderr] =
            self.shown.each_ref().map(|screen| screen.0.borrow().escape_ascii().to_string());
        Shown { terminal, stdout, stderr }
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
