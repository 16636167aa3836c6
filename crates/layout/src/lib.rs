//! Reads and writes frames that a table describes. A frame is a sequence of parts. Each part is a
//! number, JSON, text or bytes; some are the sizes or the checksums of others.
//!
//! The table is plain data. This crate opens no sockets or files, and uses no clock.
//!
//! ```
//! use layout::{Direction, Format, Frame, Item, Kind, Layout, Part, Size, read};
//!
//! let size = |path: &str| Size::Of(path.split('.').map(str::to_owned).collect());
//! let number = Kind::Struct { format: Format::parse(">I")?, fields: Vec::new() };
//! let request = Frame {
//!     name: "request".to_owned(),
//!     parts: vec![
//!         Part::new("length", number),
//!         Part::new("dict", Kind::Json(size("length"))),
//!         Part::new("body", Kind::Bytes(size("dict.filesize"))),
//!     ],
//! };
//! let layout = Layout {
//!     frames: vec![request],
//!     to_server: vec![Item { frame: 0, repeats: true }],
//!     to_client: Vec::new(),
//! };
//! let stream = b"\0\0\0\x0f{\"filesize\": 2}hi";
//! let reading = read(&layout, Direction::ToServer, stream, &[], true);
//! assert_eq!(reading.trouble, None);
//! assert_eq!(reading.frames[0].parts[2].range, 19..21);
//! # Ok::<(), layout::FormatError>(())
//! ```
//!
//! # Where to look
//! - [`Layout`] is the table, and [`Format`] is a format of Python's `struct` in it.
//!   [`Layout::problems`] finds the mistakes in a table.
//! - [`Parser`] takes bytes in any cuts. [`read`] takes a whole stream, and gives every value its
//!   path and place.
//! - [`Values`] changes a frame that was read, and writes it.

mod check;
mod digest;
mod error;
mod format;
mod leaves;
mod parser;
mod read;
mod same;
mod spans;
mod table;
mod text;
mod value;
mod write;

pub use check::{Problem, Wrong};
pub use digest::digest;
pub use error::{Mistake, ReadError, Trouble};
pub use format::{Format, FormatError, PackError, Scalar, Slot, SlotKind};
pub use leaves::{Leaf, LeafValue};
pub use parser::{Event, Limits, Parser};
pub use read::{Reading, read, read_within};
pub use same::same_value;
pub use table::{
    Counts, Digest, DigestKind, Direction, Encoding, Frame, Inner, Item, Kind, Layout, Part, Place,
    Size,
};
pub use value::{FrameRead, PartRead, Value};
pub use write::{Values, WriteError};
