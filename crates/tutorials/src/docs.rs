//! The documents that are made from the catalogue, so that they can't drift from it.

use std::fmt::Write as _;

use model::observation::Role;
use model::{Clause, Level};

use crate::tutorials;

/// docs/ERRATA.md.
#[must_use]
pub fn errata_markdown() -> String {
    let mut text = String::from(
        "# Errata of the reference programs\n\n\
         Each entry is a defect of one of the tutorials' programs, kept as it is in `python-ref/`. An \
         erratum is\nno excuse: the harness makes each of them happen, holds everyone else to the clause, \
         and fails when\none no longer shows. `framecheck errata` makes them all happen, \
         `framecheck errata NAME` one, and says what\nis seen.\n\n\
         This file is made from the scenarios\' `errata.rs` (`crates/tutorials/src/scenarios/`); edit those, \
         then\n`UPDATE_DOCS=1 cargo test -p framecheck-tutorials`.\n",
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

/// A clause as docs/PROTOCOL.md has it.
#[must_use]
pub fn clause_markdown(clause: &Clause) -> String {
    let level = match clause.level {
        Level::Must => "MUST",
        Level::Should => "SHOULD",
    };
    format!("- **{}** ({level}) {}", clause.id, clause.text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{COMMON, common_clause};

    fn document(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
    }

    #[test]
    fn errata_md_is_the_catalogues() {
        let path = document("ERRATA.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, errata_markdown()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(
            written == errata_markdown(),
            "docs/ERRATA.md is not the catalogue's; UPDATE_DOCS=1"
        );
    }

    #[test]
    fn protocol_md_has_every_clause_and_no_other() {
        let written = std::fs::read_to_string(document("PROTOCOL.md")).unwrap();
        let clauses: Vec<&str> = written.lines().filter(|line| line.starts_with("- **")).collect();
        let of_scenarios = tutorials().iter().flat_map(|scenario| scenario.clauses());
        let common = COMMON.iter();
        let expected: Vec<String> = common.chain(of_scenarios).map(clause_markdown).collect();
        assert_eq!(clauses, expected);
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
