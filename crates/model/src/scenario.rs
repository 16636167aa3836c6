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

/// Stands for a client's address in what a server prints, which differs from run to run.
pub const CLIENT_ADDRESS: &str = "{client address}";
/// Stands for the server's address in what a client prints.
pub const SERVER_ADDRESS: &str = "{server address}";

/// What a generated input is called where its generator has no name of its own.
pub const GENERATED: &str = "generated";

/// Where what is right comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// The scenario says it, by [`Scenario::right`] and [`Scenario::harmed`], and the reference must do it.
    Model,
    /// The reference is seen to do it.
    Reference,
}

/// Makes inputs.
pub struct Generator {
    /// What its inputs are called.
    pub name: String,
    /// Makes one of them from a seed.
    pub strategy: BoxedStrategy<Input>,
}

/// A scenario can't say what is right: what it asks has failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RightError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// A protocol between a server and a client, or one program alone: what is tried, and what is right.
///
/// The engine knows of a scenario what this trait says, and nothing else.
pub trait Scenario: Send + Sync {
    /// Its name: kebab-case, as in ids and on every command line.
    fn name(&self) -> &str;
    /// What it is, in one line.
    fn summary(&self) -> &str;
    /// The peer whose programs show what is right.
    fn reference(&self) -> &str;
    /// What it travels in. The reference is seen over the first.
    fn transports(&self) -> &[Transport];
    /// Its clauses. Where several have the same check, the first speaks for the whole.
    fn clauses(&self) -> &[Clause];
    /// Clauses that hold for other scenarios too.
    fn common_clauses(&self) -> &[Clause] {
        &[]
    }
    /// The fixed inputs.
    fn vectors(&self) -> Vec<Vector>;
    /// Where the generated inputs come from. An input's id says which of the generators makes it: that
    /// of the number which is left when the id is divided by how many there are.
    fn generators(&self) -> Vec<Generator>;
    /// Where what is right comes from.
    fn truth(&self) -> Truth {
        Truth::Model
    }
    /// What is right for an input.
    ///
    /// # Errors
    /// What the scenario asks can't answer.
    fn right(&self, input: &Input) -> Result<Expected, RightError>;
    /// The cases that `--quick` plays besides those that its rule chooses.
    fn quick(&self) -> Vec<QuickCase> {
        Vec::new()
    }
    /// The known defects of its reference programs.
    fn errata(&self) -> &[Erratum] {
        &[]
    }
    /// What the program in `role` asks its user with, so that somebody at its terminal knows when to
    /// type. Without one an input that is [at a terminal](Input::terminal) is typed into a pipe.
    fn prompt(&self, _role: Role) -> Option<&str> {
        None
    }
    /// What the harness does as a client with a raw input, given what is right for it.
    fn script(&self, _input: &Input, _right: &Expected) -> Vec<Step> {
        Vec::new()
    }
    /// What is right for the client when the network has done harm, or the harness as its server,
    /// given the bytes that the client was given.
    ///
    /// # Errors
    /// What the scenario asks can't answer.
    fn harmed(&self, input: &Input, _given: &[u8]) -> Result<Harmed, RightError> {
        Ok(Harmed::writing_nothing(input))
    }
    /// The input of a client that comes after one with this input that harm was done to, or that did
    /// some, to show that the same server serves it and that the same client can be served. `None`
    /// where there is no such thing.
    fn control(&self, _input: &Input) -> Option<Input> {
        None
    }
    /// Whether the reference's server goes on after a client.
    fn reference_goes_on(&self) -> bool {
        false
    }
    /// What the harness does as a server over one connection, to send these.
    fn answering(&self, answers: &[Blob], leaving: Leaving) -> Vec<Step> {
        answer_each(answers, leaving)
    }
    /// Whether it means nothing where what goes this way is cut: no message of it is what one recv
    /// returns.
    fn cuts_mean_nothing(&self, _direction: Direction) -> bool {
        false
    }
    /// Whether this can say what is right over a network, where the reference serves and where it
    /// connects.
    fn can_judge(&self, network: &Network, serves: bool, connects: bool) -> bool {
        can_judge_unframed(network, serves, connects)
    }
    /// The networks that a generated input, the `nth` of a run, is played over besides `asis`.
    fn generated_networks(&self, _nth: usize) -> Vec<Network> {
        Vec::new()
    }
    /// The names that an input's [literals](Input::literals) may have.
    fn literal_names(&self) -> Vec<String> {
        Vec::new()
    }
    /// The literals of the program in `role` as they are in an input.
    fn literals(&self, _role: Role, _input: &Input) -> Vec<Literal> {
        Vec::new()
    }
    /// The name under which the [file](Input::file) that is served lies where its server finds it.
    fn served_name(&self, _input: &Input) -> String {
        "file".to_owned()
    }
    /// For a server that a port may start without telling it a literal it could know: the literal's
    /// name, and the input as it is for one that goes by its own instead. `None` where that is the
    /// same.
    fn untold(&self, _input: &Input) -> Option<(&str, Input)> {
        None
    }
    /// The places that a peer's command must have in `role`.
    fn required_places(&self, _role: Role) -> Vec<String> {
        Vec::new()
    }
    /// The ranges of what was seen that differ from run to run, or from one right program to another. They
    /// rise and do not overlap.
    fn masked(&self, _place: Place, _seen: Said<'_>) -> Vec<Range<usize>> {
        Vec::new()
    }
    /// `right`, with what was seen in the place of what is masked, where that is as it may be. What differs
    /// from `seen` then is a difference. `json` says what the sender's JSON is held to, where the scenario itself
    /// does not say that it is held to its value.
    fn with_seen(&self, place: Place, right: Said<'_>, seen: Said<'_>, _json: JsonBy) -> Vec<u8> {
        let (ours, theirs) = (self.masked(place, right), self.masked(place, seen));
        with_values_of(right.bytes, &ours, seen.bytes, &theirs)
    }
    /// The first value of a stream that is not as it should be, in words, where the scenario knows what the
    /// bytes mean. `right` is as the reference sent it.
    fn explain(
        &self,
        _way: Direction,
        _right: Said<'_>,
        _seen: Said<'_>,
        _json: JsonBy,
    ) -> Option<Explained> {
        None
    }
    /// Whether a masked range may begin with these bytes, to their last, and go on.
    fn may_begin_masked(&self, _place: Place, _tail: &[u8]) -> bool {
        false
    }
    /// The entry of the protocol's file that would mask the first difference of these, if one is known.
    fn proposed_mask(&self, _place: Place, _plays: &[&[u8]]) -> Option<String> {
        None
    }
    /// How a file that the program in `role` leaves is compared; by its path in the program's directory.
    fn file_form(&self, _role: Role, _path: &str) -> FileForm {
        FileForm::Content
    }
    /// Whether every peer's standard output is compared. Otherwise a peer says so itself.
    fn compares_stdout(&self) -> bool {
        false
    }
    /// Whether what a program sends after a malformed frame is compared. Otherwise its end and its files are.
    fn compares_hostile_answers(&self) -> bool {
        false
    }
    /// The programs that may not send a byte before they have been sent what the reference had been sent
    /// when it sent that byte.
    fn takes_turns(&self) -> &[Role] {
        &[]
    }
    /// Put [`CLIENT_ADDRESS`] and [`SERVER_ADDRESS`] in the place of addresses on a screen.
    fn hide_addresses(&self, role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
        hide_printed(role, addresses, screen);
    }
    /// Whether a screen shows what is right, where the clauses leave more than one way.
    fn screen_agrees(&self, _role: Role, right: &[u8], seen: &[u8]) -> bool {
        right == seen
    }
    /// What a stream that goes this way is made of, for a reader. `None` where it is not framed.
    fn frames(&self, _direction: Direction, _said: Said<'_>) -> Option<Frames> {
        None
    }
    /// How the server's answers are framed, in words. `None` where they are not.
    fn framing(&self) -> Option<&str> {
        None
    }
    /// The clause that a difference found by `check` goes against: the first of its own, or the last
    /// of the common ones. `parting` is where two streams part, if they do.
    fn clause_of(&self, check: Check, _parting: Option<&Parting>) -> Option<&Clause> {
        self.clause(check)
            .or_else(|| self.common_clauses().iter().rfind(|clause| clause.checks.contains(&check)))
    }
    /// The clause that speaks where the harness had to end a case, after harm was done or without.
    fn clause_of_stop(&self, _is_harmed: bool) -> Option<&Clause> {
        self.clause(Check::ClientExit)
    }

    /// Its own first clause that a check stands for.
    fn clause(&self, check: Check) -> Option<&Clause> {
        self.clauses().iter().find(|clause| clause.checks.contains(&check))
    }
    /// The transport that shows what is right: the first.
    fn home(&self) -> Transport {
        self.transports().first().copied().unwrap_or(Transport::None)
    }
    /// The pairing that shows what is right for an input.
    fn reference_pairing(&self, input: &Input) -> Pairing {
        let side = |is_harness| if is_harness { HARNESS } else { self.reference() };
        Pairing::new(side(input.served.is_some()), side(input.raw))
    }
}

/// What the harness does as a server over one connection that answers each message with the next of
/// `answers`.
#[must_use]
pub fn answer_each(answers: &[Blob], leaving: Leaving) -> Vec<Step> {
    let exchange = |answer: &Blob| [Step::ReadSome, Step::Send(answer.0.clone())];
    let exchanges = answers.iter().flat_map(exchange);
    [Step::Connect].into_iter().chain(exchanges).chain(leaving.steps()).collect()
}

/// Whether the harness can judge a protocol without frames over this network. `serves` and
/// `connects` say which sides the reference plays. A reference may do anything with a stream that
/// the network cut or harmed, so such a case has no right outcome.
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

/// Put [`CLIENT_ADDRESS`] or [`SERVER_ADDRESS`] in the place of each address that CPython's `print`
/// has shown.
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
    /// Where the server saw its clients.
    pub clients: Vec<Endpoint>,
    /// Where the client saw its server.
    pub server: Endpoint,
}

/// Replace `needle` wherever it is in `screen`.
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
    /// Its name: kebab-case, unique in its scenario. Its hash is the input's id, so it stays.
    pub name: String,
    /// The input.
    pub input: Input,
    /// The networks it is played over besides `asis`.
    pub networks: Vec<Network>,
}

impl Vector {
    /// A named input.
    #[must_use]
    pub fn new(name: impl Into<String>, input: Input) -> Self {
        Self { name: name.into(), input, networks: Vec::new() }
    }

    /// The same, played over these networks too.
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

/// The input that a scenario's strategy makes from this id; the same for ever, as long as the
/// generator stays the same.
#[must_use]
pub fn generated_input(scenario: &dyn Scenario, id: InputId) -> Option<Input> {
    Some(generated_tree(scenario, id)?.current())
}

/// The same input with its way to smaller ones.
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

/// The one of these generators that makes the input of this id.
#[must_use]
pub fn generator_of(generators: &[Generator], id: InputId) -> Option<&Generator> {
    let count = u32::try_from(generators.len()).ok()?;
    generators.get(usize::try_from(id.0.checked_rem(count)?).ok()?)
}

/// The one generator of a scenario whose generated inputs have no names of their own.
#[must_use]
pub fn one_generator(strategy: BoxedStrategy<Input>) -> Vec<Generator> {
    vec![Generator { name: GENERATED.to_owned(), strategy }]
}
