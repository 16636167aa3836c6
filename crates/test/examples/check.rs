//! All cases of a protocol as one check, which panics if one fails. What it plays comes from the environment, as for the
//! example `cases`.

use std::env;

fn main() {
    let [protocol, peer, args, out] =
        ["PROTOCOL", "PEER", "ARGS", "OUT"].map(|name| env::var(name).unwrap_or_default());
    framecheck_test::Run::new(protocol, peer).args(args.split_whitespace()).out(out).check();
}
