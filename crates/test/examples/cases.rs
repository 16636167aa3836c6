//! Each case of a protocol as a test. The protocol's file and the manifest of the peer come from the environment:
//!
//! ```console
//! $ PROTOCOL=upload.toml PEER=acme.toml OUT=out cargo run --example cases -- --list
//! ```

use std::env;

fn main() {
    let [protocol, peer, args, out] =
        ["PROTOCOL", "PEER", "ARGS", "OUT"].map(|name| env::var(name).unwrap_or_default());
    framecheck_test::Run::new(protocol, peer).args(args.split_whitespace()).out(out).main();
}
