//! Wireshark dissectors in Lua for the frames of a layout.
//!
//! A dissector is one file: the frames as Lua data, and a Lua program that reads them, which is always the
//! same. This crate produces text, and does no I/O.
//!
//! | file | what |
//! |---|---|
//! | `table.rs`, `names.rs`, `value.rs` | the frames as Lua data, with their filter names |
//! | `lua/text.lua`, `lua/json.lua` | text, numbers and JSON, as Python reads them |
//! | `lua/sums.lua` | checksums |
//! | `lua/fields.lua` | preferences, fields and expert infos |
//! | `lua/frames.lua` | converts bytes to frames, like `layout::Parser` |
//! | `lua/tree.lua` | shows a frame in Wireshark, with its checksums |
//! | `lua/streams.lua` | streams and datagrams: finds where frames begin, and asks Wireshark for more bytes |

mod names;
mod table;
mod value;

use layout::Layout;

/// The protocol of a dissector, besides its frames.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The protocol's name, in kebab-case. The filter's name has `_` for `-`.
    pub name: &'a str,
    /// A sentence that describes it; may be empty.
    pub summary: &'a str,
    /// The ports where its server listens.
    pub ports: &'a [u16],
    /// Whether it uses datagrams; otherwise streams.
    pub is_datagram: bool,
    /// Whether each direction has frames: to the server, and to the client.
    pub is_framed: (bool, bool),
}

/// The Lua program, which follows the table. Each file uses those before it.
const PROGRAM: [&str; 7] = [
    include_str!("lua/text.lua"),
    include_str!("lua/json.lua"),
    include_str!("lua/sums.lua"),
    include_str!("lua/fields.lua"),
    include_str!("lua/frames.lua"),
    include_str!("lua/tree.lua"),
    include_str!("lua/streams.lua"),
];

/// The dissector of a layout, as the text of a Lua file. The same layout always gives the same text.
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

/// A comment on how the file was made, and how to use it.
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
