//! Compiles the crate again when a reference program has changed: they travel inside it, and the macro
//! that takes them up doesn't tell Cargo so.

fn main() {
    println!("cargo::rerun-if-changed=python-ref");
}
