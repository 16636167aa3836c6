//! What a scenario is, and how its generated inputs come from a seed.

use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{Check, Clause, Erratum, Expected, Harmed, Input, Leaving, Literal, Step};
use crate::blob::Blob;
use crate::case::{InputId, Network, Transport};
use crate::network::Endpoint;
use crate::observation::{Direction, Role};
use crate::oracle::{Oracle, OracleError};

/// Stands for a client's address in what a server prints, which differs from run to run.
pub const CLIENT_ADDRESS: &str = "{client address}";
/// Stands for the server's address in what a client prints.
pub const SERVER_ADDRESS: &str = "{server address}";

/// One client/server program of the tutorials.
pub trait Scenario: Sync {
    /// Its name: kebab-case, as in ids and on every command line.
    fn name(&self) -> &'static str;
    /// What it is, in one line.
    fn summary(&self) -> &'static str;
    /// What it travels in, the tutorials' own first.
    fn transports(&self) -> &'static [Transport];
    /// For a framed scenario, the key that gives the body's size.
    fn size_key(&self) -> Option<&'static str> {
        None
    }
    /// Its clauses. Where several have the same check, the first speaks for the whole.
    fn clauses(&self) -> &'static [Clause];
    /// The fixed inputs.
    fn vectors(&self) -> Vec<Vector>;
    /// Where the generated inputs come from.
    fn strategy(&self) -> BoxedStrategy<Input>;
    /// What is right for an input. Every byte that Python would format comes from the oracle.
    ///
    /// # Errors
    /// The oracle can't answer.
    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError>;
    /// The known defects of its reference programs.
    fn errata(&self) -> &'static [Erratum] {
        &[]
    }
    /// What the program in `role` asks its user with, so that somebody at its terminal knows when to
    /// type. Without one an input that is [at a terminal](Input::terminal) is typed into a pipe.
    fn prompt(&self, _role: Role) -> Option<&'static str> {
        None
    }
    /// What the harness does as a client with a raw input, given what is right for it.
    fn script(&self, _input: &Input, _right: &Expected) -> Vec<Step> {
        Vec::new()
    }
    /// What is right for the client when the network has done harm, or the harness as its server:
    /// given what was seen of it, and what would have been right without.
    ///
    /// # Errors
    /// The oracle can't answer.
    fn harmed(
        &self,
        input: &Input,
        _given: &[u8],
        _oracle: &Oracle,
    ) -> Result<Harmed, OracleError> {
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
        let exchange = |answer: &Blob| [Step::ReadSome, Step::Send(answer.0.clone())];
        let exchanges = answers.iter().flat_map(exchange);
        [Step::Connect].into_iter().chain(exchanges).chain(leaving.steps()).collect()
    }
    /// Whether it means nothing where what goes this way is cut: no message of it is what one recv
    /// returns.
    fn cuts_mean_nothing(&self, _direction: Direction) -> bool {
        false
    }
    /// The networks that a generated input, the `nth` of a run, is played over besides `asis`.
    fn generated_networks(&self, _nth: usize) -> Vec<Network> {
        Vec::new()
    }
    /// The literals of the program in `role` that an input may change.
    fn literals(&self, _role: Role, _input: &Input) -> Vec<Literal> {
        Vec::new()
    }
    /// The input as it is for a server that announces the tutorial's name for its file, whatever that is
    /// called; `None` where it is called so.
    fn under_the_tutorials_name(&self, _input: &Input) -> Option<Input> {
        None
    }
    /// Put [`CLIENT_ADDRESS`] and [`SERVER_ADDRESS`] in the place of addresses on a screen.
    fn hide_addresses(&self, role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
        let (shown, place) = match role {
            Role::Server => (&addresses.clients[..], CLIENT_ADDRESS),
            Role::Client => (std::slice::from_ref(&addresses.server), SERVER_ADDRESS),
        };
        for endpoint in shown {
            replace(screen, &endpoint.printed_by_python(), place);
        }
    }
    /// Whether a screen shows what is right, where the clauses leave more than one way.
    fn screen_agrees(&self, _role: Role, right: &[u8], seen: &[u8]) -> bool {
        right == seen
    }

    /// The clause a check stands for.
    fn clause(&self, check: Check) -> Option<&'static Clause> {
        self.clauses().iter().find(|clause| clause.checks.contains(&check))
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
pub(super) fn replace(screen: &mut Vec<u8>, needle: &str, with: &str) {
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
    pub name: &'static str,
    /// The input.
    pub input: Input,
    /// The networks it is played over besides `asis`.
    pub networks: Vec<Network>,
}

impl Vector {
    /// A named input.
    #[must_use]
    pub const fn new(name: &'static str, input: Input) -> Self {
        Self { name, input, networks: Vec::new() }
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
    pub const fn id(&self) -> InputId {
        InputId::of_vector(self.name)
    }
}

/// The input that a scenario's strategy makes from this id; the same for ever, as long as the
/// strategy stays the same.
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
    scenario.strategy().new_tree(&mut runner).ok()
}
