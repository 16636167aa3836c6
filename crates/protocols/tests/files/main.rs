//! Protocol files: every mistake in them, the inputs that they make, and what is written into them.

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
