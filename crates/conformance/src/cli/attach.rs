//! `framecheck attach ID`: the user starts one side of a case by hand.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use engine::drive::{Hand, Wanted};
use engine::peer::Peers;
use engine::plan::{Group, PlanError, case_named, group_of};
use model::case::{CaseId, HAND, HARNESS, Pairing};
use model::observation::Role;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::interrupt::{Interrupted, interrupt};
use super::machine::can_play;
use super::measure::make_known;
use super::others::{are_up, place, write_wants};
use super::out::stdout;
use super::replay::{play, write_played};
use super::setup::{Known, runtime, setup};
use super::{AttachArgs, SetupArgs, case_and_files};

/// One day.
const DEADLINE_SECONDS: u64 = 24 * 60 * 60;

pub(super) fn main(args: &AttachArgs) -> anyhow::Result<bool> {
    // The time in a debugger is not limited.
    let with = SetupArgs { others: args.others, ..args.means.with(&args.peer, DEADLINE_SECONDS) };
    let (id, files) = case_and_files(&args.id, &args.files);
    let known = Known::with_all(&files)?;
    let peers = super::setup::peers(&with, &known)?;
    make_known(&with, &known)?;
    let named = case_named(&id, &known.catalogue)?;
    let mut group = group_of(&named, &known.catalogue, &peers)?;
    let id = by_hand(&named, args.role.into())?;
    can_play(&id)?;
    for playing in &mut group.plays {
        playing.pairing = id.pairing.clone();
    }
    let runtime = runtime()?;
    runtime.block_on(are_up(
        &peers,
        &known,
        std::slice::from_ref(&id.pairing),
        Some(&id.scenario),
    ))?;
    let mut setup = setup(&with, &known)?;
    let hand = Hand::new(args.at.or_else(|| address_of(&named, args.role.into(), &peers)));
    if let Some(stage) = Arc::get_mut(&mut setup.stage) {
        stage.hand = Some(hand.clone());
    }
    let role = args.role.into();
    let done = runtime.block_on(async {
        let interrupt = interrupt()?;
        let telling = async {
            if let Some(wanted) = hand.wanted().await {
                tell(&group, role, &wanted)?;
            }
            until_enter().await?;
            hand.end();
            std::future::pending::<io::Result<()>>().await
        };
        tokio::select! {
            played = play(&setup.stage, &group, &id) => Ok(played?),
            Err(error) = telling => Err(error.into()),
            () = interrupt => Err(anyhow::Error::from(Interrupted)),
        }
    });
    // A thread of the runtime may still wait for a typed line.
    runtime.shutdown_background();
    let played = done?;
    let mut out = stdout();
    write_played(&mut out, &played, args.full)?;
    Ok(!played.judgement.verdict.is_failure())
}

/// The same case, with this role played by hand.
fn by_hand(id: &CaseId, role: Role) -> Result<CaseId, PlanError> {
    let Pairing { server, client } = &id.pairing;
    let (pairing, played) = match role {
        Role::Server => (Pairing::new(HAND, client), server),
        Role::Client => (Pairing::new(server, HAND), client),
    };
    if played == HARNESS {
        let why = format!("the harness itself plays the {role}, as it sends what no program sends");
        return Err(PlanError::NoSuchCase { id: id.to_string(), why });
    }
    Ok(CaseId { pairing, ..id.clone() })
}

/// The address that is fixed in the source of the program that the user starts.
fn address_of(id: &CaseId, role: Role, peers: &Peers) -> Option<SocketAddr> {
    let name = match role {
        Role::Server => &id.pairing.server,
        Role::Client => &id.pairing.client,
    };
    peers.by_name(name)?.fixed_address(role, &id.scenario)
}

/// Print what the user must start.
fn tell(group: &Group, role: Role, wanted: &Wanted) -> io::Result<()> {
    let mut out = stdout();
    let name = group.scenario.name();
    let place = place(&wanted.address);
    match role {
        Role::Server => writeln!(out, "start your server of {name}; it must listen on {place}")?,
        Role::Client => writeln!(out, "start your client of {name}; it must connect to {place}")?,
    }
    write_wants(&mut out, wanted)?;
    writeln!(
        out,
        "framecheck waits for it; when it has ended and nothing more appears here, press Enter"
    )?;
    out.flush()
}

/// Waits for a line from standard input. If standard input is closed, waits for ever.
async fn until_enter() -> io::Result<()> {
    let mut line = String::new();
    if BufReader::new(tokio::io::stdin()).read_line(&mut line).await? == 0 {
        std::future::pending::<()>().await;
    }
    Ok(())
}
