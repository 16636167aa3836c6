//! Inputs that once made a generated case fail, minimised: `regressions.json`, to which
//! `framecheck keep` adds.

use std::sync::OnceLock;

use model::case::Network;
use model::{Input, Vector};
use serde::{Deserialize, Serialize};

/// A case that once failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regression {
    /// What it once broke, in kebab-case. This is the name of a vector from now on.
    pub name: String,
    /// The scenario.
    pub scenario: String,
    /// The network.
    pub network: String,
    /// The input.
    pub input: Input,
}

/// The built-in regressions.
fn regressions() -> &'static [Regression] {
    static ALL: OnceLock<Vec<Regression>> = OnceLock::new();
    ALL.get_or_init(|| {
        #[allow(clippy::expect_used, reason = "a part of the program, which a test reads")]
        serde_json::from_str(include_str!("../regressions.json"))
            .expect("regressions.json is as `framecheck keep` writes it")
    })
}

/// The fixed inputs that came from failures, for the scenario of this name.
pub(crate) fn vectors(scenario: &str) -> Vec<Vector> {
    let found = regressions().iter().filter(|found| found.scenario == scenario);
    let found = found.map(|found| {
        let network: Option<Network> = found.network.parse().ok();
        let network = network.filter(|network| *network != Network::AS_IS);
        Vector::new(&found.name, found.input.clone()).over(network)
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tutorial;

    #[test]
    fn each_names_a_scenario_and_a_network_that_are_there() {
        for regression in regressions() {
            let is_there = |tutorial: &&dyn Tutorial| tutorial.name() == regression.scenario;
            assert!(crate::tutorials().iter().any(is_there), "{}", regression.name);
            assert!(regression.network.parse::<Network>().is_ok(), "{}", regression.name);
        }
    }
}
