//! The framing that Python socket tutorials teach against merged messages (粘包, sticky packets): a
//! packed length, a JSON dict of that length, and a body whose size is one key of the dict.
//!
//! ```text
//!  0       4                          4+n                                4+n+size
//!  +-------+---------------------------+----------------------------------+
//!  | n     | {"file_name": "a.txt", .. | body                             |
//!  |       |  "file_size": size}       |                                  |
//!  +-------+---------------------------+----------------------------------+
//!  4 bytes   n bytes                     size bytes
//! ```
//!
//! * **Header**: `struct.pack('i', n)`: a signed 32-bit integer in the byte order of the machine
//!   (little-endian nearly everywhere), the length of the dict in bytes. See [`header`].
//! * **Dict**: the text of `json.dumps(dict)`, which is ASCII, to the byte.
//! * **Body**: as many bytes as the size key says (`file_size`, `data_size`). There is no end mark;
//!   the next frame may follow at once.
//!
//! The protocol is a pure state machine. [`Decoder`] takes bytes in any cuts and gives [`Event`]s;
//! [`encode_head`] gives the bytes to send. Neither knows sockets, files or clocks. [`io`] and
//! [`codec`] are thin adapters for [`std::io`] and tokio.
//!
//! [`Limits`] bound every announced length. Memory is allocated for bytes that have come, never for
//! announced bytes.
//!
//! ```
//! use frame::{Decoder, Event, Limits, encode_head};
//! use pyjson::Dict;
//!
//! let mut dict = Dict::default();
//! dict.insert("data_size", 3_i64);
//! let head = encode_head(&dict, &Limits::default())?;
//! assert_eq!(head.dict(), b"{\"data_size\": 3}");
//!
//! let mut wire = head.into_bytes();
//! wire.extend(b"abc");
//! let mut input = &wire[..];
//! let mut decoder = Decoder::new("data_size", Limits::default());
//! let Some(Event::Head(seen)) = decoder.decode(&mut input)? else { unreachable!() };
//! assert_eq!((seen.dict, seen.body_len), (dict, 3));
//! assert_eq!(decoder.decode(&mut input)?, Some(Event::Body(b"abc")));
//! assert_eq!(decoder.decode(&mut input)?, Some(Event::End));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "tokio")]
pub mod codec;
mod decode;
mod encode;
mod error;
pub mod header;
pub mod io;
mod limits;

pub use decode::{Decoder, Event, Head};
pub use encode::{EncodedHead, encode_head};
pub use error::{EncodeError, FrameError, Part};
pub use limits::Limits;
