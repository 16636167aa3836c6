//! Wireshark dissectors in Lua for the frames of a layout.
//!
//! A dissector is one file: the frames as Lua data, and a program that reads them, which is the same for all.
//! This crate writes text, and does no I/O.
//!
//! | file | what |
//! |---|---|
//! | `table.rs`, `names.rs`, `value.rs` | the frames as Lua data, with the names of their filters |
//! | `lua/text.lua`, `lua/json.lua` | text, numbers and JSON, as Python reads them |
//! | `lua/sums.lua` | checksums |
//! | `lua/fields.lua` | preferences, fields and expert infos |
//! | `lua/frames.lua` | from bytes to frames, as `layout::Parser` does it |
//! | `lua/tree.lua` | a frame as Wireshark shows it, with its checksums |
//! | `lua/streams.lua` | streams and datagrams: where a frame begins, and what Wireshark is asked for |

mod names;
mod table;
mod value;

use layout::Layout;

/// What a dissector is for, besides its frames.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The protocol's name, in kebab-case. With `_` for `-` it is the name of the filter.
    pub name: &'a str,
    /// A sentence about it; may be empty.
    pub summary: &'a str,
    /// The ports on which its server listens.
    pub ports: &'a [u16],
    /// Whether it travels in datagrams; otherwise in streams.
    pub is_datagram: bool,
    /// Which directions are made of frames: the one to the server, and the one to the client.
    pub is_framed: (bool, bool),
}

/// The program, behind the table. Each uses what is above it.
const PROGRAM: [&str; 7] = [
    include_str!("lua/text.lua"),
    include_str!("lua/json.lua"),
    include_str!("lua/sums.lua"),
    include_str!("lua/fields.lua"),
    include_str!("lua/frames.lua"),
    include_str!("lua/tree.lua"),
    include_str!("lua/streams.lua"),
];

/// The dissector of a layout, as the text of a Lua file. The same layout gives the same text.
///
/// ```
/// use dissector::{About, dissector};
///
/// let about = About {
///     name: "upload",
///     summary: "",
///     ports: &[9000],
///     is_datagram: false,
///     is_framed: (true, false),
/// };
/// let lua = dissector(&about, &layout::Layout::default());
/// assert!(lua.starts_with("-- Wireshark dissector for the protocol \"upload\""));
/// ```
#[must_use]
pub fn dissector(about: &About<'_>, layout: &Layout) -> String {
    let mut text = header(about);
    text.push_str("local PROTOCOL = ");
    table::protocol(about, layout).write(&mut text, 0);
    text.push('\n');
    for piece in PROGRAM {
        text.push('\n');
        text.push_str(piece);
    }
    text
}

/// How it was made, and how to use it.
fn header(about: &About<'_>) -> String {
    let About { name, summary, .. } = about;
    let version = env!("CARGO_PKG_VERSION");
    let (order, width) = if cfg!(target_endian = "big") {
        ("big-endian", usize::BITS)
    } else {
        ("little-endian", usize::BITS)
    };
    let filter = names::word(name);
    let mut text = format!("-- Wireshark dissector for the protocol \"{name}\"");
    let summary: String = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    if !summary.is_empty() {
        text.push_str(&format!(": {summary}"));
    }
    text.push_str(&format!(
        "\n--
-- framecheck {version} wrote this file, by `framecheck dissector --protocol FILE`. Change the protocol file,
-- and write it anew. Native sizes and byte orders are those of the machine that wrote it: {order},
-- {width} bits.
--
--   wireshark -X lua_script:{filter}.lua CAPTURE
--   tshark -X lua_script:{filter}.lua -r CAPTURE -Y {filter} -V
--
-- For good: copy it to Wireshark's folder of personal plugins (Help, About, Folders). The server's ports are
-- a preference: -o {filter}.ports:9000-9010

"
    ));
    text
}
