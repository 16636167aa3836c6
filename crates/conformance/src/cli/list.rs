//! `framecheck list`

use std::io::{self, Write};

use framecheck::catalogue::{Check, errata, scenarios};
use framecheck::peer::{HARNESS, REFERENCE};
use serde_json::{Value, json};

use super::{Format, ListArgs};

pub(super) fn main(args: &ListArgs) -> anyhow::Result<bool> {
    let listed = listed();
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&listed)?)?,
        Format::Human => print(&mut out)?,
    }
    Ok(true)
}

fn pairings() -> Vec<String> {
    let peers = [REFERENCE, "rust"];
    let typed = peers.iter().flat_map(|c| peers.iter().map(move |s| format!("{s}->{c}")));
    typed.chain(peers.iter().map(|server| format!("{server}->{HARNESS}"))).collect()
}

fn listed() -> Value {
    let scenario_json = |scenario: &&dyn framecheck::catalogue::Scenario| {
        json!({
            "name": scenario.name(),
            "summary": scenario.summary(),
            "transports": scenario.transports(),
            "clauses": scenario.clauses(),
            "vectors": scenario.vectors().iter().map(|vector| json!({
                "name": vector.name,
                "id": vector.id().to_string(),
            })).collect::<Vec<_>>(),
        })
    };
    json!({
        "scenarios": scenarios().iter().map(scenario_json).collect::<Vec<_>>(),
        "pairings": pairings(),
        "networks": ["asis"],
        "checks": Check::ALL,
        "errata": errata().map(|erratum| json!({
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

fn print(out: &mut impl Write) -> io::Result<()> {
    for scenario in scenarios() {
        let transports: Vec<_> = scenario.transports().iter().map(ToString::to_string).collect();
        writeln!(out, "{}  ({})", scenario.name(), transports.join(", "))?;
        writeln!(out, "  {}", scenario.summary())?;
        for clause in scenario.clauses() {
            let checks: Vec<_> = clause.checks.iter().map(|check| check.name()).collect();
            writeln!(out, "  {:6} {}  [{}]", clause.id, clause.text, checks.join(", "))?;
        }
        let vectors: Vec<_> = scenario.vectors().iter().map(|vector| vector.name).collect();
        writeln!(out, "  {} vectors: {}\n", vectors.len(), vectors.join(", "))?;
    }
    writeln!(out, "pairings: {}", pairings().join(", "))?;
    writeln!(out, "\nerrata of the reference:")?;
    for erratum in errata() {
        writeln!(out, "  {} [{}]: {}", erratum.id, erratum.clause, erratum.trigger)?;
    }
    Ok(())
}
