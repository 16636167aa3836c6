//! The differences between the versions of CPython, a test for each; the crate's page lists the
//! same. Every other test over `Python::all()` shows that there are no more.

use pytext::{Console, Line, PyString, PythonVersion, TerminalReader};
use pytext::{encode_surrogateescape, is_printable};

use crate::pty::{Parts, Streams};
use crate::python::{Python, same};

/// `str.isprintable`, and with it `repr`, follows the Unicode data of the interpreter.
#[test]
fn each_version_prints_what_its_unicode_knows() {
    let unicode = |version| match version {
        PythonVersion::V3_6 => "9.0.0",
        PythonVersion::V3_7 => "11.0.0",
        PythonVersion::V3_8 => "12.1.0",
        PythonVersion::V3_9 | PythonVersion::V3_10 => "13.0.0",
        PythonVersion::V3_11 => "14.0.0",
        PythonVersion::V3_12 => "15.0.0",
        PythonVersion::V3_13 => "15.1.0",
        _ => "16.0.0",
    };
    // One character assigned by each of these Unicodes, oldest first.
    let letters = "\u{1f991}\u{1f9fe}\u{1fa80}\u{1fad6}\u{1fae0}\u{1fae8}\u{2ffc}\u{1fadf}";
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        let script = "import unicodedata; put(unicodedata.unidata_version)
for a in records(): put(repr(a.decode()))";
        let theirs = python.ask_text(script, &[letters.into()]);
        let ours = [unicode(version).to_owned(), pytext::repr_str_as(version, letters)];
        same(python, 0..2_usize, |&at| ours[at].clone(), theirs);
    }
}

/// The same without another interpreter. Each interpreter once printed these numbers with
///
/// ```python
/// p = [c for c in range(0x110000) if chr(c).isprintable()]
/// print(len(p), sum(c * c for c in p))
/// ```
#[test]
fn the_printable_code_points_of_each_version_add_up() {
    let printed: [(usize, u64); 9] = [
        (128_003, 1_791_143_689_434_965),
        (137_204, 2_070_657_582_985_124),
        (137_750, 2_077_149_908_275_758),
        (143_680, 2_283_661_947_493_720),
        (143_680, 2_283_661_947_493_720),
        (144_516, 2_291_026_766_194_654),
        (148_998, 2_468_092_253_798_514),
        (149_625, 2_490_970_528_975_572),
        (154_810, 2_530_665_091_960_134),
    ];
    for (version, printed) in PythonVersion::ALL.into_iter().zip(printed) {
        let printable = || (0..=0x10_ffff).filter(|&code| is_printable(version, code));
        let squares = printable().map(|code| u64::from(code).pow(2)).sum();
        assert_eq!((printable().count(), squares), printed, "CPython {version}");
    }
}

/// Under `C.UTF-8` only 3.6 has no `surrogateescape` on its stdin: bytes that are not UTF-8 stop
/// it.
#[test]
fn only_3_6_reads_stdin_strictly_under_c_utf8() {
    let program = "
try:
    print(ascii(input()))
except UnicodeDecodeError as error:
    print(error)";
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        let ours = match version {
            PythonVersion::V3_6 => pytext::decode_utf8(b"caf\xe9\r\n").unwrap_err().to_string(),
            _ => Line::from(b"caf\xe9\r".to_vec()).repr(),
        };
        let theirs = python.unbuffered(program, &[b"caf\xe9\r\n"]);
        assert_eq!(ours + "\n", String::from_utf8(theirs).unwrap(), "ours, and that of {python}");
    }
}

/// Like its stdin: there each surrogate is an error, whether or not it stands for a byte.
#[test]
fn only_3_6_writes_stdout_strictly_under_c_utf8() {
    let program = r"
try:
    print('caf\udce9')
except UnicodeEncodeError as error:
    print(error)";
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        let text = PyString::from_surrogateescape(b"caf\xe9");
        let mut ours = match version {
            PythonVersion::V3_6 => {
                let error = Line::from(b"caf\xe9".to_vec()).encode_utf8().unwrap_err();
                error.to_string().into_bytes()
            }
            _ => encode_surrogateescape(&text).unwrap(),
        };
        ours.push(b'\n');
        assert_eq!(ours, python.unbuffered(program, &[]), "ours, and that of {python}");
    }
}

/// Until 3.7 a line typed at a terminal that begins with a NUL is the end of input.
#[test]
fn from_3_8_on_a_nul_at_the_start_of_a_terminals_line_is_not_its_end() {
    let program = "
for _ in range(2):
    try: print(ascii(input()))
    except EOFError: print('EOFError')";
    let typed: Vec<Vec<u8>> = vec![b"\0a\n".to_vec(), b"b\n".to_vec(), b"c\n".to_vec()];
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        let mut reader = TerminalReader::new(Parts(typed.clone().into_iter()));
        let lines = [(); 2].map(|()| reader.read_line().unwrap().repr());
        let ours = match version {
            PythonVersion::V3_6 | PythonVersion::V3_7 => "EOFError\n'b'\n".to_owned(),
            _ => lines.map(|line| line + "\n").concat(),
        };
        let theirs = python.at_terminal(program, "-u", &[("ttp", typed.clone())]);
        let ours = ours.as_bytes().escape_ascii().to_string();
        assert_eq!(ours, theirs[0].terminal, "ours, and that of {python}");
    }
}

/// From 3.13 on CPython refuses a prompt with a NUL at a terminal, and only there.
#[test]
fn from_3_13_on_a_terminals_prompt_has_no_nul() {
    let program = r"
try: input('a\0b')
except ValueError as error: print(error)";
    let typed: Vec<Vec<u8>> = vec![b"line\n".to_vec()];
    for python in Python::all() {
        if python.version().is_none_or(|version| version < PythonVersion::V3_13) {
            continue;
        }
        for kinds in ["ttp", "ppp"] {
            let streams = Streams::new(kinds);
            let (stdout, stderr) = (streams.output(1), streams.output(2));
            let mut console = Console::with_stderr(&b"line\n"[..], stdout, stderr, kinds == "ttp");
            if let Err(error) = console.input("a\0b") {
                console.print(&error.to_string()).unwrap();
            }
            let theirs = python.at_terminal(program, "-u", &[(kinds, typed.clone())]);
            assert_eq!([streams.shown()], *theirs, "ours, and that of {python}");
        }
    }
}

/// With `-u`, 3.6 writes a printed line at once, as this crate does, because its text layer still
/// waits for the line's end. From 3.7 on each argument, each space between and the end is one
/// write. Only a pipe in which every write is a message shows this; Linux has such pipes.
#[test]
#[cfg(target_os = "linux")]
fn from_3_7_on_print_writes_its_end_apart() {
    let script = r#"
import socket, subprocess
near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
program = 'print("one", 2); input("> ")'
subprocess.run([sys.executable, '-I', '-u', '-c', program], stdout=far, input=b'\n', check=True)
far.close()
for message in iter(lambda: near.recv(99), b''): put(message)
"#;
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        let apart = ["one", " ", "2", "\n", "> "];
        let writes =
            if version == PythonVersion::V3_6 { vec!["one 2\n", "> "] } else { apart.to_vec() };
        same(python, writes, |text| (*text).to_owned(), python.ask_text(script, &[]));
    }
}
