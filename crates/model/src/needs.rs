//! What a program needs besides its command: a command that runs before it, its environment, and the sign that
//! a server is up.

use std::collections::BTreeMap;

/// What a program needs besides its command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// A command that runs to its end before each case, in the program's directory. Empty for none.
    pub setup: Vec<String>,
    /// Additions to the environment of the program and of `setup`. Values may contain placeholders.
    pub env: BTreeMap<String, String>,
    /// A regular expression. A server is up when its standard output or standard error matches.
    pub ready: Option<String>,
}

/// Variables that the harness itself sets or removes.
const OWN: [&str; 4] = ["LC_ALL", "NO_COLOR", "FORCE_COLOR", "FRAME_LOG"];
/// Prefixes of other such variables: those that change Python's behaviour, and the harness's marks.
const OWN_BEGINNINGS: [&str; 2] = ["PYTHON", "FRAMECHECK"];

impl Needs {
    /// Whether it needs nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The needs of one role; `common` applies where they are empty. Both environments are merged; the role's
    /// value wins.
    #[must_use]
    pub fn or(self, common: &Self) -> Self {
        let env = common.env.clone().into_iter().chain(self.env).collect();
        let setup = if self.setup.is_empty() { common.setup.clone() } else { self.setup };
        Self { setup, env, ready: self.ready.or_else(|| common.ready.clone()) }
    }
}

/// Why a program can't get an environment variable with this name, if so.
#[must_use]
pub fn bad_variable_name(name: &str) -> Option<String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Some(format!("{name:?} can't be the name of a variable in an environment"));
    }
    let is_own = OWN.contains(&name) || OWN_BEGINNINGS.iter().any(|own| name.starts_with(own));
    is_own.then(|| format!("framecheck sets or removes {name} itself"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_harness_and_those_that_are_none_are_bad() {
        for name in ["", "A=B", "A\0", "LC_ALL", "PYTHONPATH", "FRAMECHECK_ORPHAN", "FRAME_LOG"] {
            assert!(bad_variable_name(name).is_some(), "{name:?}");
        }
        for name in ["DATABASE_URL", "PATH", "_", "FRAME_PORT"] {
            assert_eq!(bad_variable_name(name), None);
        }
    }

    #[test]
    fn a_role_has_its_own_needs_and_the_common_ones_where_it_says_nothing() {
        let env = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let setup = vec!["./reset".to_owned()];
        let common =
            Needs { setup: setup.clone(), env: env(&[("A", "1"), ("B", "1")]), ready: None };
        let own =
            Needs { env: env(&[("B", "2")]), ready: Some("up".to_owned()), ..Needs::default() };
        let both = own.or(&common);
        assert_eq!((both.setup, both.ready), (setup, Some("up".to_owned())));
        assert_eq!(both.env, env(&[("A", "1"), ("B", "2")]));
        assert!(Needs::default().or(&Needs::default()).is_empty());
    }
}
