//! `framecheck diff OLD.json NEW.json`

use std::io::{self, Write};

use console::style;
use model::visible;
use report::changes::{Change, Changes, Report};
use serde_json::json;

use super::out::stdout;
use super::{DiffArgs, Format};

/// At most this many cases are listed that neither regressed nor were fixed.
const LISTED_MAX: usize = 20;

/// Returns whether there are no regressions.
pub(super) fn main(args: &DiffArgs) -> anyhow::Result<bool> {
    let (old, new) = (Report::read(&args.old)?, Report::read(&args.new)?);
    let changes = Changes::between(&old, &new);
    let mut out = stdout();
    match args.format {
        Format::Human => {
            write_notes(&mut out, &old, &new)?;
            write_changes(&mut out, &changes)?;
        }
        Format::Json => {
            let mut told = json!({"schema": 1});
            if let (Some(told), serde_json::Value::Object(lists)) =
                (told.as_object_mut(), serde_json::to_value(&changes)?)
            {
                told.extend(lists);
            }
            writeln!(out, "{told}")?;
        }
    }
    Ok(changes.regressions.is_empty())
}

/// Notes on why the reports may differ more than the programs do.
fn write_notes(out: &mut impl Write, old: &Report, new: &Report) -> io::Result<()> {
    if old.seed != new.seed {
        writeln!(
            out,
            "note: seeds {} and {}: generated inputs are not the same",
            old.seed, new.seed
        )?;
    }
    for (name, report) in [("old", old), ("new", new)] {
        if report.interrupted {
            writeln!(out, "note: the {name} run was interrupted: cases are missing from it")?;
        }
    }
    Ok(())
}

fn write_changes(out: &mut impl Write, changes: &Changes) -> io::Result<()> {
    let Changes { regressions, fixes, changed, new, gone, unchanged } = changes;
    write_kind(out, style("regressions").red().bold(), regressions, usize::MAX)?;
    write_kind(out, style("fixes").green().bold(), fixes, usize::MAX)?;
    write_kind(out, style("changed").bold(), changed, LISTED_MAX)?;
    write_kind(out, style("new").bold(), new, LISTED_MAX)?;
    write_kind(out, style("gone").bold(), gone, LISTED_MAX)?;
    writeln!(
        out,
        "{} regressions, {} fixes, {} changed, {} new, {} gone, {unchanged} unchanged",
        regressions.len(),
        fixes.len(),
        changed.len(),
        new.len(),
        gone.len()
    )
}

fn write_kind(
    out: &mut impl Write,
    title: console::StyledObject<&str>,
    changes: &[Change],
    listed_max: usize,
) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}:")?;
    for change in changes.iter().take(listed_max) {
        let input = match change.input.as_str() {
            "" => String::new(),
            name => format!(" ({})", visible::line(name)),
        };
        let (id, shown) = (visible::line(&change.id), visible::line(&change.shown));
        writeln!(out, "  {id}{input}  {shown}")?;
        if !change.what.is_empty() {
            writeln!(out, "    {}", visible::line(&change.what))?;
        }
    }
    if changes.len() > listed_max {
        writeln!(out, "  and {} more; --format json has all", changes.len() - listed_max)?;
    }
    writeln!(out)
}
