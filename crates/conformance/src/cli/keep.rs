//! `framecheck keep CASE.json --name NAME`

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use engine::plan::input_of;
use model::case::Kind;
use model::{Input, Scenario};
use protocols::Protocol;
use tutorials::Regression;

use super::out::stdout;
use super::replay::Kept;
use super::setup::Known;
use super::{KeepArgs, Usage};

pub(super) fn main(args: &KeepArgs) -> anyhow::Result<bool> {
    let kept = Kept::read(&args.case)?;
    if let Some(file) = args.files.first() {
        return keep_in(args, &kept, file);
    }
    if Known::new().catalogue.scenario(&kept.id.scenario).is_none() {
        let what = format!(
            "{} is not a scenario of the tutorials: name the protocol file that describes it",
            kept.id.scenario
        );
        return Err(Usage(what).into());
    }
    let regression = Regression {
        name: args.name.clone(),
        scenario: kept.id.scenario.clone(),
        network: kept.smallest_network().to_string(),
        input: input_of_kept(&kept, &Known::new())?,
    };
    let is_taken = |name: &str| {
        let catalogue = Known::new().catalogue;
        let mut all = catalogue.iter().flat_map(|scenario| scenario.vectors());
        all.any(|vector| vector.name == name)
    };
    check_name(&args.name)?;
    if is_taken(&args.name) {
        return Err(Usage(format!("there is a vector of the name {:?} already", args.name)).into());
    }
    append(&args.file, regression)?;
    writeln!(stdout(), "kept as {} in {}", args.name, args.file.display())?;
    Ok(true)
}

fn check_name(name: &str) -> Result<(), Usage> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if name.split('-').all(is_word) {
        return Ok(());
    }
    Err(Usage(format!("expected a name such as size-that-is-a-bool, found {name:?}")))
}

/// Keeps a case of a protocol in the protocol's file.
fn keep_in(args: &KeepArgs, kept: &Kept, file: &Path) -> anyhow::Result<bool> {
    check_name(&args.name)?;
    let known = Known::with(&args.files, &[])?;
    let is_its = |protocol: &&Arc<Protocol>| protocol.name() == kept.id.scenario;
    let Some(protocol) = known.protocols.iter().find(is_its) else {
        let what = format!("{} does not describe {}", file.display(), kept.id.scenario);
        return Err(Usage(what).into());
    };
    let network = kept.smallest_network();
    // The usual networks of an input have cuts at some places only.
    let every_place = matches!(network.kind, Kind::Split(_) | Kind::Cut(_));
    let input = input_of_kept(kept, &known)?;
    protocols::keep(protocol, &args.name, &input, every_place)?;
    writeln!(stdout(), "kept as the input {} in {}", args.name, protocol.path().display())?;
    Ok(true)
}

/// The minimised input of a failure, or the input that its case's id names.
fn input_of_kept(kept: &Kept, known: &Known) -> anyhow::Result<Input> {
    match kept.smallest_input() {
        Some(input) => Ok(input.clone()),
        None => Ok(input_of(&kept.id, &known.catalogue)?.1),
    }
}

fn append(file: &Path, regression: Regression) -> anyhow::Result<()> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    let mut all: Vec<Regression> =
        serde_json::from_str(&text).with_context(|| format!("{shown} holds no regressions"))?;
    if all.iter().any(|other| other.name == regression.name) {
        let name = regression.name;
        return Err(Usage(format!("{shown} has a regression of the name {name:?} already")).into());
    }
    all.push(regression);
    let text = serde_json::to_string_pretty(&all)? + "\n";
    fs::write(file, text).with_context(|| format!("cannot write {shown}"))
}
