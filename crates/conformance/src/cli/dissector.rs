//! `framecheck dissector --protocol FILE`

use std::io::Write;

use ::dissector::{About, dissector};
use model::Scenario;
use model::observation::Direction;
use protocols::Protocol;
use report::PLAIN_PORT;

use super::out::{raw_stdout, say};
use super::{DissectorArgs, Usage};

pub(super) fn main(args: &DissectorArgs) -> anyhow::Result<bool> {
    let protocol = Protocol::read(&args.protocol, &[])?;
    if let Some(warnings) = protocol.warnings() {
        say(warnings);
    }
    if protocol.layout().frames.is_empty() {
        let file = args.protocol.display();
        let why = "it has no [frames], so there is nothing to dissect; docs/own-protocol.md says how to write them";
        anyhow::bail!(Usage(format!("{file}: {why}")));
    }
    let ports = if args.port.is_empty() { &[PLAIN_PORT][..] } else { &args.port };
    let about = About {
        name: protocol.name(),
        summary: protocol.summary(),
        ports,
        is_datagram: protocol.home().is_datagram(),
        is_framed: (
            protocol.is_framed(Direction::ToServer),
            protocol.is_framed(Direction::ToClient),
        ),
    };
    raw_stdout().write_all(dissector(&about, protocol.layout()).as_bytes())?;
    Ok(true)
}
