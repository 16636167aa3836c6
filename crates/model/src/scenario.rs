//! What a scenario is, and how its generated inputs come from a seed.

use std::ops::Range;

use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::blob::Blob;
use crate::case::{HARNESS, InputId, Network, Pairing, Transport};
use crate::mask::{FileForm, JsonBy, Place, with_values_of};
use crate::observation::{Direction, Role};
use crate::{
    Check, Clause, Endpoint, Erratum, Expected, Explained, Frames, Harmed, Input, Leaving, Literal,
    Parting, QuickCase, Said, Step,
};

/// The placeholder for a client's address in what a server prints, as it differs between runs.
pub const CLIENT_ADDRESS: &str = "{client address}";
/// The placeholder for the server's address in what a client prints.
pub const SERVER_ADDRESS: &str = "{server address}";

/// The name of a generated input whose generator has no name of its own.
pub const GENERATED: &str = "generated";

/// Where the definition of what is right comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// The scenario defines it, by [`Scenario::right`] and [`Scenario::harmed`]. The reference must follow it.
    Model,
    /// The behaviour of the reference defines it.
    Reference,
}

/// Makes inputs.
pub struct Generator {
    /// The name of its inputs.
    pub name: String,
    /// Makes an input from a seed.
    pub strategy: BoxedStrategy<Input>,
}

/// A scenario can't say what is right, as a question to its oracle failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RightError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// A protocol between a server and a client, or one program alone: the inputs to try, and what is right.
///
/// The engine knows only this trait of a scenario.
pub trait Scenario: Send + Sync {
    /// Its name, in kebab-case, as in ids and on the command line.
    fn name(&self) -> &str;
    /// What it is, in one line.
    fn summary(&self) -> &str;
    /// The peer whose programs show what is right.
    fn reference(&self) -> &str;
    /// Its transports. The reference is observed over the first.
    fn transports(&self) -> &[Transport];
    /// Its clauses. If several have the same check, the first one counts.
    fn clauses(&self) -> &[Clause];
    /// Clauses that also apply to other scenarios.
    fn common_clauses(&self) -> &[Clause] {
        &[]
    }
    /// The fixed inputs.
    fn vectors(&self) -> Vec<Vector>;
    /// The generators of inputs. The generator's number is an input's id modulo the number of generators.
    fn generators(&self) -> Vec<Generator>;
    /// Where the definition of what is right comes from.
    fn truth(&self) -> Truth {
        Truth::Model
    }
    /// What is right for an input.
    ///
    /// # Errors
    ///
    /// The oracle can't answer.
    fn right(&self, input: &Input) -> Result<Expected, RightError>;
    /// The cases that `--quick` plays in addition to its rule.
    fn quick(&self) -> Vec<QuickCase> {
        Vec::new()
    }
    /// The known defects of its reference programs.
    fn errata(&self) -> &[Erratum] {
        &[]
    }
    /// The prompt of the program in `role`, at which the user at its terminal types. Without a prompt, an input
    /// that is [at a terminal](Input::terminal) is written into a pipe.
    fn prompt(&self, _role: Role) -> Option<&str> {
        None
    }
    /// What the harness does as a client with a raw input, given what is right for it.
    fn script(&self, _input: &Input, _right: &Expected) -> Vec<Step> {
        Vec::new()
    }
    /// What is right for the client after a fault of the network, or of the harness as its server, given the
    /// bytes that the client received.
    ///
    /// # Errors
    ///
    /// The oracle can't answer.
    fn harmed(&self, input: &Input, _given: &[u8]) -> Result<Harmed, RightError> {
        Ok(Harmed::writing_nothing(input))
    }
    /// The input of the client that follows a faulty exchange with this input. It shows that the same server
    /// still serves, and that the same client can be served. `None` if there is no such client.
    fn control(&self, _input: &Input) -> Option<Input> {
        None
    }
    /// Whether the reference's server continues after a client.
    fn reference_goes_on(&self) -> bool {
        false
    }
    /// What the harness does as a server over one connection, to send these answers.
    fn answering(&self, answers: &[Blob], leaving: Leaving) -> Vec<Step> {
        answer_each(answers, leaving)
    }
    /// Whether cuts in this direction have no meaning: no message is defined by what one recv returns.
    fn cuts_mean_nothing(&self, _direction: Direction) -> bool {
        false
    }
    /// Whether this scenario defines what is right over a network; `serves` and `connects` say which sides the
    /// reference plays.
    fn can_judge(&self, network: &Network, serves: bool, connects: bool) -> bool {
        can_judge_unframed(network, serves, connects)
    }
    /// The networks besides `asis` for the `nth` generated input of a run.
    fn generated_networks(&self, _nth: usize) -> Vec<Network> {
        Vec::new()
    }
    /// The names that an input's [literals](Input::literals) may have.
    fn literal_names(&self) -> Vec<String> {
        Vec::new()
    }
    /// The literals of the program in `role`, with their values in an input.
    fn literals(&self, _role: Role, _input: &Input) -> Vec<Literal> {
        Vec::new()
    }
    /// The name under which the server finds the served [file](Input::file).
    fn served_name(&self, _input: &Input) -> String {
        "file".to_owned()
    }
    /// If a port may start a server without an option for a literal that it could know: the literal's name, and
    /// the input as it is for a server that uses its own value. `None` if both are the same.
    fn untold(&self, _input: &Input) -> Option<(&str, Input)> {
        None
    }
    /// The placeholders that a peer's command in `role` must have.
    fn required_places(&self, _role: Role) -> Vec<String> {
        Vec::new()
    }
    /// The ranges of the observed data that differ between runs, or between correct programs. They are sorted
    /// and do not overlap.
    fn masked(&self, _place: Place, _seen: Said<'_>) -> Vec<Range<usize>> {
        Vec::new()
    }
    /// `right`, with its masked ranges replaced by those of `seen` where these have a permitted form. The
    /// remaining differences from `seen` count. `json` says how the sender's JSON is compared, if the scenario
    /// itself does not require a comparison by value.
    fn with_seen(&self, place: Place, right: Said<'_>, seen: Said<'_>, _json: JsonBy) -> Vec<u8> {
        let (ours, theirs) = (self.masked(place, right), self.masked(place, seen));
        with_values_of(right.bytes, &ours, seen.bytes, &theirs)
    }
    /// The first wrong value of a stream, in words, if the scenario knows the meaning of the bytes. `right` is
    /// as the reference sent it.
    fn explain(
        &self,
        _way: Direction,
        _right: Said<'_>,
        _seen: Said<'_>,
        _json: JsonBy,
    ) -> Option<Explained> {
        None
    }
    /// Whether all of these bytes may be the beginning of a masked range that continues.
    fn may_begin_masked(&self, _place: Place, _tail: &[u8]) -> bool {
        false
    }
    /// The entry for the protocol's file that would mask the first difference of these plays, if one is known.
    fn proposed_mask(&self, _place: Place, _plays: &[&[u8]]) -> Option<String> {
        None
    }
    /// How a file that the program in `role` leaves is compared, by its path in the program's directory.
    fn file_form(&self, _role: Role, _path: &str) -> FileForm {
        FileForm::Content
    }
    /// Whether every peer's standard output is compared. Otherwise, each peer's manifest decides.
    fn compares_stdout(&self) -> bool {
        false
    }
    /// Whether what a program sends after a malformed frame is compared. Otherwise, only its end and its files
    /// are.
    fn compares_hostile_answers(&self) -> bool {
        false
    }
    /// The programs that must take turns: they may not send a byte before they have received what the reference
    /// had received when it sent that byte.
    fn takes_turns(&self) -> &[Role] {
        &[]
    }
    /// Replaces addresses on a screen by [`CLIENT_ADDRESS`] and [`SERVER_ADDRESS`].
    fn hide_addresses(&self, role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
        hide_printed(role, addresses, screen);
    }
    /// Whether a screen is right, where the clauses permit several forms.
    fn screen_agrees(&self, _role: Role, right: &[u8], seen: &[u8]) -> bool {
        right == seen
    }
    /// Why a stream has JSON that CPython reads and that RFC 8259 does not define: the first such value, and the
    /// reason. `None` if it has none.
    fn not_rfc8259(&self, _direction: Direction, _said: Said<'_>) -> Option<String> {
        None
    }
    /// The frames of a stream in this direction, for people. `None` if it is not framed.
    fn frames(&self, _direction: Direction, _said: Said<'_>) -> Option<Frames> {
        None
    }
    /// The framing of the server's answers, in words. `None` if they are not framed.
    fn framing(&self) -> Option<&str> {
        None
    }
    /// The clause that a difference found by `check` violates: the first of its own, or the last of the common
    /// ones. `parting` is the first difference of two streams, if there is one.
    fn clause_of(&self, check: Check, _parting: Option<&Parting>) -> Option<&Clause> {
        self.clause(check)
            .or_else(|| self.common_clauses().iter().rfind(|clause| clause.checks.contains(&check)))
    }
    /// The clause for a case that the harness had to end, after a fault or without one.
    fn clause_of_stop(&self, _is_harmed: bool) -> Option<&Clause> {
        self.clause(Check::ClientExit)
    }

    /// Its own first clause with this check.
    fn clause(&self, check: Check) -> Option<&Clause> {
        self.clauses().iter().find(|clause| clause.checks.contains(&check))
    }
    /// The transport that defines what is right: the first.
    fn home(&self) -> Transport {
        self.transports().first().copied().unwrap_or(Transport::None)
    }
    /// The pairing that defines what is right for an input.
    fn reference_pairing(&self, input: &Input) -> Pairing {
        let side = |is_harness| if is_harness { HARNESS } else { self.reference() };
        Pairing::new(side(input.served.is_some()), side(input.raw))
    }
}

/// What the harness does as a server over one connection, if it answers each message with the next of
/// `answers`.
#[must_use]
pub fn answer_each(answers: &[Blob], leaving: Leaving) -> Vec<Step> {
    let exchange = |answer: &Blob| [Step::ReadSome, Step::Send(answer.0.clone())];
    let exchanges = answers.iter().flat_map(exchange);
    [Step::Connect].into_iter().chain(exchanges).chain(leaving.steps()).collect()
}

/// Whether the harness can judge a protocol without frames over this network. `serves` and `connects` say which
/// sides the reference plays. A reference may do anything with a stream that the network cut or damaged, so
/// such a case has no right outcome.
#[must_use]
pub fn can_judge_unframed(network: &Network, serves: bool, connects: bool) -> bool {
    if network.is_harmless() {
        let is_cut_for_reference = network.way.concerns(Direction::ToServer) && serves
            || network.way.concerns(Direction::ToClient) && connects;
        !is_cut_for_reference
    } else {
        !serves && !connects
    }
}

/// Replaces each address in the form of CPython's `print` by [`CLIENT_ADDRESS`] or [`SERVER_ADDRESS`].
pub fn hide_printed(role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
    let (shown, place) = match role {
        Role::Server => (&addresses.clients[..], CLIENT_ADDRESS),
        Role::Client => (std::slice::from_ref(&addresses.server), SERVER_ADDRESS),
    };
    for endpoint in shown {
        replace(screen, &endpoint.printed_by_python(), place);
    }
}

/// The addresses of a case that its programs may print.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The addresses of the clients, as the server saw them.
    pub clients: Vec<Endpoint>,
    /// The server's address, as the client saw it.
    pub server: Endpoint,
}

/// Replaces `needle` everywhere in `screen`.
pub fn replace(screen: &mut Vec<u8>, needle: &str, with: &str) {
    let mut made = Vec::with_capacity(screen.len());
    let mut rest = &screen[..];
    while let Some(at) =
        rest.windows(needle.len().max(1)).position(|part| part == needle.as_bytes())
    {
        let (before, after) = rest.split_at(at);
        made.extend_from_slice(before);
        made.extend_from_slice(with.as_bytes());
        rest = after.split_at(needle.len()).1;
    }
    made.extend_from_slice(rest);
    *screen = made;
}

/// A fixed input with a name.
#[derive(Debug, Clone)]
pub struct Vector {
    /// Its name, in kebab-case, unique in its scenario. Its hash is the input's id, so the name must not
    /// change.
    pub name: String,
    /// The input.
    pub input: Input,
    /// The networks besides `asis` that it is played over.
    pub networks: Vec<Network>,
}

impl Vector {
    /// A named input.
    #[must_use]
    pub fn new(name: impl Into<String>, input: Input) -> Self {
        Self { name: name.into(), input, networks: Vec::new() }
    }

    /// The same, also played over these networks.
    #[must_use]
    pub fn over(mut self, networks: impl IntoIterator<Item = Network>) -> Self {
        self.networks.extend(networks);
        self
    }

    /// The same, typed at a terminal on each side.
    #[must_use]
    pub fn at_terminals(self) -> Self {
        Self { input: self.input.at_terminals(), ..self }
    }

    /// The input's id.
    #[must_use]
    pub fn id(&self) -> InputId {
        InputId::of_vector(&self.name)
    }
}

/// The input that a scenario's strategy makes from this id. It stays the same as long as the generator does.
#[must_use]
pub fn generated_input(scenario: &dyn Scenario, id: InputId) -> Option<Input> {
    Some(generated_tree(scenario, id)?.current())
}

/// The same input, with its smaller versions.
pub fn generated_tree(
    scenario: &dyn Scenario,
    id: InputId,
) -> Option<Box<dyn ValueTree<Value = Input>>> {
    let mut seed = [0; 32];
    for (slot, byte) in seed.iter_mut().zip(id.0.to_be_bytes()) {
        *slot = byte;
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let generators = scenario.generators();
    generator_of(&generators, id)?.strategy.new_tree(&mut runner).ok()
}

/// The generator that makes the input with this id.
#[must_use]
pub fn generator_of(generators: &[Generator], id: InputId) -> Option<&Generator> {
    let count = u32::try_from(generators.len()).ok()?;
    generators.get(usize::try_from(id.0.checked_rem(count)?).ok()?)
}

/// The single generator of a scenario whose generated inputs have no names of their own.
#[must_use]
pub fn one_generator(strategy: BoxedStrategy<Input>) -> Vec<Generator> {
    vec![Generator { name: GENERATED.to_owned(), strategy }]
}
