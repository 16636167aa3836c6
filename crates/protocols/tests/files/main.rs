//! Protocol files: every mistake in them, the inputs that they make, and edits.

#[cfg(test)]
mod common;
#[cfg(test)]
mod edit;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod inputs;
#[cfg(test)]
mod masks;
#[cfg(test)]
mod mistakes;
