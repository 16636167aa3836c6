//! The text that a Python program prints and reads, exactly as in CPython.
//!
//! This crate is for Rust programs that replace small Python programs. Each function gives the text, the
//! bytes or the error message of CPython, and names the function that it copies. No function opens a
//! socket, a file or a terminal, or asks for the time or the locale.
//!
//! | Python | here |
//! |---|---|
//! | `print(text)`, `input(prompt)` | [`Console`], [`print_line`], [`Line`] |
//! | what `input()` reads, from a stream and at a terminal | [`LineReader`], [`TerminalReader`] |
//! | `repr(x)` of `bytes`, `str`, `float` | [`repr_bytes`], [`repr_str`], [`repr_code_points`], [`repr_float`] |
//! | `data.upper()`, `data.strip()` | [`bytes_upper`], [`bytes_strip`] |
//! | `text.strip()`, `str.isspace`, `str.isprintable` | [`str_strip`], [`is_space`], [`is_printable`] |
//! | `data.decode('utf-8')`, `data.decode('gbk')` | [`decode_utf8`], [`decode_gbk`] |
//! | `text.encode('utf-8')` of a typed line | [`Line::encode_utf8`] |
//! | `text.encode('utf-8', 'surrogateescape')` of any `str` | [`encode_surrogateescape`] |
//! | the environment of what `subprocess` starts | [`coerced_ctype`] |
//!
//! # What is easily got wrong
//!
//! - **`input()` keeps a `\r`.** On Unix CPython's own stdin ends a line only at `\n`; only files that a
//!   program opens have universal newlines.
//! - **`input()` at a terminal is another function.** The prompt is on stderr, `\r\n` ends a line, a NUL
//!   swallows a line's end, and Ctrl-D in a line costs its last byte: [`TerminalReader`].
//! - **`print` of a `str` that it can't encode writes nothing** of it: no beginning, no line end.
//! - **`bytes.strip` and `str.strip` differ** over U+001C to U+001F, U+0085, U+00A0 and all above.
//! - **A float in the middle of two shortest texts** takes the even last digit, not the greater one.
//! - **gbk is not the WHATWG's**: no 0x80, no four-byte sequences, no private characters.
//!
//! # What differs between the versions of CPython
//!
//! These are the only differences from 3.6 to 3.14. Each has a test in `tests/cpython/versions.rs`.
//!
//! - **Printable code points** follow the Unicode of the interpreter: 9.0 in 3.6, 11.0 in 3.7, 12.1 in
//!   3.8, 13.0 in 3.9 and 3.10, 14.0 in 3.11, 15.0 in 3.12, 15.1 in 3.13, 16.0 in 3.14. No version
//!   removes one. The functions that end in `_as` take a [`PythonVersion`]; the others write as 3.13.
//! - **stdin and stdout under `C.UTF-8`** have `errors='surrogateescape'` from 3.7, which [`Console`]
//!   imitates. In 3.6 they have `strict`: a byte that is not UTF-8, or any surrogate, stops the program.
//! - **The C locale** is `C.UTF-8` to a program, and to the programs it starts, from 3.7:
//!   [`coerced_ctype`]. 3.6 leaves it unchanged.
//! - **A NUL at the start of a line** typed at a terminal is the end of input in 3.6 and 3.7. From 3.8
//!   on it is an ordinary NUL.
//! - **A NUL in a prompt** shown at a terminal raises `ValueError` in 3.13, which [`Console`] imitates.
//!   Before, the prompt ends there.
//! - **`print` under `-u`** is one write in 3.6, which [`print_line`] imitates, and from 3.7 one write
//!   for each argument, space and line end. The bytes are the same.
//!
//! For 3.14 only the printable code points were checked: it was available only as WebAssembly (Pyodide),
//! which has no terminal and no process.
//!
//! # What is not here
//!
//! Standard streams under another locale than `C`, `POSIX` or `C.UTF-8`, all of which are UTF-8 with
//! surrogate escapes from 3.7: a locale such as `en_US.UTF-8` makes them strict in every version, unless
//! Python runs in its UTF-8 mode. `input()` of a program that has imported `readline`. Windows.

mod bytes;
mod console;
mod encode;
mod float;
mod gbk;
mod line;
mod locale;
mod printable;
mod printable_table;
mod reader;
mod repr;
mod terminal;
mod utf8;
mod value;
mod whitespace;

pub use bytes::{bytes_strip, bytes_upper, push_repr_bytes, repr_bytes};
pub use console::{Console, ConsoleError, print_line};
pub use encode::{UnicodeEncodeError, encode_surrogateescape};
pub use float::repr_float;
pub use gbk::decode_gbk;
pub use line::Line;
pub use locale::coerced_ctype;
pub use printable::is_printable;
pub use pyjson::{PyString, PythonVersion, UnicodeDecodeError, UnknownPythonVersion};
pub use reader::LineReader;
pub use repr::{repr_code_points, repr_code_points_as, repr_str, repr_str_as};
pub use terminal::TerminalReader;
pub use utf8::decode_utf8;
pub use value::{repr_value, repr_value_as};
pub use whitespace::{is_space, str_strip};

/// The README's examples, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
