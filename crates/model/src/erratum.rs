//! Known defects of a reference program.
//!
//! An erratum is no excuse: where an input triggers one, the clause says what is right and everyone
//! else is held to it, and the reference must really show the defect. One that no longer happens
//! is a failure. An erratum is code, so its texts are the program's own.

use crate::observation::{Observation, Role};
use crate::{Check, Expected, Input, Step};

/// One defect of one reference program.
#[derive(Debug)]
pub struct Erratum {
    /// Its name: kebab-case, begins with the scenario.
    pub id: &'static str,
    /// The scenario.
    pub scenario: &'static str,
    /// The program.
    pub role: Role,
    /// What makes it show.
    pub trigger: &'static str,
    /// What happens then.
    pub happens: &'static str,
    /// What a right program does.
    pub right: &'static str,
    /// The clause that says so.
    pub clause: &'static str,
    /// Whether an input triggers it, given what is right for that input. `None` for a defect that
    /// every exchange of the scenario has; such a one is never judged, only kept out of the way.
    pub triggered: Option<fn(&Input, &Expected) -> bool>,
    /// The checks that the reference in this role is not held to when it is triggered: they show
    /// the defect, or what follows from it.
    pub waives: &'static [Check],
    /// Takes out of the program's standard output what the defect adds to it, and when is chance.
    pub tidy: Option<fn(&mut Vec<u8>)>,
    /// How the harness knows that it has happened, if the case wouldn't end by itself.
    pub sign: Option<Sign>,
    /// Whether the program then keeps a processor busy for ever.
    pub spins: bool,
    /// How `framecheck errata` makes it happen.
    pub demo: Demo,
    /// Whether it happened.
    pub shown: fn(&Expected, &Observation) -> bool,
}

/// How a defect is made to happen. The program in its role is the reference's. What is seen is seen
/// when the client has ended, when nothing has moved for a while, or when a program keeps a
/// processor busy for nothing.
#[derive(Debug, Clone, Copy)]
pub enum Demo {
    /// By the first of the scenario's vectors that triggers it.
    Triggered,
    /// By the vector of this name, over the network of this name. The other side is the reference
    /// too, or the harness if the vector says so.
    Vector(&'static str, &'static str),
    /// By the harness on the other side, which takes these steps, over the network of this name.
    Script {
        /// The literals of the program, and what is typed at it.
        input: fn() -> Input,
        /// What the harness does.
        steps: fn() -> Vec<Step>,
        /// The network.
        network: &'static str,
    },
}

impl Demo {
    /// By the harness on the other side, over a network that does nothing, without an input.
    #[must_use]
    pub const fn steps(steps: fn() -> Vec<Step>) -> Self {
        Self::Script { input: Input::default, steps, network: "asis" }
    }
}

impl Erratum {
    /// One that no input of the matrix is known to trigger: it is demonstrated, and where a network
    /// does harm it excuses the reference if it shows. Its entry says how to go on from here.
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

    /// Whether the reference is not held to this check where it shows. A server that it ends serves
    /// nobody after that.
    #[must_use]
    pub fn waives_check(&self, check: Check) -> bool {
        let waives = |check| self.waives.contains(&check);
        let follows = matches!(check, Check::NextClient | Check::ServerStays);
        waives(check) || follows && waives(Check::ServerExit)
    }
}

/// What to wait for, in place of an end that won't come.
#[derive(Debug, Clone, Copy)]
pub enum Sign {
    /// The program's standard output holds this; then nothing moves any more.
    QuietAfter(&'static str),
    /// The client has said that no more will come; then nothing moves any more.
    QuietAfterEnd,
    /// The server has been reached; then nothing moves any more. For programs that show nothing.
    QuietOnceOpen,
    /// The program's standard output holds this so many times.
    Repeated(&'static str, usize),
}
