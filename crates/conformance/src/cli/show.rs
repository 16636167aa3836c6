//! `framecheck show ID`

use std::io::{self, Write};

use framecheck::catalogue::{ExpectedEnd, Wire};
use framecheck::hex;
use framecheck::plan::group_of;
use framecheck::stage::reference_pairing;

use super::ShowArgs;
use super::setup::setup;

const ROWS_MAX: usize = 64;

pub(super) fn main(args: &ShowArgs) -> anyhow::Result<bool> {
    let (peers, _) = super::setup::peers(&args.setup)?;
    let group = group_of(&args.id, &peers)?;
    let setup = setup(&args.setup)?;
    let expected = group.scenario.right(&group.input, &setup.stage.oracle)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", args.id)?;
    writeln!(out, "input: {}", group.vector.unwrap_or("generated"))?;
    writeln!(out, "  {}", serde_json::to_string(&group.input)?)?;
    for (name, wire) in [
        ("from client to server", &expected.to_server),
        ("from server to client", &expected.to_client),
    ] {
        match wire {
            Wire::Stream(bytes) => {
                writeln!(out, "{name}: a stream of {} bytes, however cut", bytes.0.len())?;
                write!(out, "{}", hex::dump(&bytes.0, ROWS_MAX))?;
            }
            Wire::Datagrams(datagrams) => {
                writeln!(out, "{name}: {} datagrams", datagrams.len())?;
                for datagram in datagrams {
                    writeln!(out, "  a datagram of {} bytes", datagram.0.len())?;
                    write!(out, "{}", hex::dump(&datagram.0, ROWS_MAX))?;
                }
            }
        }
    }
    show_end(&mut out, "server", &expected.server)?;
    show_end(&mut out, "client", &expected.client)?;
    writeln!(out, "by these clauses, as {} does:", reference_pairing(&group.input))?;
    for clause in group.scenario.clauses() {
        writeln!(out, "  {:6} {}", clause.id, clause.text)?;
    }
    Ok(true)
}

fn show_end(out: &mut impl Write, name: &str, end: &ExpectedEnd) -> io::Result<()> {
    writeln!(out, "{name} ends {:?} and prints {} bytes", end.ending, end.stdout.0.len())?;
    write!(out, "{}", hex::dump(&end.stdout.0, ROWS_MAX))?;
    for (file, content) in &end.files {
        writeln!(out, "{name} leaves {file:?}, {} bytes", content.0.len())?;
    }
    Ok(())
}
