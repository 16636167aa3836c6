//! What a server of connections allows its clients: the options, their defaults, and what is said
//! of one who goes past them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::Args as ClapArgs;
use endpoint::{Address, Reach};

use super::descriptors;

/// Under which limits are listed in the help.
pub(crate) const LIMITS: &str = "Limits";

/// How far away those may be who connect.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Access {
    /// Listen also at an address that other machines can reach. Without this only 127.0.0.0/8, ::1
    /// and Unix sockets are taken.
    #[arg(long)]
    pub(crate) allow_non_loopback: bool,
}

impl Access {
    pub(crate) const fn reach(&self) -> Reach {
        if self.allow_non_loopback { Reach::Network } else { Reach::Machine }
    }
}

/// The options of every scenario that serves any number of connections.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(super) access: Access,
    /// Whether a Unix socket is for this user alone.
    #[arg(skip)]
    private: bool,
    /// What has to be said as soon as it listens.
    #[arg(skip)]
    pub(super) notice: Option<&'static str>,
    /// Connections at the same time; one more is closed at once. Here and with the others, 0
    /// stands for no limit.
    #[arg(long, value_name = "N", default_value_t = 1024, help_heading = LIMITS)]
    pub(super) max_connections: usize,
    /// Connections at the same time from one IPv4 address, one IPv6 network of 64 bits, or one
    /// user of a Unix socket.
    #[arg(long, value_name = "N", default_value_t = 256, help_heading = LIMITS)]
    pub(super) max_per_client: usize,
    /// How long a client may keep this server waiting without a byte in either direction.
    #[arg(long, value_name = "SECONDS", default_value = "300", help_heading = LIMITS)]
    pub(super) idle_timeout: Seconds,
    /// How long a connection may last.
    #[arg(long, value_name = "SECONDS", default_value = "86400", help_heading = LIMITS)]
    pub(super) total_timeout: Seconds,
    /// Bytes a second that a client has to take of an answer, or to send of a message that it has
    /// begun.
    #[arg(long, value_name = "BYTES", default_value_t = 512, help_heading = LIMITS)]
    pub(super) min_rate: u64,
    /// Over how long that rate is measured, of the time in which this server waits for the client.
    #[arg(long, value_name = "SECONDS", default_value = "10", help_heading = LIMITS)]
    pub(super) rate_window: Seconds,
    /// How long what is under way may take to finish after SIGTERM or Ctrl-C; 0: it is broken off.
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    pub(super) drain_timeout: Seconds,
    /// Where to answer GET /metrics, with counters in Prometheus' text format. By the same rule as
    /// --listen, and nowhere unless told.
    #[arg(long, value_name = "ADDR")]
    pub(super) metrics: Option<Address>,
}

impl Options {
    /// The same with a Unix socket that nobody but this user can use, and with something to be said
    /// on the log.
    pub(crate) fn private(&self, notice: Option<&'static str>) -> Self {
        Self { private: true, notice, ..self.clone() }
    }

    /// Have descriptors enough. A server of commands leaves the limit as it is: they would inherit
    /// another, which `ulimit -n` shows.
    pub(super) fn make_room_for_connections(&self) {
        if !self.private {
            descriptors::make_room(self.max_connections);
        }
    }

    pub(super) const fn reach(&self, address: &Address) -> Reach {
        match address {
            Address::Unix(_) if self.private => Reach::User,
            _ => self.access.reach(),
        }
    }
}

/// A time, written as seconds: `300` or `0.25`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seconds(Duration);

impl Seconds {
    /// The time; none for 0.
    pub(super) fn limit(self) -> Option<Duration> {
        (!self.0.is_zero()).then_some(self.0)
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused =
            || format!("expected seconds, such as 300 or 0.25 and not below 0, found {text:?}");
        let seconds: f64 = text.parse().map_err(|_| refused())?;
        Duration::try_from_secs_f64(seconds).map(Self).map_err(|_| refused())
    }
}

/// Why a connection was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Refusal {
    /// There are as many as there may be.
    Full,
    /// This client has its share.
    Share,
    /// A Unix socket's client is another user.
    Stranger,
}

impl Refusal {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Full => "max-connections",
            Self::Share => "max-per-client",
            Self::Stranger => "other-user",
        }
    }
}

/// Why a session was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cut {
    /// Nothing moved for so long.
    Idle(Duration),
    /// It lasted so long.
    Total(Duration),
    /// So few bytes moved in so long.
    Slow(u64, Duration),
    /// All was sent to it, and still it does not close.
    Lingers,
    /// The server ends, and nothing was under way.
    Ending,
    /// The server ends, and what was under way took too long.
    Unfinished,
}

impl Cut {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Idle(_) => "idle-timeout",
            Self::Total(_) => "total-timeout",
            Self::Slow(..) => "min-rate",
            Self::Lingers => "linger",
            Self::Ending | Self::Unfinished => "shutdown",
        }
    }
}

impl Cut {
    /// Whether that is as it should be, and nothing to warn of.
    pub(super) const fn is_in_order(self) -> bool {
        matches!(self, Self::Lingers | Self::Ending)
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle(limit) => write!(f, "no byte within {} s", limit.as_secs_f64()),
            Self::Total(limit) => write!(f, "not done within {} s", limit.as_secs_f64()),
            Self::Slow(moved, window) => {
                write!(f, "{moved} bytes within {} s is too slow", window.as_secs_f64())
            }
            Self::Lingers => f.write_str("has everything and did not close"),
            Self::Ending => f.write_str("this server ends"),
            Self::Unfinished => f.write_str("not done when this server had to end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_a_decimal_number_and_0_is_no_limit() {
        let limit = |text: &str| text.parse::<Seconds>().map(Seconds::limit);
        assert_eq!(limit("300"), Ok(Some(Duration::from_secs(300))));
        assert_eq!(limit("0.25"), Ok(Some(Duration::from_millis(250))));
        assert_eq!(limit("0"), Ok(None));
        for text in ["", "x", "-1", "nan", "inf", "1e30", "5s"] {
            assert!(limit(text).is_err(), "{text}");
        }
    }
}
