//! What every scenario of the tutorials has, and its view for the engine.

use std::sync::Arc;

use model::blob::Blob;
use model::case::{Kind, Network, Transport};
use model::mask::{JsonBy, Place};
use model::observation::{Direction, Role};
use model::scenario::{answer_each, can_judge_unframed, hide_printed};
use model::{
    Addresses, Check, Clause, Erratum, Expected, Explained, Frames, Generator, Harmed, Input,
    Leaving, Literal, Parting, QuickCase, RightError, Said, Scenario, Step, Vector, one_generator,
};
use proptest::strategy::BoxedStrategy;

use crate::clauses::{ABOUT_DATAGRAMS, BROKEN_EXCHANGE, COMMON, common_clause};
use crate::frame_map::by_value;
use crate::literals::{self, TutorialLiterals};
use crate::oracle::{Oracle, OracleError};
use crate::{framing, regressions, wrong_value};

/// The peer that is the reference: the tutorials' own programs.
pub const REFERENCE: &str = "python";

/// One client/server pair of the tutorials. See [`Scenario`] for what each method means. The methods
/// here ask the oracle for everything that CPython decides.
pub trait Tutorial: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// What the scenario does, in one line.
    fn summary(&self) -> &'static str;
    /// Its transports, the tutorial's own first.
    fn transports(&self) -> &'static [Transport];
    /// What documents say about its programs, and how to start them: the text of `scenario.toml`.
    fn about(&self) -> &'static str;
    /// For a framed scenario, the key with the body's size.
    fn size_key(&self) -> Option<&'static str> {
        None
    }
    /// Its clauses.
    fn clauses(&self) -> &'static [Clause];
    /// The fixed inputs, without the regressions.
    fn vectors(&self) -> Vec<Vector>;
    /// The source of the generated inputs.
    fn strategy(&self) -> BoxedStrategy<Input>;
    /// What is right for an input. Every byte that Python would format comes from the oracle.
    ///
    /// # Errors
    /// The oracle can't answer.
    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError>;
    /// The known errata of the tutorial's programs.
    fn errata(&self) -> &'static [Erratum] {
        &[]
    }
    /// The prompt of the program in `role`.
    fn prompt(&self, _role: Role) -> Option<&'static str> {
        None
    }
    /// The steps of the harness as a client with a raw input.
    fn script(&self, _input: &Input, _right: &Expected) -> Vec<Step> {
        Vec::new()
    }
    /// What is right for a client of a faulty exchange, given the bytes that it received.
    ///
    /// # Errors
    /// The oracle can't answer.
    fn harmed(&self, input: &Input, _given: &[u8], _: &Oracle) -> Result<Harmed, OracleError> {
        Ok(Harmed::writing_nothing(input))
    }
    /// The input of the follow-up client.
    fn control(&self, _input: &Input) -> Option<Input> {
        None
    }
    /// Whether the tutorial's server goes on after a client.
    fn reference_goes_on(&self) -> bool {
        false
    }
    /// The steps of the harness as a server that sends these bytes over one connection.
    fn answering(&self, answers: &[Blob], leaving: Leaving) -> Vec<Step> {
        answer_each(answers, leaving)
    }
    /// Whether cuts in this direction have no meaning.
    fn cuts_mean_nothing(&self, _direction: Direction) -> bool {
        false
    }
    /// The programs that send nothing before they have received everything that the tutorial's program
    /// received before.
    fn takes_turns(&self) -> &'static [Role] {
        &[]
    }
    /// The networks of a generated input, besides `asis`.
    fn generated_networks(&self, _nth: usize) -> Vec<Network> {
        Vec::new()
    }
    /// The literals of the program in `role` that an input may change.
    fn literals(&self, _role: Role, _input: &Input) -> Vec<Literal> {
        Vec::new()
    }
    /// The name of the served file in its directory.
    fn served_name(&self, input: &Input) -> String {
        input.name().to_owned()
    }
    /// A literal that a server may have fixed, and the input for a server that uses the tutorial's
    /// value.
    fn untold(&self, _input: &Input) -> Option<(&'static str, Input)> {
        None
    }
    /// Hides the addresses in an output.
    fn hide_addresses(&self, role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
        hide_printed(role, addresses, screen);
    }
    /// Whether an output is right, where the clauses allow more than one.
    fn screen_agrees(&self, _role: Role, right: &[u8], seen: &[u8]) -> bool {
        right == seen
    }
}

/// A tutorial's scenario, with the oracle that it asks.
pub(crate) struct Asking {
    pub(crate) tutorial: &'static dyn Tutorial,
    pub(crate) oracle: Arc<Oracle>,
    /// The cases that its `scenario.toml` names for `--quick`.
    pub(crate) quick: Vec<QuickCase>,
}

impl Scenario for Asking {
    fn name(&self) -> &str {
        self.tutorial.name()
    }

    fn summary(&self) -> &str {
        self.tutorial.summary()
    }

    fn reference(&self) -> &str {
        REFERENCE
    }

    fn transports(&self) -> &[Transport] {
        self.tutorial.transports()
    }

    fn clauses(&self) -> &[Clause] {
        self.tutorial.clauses()
    }

    fn common_clauses(&self) -> &[Clause] {
        &COMMON
    }

    fn vectors(&self) -> Vec<Vector> {
        let found = regressions::vectors(self.tutorial.name());
        self.tutorial.vectors().into_iter().chain(found).collect()
    }

    fn generators(&self) -> Vec<Generator> {
        one_generator(self.tutorial.strategy())
    }

    fn right(&self, input: &Input) -> Result<Expected, RightError> {
        self.tutorial.right(input, &self.oracle).map_err(failed)
    }

    fn quick(&self) -> Vec<QuickCase> {
        self.quick.clone()
    }

    fn errata(&self) -> &[Erratum] {
        self.tutorial.errata()
    }

    fn prompt(&self, role: Role) -> Option<&str> {
        self.tutorial.prompt(role)
    }

    fn script(&self, input: &Input, right: &Expected) -> Vec<Step> {
        self.tutorial.script(input, right)
    }

    fn harmed(&self, input: &Input, given: &[u8]) -> Result<Harmed, RightError> {
        self.tutorial.harmed(input, given, &self.oracle).map_err(failed)
    }

    fn control(&self, input: &Input) -> Option<Input> {
        self.tutorial.control(input)
    }

    fn reference_goes_on(&self) -> bool {
        self.tutorial.reference_goes_on()
    }

    fn answering(&self, answers: &[Blob], leaving: Leaving) -> Vec<Step> {
        self.tutorial.answering(answers, leaving)
    }

    fn cuts_mean_nothing(&self, direction: Direction) -> bool {
        self.tutorial.cuts_mean_nothing(direction)
    }

    fn takes_turns(&self) -> &[Role] {
        self.tutorial.takes_turns()
    }

    /// For frames, CPython decides what is right for any stream. The exception is a stream that the
    /// tutorial's client reads with a wrong length: what one recv of that length returns is chance.
    fn can_judge(&self, network: &Network, serves: bool, connects: bool) -> bool {
        match self.tutorial.size_key() {
            Some(_) => !(matches!(network.kind, Kind::Flip(_)) && connects),
            None => can_judge_unframed(network, serves, connects),
        }
    }

    fn generated_networks(&self, nth: usize) -> Vec<Network> {
        self.tutorial.generated_networks(nth)
    }

    fn literal_names(&self) -> Vec<String> {
        literals::ALL.map(str::to_owned).to_vec()
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        self.tutorial.literals(role, input)
    }

    fn served_name(&self, input: &Input) -> String {
        self.tutorial.served_name(input)
    }

    fn untold(&self, input: &Input) -> Option<(&str, Input)> {
        self.tutorial.untold(input)
    }

    fn hide_addresses(&self, role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
        self.tutorial.hide_addresses(role, addresses, screen);
    }

    fn screen_agrees(&self, role: Role, right: &[u8], seen: &[u8]) -> bool {
        self.tutorial.screen_agrees(role, right, seen)
    }

    /// A dict with the same value replaces the right one, together with its header.
    fn with_seen(&self, place: Place, right: Said<'_>, seen: Said<'_>, json: JsonBy) -> Vec<u8> {
        match (place, self.tutorial.size_key(), json) {
            (Place::Stream(Direction::ToClient), Some(size_key), JsonBy::Value) => {
                by_value(right.bytes, seen.bytes, size_key)
            }
            _ => right.bytes.to_vec(),
        }
    }

    fn not_rfc8259(&self, direction: Direction, said: Said<'_>) -> Option<String> {
        let size_key = self.tutorial.size_key().filter(|_| direction == Direction::ToClient)?;
        wrong_value::frames(size_key).not_rfc8259(direction, said)
    }

    /// Clients of framed scenarios do not send frames.
    fn frames(&self, direction: Direction, said: Said<'_>) -> Option<Frames> {
        let size_key = self.tutorial.size_key().filter(|_| direction == Direction::ToClient)?;
        Some(framing::read(said.bytes, size_key))
    }

    fn framing(&self) -> Option<&str> {
        self.tutorial.size_key().map(|_| framing::IN_WORDS)
    }

    fn explain(
        &self,
        direction: Direction,
        right: Said<'_>,
        seen: Said<'_>,
        _: JsonBy,
    ) -> Option<Explained> {
        let size_key = self.tutorial.size_key().filter(|_| direction == Direction::ToClient)?;
        wrong_value::explain(&wrong_value::frames(size_key), right, seen)
    }

    /// In a frame, the clause of the part with the wrong value.
    fn clause_of(&self, check: Check, parting: Option<&Parting>) -> Option<&Clause> {
        let mut own = self.clauses().iter().filter(|clause| clause.checks.contains(&check));
        if self.clause(check).is_none() {
            // A network's clause comes before a frame's, because it holds for every scenario.
            let speaks = |clause: &&Clause| {
                clause.checks.contains(&check)
                    && (clause.id != ABOUT_DATAGRAMS || self.home().is_datagram())
            };
            return COMMON.iter().rfind(speaks);
        }
        let nth = match (check, self.tutorial.size_key(), parting) {
            // The first clause is about the whole stream, the next three are about its parts.
            (Check::ToClient, Some(size_key), Some(parting)) => {
                let (right, seen) = (&parting.expected.0, &parting.found.0);
                let frames = wrong_value::frames(size_key);
                let wrong = wrong_value::explain(&frames, Said::whole(right), Said::whole(seen));
                match wrong.and_then(|it| wrong_value::part_of(&it)) {
                    Some(frame::Part::Header) => 1,
                    Some(frame::Part::Dict) => 2,
                    Some(frame::Part::Body) => 3,
                    None => 0,
                }
            }
            _ => 0,
        };
        own.nth(nth)
    }

    fn clause_of_stop(&self, is_harmed: bool) -> Option<&Clause> {
        if is_harmed { common_clause(BROKEN_EXCHANGE) } else { self.clause(Check::ClientExit) }
    }
}

fn failed(error: OracleError) -> RightError {
    RightError(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::tutorials;

    #[test]
    fn scenarios_whose_programs_take_turns_are_those_with_a_clause_that_says_so() {
        for tutorial in tutorials() {
            let says_so = |clause: &Clause| {
                clause.checks.contains(&Check::Turns) && clause.text.contains("waits for")
            };
            let clauses = tutorial.clauses().iter().filter(|clause| says_so(clause)).count();
            let is_bound = !tutorial.takes_turns().is_empty();
            assert_eq!(clauses, usize::from(is_bound), "{}", tutorial.name());
        }
    }
}
