//! `framecheck list`

use std::io::{self, Write};
use std::sync::Arc;

use engine::peer::own_places;
use framecheck::built_in::RUST;
use model::case::{HARNESS, Kind};
use model::observation::Role;
use model::{Check, Clause, GENERATED, Scenario};
use serde_json::{Value, json};
use tutorials::{REFERENCE, SECTIONS};

use super::out::stdout;
use super::setup::Known;
use super::{Format, ListArgs};

pub(super) fn main(args: &ListArgs) -> anyhow::Result<bool> {
    let known = Known::with(&args.files, &[])?;
    let mut out = stdout();
    match args.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&listed(&known))?)?,
        Format::Human => print(&mut out, &known)?,
    }
    Ok(true)
}

/// Every pairing of the built-in peers; for a protocol file, the reference with itself.
fn pairings(known: &Known) -> Vec<String> {
    if !known.protocols.is_empty() {
        let own = known.protocols.iter().map(|protocol| &protocol.programs().name);
        let mut pairings: Vec<String> = own.map(|name| format!("{name}->{name}")).collect();
        pairings.sort();
        pairings.dedup();
        return pairings;
    }
    let peers = [REFERENCE, RUST];
    let typed = peers.iter().flat_map(|c| peers.iter().map(move |s| format!("{s}->{c}")));
    let raw = peers.iter().map(|server| format!("{server}->{HARNESS}"));
    let served = peers.iter().map(|client| format!("{HARNESS}->{client}"));
    typed.chain(raw).chain(served).collect()
}

fn listed(known: &Known) -> Value {
    let catalogue = &known.catalogue;
    let scenario_json = |scenario: &Arc<dyn Scenario>| {
        json!({
            "name": scenario.name(),
            "summary": scenario.summary(),
            "transports": scenario.transports(),
            "places": {
                "server": own_places(&**scenario, Role::Server),
                "client": own_places(&**scenario, Role::Client),
            },
            "clauses": scenario.clauses(),
            "vectors": scenario.vectors().iter().map(|vector| json!({
                "name": vector.name,
                "id": vector.id().to_string(),
            })).collect::<Vec<_>>(),
            "generated": scenario.generators().into_iter().map(|it| it.name).collect::<Vec<_>>(),
        })
    };
    json!({
        "scenarios": catalogue.iter().map(scenario_json).collect::<Vec<_>>(),
        "pairings": pairings(known),
        "networks": Kind::NAMES,
        "clauses": sections(known).iter().map(|(title, _, clauses)| json!({"about": title, "clauses": clauses})).collect::<Vec<_>>(),
        "checks": Check::ALL,
        "errata": catalogue.errata().map(|erratum| json!({
            "id": erratum.id,
            "scenario": erratum.scenario,
            "role": erratum.role,
            "trigger": erratum.trigger,
            "happens": erratum.happens,
            "right": erratum.right,
            "clause": erratum.clause,
        })).collect::<Vec<_>>(),
    })
}

fn print_clauses(out: &mut impl Write, clauses: &[Clause]) -> io::Result<()> {
    for clause in clauses {
        let checks: Vec<_> = clause.checks.iter().map(|check| check.name()).collect();
        writeln!(out, "  {:6} {}  [{}]", clause.id, clause.text, checks.join(", "))?;
    }
    Ok(())
}

/// The clauses that apply to all scenarios of the tutorials.
fn sections(known: &Known) -> &'static [(&'static str, bool, &'static [Clause])] {
    if known.protocols.is_empty() { &SECTIONS } else { &[] }
}

fn print(out: &mut impl Write, known: &Known) -> io::Result<()> {
    let catalogue = &known.catalogue;
    for scenario in catalogue.iter() {
        let transports: Vec<_> = scenario.transports().iter().map(ToString::to_string).collect();
        writeln!(out, "{}  ({})", scenario.name(), transports.join(", "))?;
        writeln!(out, "  {}", scenario.summary())?;
        for role in [Role::Server, Role::Client] {
            let places = own_places(&**scenario, role);
            if !places.is_empty() {
                writeln!(out, "  a {role}'s command may have {{{}}}", places.join("}, {"))?;
            }
        }
        print_clauses(out, scenario.clauses())?;
        let vectors: Vec<_> = scenario.vectors().into_iter().map(|vector| vector.name).collect();
        writeln!(out, "  {} vectors: {}", vectors.len(), vectors.join(", "))?;
        let generated: Vec<_> = scenario.generators().into_iter().map(|it| it.name).collect();
        match &generated[..] {
            [only] if only == GENERATED => {}
            [] => {}
            names => writeln!(out, "  generated: {}", names.join(", "))?,
        }
        let described = known.protocols.iter().find(|it| it.name() == scenario.name());
        if described.is_some_and(|protocol| protocol.input_for_hostile().is_some()) {
            writeln!(out, "  hostile: malformed frames, made from the reference's own frames")?;
        }
        writeln!(out)?;
    }
    for (title, _, clauses) in sections(known) {
        writeln!(out, "{title}, of every scenario")?;
        print_clauses(out, clauses)?;
        writeln!(out)?;
    }
    writeln!(out, "pairings: {}", pairings(known).join(", "))?;
    writeln!(out, "networks: {}; -up and -down give the direction", Kind::NAMES.join(", "))?;
    if catalogue.errata().next().is_none() {
        return Ok(());
    }
    writeln!(out, "\nerrata of the reference:")?;
    for erratum in catalogue.errata() {
        writeln!(out, "  {} [{}]: {}", erratum.id, erratum.clause, erratum.trigger)?;
    }
    Ok(())
}
