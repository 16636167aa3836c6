//! `framecheck`, as a user meets it.

mod action;
mod at_terminal;
mod attach;
mod audit;
mod broken_peer;
mod captures;
mod choice;
mod claims;
mod commands;
mod dissector;
mod errata;
mod example_peers;
mod expected;
mod first_cause;
mod forms_by_command;
mod four_tutorials;
mod hostile_peers;
mod html_report;
mod installed;
mod json;
mod json_by_value;
mod json_profile;
mod launcher;
mod learn;
mod machine;
mod manifests;
mod mutants;
mod networks;
mod one_client;
mod others;
mod own_protocol;
mod own_protocol_page;
mod pace;
mod picture;
mod printed;
mod proxy;
mod report_forms;
mod run;
mod scale;
mod shards;
mod usage;
mod wheel;
mod workflows;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// A report.json, read.
fn report(out: &Path) -> Value {
    let text = std::fs::read_to_string(out.join("report.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Verdicts by case id.
fn verdicts(report: &Value) -> BTreeMap<String, String> {
    let text = |case: &Value, key: &str| case[key].as_str().unwrap().to_owned();
    let cases = report["cases"].as_array().unwrap();
    cases.iter().map(|case| (text(case, "id"), text(case, "verdict"))).collect()
}
