//! Compiles the crate again when a reference program has changed. The crate contains these programs,
//! and the macro that includes them does not report them to Cargo.

fn main() {
    println!("cargo::rerun-if-changed=python-ref");
}
