//! Play a case, unless it shows then that one of its peers can't.

use super::{Played, Stage, StageError};
use crate::case::Playing;
use crate::catalogue::{Expected, Input, Scenario, Wire};
use crate::observation::{Direction, Role};

impl Stage {
    /// Play an input with a pairing and hold it against `expected`. `model` is what decides which
    /// errata the input brings out.
    ///
    /// # Errors
    /// See [`StageError`].
    pub async fn play(
        &self,
        scenario: &'static dyn Scenario,
        input: &Input,
        playing: &Playing,
        expected: &Expected,
        model: &Expected,
    ) -> Result<Played, StageError> {
        let played = self.play_and_judge(scenario, input, playing, expected, model).await?;
        let server = &playing.pairing.server;
        if played.judgement.verdict.is_failure()
            && !self.can_be_told_a_name(scenario, server)
            && self.goes_by_the_tutorials_name(scenario, input, expected, &played)?
        {
            let (peer, role) = (server.clone(), Role::Server);
            return Err(StageError::NoPlace {
                peer,
                role,
                scenario: scenario.name(),
                literal: "name",
            });
        }
        Ok(played)
    }

    fn can_be_told_a_name(&self, scenario: &'static dyn Scenario, server: &str) -> bool {
        let peer = self.peers.by_name(server);
        let template = peer.and_then(|peer| peer.template(Role::Server, scenario.name()));
        template.is_none_or(|template| template.mentions("name"))
    }

    /// Whether a server that could have gone by its file's name has announced the tutorial's instead:
    /// all that it has sent would be right with that, and isn't with the file's.
    fn goes_by_the_tutorials_name(
        &self,
        scenario: &'static dyn Scenario,
        input: &Input,
        expected: &Expected,
        played: &Played,
    ) -> Result<bool, StageError> {
        let Some(other) = scenario.under_the_tutorials_name(input) else { return Ok(false) };
        let sent = played.observed.wire.stream(Direction::ToClient);
        let begins = |right: &Expected| match &right.to_client {
            Wire::Stream(bytes) => bytes.0.starts_with(&sent),
            Wire::Datagrams(_) => false,
        };
        Ok(!begins(expected) && begins(&scenario.right(&other, &self.oracle)?))
    }
}
