//! `str.isprintable` for one code point.

use crate::PythonVersion;
use crate::printable_table::PRINTABLE;

/// Whether `repr` shows the code point as itself, in one version.
///
/// The categories Cc, Cf, Cs, Co, Cn, Zl, Zp and Zs of that version's Unicode are not printable,
/// except for the space.
///
/// ```
/// use pytext::{PythonVersion, is_printable};
///
/// assert!(is_printable(PythonVersion::V3_13, 0x20));
/// assert!(!is_printable(PythonVersion::V3_13, 0xa0));
/// assert!(!is_printable(PythonVersion::V3_13, 0xdc80));
/// ```
#[must_use]
pub fn is_printable(version: PythonVersion, code_point: u32) -> bool {
    if code_point < 0x7f {
        return code_point >= 0x20;
    }
    let after = PRINTABLE.partition_point(|&(first, _, _)| first <= code_point);
    after
        .checked_sub(1)
        .and_then(|at| PRINTABLE.get(at))
        .is_some_and(|&(_, last, since)| code_point <= last && since <= version)
}
