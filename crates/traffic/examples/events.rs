//! Prints the events of a capture, one per line: `cargo run --example events -- FILE [SERVER]`.

use std::error::Error;
use std::fs::File;

use traffic::{Options, Traffic, What};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("expected a capture's path")?;
    let server = arguments.next().map(|text| text.parse()).transpose()?;
    let mut traffic = Traffic::new(File::open(path)?, Options { server, ..Options::default() })?;
    for event in traffic.by_ref() {
        let event = event?;
        let what = match event.what {
            What::Bytes { offset, payload_offset, data } => {
                format!("{} bytes at {offset}, from {payload_offset} of its payload", data.len())
            }
            What::Datagram { data, missing } => format!("{} bytes, {missing} missing", data.len()),
            other => format!("{other:?}"),
        };
        println!("{} {:?} {} {what}", event.packet, event.direction, event.connection);
    }
    println!("{:?}", traffic.summary());
    Ok(())
}
