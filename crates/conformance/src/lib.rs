//! framecheck, put together: the tutorials' catalogue, the two peers that are built in, and the engine
//! that plays them. The command is `src/cli`; the parts are crates of their own.

pub mod built_in;
pub mod interpreters;
#[cfg(test)]
mod plans;
