//! Reads `{ hex = "00ff" }` of a protocol's file: bytes in pairs of hexadecimal digits.

use located::Mistake;
use model::blob::from_hex;

use crate::reader::Section;

/// The bytes of a key whose value is such a table.
pub(crate) fn hex(section: &Section<'_>, key: &str) -> Option<Vec<u8>> {
    let inner = section.section(key)?;
    let bytes = hex_of(&inner);
    inner.finish();
    bytes
}

/// The bytes of such a table.
pub(crate) fn hex_of(section: &Section<'_>) -> Option<Vec<u8>> {
    let digits = section.required("hex")?;
    let bytes = from_hex(digits.get_ref());
    if bytes.is_none() {
        let what = "expected pairs of hexadecimal digits";
        section.note(Mistake::new(what, digits.span()));
    }
    bytes
}
