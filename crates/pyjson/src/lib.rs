//! CPython's `json.dumps` and `json.loads`, to the byte.
//!
//! [`dumps`] writes what CPython writes for the same value, and [`loads`] accepts what CPython
//! accepts and refuses the rest with CPython's message, line, column and offset. Text in, value
//! out: no input or output, no `unsafe`, no panic.
//!
//! ```
//! use pyjson::{dumps, loads};
//!
//! let value = loads(r#"{"name": "caf\u00e9", "size": 1E400, "big": 123456789012345678901}"#)?;
//! assert_eq!(dumps(&value), r#"{"name": "caf\u00e9", "size": Infinity, "big": 123456789012345678901}"#);
//!
//! let error = loads("[1, 2").unwrap_err();
//! assert_eq!(error.to_string(), "Expecting ',' delimiter: line 1 column 6 (char 5)");
//! # Ok::<(), pyjson::LoadsError>(())
//! ```
//!
//! # Where to look
//! - [`Value`] and its parts [`PyString`], [`Int`] and [`Dict`] behave like Python's own types: a
//!   `str` may hold lone surrogates, an `int` has any size, a `dict` keeps its order.
//! - [`LoadsOptions`] and [`DumpsOptions`] are the keyword arguments of the two functions, and the
//!   version of CPython to imitate: messages and limits differ between versions.
//! - [`not_rfc8259`] says why a text that CPython reads is not JSON as RFC 8259 defines it.
//! - [`LoadsError`] and [`DumpsError`] have the texts of CPython's exceptions.
//!
//! # Features
//! None is on by default. `serde` makes a [`Value`] serializable, `serde_json` converts it from
//! and to `serde_json::Value`. Both refuse what the other side can't hold. Neither writes as
//! CPython does; only this crate's functions do.
//!
//! # Limits
//! [`loads`] has CPython's own limits: like CPython, it refuses an `int` of more than 4300 digits
//! and a text that nests too deeply. No input and no value overflows the stack.

mod decode;
mod dumps;
mod int;
mod loads;
mod profile;
mod pystr;
mod recursion;
#[cfg(feature = "serde")]
mod serde;
#[cfg(feature = "serde_json")]
mod serde_json;
mod swar;
mod value;
mod vector;
mod version;

pub use decode::UnicodeDecodeError;
pub use dumps::{DumpsError, DumpsOptions, Indent, dumps, dumps_dict_into, dumps_into};
pub use int::{Int, ParseIntError};
pub use loads::{JsonDecodeError, LoadsError, LoadsOptions, Message, loads, loads_bytes, loads_py};
pub use profile::{NotRfc8259, not_rfc8259};
pub use pystr::{CodePointError, PyString, SurrogateEscapeError};
pub use recursion::RecursionError;
#[cfg(feature = "serde_json")]
pub use serde_json::SerdeJsonError;
pub use value::{Dict, Iter, Value};
pub use version::{PythonVersion, UnknownPythonVersion};

/// The README's example is run too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
