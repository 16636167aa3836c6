//! Compares with CPython: no test here compares pyjson with itself.
//!
//! `FRAMECHECK_PYTHON` names the interpreter, `python3` by default. `PROPTEST_CASES` raises the
//! number of generated cases.

#[cfg(test)]
mod bytes;
#[cfg(test)]
mod depth;
#[cfg(test)]
mod fsencode;
#[cfg(test)]
mod numbers;
#[cfg(test)]
mod ops;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod places;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod strategies;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod versions;
