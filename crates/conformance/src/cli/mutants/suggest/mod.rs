//! `--suggest`: inputs that catch survivors, for the user to add to the file.
//!
//! Inputs are made from the file's own (`ideas.rs`), malformed frames from its frames (`malformed.rs`). A copy
//! of the protocol with these inputs is tried like the file, but only with the survivors, undisturbed and over
//! two networks. An input that catches a survivor is suggested.

mod ideas;
mod malformed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context;
use engine::plan::Selection;
use model::{Input, Scenario};
use protocols::{Protocol, shown_input, shown_malformed, with_inputs, with_malformed};
use serde::Serialize;

use self::ideas::Idea;
use super::super::Usage;
use super::super::out::say;
use super::super::setup::Known;
use super::MutantsArgs;
use super::report::{Outcome, ProgramReport, Row};
use super::subject::Subject;
use super::trial::{self, Choice};

/// The name of an idea while it is tried.
const TRIED: &str = "idea";
/// The networks that ideas are tried over. Once an input is in the file, it is played over all.
const NETWORKS: [&str; 3] = ["asis", "bytewise", "coalesced"];

/// An input that catches survivors.
#[derive(Debug, Serialize)]
pub(super) struct Suggestion {
    /// The protocol's file.
    pub(super) file: String,
    /// How it changes an input of the file.
    pub(super) what: String,
    /// The input in the form of the file.
    pub(super) toml: String,
    /// The ids of the survivors that it catches.
    pub(super) catches: Vec<String>,
}

/// Rejects subjects for which no input can be suggested.
pub(super) fn check(subjects: &[Subject]) -> anyhow::Result<()> {
    let is_tutorial = |subject: &&Subject| subject.known.protocols.is_empty();
    match subjects.iter().find(is_tutorial) {
        None => Ok(()),
        Some(subject) => {
            let name = subject.scenario.name();
            let what = "--suggest makes inputs for protocol files";
            Err(Usage(format!("{what}; {name} is a scenario of the tutorials")).into())
        }
    }
}

/// Inputs and malformed frames that catch mutants which these reports list as survivors or as not reached.
pub(super) fn suggest(
    subject: &Subject,
    args: &MutantsArgs,
    tried: &[ProgramReport],
) -> anyhow::Result<Vec<Suggestion>> {
    let mut wanted: BTreeSet<String> = tried
        .iter()
        .flat_map(|program| &program.variants)
        .filter(|row| row.is_unexplained() || !row.counts() && !row.is_same())
        .map(|row| row.id.clone())
        .collect();
    let Some(protocol) = subject.known.protocols.first() else { return Ok(Vec::new()) };
    let numbers: BTreeSet<usize> =
        tried.iter().flat_map(|program| &program.numbers).copied().collect();
    let numbers: Vec<usize> = numbers.into_iter().collect();
    let mut made = inputs(subject, protocol, args, &numbers, &wanted)?;
    wanted.retain(|id| !made.iter().any(|it| it.catches.contains(id)));
    made.extend(frames(subject, protocol, args, &numbers, &wanted)?);
    Ok(made)
}

/// Inputs, made from the file's own.
fn inputs(
    subject: &Subject,
    protocol: &Protocol,
    args: &MutantsArgs,
    numbers: &[usize],
    wanted: &BTreeSet<String>,
) -> anyhow::Result<Vec<Suggestion>> {
    let fixed = fixed(protocol);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    if fixed.is_empty() {
        say("nothing is suggested: the file has no fixed [[input]] that others could be made from");
        return Ok(Vec::new());
    }
    let ideas = ideas::of(&fixed, numbers);
    let names = (1..).map(|nth| format!("{TRIED}-{nth}"));
    let named: Vec<(String, Input)> =
        names.zip(ideas.iter().map(|idea| idea.input.clone())).collect();
    let text = with_inputs(protocol, &named)?;
    let catches = try_out(subject, protocol, args, &text, (&format!("{TRIED}-*"), wanted))?;
    let mut names = (1..).map(|nth| format!("suggested-{nth}"));
    let mut suggestions = Vec::new();
    for ((tried_as, input), Idea { what, .. }) in named.iter().zip(ideas) {
        let Some(catches) = catches.get(tried_as) else { continue };
        let is_free = |name: &String| fixed.iter().all(|(taken, _)| taken != name);
        let Some(name) = names.find(is_free) else { break };
        let (file, toml) = (subject.shown(), shown_input(&name, input));
        suggestions.push(Suggestion { file, what, toml, catches: catches.clone() });
    }
    Ok(suggestions)
}

/// Malformed frames, made from those of the first fixed input.
fn frames(
    subject: &Subject,
    protocol: &Protocol,
    args: &MutantsArgs,
    numbers: &[usize],
    wanted: &BTreeSet<String>,
) -> anyhow::Result<Vec<Suggestion>> {
    let frames = malformed::of(&protocol.frame_values(), numbers);
    if wanted.is_empty() || frames.is_empty() {
        return Ok(Vec::new());
    }
    let text = with_malformed(protocol, &frames)?;
    let catches = try_out(subject, protocol, args, &text, ("hostile-*-given-*", wanted))?;
    let mut suggestions = Vec::new();
    for (nth, frame) in (protocol.given_count() + 1..).zip(&frames) {
        let is_its = |name: &&String| name.ends_with(&format!("-given-{nth}"));
        let Some(name) = catches.keys().find(is_its) else { continue };
        suggestions.push(Suggestion {
            file: subject.shown(),
            what: format!("{}.{} is another", frame.frame, frame.path),
            toml: shown_malformed(frame),
            catches: catches.get(name).cloned().unwrap_or_default(),
        });
    }
    Ok(suggestions)
}

/// Tries the wanted mutants with this file text and the matching inputs. Returns the mutants that each input
/// caught.
fn try_out(
    subject: &Subject,
    protocol: &Protocol,
    args: &MutantsArgs,
    text: &str,
    (inputs, wanted): (&str, &BTreeSet<String>),
) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let known = Known::of_protocol(Protocol::of_text(text, protocol.path(), &[])?);
    let scenario = known.protocols.first().map(|it| it.clone() as Arc<dyn Scenario>);
    let scenario = scenario.context("a file has a protocol")?;
    let other = Subject { known, scenario, file: subject.file.clone() };
    let selection = Selection {
        inputs: vec![inputs.to_owned()],
        networks: NETWORKS.map(str::to_owned).into(),
        seed: args.seed,
        ..Selection::default()
    };
    let choice = Choice { selection, only: Some(wanted.clone()) };
    let (came, _) = trial::run(&other, args, &choice)?;
    Ok(by_input(came.iter().flat_map(|program| &program.variants)))
}

/// The file's fixed inputs that two programs play.
fn fixed(protocol: &Protocol) -> Vec<(String, Input)> {
    let vectors = protocol.vectors().into_iter();
    let is_played = |input: &Input| input.hostile.is_none() && !input.raw && input.served.is_none();
    vectors.filter(|it| is_played(&it.input)).map(|it| (it.name, it.input)).collect()
}

/// The mutants that each input caught.
fn by_input<'a>(rows: impl Iterator<Item = &'a Row>) -> BTreeMap<String, Vec<String>> {
    let mut caught: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        if let Outcome::Caught { input, .. } = &row.outcome {
            caught.entry(input.clone()).or_default().push(row.id.clone());
        }
    }
    caught
}
