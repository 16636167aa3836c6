//! The report for people: for each program the score, then the survivors, each with what would catch it, then
//! the mutants that are not counted, with the reasons.

use std::io::{self, Write};

use console::style;
use model::visible;

use super::super::judge_frames::counted;
use super::report::{Outcome, ProgramReport, Report, Row};
use super::subject::Subject;
use super::suggest::Suggestion;
use super::variants::Same;

/// Prints the results of a program.
pub(super) fn write_program(out: &mut impl Write, program: &ProgramReport) -> io::Result<()> {
    let ProgramReport { scenario, role, inputs, cases, seconds, variants, same, .. } = program;
    writeln!(
        out,
        "\n{scenario}: the {role}, {}: {} of {} caught; {}, {}, {}, {seconds:.1} s",
        program.program,
        program.caught(),
        program.of(),
        counted(variants.len() as u64, "variant"),
        counted(*inputs as u64, "input"),
        counted(*cases as u64, "case"),
    )?;
    for row in variants.iter().filter(|row| !row.is_same()) {
        if let Outcome::Survives { .. } = &row.outcome {
            write_survivor(out, row)?;
        }
    }
    let is_unreached = |row: &&Row| matches!(row.outcome, Outcome::NotReached);
    let unreached: Vec<&Row> = variants.iter().filter(is_unreached).collect();
    if !unreached.is_empty() {
        writeln!(out, "  not counted, as no input reaches the line:")?;
    }
    for Row { id, program, line, what, .. } in unreached {
        writeln!(out, "    {program}:{line}  {id}: {what}")?;
    }
    if !program.is_traced {
        writeln!(
            out,
            "  framecheck could not trace which lines the inputs reach; all variants are counted"
        )?;
    }
    let said: Vec<&Row> = variants.iter().filter(|row| row.is_same()).collect();
    if !same.is_empty() || !said.is_empty() {
        writeln!(out, "  not counted, as no input can tell them from the program:")?;
    }
    for Same { id, line, what, why, .. } in same {
        writeln!(out, "    line {line}  {id}: {what}: {why}")?;
    }
    for Row { id, program, line, what, outcome, .. } in said {
        if let Outcome::Survives { accepted: Some(why), .. } = outcome {
            writeln!(out, "    {program}:{line}  {id}: {what}: {why}")?;
        }
    }
    let beyond_quick = program.beyond_quick();
    if !beyond_quick.is_empty() {
        let missed: usize = beyond_quick.values().sum();
        writeln!(
            out,
            "  --quick misses {missed} of those that are caught; to change that, add to the file:"
        )?;
        writeln!(out, "    quick = [")?;
        for (case, count) in beyond_quick {
            writeln!(out, "        {case:?},  # catches {count}")?;
        }
        writeln!(out, "    ]")?;
    }
    for (input, why) in &program.unplayed {
        let (input, why) = (visible::line(input), visible::line(why));
        writeln!(out, "  {} the input {input}: {why}", style("NOT PLAYED").red().bold())?;
    }
    Ok(())
}

fn write_survivor(out: &mut impl Write, row: &Row) -> io::Result<()> {
    let Row { id, program, line, what, hint, diff, outcome, .. } = row;
    let Outcome::Survives { cases, findings, accepted, .. } = outcome else {
        return Ok(());
    };
    let word = if row.is_unexplained() {
        style("SURVIVES").red().bold()
    } else {
        style("survives").yellow().bold()
    };
    let (program, what) = (visible::line(program), visible::line(what));
    writeln!(out, "  {word} {id}, {program}:{line}: {what}")?;
    for line in visible::lines(diff).lines() {
        let coloured = match line.as_bytes().first() {
            Some(b'-') => style(line).green(),
            Some(b'+') => style(line).red(),
            _ => style(line),
        };
        writeln!(out, "      {coloured}")?;
    }
    if let Some(reason) = accepted {
        writeln!(out, "    accepted: {}", visible::line(reason))?;
    }
    for finding in findings {
        writeln!(out, "    {}", visible::line(finding))?;
    }
    if findings.is_empty() && accepted.is_none() {
        let advice = advice(hint);
        writeln!(
            out,
            "    all that is compared was the same in {}; {advice}",
            counted(*cases as u64, "case")
        )?;
    }
    Ok(())
}

/// Prints inputs that catch survivors, in the form of the file.
pub(super) fn write_suggestions(
    out: &mut impl Write,
    subject: &Subject,
    suggestions: &[Suggestion],
) -> io::Result<()> {
    let shown = subject.shown();
    if suggestions.is_empty() {
        return writeln!(out, "\nno other input that was tried catches a survivor of {shown}");
    }
    writeln!(out, "\nadd to {shown}:")?;
    for Suggestion { what, toml, catches, .. } in suggestions {
        writeln!(out, "\n# {what}; catches {}", catches.join(", "))?;
        write!(out, "{toml}")?;
    }
    Ok(())
}

/// Prints the other errors, and the score.
pub(super) fn write_end(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(out)?;
    for complaint in &report.complaints {
        writeln!(out, "{} {}", style("FAIL:").red().bold(), visible::line(complaint))?;
    }
    writeln!(out, "{} of {} caught", report.caught, report.of)
}

/// What to do about a survivor. The hint says where it may show: `AREA`, or `AREA: WHAT`.
pub(super) fn advice(hint: &str) -> String {
    let (area, what) = match hint.split_once(": ") {
        Some((area, what)) => (area, Some(what)),
        None => (hint, None),
    };
    let with = |usual: &str| what.unwrap_or(usual).to_owned();
    match area {
        "frames" => format!("add an input that makes it send or read {}", with("other frames")),
        "files" => format!("add an input with files that show it: {}", with("other files")),
        "screen" => format!(
            "add an input that shows it on the screen, with [compare] stdout = true: {}",
            with("other lines")
        ),
        "exit" => format!("add an input in which it ends in another way: {}", with("an error")),
        "network" => format!(
            "networks = \"every-place\" or another input may show it: {}",
            with("other cuts")
        ),
        "input" => format!("add an input or a [[hostile]] frame with {}", with("other values")),
        _ => "add an input that shows it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_says_what_to_add() {
        let frames = advice("frames: text beyond ASCII");
        assert_eq!(frames, "add an input that makes it send or read text beyond ASCII");
        assert_eq!(advice("frames"), "add an input that makes it send or read other frames");
        let edge = "add an input or a [[hostile]] frame with values at the edge";
        assert_eq!(advice("input: values at the edge"), edge);
        assert_eq!(advice(""), "add an input that shows it");
    }
}
