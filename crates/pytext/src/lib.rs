//! What a Python program shows on the screen and reads from it, as CPython does it.
//!
//! For Rust programs that stand in for small Python ones: everything here gives the text, the
//! bytes or the error message CPython gives, and each function names the one it copies. Nothing
//! here opens a socket, a file or a terminal, or asks for the time or the locale.
//!
//! | Python | here |
//! |---|---|
//! | `print(text)`, `input(prompt)` | [`Console`], [`print_line`], [`LineReader`], [`Line`] |
//! | `repr(x)` of `bytes`, `str`, `float` | [`repr_bytes`], [`repr_str`], [`repr_code_points`], [`repr_float`] |
//! | `data.upper()`, `data.strip()` | [`bytes_upper`], [`bytes_strip`] |
//! | `text.strip()`, `str.isspace` | [`str_strip`], [`is_space`] |
//! | `data.decode('utf-8')`, `data.decode('gbk')` | [`decode_utf8`], [`decode_gbk`] |

mod bytes;
mod console;
mod decode;
mod encode;
mod float;
mod gbk;
mod line;
mod printable;
mod printable_table;
mod reader;
mod repr;
mod utf8;
mod version;
mod whitespace;

pub use bytes::{bytes_strip, bytes_upper, repr_bytes};
pub use console::{Console, print_line};
pub use decode::{Codec, DecodeReason, UnicodeDecodeError};
pub use encode::UnicodeEncodeError;
pub use float::repr_float;
pub use gbk::decode_gbk;
pub use line::Line;
pub use printable::is_printable;
pub use reader::LineReader;
pub use repr::{repr_code_points, repr_code_points_as, repr_str, repr_str_as};
pub use utf8::decode_utf8;
pub use version::{PythonVersion, UnknownPythonVersion};
pub use whitespace::{is_space, str_strip};
