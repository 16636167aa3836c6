//! `framecheck keep CASE.json --name NAME`

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use tutorials::Regression;

use super::out::stdout;
use super::replay::Kept;
use super::setup::Known;
use super::{KeepArgs, Usage};

pub(super) fn main(args: &KeepArgs) -> anyhow::Result<bool> {
    let kept = Kept::read(&args.case)?;
    let regression = Regression {
        name: args.name.clone(),
        scenario: kept.id.scenario.clone(),
        network: kept.smallest_network().to_string(),
        input: kept.smallest_input().clone(),
    };
    let is_taken = |name: &str| {
        let catalogue = Known::new().catalogue;
        let mut all = catalogue.iter().flat_map(|scenario| scenario.vectors());
        all.any(|vector| vector.name == name)
    };
    let is_kebab = |name: &str| {
        name.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
    };
    if !is_kebab(&args.name) {
        return Err(Usage(format!(
            "expected a name such as size-that-is-a-bool, found {:?}",
            args.name
        ))
        .into());
    }
    if is_taken(&args.name) {
        return Err(Usage(format!("there is a vector of the name {:?} already", args.name)).into());
    }
    append(&args.file, regression)?;
    writeln!(stdout(), "kept as {} in {}", args.name, args.file.display())?;
    Ok(true)
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
