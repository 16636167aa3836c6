//! What catches what: the checks and clauses by mutant, the mutants by check, and docs/KILL-MATRIX.md, which has
//! both. This module plays nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;

use crate::Cast;
use crate::mutant::{Finding, Mutant};
use crate::play::{Catalogue, Clause, Outcome};
use crate::variants::Variants;

/// The document, from the repository's root.
pub(crate) const DOCUMENT: &str = "docs/KILL-MATRIX.md";

/// The clauses that no mutant and no variant breaks first, and why. A clause that does catch one is no longer an
/// exception, and must be removed here.
const NOT_TRIED: [(&str, &str); 0] = [];

/// A mutant and its result.
pub(crate) struct Row<'a> {
    pub(crate) scenario: &'a str,
    pub(crate) mutant: &'a Mutant,
    pub(crate) outcome: &'a Outcome,
}

type Rows<'a> = BTreeMap<&'a str, Row<'a>>;

/// For each check, and each verdict of a case that had to be stopped, the mutants it catches.
fn by_check<'a>(rows: &'a Rows<'_>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut by_check: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, row) in rows {
        for finding in row.outcome.found.keys() {
            by_check.entry(&finding.check).or_default().insert(name);
        }
    }
    by_check
}

/// Prints how many mutants each check catches. Returns how many checks and clauses are wrong: they catch none, or
/// catch some although they are listed as exceptions.
pub(crate) fn check_coverage(catalogue: &Catalogue, rows: &Rows<'_>, variants: &Variants) -> usize {
    let (by_check, of_variants) = (by_check(rows), variants.by_check());
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["check", "mutants caught", "by it alone", "variants by rule"]);
    let mut wrong = 0;
    for check in names(catalogue) {
        let count = by_check.get(check).map_or(0, BTreeSet::len);
        let by_rule = of_variants.get(check).copied().unwrap_or_default();
        let is_stop = STOPS.iter().any(|(stop, _)| *stop == check);
        wrong += usize::from(!is_stop && count + by_rule == 0);
        let [count, alone, by_rule] = [count, alone(check, rows), by_rule].map(|it| it.to_string());
        table.add_row([check, &count, &alone, &by_rule]);
    }
    println!("{table}");
    wrong + clauses_without(catalogue, rows, variants)
}

/// Names the clauses that catch no mutant, and the exceptions that catch one. Returns how many.
fn clauses_without(catalogue: &Catalogue, rows: &Rows<'_>, variants: &Variants) -> usize {
    let is_of_rows =
        |id: &str| rows.values().any(|row| row.outcome.found.keys().any(|it| it.clause == id));
    let own = catalogue.scenarios.iter().flat_map(|section| &section.clauses);
    let mut wrong = 0;
    for Clause { id } in own.chain(catalogue.common()) {
        let catches = is_of_rows(id) || variants.goes_against(id);
        let is_excepted = NOT_TRIED.iter().any(|(clause, _)| clause == id);
        if catches == is_excepted {
            let what = if catches { "is said not to be tried" } else { "catches no mutant" };
            println!("CLAUSE    {id} {what}");
            wrong += 1;
        }
    }
    wrong
}

/// The verdict of a case that does not end by itself.
const STOPS: [(&str, &str); 3] = [
    ("timeout", "nothing moved any more, or the deadline passed"),
    ("crash", "a program was killed by a signal that no program sent"),
    ("fail", "a program kept a processor busy, or sent or printed without end"),
];

/// The checks, and the verdicts of stopped cases.
fn names(catalogue: &Catalogue) -> impl Iterator<Item = &str> {
    catalogue.checks.iter().map(String::as_str).chain(STOPS.map(|(stop, _)| stop))
}

/// How many mutants only this check catches.
fn alone(check: &str, rows: &Rows<'_>) -> usize {
    let is_alone = |row: &&Row<'_>| row.outcome.found.keys().all(|finding| finding.check == check);
    rows.values().filter(|row| !row.outcome.found.is_empty()).filter(is_alone).count()
}

/// docs/KILL-MATRIX.md.
pub(crate) fn document(
    cast: &Cast<'_>,
    rows: &Rows<'_>,
    catalogue: &Catalogue,
    variants: &Variants,
) -> String {
    let mut text = format!(
        "# The kill matrix\n\n\
         This page shows which checks and clauses catch a wrong program. Each of its {} mutants is a port \
         with one bug\nthat a port might well have. The port is an example peer (`tests/peers`) or the port \
         of an example protocol\n(`examples`).\n\n\
         `make mutants` plays all mutants. It fails if a mutant is not caught by what is in bold here, if a \
         port without\na bug fails a case, or if a check or a clause catches no mutant.\n\n\
         `timeout`, `crash` and `fail` are the verdicts of cases that framecheck had to stop. The number of \
         cases that a\nmutant fails may differ a little from one run to the next. \"of 96+\" means that \
         framecheck stopped playing the\nmutant, because enough cases had caught it.\n\n\
         `make mutants UPDATE_DOCS=1` writes this page. The mutants are in `tests/mutants`.\n",
        rows.len()
    );
    checks_section(&mut text, rows, catalogue, variants);
    clauses_section(&mut text, cast, rows, catalogue);
    for (theme, _) in &cast.themes {
        let of = theme.protocol.as_deref().map(|folder| format!(" of `{folder}`"));
        let _ = write!(
            text,
            "\n## {}, {}{}\n\n| mutant | base | what is wrong with it | caught by, in so many cases |\n\
             |---|---|---|---|\n",
            theme.scenario,
            theme.role.name(),
            of.unwrap_or_default()
        );
        for mutant in &theme.mutant {
            if let Some(row) = rows.get(mutant.name.as_str()) {
                let _ = writeln!(text, "{}", line(row));
            }
        }
    }
    text
}

/// A mutant's line of the document.
pub(crate) fn line(row: &Row<'_>) -> String {
    let Mutant { name, base, what, .. } = row.mutant;
    format!("| **{name}** | {base} | {what} | {} |", caught(row))
}

/// What caught it, and in how many cases: first the expected finding, then the rest, the most frequent first.
fn caught(row: &Row<'_>) -> String {
    let wanted = &row.mutant.caught_by;
    let mut found: Vec<(&Finding, usize)> =
        row.outcome.found.iter().map(|(finding, count)| (finding, *count)).collect();
    found.sort_by_key(|(finding, count)| (*finding != wanted, usize::MAX - count));
    let shown = found.iter().map(|(finding, count)| {
        if *finding == wanted {
            format!("**{finding}** {count}")
        } else {
            format!("{finding} {count}")
        }
    });
    let shown: Vec<String> = shown.collect();
    let more = if row.outcome.is_whole { "" } else { "+" };
    format!("{}; of {}{more}", shown.join(", "), row.outcome.cases)
}

fn checks_section(text: &mut String, rows: &Rows<'_>, catalogue: &Catalogue, variants: &Variants) {
    text.push_str(
        "\n## By check\n\n| check | mutants it catches | mutants that only it catches | variants that it finds \
         first |\n|---|---|---|---|\n",
    );
    let (by_check, of_variants) = (by_check(rows), variants.by_check());
    for check in names(catalogue) {
        let count = by_check.get(check).map_or(0, BTreeSet::len);
        let by_rule = of_variants.get(check).copied().unwrap_or_default();
        let stop = STOPS.iter().find(|(stop, _)| *stop == check);
        let name = stop.map_or(format!("`{check}`"), |(_, what)| format!("`{check}`: {what}"));
        let _ = writeln!(text, "| {name} | {count} | {} | {by_rule} |", alone(check, rows));
    }
    for (clause, why) in NOT_TRIED {
        let _ = writeln!(text, "\nNo mutant violates {clause} first: {why}");
    }
}

fn clauses_section(text: &mut String, cast: &Cast<'_>, rows: &Rows<'_>, catalogue: &Catalogue) {
    text.push_str(
        "\n## By clause\n\n| scenario | mutants that violate it, by clause |\n|---|---|\n",
    );
    let mut line = |of: &str, clauses: &[&str], scenario: Option<&str>| {
        let goes_against = |row: &&Row<'_>, id: &str| {
            scenario.is_none_or(|it| it == row.scenario)
                && row.outcome.found.keys().any(|finding| finding.clause == id)
        };
        let count = |id: &str| rows.values().filter(|row| goes_against(row, id)).count();
        let counts: Vec<String> = clauses.iter().map(|id| format!("{id} {}", count(id))).collect();
        let _ = writeln!(text, "| {of} | {} |", counts.join(", "));
    };
    let common: Vec<&str> = catalogue.common().map(|clause| clause.id.as_str()).collect();
    line("all", &common, None);
    for section in &catalogue.scenarios {
        if cast.themes.iter().any(|(theme, _)| theme.scenario == section.name) {
            let ids: Vec<&str> = section.clauses.iter().map(|clause| clause.id.as_str()).collect();
            line(&section.name, &ids, Some(&section.name));
        }
    }
}
