//! Protocol files: every mistake in them, the inputs that they make, and what is written into them.

mod common;
mod edit;
mod inputs;
mod masks;
mod mistakes;
