//! `struct-demo`: the length of a text, packed and unpacked. No network.
//!
//! Source: `python-ref/struct-demo/demo.py`. An argument that is not UTF-8 has the length that it
//! has in Python: each byte outside a valid character counts as one.

use std::os::unix::ffi::OsStrExt;

use anyhow::Context;
use pytext::Line;

use crate::args::StructDemo;
use crate::screen;

pub(crate) async fn show(options: &StructDemo) -> anyhow::Result<()> {
    let length = Line::from(options.text.as_bytes().to_vec()).code_points().count();
    let number = i32::try_from(length).ok().with_context(|| {
        format!("argument out of range: {length} characters, and at most {} are packed", i32::MAX)
    })?;
    let packed = number.to_ne_bytes();
    screen::print(&length.to_string()).await?;
    screen::print(&packed.len().to_string()).await?;
    screen::print(&format!("({},)", i32::from_ne_bytes(packed))).await?;
    Ok(())
}
