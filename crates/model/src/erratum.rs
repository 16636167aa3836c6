//! Known defects of a reference program.
//!
//! An erratum is not an excuse. Where an input triggers one, the clause says what is right, and every other
//! program must follow it. The reference must really show the defect: an erratum that no longer happens is a
//! failure. An erratum is code, so its texts are static.

use crate::observation::{Observation, Role};
use crate::{Check, Expected, Input, Step};

/// A defect of a reference program.
#[derive(Debug)]
pub struct Erratum {
    /// Its name, in kebab-case. It begins with the scenario's name.
    pub id: &'static str,
    /// The scenario.
    pub scenario: &'static str,
    /// The program's role.
    pub role: Role,
    /// What makes it show.
    pub trigger: &'static str,
    /// What happens then.
    pub happens: &'static str,
    /// What a correct program does.
    pub right: &'static str,
    /// The clause that requires this.
    pub clause: &'static str,
    /// Whether an input triggers it, given what is right for that input. `None` for a defect that every
    /// exchange of the scenario has. Such a defect is never judged, only removed from the results.
    pub triggered: Option<fn(&Input, &Expected) -> bool>,
    /// The checks that do not apply to the reference in this role when it is triggered: they show the defect,
    /// or its consequences.
    pub waives: &'static [Check],
    /// Removes from the program's standard output what the defect adds to it at random times.
    pub tidy: Option<fn(&mut Vec<u8>)>,
    /// How the harness recognises the defect, if the case would not end by itself.
    pub sign: Option<Sign>,
    /// Whether the program then keeps a processor busy for ever.
    pub spins: bool,
    /// How `framecheck errata` reproduces it.
    pub demo: Demo,
    /// Whether the observation shows it.
    pub shown: fn(&Expected, &Observation) -> bool,
}

/// How a defect is reproduced. The reference plays the erratum's role. The observation ends when the client has
/// ended, when there is no traffic for a while, or when a program keeps a processor busy without any traffic.
#[derive(Debug, Clone, Copy)]
pub enum Demo {
    /// By the scenario's first vector that triggers it.
    Triggered,
    /// By the vector with this name, over the network with this name. The reference plays the other side too,
    /// or the harness if the vector says so.
    Vector(&'static str, &'static str),
    /// By the harness on the other side, which takes these steps, over the network with this name.
    Script {
        /// The program's literals, and the typed input.
        input: fn() -> Input,
        /// What the harness does.
        steps: fn() -> Vec<Step>,
        /// The network.
        network: &'static str,
    },
}

impl Demo {
    /// By the harness on the other side, over an undisturbed network, without an input.
    #[must_use]
    pub const fn steps(steps: fn() -> Vec<Step>) -> Self {
        Self::Script { input: Input::default, steps, network: "asis" }
    }
}

impl Erratum {
    /// A defect that no input of the matrix triggers. It is demonstrated, and it excuses the reference if it
    /// shows over a network that injects faults. An entry sets its own fields, and takes the others from here.
    pub const DEMONSTRATED: Self = Self {
        id: "",
        scenario: "",
        role: Role::Server,
        trigger: "",
        happens: "",
        right: "",
        clause: "",
        triggered: Some(|_, _| false),
        waives: &[],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, _| false,
    };

    /// Whether this check does not apply to the reference where the defect shows. If the defect ends a server,
    /// the server serves no later client.
    #[must_use]
    pub fn waives_check(&self, check: Check) -> bool {
        let waives = |check| self.waives.contains(&check);
        let follows = matches!(check, Check::NextClient | Check::ServerStays);
        waives(check) || follows && waives(Check::ServerExit)
    }
}

/// What to wait for when the program does not end by itself.
#[derive(Debug, Clone, Copy)]
pub enum Sign {
    /// The program's standard output contains this text; then the traffic stops.
    QuietAfter(&'static str),
    /// The client has ended its stream; then the traffic stops.
    QuietAfterEnd,
    /// The server was reached; then the traffic stops. For programs that print nothing.
    QuietOnceOpen,
    /// The program's standard output contains this text this many times.
    Repeated(&'static str, usize),
}
