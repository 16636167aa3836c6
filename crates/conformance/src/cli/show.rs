//! `framecheck show ID`, `framecheck show SCENARIO/VECTOR`

use std::io::{self, Write};

use engine::plan::{Group, case_named, group_of};
use model::case::{CaseId, Network};
use model::{Catalogue, Clause, Expected, ExpectedEnd, RightError, Scenario, Truth, Wire};
use report::hex;

use super::measure::make_known;
use super::out::stdout;
use super::setup::{Known, Setup, setup};
use super::{ShowArgs, Usage, case_and_files};

const ROWS_MAX: usize = 64;
/// The ids of the clauses about frames begin with this.
const ABOUT_FRAMES: &str = "FR-";

pub(super) fn main(args: &ShowArgs) -> anyhow::Result<bool> {
    let mut with = args.means.with(&args.peer, super::DEADLINE_SECONDS);
    // This command sends nothing to a peer.
    with.others.allow_non_loopback = true;
    let (case, files) = case_and_files(&args.case, &args.files);
    let known = Known::with_all(&files)?;
    let peers = super::setup::peers(&with, &known)?;
    make_known(&with, &known)?;
    let id = chosen(&case, &known.catalogue)?;
    let group = group_of(&id, &known.catalogue, &peers)?;
    let setup = setup(&with, &known)?;
    let expected = match group.scenario.truth() {
        Truth::Model => right(&group)?,
        Truth::Reference => seen(&setup, &group)?,
    };
    let mut out = stdout();
    writeln!(out, "{id}")?;
    writeln!(out, "input: {}", group.input_name())?;
    writeln!(out, "  {}", serde_json::to_string(&group.input)?)?;
    if !id.network.is_harmless() {
        writeln!(out, "without the network's fault; `replay` shows what is right with it")?;
    }
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
    writeln!(out, "by these clauses, as {} does:", group.scenario.reference_pairing(&group.input))?;
    show_clauses(&mut out, &*group.scenario)?;
    Ok(true)
}

/// The clauses that a case can violate: the scenario's own, then the common ones.
fn show_clauses(out: &mut impl Write, scenario: &dyn Scenario) -> io::Result<()> {
    for clause in scenario.clauses() {
        writeln!(out, "  {:6} {}", clause.id, clause.text)?;
    }
    let is_framed = scenario.framing().is_some();
    let concerns = |clause: &&Clause| is_framed || !clause.id.starts_with(ABOUT_FRAMES);
    let mut common = scenario.common_clauses().iter().filter(concerns).peekable();
    if common.peek().is_some() {
        writeln!(out, "and by these, which hold for several scenarios:")?;
    }
    for clause in common {
        writeln!(out, "  {:6} {}", clause.id, clause.text)?;
    }
    Ok(())
}

/// The case of an id. For a vector, the case over its scenario's own transport, played by the reference.
fn chosen(name: &str, catalogue: &Catalogue) -> anyhow::Result<CaseId> {
    let vector = name.split_once('/').filter(|(_, vector)| !vector.contains('/'));
    let Some((scenario_name, vector)) = vector else {
        let why = |error| Usage(format!("{name:?} is not a case: {error}"));
        if name.matches('/').count() == 4 {
            return Ok(case_named(name, catalogue)?);
        }
        return Ok(name.parse().map_err(why)?);
    };
    let scenario = catalogue
        .scenario(scenario_name)
        .ok_or_else(|| Usage(format!("no scenario is called {scenario_name:?}")))?;
    let known = scenario.vectors();
    let Some(vector) = known.iter().find(|known| known.name == vector) else {
        let names: Vec<_> = known.iter().map(|vector| &*vector.name).collect();
        let names = names.join(", ");
        let why = format!("{scenario_name} has no vector {vector:?}; it has {names}");
        return Err(Usage(why).into());
    };
    Ok(CaseId {
        scenario: scenario_name.to_owned(),
        pairing: scenario.reference_pairing(&vector.input),
        transport: scenario.home(),
        network: Network::AS_IS,
        input: vector.id(),
    })
}

/// What the reference does with an input.
fn seen(setup: &Setup, group: &Group) -> anyhow::Result<Expected> {
    let runtime = super::setup::runtime()?;
    let baseline = runtime.block_on(setup.stage.baseline(&*group.scenario, &group.input))?;
    Ok(baseline.expected.clone())
}

/// What is right for an input. If the harness is the server, given what it serves.
fn right(group: &Group) -> Result<Expected, RightError> {
    let expected = group.scenario.right(&group.input)?;
    let Some(served) = &group.input.served else { return Ok(expected) };
    let given: Vec<u8> = served.iter().flat_map(|answer| answer.0.clone()).collect();
    let mut right = group.scenario.harmed(&group.input, &given)?.given(&expected);
    right.to_client = match right.to_client {
        Wire::Stream(_) => Wire::stream(given),
        Wire::Datagrams(_) => Wire::Datagrams(served.clone()),
    };
    Ok(right)
}

fn show_end(out: &mut impl Write, name: &str, end: &ExpectedEnd) -> io::Result<()> {
    writeln!(out, "{name} ends with {} and prints {} bytes", end.ending, end.stdout.0.len())?;
    write!(out, "{}", hex::dump(&end.stdout.0, ROWS_MAX))?;
    for (file, content) in &end.files {
        writeln!(out, "{name} leaves {file:?}, {} bytes", content.0.len())?;
    }
    Ok(())
}
