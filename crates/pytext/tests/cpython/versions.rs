//! What differs between the versions of CPython, a test for each; the crate's page says the same.
//! That nothing else does is what every other test shows that runs over `Python::all()`.

use pytext::{Line, PythonVersion};

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
