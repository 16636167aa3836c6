//! The scenarios of the socket tutorials: their inputs, what is right, the known errata of the
//! reference programs, and those programs themselves.
//!
//! [`catalogue`] gives them to the engine. Each folder of `scenarios/` is a scenario; `shared/` has
//! the common parts. The [`oracle`] asks CPython what it would do.

mod about;
mod clauses;
pub mod docs;
mod frame_map;
mod framing;
mod literals;
pub mod oracle;
pub mod reference;
mod regressions;
mod scenarios;
mod shared;
mod tutorial;
mod wrong_value;

use std::sync::Arc;

pub use about::Commands;
pub use clauses::{COMMON, SECTIONS, common_clause};
use model::Catalogue;
pub use oracle::Oracle;
pub use regressions::Regression;
pub use scenarios::tutorials;
pub use tutorial::{REFERENCE, Tutorial};

/// Every scenario, in the order of the documents. The scenarios ask `oracle` what is right for an
/// input; everything else works without starting it.
#[must_use]
pub fn catalogue(oracle: &Arc<Oracle>) -> Catalogue {
    let asking = |tutorial: &&'static dyn Tutorial| {
        let (tutorial, oracle) = (*tutorial, oracle.clone());
        Arc::new(tutorial::Asking { tutorial, oracle, quick: about::quick(tutorial) }) as Arc<_>
    };
    Catalogue::new(tutorials().iter().map(asking).collect())
}

/// The commands of the reference, and the commands of the port.
///
/// # Errors
/// A `scenario.toml` is invalid. This is a defect of this program that a test would have found.
pub fn commands() -> Result<(Commands, Commands), toml::de::Error> {
    about::commands(tutorials())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::case::Transport;
    use model::{Check, Scenario, Vector};

    use super::*;

    fn all() -> Vec<Arc<dyn Scenario>> {
        catalogue(&Arc::default()).iter().cloned().collect()
    }

    #[test]
    fn every_clause_has_a_check_and_every_number_is_used_once() {
        let mut ids = BTreeSet::new();
        for clause in tutorials().iter().flat_map(|it| it.clauses()).chain(&*COMMON) {
            assert!(!clause.checks.is_empty(), "nothing checks {}", clause.id);
            assert!(ids.insert(&clause.id), "two clauses are {}", clause.id);
        }
    }

    /// The harness makes some checks only if a clause asks for them, and makes all others always.
    #[test]
    fn every_check_stands_for_a_clause_in_every_scenario() {
        let on_demand = [
            Check::ServerCloses,
            Check::ServerStays,
            Check::ServerEnds,
            Check::ClientConnects,
            Check::Turns,
        ];
        let of_clients = [Check::ClientStdout, Check::ClientExit, Check::ClientFiles];
        for scenario in all() {
            let is_alone = scenario.transports() == Transport::ALONE;
            for check in Check::ALL {
                let is_clients = of_clients.contains(&check);
                let made = !(on_demand.contains(&check) || is_alone && is_clients);
                let stands = scenario.clause_of(check, None).is_some();
                assert!(!made || stands, "{}: {}", scenario.name(), check.name());
            }
        }
        for check in on_demand {
            assert!(all().iter().any(|scenario| scenario.clause(check).is_some()));
        }
    }

    #[test]
    fn every_vector_has_an_id_of_its_own() {
        for scenario in all() {
            let vectors = scenario.vectors();
            let ids: BTreeSet<_> = vectors.iter().map(Vector::id).collect();
            assert_eq!(ids.len(), vectors.len(), "{}", scenario.name());
        }
    }

    #[test]
    fn an_input_changes_no_literal_but_the_tutorials() {
        for scenario in all() {
            for vector in scenario.vectors() {
                for name in vector.input.literals.names() {
                    assert!(
                        scenario.literal_names().iter().any(|known| known == name),
                        "{}: {name}",
                        vector.name
                    );
                }
            }
        }
    }
}
