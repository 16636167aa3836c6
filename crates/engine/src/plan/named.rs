//! The names of cases and inputs, and the case that a name stands for.

use std::sync::Arc;

use model::case::{CaseId, CaseIdError, HARNESS, InputId, Network, Playing};
use model::{Catalogue, Input, Scenario, generated_input, generator_of};

use super::{Group, PlanError, is_for, is_told, is_transparent};
use crate::peer::Peers;

/// The two names of a case: its id, and the id with its input's name as the last part.
#[must_use]
pub fn names_of(id: &CaseId, input: &str) -> [String; 2] {
    let CaseId { scenario, pairing, transport, network, .. } = id;
    [id.to_string(), format!("{scenario}/{pairing}/{transport}/{network}/{input}")]
}

/// The case with this id. A vector's name may replace the last part.
///
/// # Errors
///
/// [`PlanError::NoSuchCase`].
pub fn case_named(name: &str, catalogue: &Catalogue) -> Result<CaseId, PlanError> {
    let no_such = |why: String| PlanError::NoSuchCase { id: name.to_owned(), why };
    let as_it_is = || name.parse::<CaseId>().map_err(|error| no_such(error.to_string()));
    let Some((case, input)) = name.rsplit_once('/') else { return as_it_is() };
    if input.parse::<InputId>().is_ok() || case.matches('/').count() != 3 {
        return as_it_is();
    }
    let id: CaseId = format!("{case}/{}", InputId::of_vector(input))
        .parse()
        .map_err(|error: CaseIdError| no_such(error.to_string()))?;
    let scenario = scenario_of(&id, catalogue)?;
    let names: Vec<String> = scenario.vectors().into_iter().map(|vector| vector.name).collect();
    if names.iter().any(|known| known == input) {
        return Ok(id);
    }
    let names = names.join(", ");
    Err(no_such(format!("{} has no vector {input:?}; it has {names}", id.scenario)))
}

/// The one case that an id names.
///
/// # Errors
///
/// [`PlanError::NoSuchCase`].
pub fn group_of(id: &CaseId, catalogue: &Catalogue, peers: &Peers) -> Result<Group, PlanError> {
    let (vector, input) = input_of(id, catalogue)?;
    group_with(id, vector, input, catalogue, peers)
}

/// The input of the case with this id, and its name if it is a vector.
///
/// # Errors
///
/// [`PlanError::NoSuchCase`].
pub fn input_of(id: &CaseId, catalogue: &Catalogue) -> Result<(Option<String>, Input), PlanError> {
    let scenario = scenario_of(id, catalogue)?;
    if let Some(vector) = scenario.vectors().into_iter().find(|it| it.id() == id.input) {
        return Ok((Some(vector.name), vector.input));
    }
    match generated_input(&**scenario, id.input) {
        Some(input) => Ok((None, input)),
        None => Err(no_such_case(id, format!("the generator makes no input of {}", id.input))),
    }
}

/// The case that an id names, with another input.
///
/// # Errors
///
/// [`PlanError::NoSuchCase`].
pub fn group_with(
    id: &CaseId,
    vector: Option<String>,
    input: Input,
    catalogue: &Catalogue,
    peers: &Peers,
) -> Result<Group, PlanError> {
    let scenario = scenario_of(id, catalogue)?;
    if !scenario.transports().contains(&id.transport) {
        let why = format!("{} has no transport {}", id.scenario, id.transport);
        return Err(no_such_case(id, why));
    }
    for name in [&id.pairing.server, &id.pairing.client] {
        if peers.by_name(name).is_none() && name != HARNESS {
            let mut why = format!("no peer is called {name:?}; --peer names its manifest");
            for missing in peers.missing() {
                why = format!("{why}; {missing}");
            }
            return Err(no_such_case(id, why));
        }
    }
    if !is_for(&input, &id.pairing) || !id.network.fits(id.transport.is_datagram()) {
        let why = format!("its input is not one that {} plays over {}", id.pairing, id.network);
        return Err(no_such_case(id, why));
    }
    let known = scenario.literal_names();
    if let Some(name) = input.literals.names().find(|name| !known.iter().any(|known| known == name))
    {
        let why =
            format!("its input has {name:?}, which is not a part of an input of {}", id.scenario);
        return Err(no_such_case(id, why));
    }
    let is_clear = id.network == Network::AS_IS
        || is_transparent(&**scenario, &id.network)
            && is_told(&**scenario, &id.network, &id.pairing);
    if !is_clear {
        let why = format!("it is not defined what is right for {} over {}", id.pairing, id.network);
        return Err(no_such_case(id, why));
    }
    let playing = Playing {
        transport: id.transport,
        network: id.network.clone(),
        pairing: id.pairing.clone(),
    };
    let generators = scenario.generators();
    let generator = generator_of(&generators, id.input).map(|it| it.name.clone());
    let (scenario, generator) = (scenario.clone(), generator.unwrap_or_default());
    Ok(Group { scenario, input_id: id.input, vector, generator, input, plays: vec![playing] })
}

fn scenario_of<'c>(
    id: &CaseId,
    catalogue: &'c Catalogue,
) -> Result<&'c Arc<dyn Scenario>, PlanError> {
    let missing = || {
        let what = format!("no scenario is called {:?}", id.scenario);
        no_such_case(id, format!("{what}; a protocol of your own needs its file after the id"))
    };
    catalogue.scenario(&id.scenario).ok_or_else(missing)
}

fn no_such_case(id: &CaseId, why: String) -> PlanError {
    PlanError::NoSuchCase { id: id.to_string(), why }
}
