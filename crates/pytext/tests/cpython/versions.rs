//! What differs between the versions of CPython, a test for each; the crate's page says the same.
//! That nothing else does is what every other test shows that runs over `Python::all()`.

use pytext::{Line, PythonVersion, is_printable};

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
        _ => "15.1.0",
    };
    // One assigned by each of these Unicodes, oldest first.
    let letters = "\u{1f991}\u{1f9fe}\u{1fa80}\u{1fad6}\u{1fae0}\u{1fae8}\u{2ffc}";
    for python in Python::all() {
        let Some(version) = python.version() else { continue };
        let script = "import unicodedata; put(unicodedata.unidata_version)
for a in records(): put(repr(a.decode()))";
        let theirs = python.ask_text(script, &[letters.into()]);
        let ours = [unicode(version).to_owned(), pytext::repr_str_as(version, letters)];
        same(python, 0..2_usize, |&at| ours[at].clone(), theirs);
    }
}

/// The same where no other interpreter is at hand. Each of them once printed for itself
///
/// ```python
/// p = [c for c in range(0x110000) if chr(c).isprintable()]
/// print(len(p), sum(c * c for c in p))
/// ```
#[test]
fn the_printable_code_points_of_each_version_add_up() {
    let printed: [(usize, u64); 8] = [
        (128_003, 1_791_143_689_434_965),
        (137_204, 2_070_657_582_985_124),
        (137_750, 2_077_149_908_275_758),
        (143_680, 2_283_661_947_493_720),
        (143_680, 2_283_661_947_493_720),
        (144_516, 2_291_026_766_194_654),
        (148_998, 2_468_092_253_798_514),
        (149_625, 2_490_970_528_975_572),
    ];
    for (version, printed) in PythonVersion::ALL.into_iter().zip(printed) {
        let printable = || (0..=0x10_ffff).filter(|&code| is_printable(version, code));
        let squares = printable().map(|code| u64::from(code).pow(2)).sum();
        assert_eq!((printable().count(), squares), printed, "CPython {version}");
    }
}

/// Under `C.UTF-8` only 3.6 has no `surrogateescape` on its stdin: what is not UTF-8 stops it.
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

/// With `-u` 3.6 writes a printed line at once, as this crate does, for its text layer still waits
/// for the line's end. From 3.7 on each argument, each space between and the end is one write.
/// Only a pipe whose every write is a message can tell, which Linux has.
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
