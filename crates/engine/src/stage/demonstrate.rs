//! Reproduces a known defect of a reference program.

use model::case::{HARNESS, Network, Pairing, Playing};
use model::observation::{Observation, Role};
use model::{Demo, Erratum, Input, Scenario, Step, given_to_client};

use super::{BUSY, LOOKS, Stage, StageError, seed_of};
use crate::drive::{Play, Side};
use crate::network::Disturbance;

/// The result for a defect.
#[derive(Debug, Clone)]
pub struct Demonstrated {
    /// The pairing, transport and network that reproduced it.
    pub playing: Playing,
    /// Whether it happened.
    pub shows: bool,
    /// What was seen.
    pub seen: Observation,
}

impl Stage {
    /// Reproduces a known defect, and returns the observations.
    ///
    /// # Errors
    ///
    /// See [`StageError`].
    pub async fn demonstrate(
        &self,
        scenario: &dyn Scenario,
        erratum: &Erratum,
    ) -> Result<Demonstrated, StageError> {
        let (input, network, steps) = demonstration(scenario, erratum)?;
        let model = scenario.right(&input)?;
        let pairing = match (&steps, erratum.role) {
            (None, _) => scenario.reference_pairing(&input),
            (Some(_), Role::Server) => Pairing::new(scenario.reference(), HARNESS),
            (Some(_), Role::Client) => Pairing::new(HARNESS, scenario.reference()),
        };
        let playing = Playing { transport: scenario.home(), network: network.clone(), pairing };
        let mut cast = self.cast(scenario, &input, &playing, &model)?;
        if let Some(steps) = steps {
            let side = match erratum.role {
                Role::Server => &mut cast.client,
                Role::Client => &mut cast.server,
            };
            *side = Side::Script(steps);
        }
        let play = Play {
            scenario,
            server: cast.server,
            client: cast.client,
            transport: playing.transport,
            disturbance: Disturbance::new(network.clone(), seed_of(&network, &input)),
            input: &input,
            sign: erratum.sign.map(|sign| (erratum.role, sign)),
            await_close: false,
            await_end: false,
            rests: (erratum.sign.is_none() && !erratum.spins).then_some(LOOKS),
            settles: None,
            astray: None,
            fresh: false,
            busy: [erratum.sign.is_none().then_some(BUSY); 2],
            control: None,
        };
        let seen = self.driver.run(&play).await?;
        let given = given_to_client(&network, &seen);
        let right = if network.is_harmless() && input.served.is_none() {
            model
        } else {
            scenario.harmed(&input, &given)?.given(&model)
        };
        let shows = (erratum.shown)(&right, &seen);
        Ok(Demonstrated { playing, shows, seen })
    }
}

/// The input, the network and the harness's steps that reproduce a defect.
fn demonstration(
    scenario: &dyn Scenario,
    erratum: &Erratum,
) -> Result<(Input, Network, Option<Vec<Step>>), StageError> {
    let missing = || StageError::NoDemonstration(erratum.id.to_owned());
    let network = |name: &str| name.parse().map_err(|_| missing());
    match erratum.demo {
        Demo::Script { input, steps, network: name } => {
            Ok((input(), network(name)?, Some(steps())))
        }
        Demo::Vector(vector, name) => {
            let mut vectors = scenario.vectors().into_iter();
            let vector = vectors.find(|it| it.name == vector).ok_or_else(missing)?;
            Ok((vector.input, network(name)?, None))
        }
        Demo::Triggered => {
            let Some(triggered) = erratum.triggered else { return Err(missing()) };
            for vector in scenario.vectors() {
                let model = scenario.right(&vector.input)?;
                if triggered(&vector.input, &model) {
                    return Ok((vector.input, Network::AS_IS, None));
                }
            }
            Err(missing())
        }
    }
}
