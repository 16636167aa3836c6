//! The scenarios of a run, by name.

use std::sync::Arc;

use crate::{Clause, Erratum, Scenario};

/// The scenarios that a run may play, in the order of the documents.
///
/// The engine and the reports look up names here, and know no other scenarios.
#[derive(Clone, Default)]
pub struct Catalogue {
    scenarios: Vec<Arc<dyn Scenario>>,
}

impl Catalogue {
    /// A catalogue of these scenarios.
    #[must_use]
    pub const fn new(scenarios: Vec<Arc<dyn Scenario>>) -> Self {
        Self { scenarios }
    }

    /// Every scenario, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Scenario>> {
        self.scenarios.iter()
    }

    /// The scenario with this name.
    #[must_use]
    pub fn scenario(&self, name: &str) -> Option<&Arc<dyn Scenario>> {
        self.scenarios.iter().find(|scenario| scenario.name() == name)
    }

    /// The names of all scenarios, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().map(|scenario| scenario.name())
    }

    /// The clause with this number: a common one, or a scenario's own.
    #[must_use]
    pub fn clause(&self, id: &str) -> Option<&Clause> {
        let common = self.scenarios.iter().flat_map(|scenario| scenario.common_clauses());
        let own = self.scenarios.iter().flat_map(|scenario| scenario.clauses());
        common.chain(own).find(|clause| clause.id == id)
    }

    /// Every erratum, in the order of the scenarios.
    pub fn errata(&self) -> impl Iterator<Item = &Erratum> {
        self.scenarios.iter().flat_map(|scenario| scenario.errata())
    }
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
