//! `input()` and `print()`, of whole programs and over exactly known chunks.

use std::io::{self, Read};

use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::sample::select;
use pytext::{Console, LineReader, PythonVersion, repr_bytes};

use crate::draw::{cases, draw};
use crate::python::{Python, same};

/// What a tutorial's client does with its user, and everything that this crate says about a line.
const PROGRAM: &str = "
while True:
    try:
        line = input('Gr\u{fc}n> ')
    except EOFError as error:
        print('EOFError:', error)
        break
    print(repr(line))
    try:
        print(line.strip().encode())
    except UnicodeEncodeError as error:
        print(error)
    print(line)
    print(not line)
";

/// [`PROGRAM`], made of this crate's parts.
fn program(version: PythonVersion, stdin: impl Read) -> Vec<u8> {
    let mut screen = Vec::new();
    let mut console = Console::new(stdin, &mut screen);
    while let Some(line) = console.input("Gr\u{fc}n> ").unwrap() {
        console.print(&line.repr_as(version)).unwrap();
        let shown = match line.strip().encode_utf8() {
            Ok(text) => repr_bytes(text.as_bytes()),
            Err(error) => error.to_string(),
        };
        console.print(&shown).unwrap();
        console.print_bytes(line.as_bytes()).unwrap();
        console.print(if line.is_empty() { "True" } else { "False" }).unwrap();
    }
    console.print("EOFError: EOF when reading a line").unwrap();
    screen
}

/// Chunks of a stream: line ends of all sorts, characters and halves of them.
fn chunks(count: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let pieces: [&[u8]; 17] = [
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\x0b",
        b"\x0c",
        b"\x1c",
        b"\x85",
        "\u{85}".as_bytes(),
        "\u{2028}".as_bytes(),
        b"\xe2\x80",
        b"\xa8",
        b"\xff",
        b"\0",
        b" ",
        b"search",
        "é".as_bytes(),
    ];
    let piece = select(pieces.map(<[u8]>::to_vec).to_vec());
    let chunk = vec(piece, 1..6).prop_map(|pieces| pieces.concat());
    vec(chunk, 0..count)
}

/// Returns one chunk per read, if it fits.
struct Chunks<'a> {
    left: std::slice::Iter<'a, Vec<u8>>,
    taken: usize,
}

impl<'a> Chunks<'a> {
    fn new(chunks: &'a [Vec<u8>]) -> Self {
        Self { left: chunks.iter(), taken: 0 }
    }
}

impl Read for Chunks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(chunk) = self.left.next() else { return Ok(0) };
        self.taken += 1;
        buffer[..chunk.len()].copy_from_slice(chunk);
        Ok(chunk.len())
    }
}

#[test]
fn a_program_fed_through_a_pipe_shows_the_same() {
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        if version == PythonVersion::V3_6 {
            continue; // It reads strictly: see `versions`.
        }
        let runs = if python.main { cases().div_ceil(32) } else { 1 };
        for chunks in draw(1, chunks(80)).into_iter().take(runs) {
            let fed: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
            let theirs = python.unbuffered(PROGRAM, &fed);
            let ours = program(version, Chunks::new(&chunks));
            assert_eq!(
                repr_bytes(&ours),
                repr_bytes(&theirs),
                "ours, and that of {python}, fed {chunks:?}"
            );
        }
    }
}

#[test]
fn lines_around_the_size_of_a_read_are_whole() {
    let python = Python::main();
    let Some(version) = python.version() else { return };
    let long = |length: usize, end: &str| format!("{}é{end}", "x".repeat(length));
    let lengths = [8188, 8189, 8190, 8191, 8192, 16_381, 16_382, 16_383, 100_000];
    let typed: Vec<u8> =
        lengths.iter().flat_map(|&l| (long(l, "\n") + &long(l, "\r\n")).into_bytes()).collect();
    let theirs = python.unbuffered(PROGRAM, &[&typed]);
    assert!(program(version, &typed[..]) == theirs, "lines of {lengths:?} bytes differ");
}

/// Lines and, for each, how many chunks had been read when it was returned. `newline` and `errors`
/// are those that the test above sees on a real `sys.stdin`.
#[test]
fn a_line_is_returned_as_soon_as_its_end_is_read() {
    let script = r"
import io
class Raw(io.RawIOBase):
    def __init__(self, chunks):
        self.chunks, self.taken = chunks, 0
    def readable(self):
        return True
    def readinto(self, buffer):
        if self.taken == len(self.chunks):
            return 0
        chunk = self.chunks[self.taken]
        self.taken += 1
        buffer[:len(chunk)] = chunk
        return len(chunk)
def play(chunks):
    raw = Raw(chunks)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(raw), 'utf-8', 'surrogateescape', newline='\n')
    lines = []
    try:
        while True:
            line = input()
            lines.append('%d:%s' % (raw.taken, ','.join(str(ord(c)) for c in line)))
    except EOFError:
        put(' '.join(lines))
chunks = []
for record in list(records()):
    if record:
        chunks.append(record)
    else:
        play(chunks)
        chunks = []
";
    let python = Python::main();
    let drawn = draw(8, chunks(12));
    let asked: Vec<_> =
        drawn.iter().flat_map(|chunks| chunks.iter().cloned().chain([vec![]])).collect();
    same(&python, &drawn, |chunks| played(chunks), python.ask_text(script, &asked));
}

fn played(chunks: &[Vec<u8>]) -> String {
    let mut source = Chunks::new(chunks);
    let mut lines = vec![];
    let mut reader = LineReader::new(&mut source);
    while let Some(line) = reader.read_line().unwrap() {
        let codes: Vec<_> = line.code_points().map(|code| code.to_string()).collect();
        lines.push(format!("{}:{}", reader.get_ref().taken, codes.join(",")));
    }
    lines.join(" ")
}
