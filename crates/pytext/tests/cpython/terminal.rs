//! `input()` at a terminal: what it reads, where it prompts, and when it does so.

use std::io::Read;

use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::sample::select;
use pytext::{Console, PyString, PythonVersion};

use crate::draw::{cases, draw};
use crate::pty::{Parts, Shown, Streams, Typed};
use crate::python::{Python, same};

/// Asks for lines until one is `END`.
const PROGRAM: &str = "
line = ''
while line != 'END':
    try:
        line = input('Gr\u{fc}n> ')
        print(','.join(str(ord(c)) for c in line))
    except EOFError:
        print('EOFError')
";

/// [`PROGRAM`], made of this crate's parts.
fn program(kinds: &str, stdin: impl Read) -> Shown {
    let streams = Streams::new(kinds);
    let at_terminal = kinds.starts_with("tt");
    let mut console =
        Console::with_stderr(stdin, streams.output(1), streams.output(2), at_terminal);
    loop {
        let line = console.input("Gr\u{fc}n> ").unwrap();
        let codes = line.as_ref().map(|line| line.code_points().map(|code| code.to_string()));
        let shown = codes.map(|codes| codes.collect::<Vec<_>>().join(","));
        console.print(&shown.unwrap_or_else(|| "EOFError".to_owned())).unwrap();
        if line.is_some_and(|line| line == "END") {
            return streams.shown();
        }
    }
}

/// With enough Ctrl-D to end everything that is open, and the line that ends the program.
fn ended(mut typed: Typed) -> Typed {
    typed.extend([&b""[..], b"", b"", b"", b"END\n"].map(<[u8]>::to_vec));
    typed
}

/// Compares ours with each version since 3.8; see `versions` for earlier ones.
#[track_caller]
fn compare(only_main: bool, sessions: &[Typed]) {
    let runs: Vec<_> = sessions.iter().map(|typed| ("ttp", ended(typed.clone()))).collect();
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        if version < PythonVersion::V3_8 || only_main && !python.main {
            continue;
        }
        let ours =
            |(kinds, typed): &(&str, Typed)| program(kinds, Parts(typed.clone().into_iter()));
        same(python, runs.clone(), ours, python.at_terminal(PROGRAM, "-u", &runs));
    }
}

#[test]
fn every_byte_in_front_of_each_end_of_a_line() {
    let special = |byte: &u8| !matches!(byte, b'\n' | 0x04);
    let bytes: Vec<u8> = (0..=u8::MAX).filter(special).collect();
    let quarter = |bytes: &[u8]| -> Typed {
        let ends = [&b"\n"[..], b"\r\n", b""];
        let parts = bytes.iter().flat_map(|&byte| {
            ends.into_iter().flat_map(move |end| {
                let part = [&[b'a', byte], end].concat();
                let open = if end.is_empty() { vec![vec![]; 3] } else { vec![] };
                [vec![part], open].concat()
            })
        });
        parts.collect()
    };
    compare(false, &bytes.chunks(64).map(quarter).collect::<Vec<_>>());
}

#[test]
fn lines_around_the_size_of_a_read_with_and_without_a_nul() {
    let mut sessions = vec![];
    for length in [97, 98, 99, 100, 101, 102, 199, 200, 201, 202, 203] {
        let line = |nul: Option<usize>| {
            let mut line = vec![b'x'; length];
            if let Some(at) = nul {
                line[at] = 0;
            }
            line
        };
        let nuls = [0, 1, 2, 50, length - 2, length - 1].map(Some);
        let at = nuls.into_iter().chain([None, Some(98), Some(99)]);
        for nul in at.filter(|nul| nul.is_none_or(|at| at < length)) {
            let next = [b"next\n".to_vec(), b"\n".to_vec(), b"q\r\n".to_vec()];
            sessions.push([vec![[line(nul), b"\n".to_vec()].concat()], next.to_vec()].concat());
            sessions.push([vec![line(nul)], next.to_vec()].concat());
        }
    }
    // Several inputs per session, each after an end of input, to avoid a process for each.
    let joined = sessions.chunks(8).map(|some| some.join(&[vec![], vec![], vec![], vec![]][..]));
    compare(true, &joined.collect::<Vec<_>>());
}

#[test]
fn the_longest_lines_that_a_terminal_gives() {
    for length in [1022, 1023, 1024, 1025, 2048, 4000] {
        compare(true, &[vec![[vec![b'x'; length], b"\n".to_vec()].concat()]]);
    }
}

#[test]
fn whatever_is_typed() {
    let pieces: [&[u8]; 14] = [
        b"a",
        b"word",
        b" ",
        b"\r",
        b"\r",
        b"\0",
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xa9",
        "é".as_bytes(),
        "\u{2028}".as_bytes(),
        &[b'x'; 48],
        &[b'x'; 96],
    ];
    let piece = select(pieces.map(<[u8]>::to_vec).to_vec());
    let line = vec(piece, 0..6).prop_map(|pieces| pieces.concat());
    let end = select(vec![&b"\n"[..], b"\n", b"\r\n", b"", b""]);
    let part = (line, end).prop_map(|(line, end)| [line, end.to_vec()].concat());
    let sessions = draw(1, vec(part, 1..16));
    compare(true, &sessions[..cases().div_ceil(8)]);
    compare(false, &sessions[..4]);
}

/// The prompt is on stderr only if stdin and stdout are terminals, and only then is `\r` part of the
/// line's end. If streams share the terminal, their order on it is the same too.
#[test]
fn which_streams_are_the_terminal_decides_in_every_version() {
    let typed: Typed = ["one\r\n", "\n", "END\n"].map(Into::into).to_vec();
    let kinds = ["ttt", "ttp", "tpt", "tpp", "ptt", "ptp", "ppt", "ppp"];
    let runs = kinds.map(|kinds| (kinds, typed.clone()));
    for python in Python::all() {
        for flags in ["-u", ""] {
            let theirs = python.at_terminal(PROGRAM, flags, &runs);
            let ours = |(kinds, typed): &(&str, Typed)| program(kinds, &*typed.concat());
            same(python, runs.clone(), ours, theirs);
        }
    }
}

#[test]
fn a_prompt_that_cannot_be_encoded_is_not_shown_and_nothing_is_read() {
    let program = r"
for prompt in 'a\udce9> ', 'a\ud800> ', '\udcff\ud800', '':
    try:
        print(input(prompt))
    except UnicodeEncodeError as error:
        print(error)
";
    let prompts: [&[u32]; 4] =
        [&[0x61, 0xdce9, 0x3e, 0x20], &[0x61, 0xd800, 0x3e, 0x20], &[0xdcff, 0xd800], &[]];
    let ours = |(kinds, typed): &(&str, Typed)| {
        let (streams, stdin) = (Streams::new(kinds), typed.concat());
        let at_terminal = kinds.starts_with("tt");
        let (stdout, stderr) = (streams.output(1), streams.output(2));
        let mut console = Console::with_stderr(&*stdin, stdout, stderr, at_terminal);
        for prompt in prompts {
            let prompt = PyString::from_code_points(prompt.iter().copied()).unwrap();
            match console.input_str(&prompt) {
                Ok(line) => console.print_bytes(line.unwrap().as_bytes()).unwrap(),
                Err(error) => console.print(&error.to_string()).unwrap(),
            }
        }
        streams.shown()
    };
    let typed: Typed = ["one\n", "two\n"].map(Into::into).to_vec();
    let runs = ["ttp", "tpp", "ppp"].map(|kinds| (kinds, typed.clone()));
    for python in Python::all() {
        if python.version().is_some_and(|version| version >= PythonVersion::V3_7) {
            same(python, runs.clone(), ours, python.at_terminal(program, "-u", &runs));
        }
    }
}

#[test]
fn a_terminal_that_takes_no_prompt_gives_a_line_all_the_same() {
    let program = "
import os
reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 2)
print(input('> '))
os.close(2)
print(input('> '))
";
    let typed: Typed = ["one\n", "two\n"].map(Into::into).to_vec();
    let runs = [("ttp", typed)];
    let ours = |(kinds, typed): &(&str, Typed)| {
        let (streams, stdin) = (Streams::new(kinds), typed.concat());
        // A buffer without room: every write fails.
        let mut console = Console::with_stderr(&*stdin, streams.output(1), &mut [][..], true);
        for _ in 0..2 {
            let line = console.input("> ").unwrap().unwrap();
            console.print_bytes(line.as_bytes()).unwrap();
        }
        streams.shown()
    };
    for python in Python::all() {
        same(python, runs.clone(), ours, python.at_terminal(program, "-u", &runs));
    }
}

/// So a program that imports what the tutorials import calls the function above.
#[test]
fn no_version_loads_readline_by_itself() {
    let program = "
import argparse, json, os.path, socket, struct, subprocess, sys
print('readline' in sys.modules)
";
    for python in Python::all() {
        let shown = python.at_terminal(program, "-u", &[("ttt", vec![])]);
        assert_eq!(shown[0].terminal, "False\\n", "{python}");
    }
}
