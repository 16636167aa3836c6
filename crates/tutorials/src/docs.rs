//! Documents generated from the catalogue, so that they can't drift from it.

use std::fmt::Write as _;
use std::iter::once;

use model::observation::Role;
use model::{Clause, Level};

use crate::about::{About, Documents};
use crate::{SECTIONS, tutorials};

/// docs/ERRATA.md.
#[must_use]
pub fn errata_markdown() -> String {
    let mut text = String::from(
        "# Errata of the reference programs\n\nEach entry is a defect of one of the tutorials' \
         programs, kept unchanged in `python-ref/`. An erratum\nis no excuse: the harness triggers \
         each of them, requires all other programs to follow the clause, and\nfails when an \
         erratum no longer shows. `framecheck errata` triggers all of them, `framecheck errata \
         NAME`\none, and reports what it sees.\n\nThis file is generated from the scenarios' \
         `errata.rs` (`crates/tutorials/src/scenarios/`). Edit those, then\nrun `UPDATE_DOCS=1 \
         cargo test -p framecheck-tutorials`.\n",
    );
    for scenario in tutorials() {
        let errata = scenario.errata();
        if errata.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n## {}", scenario.name());
        for erratum in errata {
            let program = match erratum.role {
                Role::Server => "server.py",
                Role::Client => "client.py",
            };
            let _ = write!(
                text,
                "\n### {}\n\n\
                 - **Program**: `python-ref/{}/{program}`\n\
                 - **Trigger**: {}\n\
                 - **What happens**: {}\n\
                 - **What a right program does**: {} ({})\n",
                erratum.id,
                scenario.name(),
                erratum.trigger,
                erratum.happens,
                erratum.right,
                erratum.clause
            );
        }
    }
    text
}

/// A clause in the form of docs/PROTOCOL.md.
#[must_use]
pub fn clause_markdown(clause: &Clause) -> String {
    let level = match clause.level {
        Level::Must => "MUST",
        Level::Should => "SHOULD",
    };
    format!("- **{}** ({level}) {}", clause.id, clause.text)
}

/// docs/PROTOCOL.md, with the clauses of each section replaced by the current ones.
///
/// # Errors
/// The heading of a missing section.
pub fn with_clauses(protocol: &str) -> Result<String, String> {
    let common = SECTIONS.iter().map(|(title, _, clauses)| (*title, *clauses));
    let own = tutorials().iter().map(|scenario| (scenario.name(), scenario.clauses()));
    let mut text = protocol.to_owned();
    for (title, clauses) in common.chain(own) {
        let heading = format!("\n## {title}\n");
        let (before, section) = text.split_once(&heading).ok_or_else(|| format!("## {title}"))?;
        let end = section.find("\n## ").unwrap_or(section.len());
        let (section, after) = section.split_at(end);
        let is_clause = |line: &&str| line.starts_with("- **");
        let mut lines: Vec<String> =
            section.lines().take_while(|line| !is_clause(line)).map(str::to_owned).collect();
        if lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(String::new());
        }
        lines.extend(clauses.iter().map(clause_markdown));
        let behind = section.lines().skip_while(|line| !is_clause(line)).skip_while(is_clause);
        lines.extend(behind.map(str::to_owned));
        text = format!("{before}{heading}{}\n{after}", lines.join("\n"));
    }
    Ok(text)
}

/// The table of docs/running.md: what each program does.
///
/// # Errors
/// A `scenario.toml` is invalid.
pub fn programs_table() -> Result<String, toml::de::Error> {
    table(["scenario", "server", "client"], |it| [it.server, it.client])
}

/// The table of python-ref/README.md: the source of each program.
///
/// # Errors
/// A `scenario.toml` is invalid.
pub fn sources_table() -> Result<String, toml::de::Error> {
    let head = ["scenario", "tutorial", "section", "address"];
    table(head, |it| [it.tutorial, it.section, it.address])
}

/// One row per scenario, its name first.
fn table<const CELLS: usize, const REST: usize>(
    head: [&str; CELLS],
    rest: impl Fn(Documents) -> [String; REST],
) -> Result<String, toml::de::Error> {
    let row = |cells: Vec<&str>| {
        let cells: Vec<String> = cells.iter().map(|cell| format!(" {cell} ")).collect();
        // An empty cell is one space wide.
        format!("|{}|\n", cells.join("|").replace("|  ", "| "))
    };
    let mut text = row(head.to_vec());
    let _ = writeln!(text, "|{}", "---|".repeat(CELLS));
    for tutorial in tutorials() {
        let name = format!("`{}`", tutorial.name());
        let cells = rest(About::of(*tutorial)?.documents);
        text += &row(once(name.as_str()).chain(cells.iter().map(String::as_str)).collect());
    }
    Ok(text)
}

/// `document`, with the table that has the same first line replaced by this one.
///
/// # Errors
/// The first line of a missing table.
pub fn with_table(document: &str, table: &str) -> Result<String, String> {
    let head = table.lines().next().unwrap_or_default();
    let begin = document.find(head).ok_or(head)?;
    let (before, rest) = document.split_at(begin);
    let end = rest.find("\n\n").map_or(rest.len(), |at| at + 1);
    let (_, after) = rest.split_at(end);
    Ok(format!("{before}{table}{after}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{COMMON, common_clause};

    /// Compares a document with its expected text; with UPDATE_DOCS=1, writes that first.
    fn is(name: &str, with: impl Fn(&str) -> String) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
        let written = std::fs::read_to_string(&path).unwrap();
        let right = with(&written);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &right).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(written == right, "{name} is not as the scenarios have it; UPDATE_DOCS=1");
    }

    #[test]
    fn errata_md_is_the_scenarios() {
        is("docs/ERRATA.md", |_| errata_markdown());
    }

    #[test]
    fn protocol_md_has_every_clause_and_no_other() {
        is("docs/PROTOCOL.md", |written| with_clauses(written).unwrap());
        let refused = with_clauses("# The protocols\n\n## frames\n").unwrap_err();
        assert_eq!(refused, "## network");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/PROTOCOL.md");
        let written = std::fs::read_to_string(path).unwrap();
        let clauses: Vec<&str> = written.lines().filter(|line| line.starts_with("- **")).collect();
        let of_scenarios = tutorials().iter().flat_map(|scenario| scenario.clauses());
        let expected: Vec<String> =
            COMMON.iter().chain(of_scenarios).map(clause_markdown).collect();
        assert_eq!(clauses, expected);
    }

    #[test]
    fn both_tables_of_the_programs_have_every_scenario_and_no_other() {
        let programs = programs_table().unwrap();
        is("docs/running.md", |written| with_table(written, &programs).unwrap());
        let sources = sources_table().unwrap();
        is("python-ref/README.md", |written| with_table(written, &sources).unwrap());
    }

    #[test]
    fn every_erratum_names_a_clause_of_its_scenario() {
        for (scenario, erratum) in
            tutorials().iter().flat_map(|it| it.errata().iter().map(move |erratum| (it, erratum)))
        {
            assert_eq!(erratum.scenario, scenario.name());
            assert!(erratum.id.starts_with(erratum.scenario));
            let of_scenario = scenario.clauses().iter().any(|clause| clause.id == erratum.clause);
            assert!(
                of_scenario || common_clause(erratum.clause).is_some(),
                "{} names {}",
                erratum.id,
                erratum.clause
            );
        }
    }
}
