//! Assembles framecheck: the tutorials' catalogue, the two built-in peers, and the engine that plays them. The
//! command is in `src/cli`; the parts are separate crates.

pub mod built_in;
pub mod interpreters;
#[cfg(test)]
mod plans;
