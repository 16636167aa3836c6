//! Names that the catalogue knows, read back from where a run has written them.

use serde::{Deserialize, Deserializer, de::Error as _};

use super::{common_clause, errata, scenarios};

/// A name in the catalogue, which lasts as long as the program. (Spelt out, serde would take it for
/// one that is borrowed from what is read.)
pub type Known = &'static str;

/// A clause's number, or nothing, where none is broken.
///
/// # Errors
/// There is no such clause.
pub fn read_clause<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Known, D::Error> {
    let id = String::deserialize(deserializer)?;
    if id.is_empty() {
        return Ok("");
    }
    let own = || scenarios().iter().flat_map(|scenario| scenario.clauses());
    let clause = common_clause(&id).or_else(|| own().find(|clause| clause.id == id));
    clause.map(|clause| clause.id).ok_or_else(|| D::Error::custom(format!("no clause is {id:?}")))
}

/// Names of errata.
///
/// # Errors
/// There is no such erratum.
pub fn read_errata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Known>, D::Error> {
    let known = |id: String| {
        let erratum = errata().find(|erratum| erratum.id == id);
        erratum.map(|it| it.id).ok_or_else(|| D::Error::custom(format!("no erratum is {id:?}")))
    };
    Vec::<String>::deserialize(deserializer)?.into_iter().map(known).collect()
}
