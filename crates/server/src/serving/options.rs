//! What a server of connections allows its clients: the options, their defaults, and the messages
//! for a client that exceeds them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::Args as ClapArgs;
use endpoint::{Address, Reach};

use super::descriptors;

/// The heading of the limits in the help.
pub(crate) const LIMITS: &str = "Limits";

/// From how far away clients may connect.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Access {
    /// Also listen on an address that other machines can reach. Without this, the server accepts
    /// only 127.0.0.0/8, ::1 and Unix sockets.
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
    /// Whether a Unix socket is only for this user.
    #[arg(skip)]
    private: bool,
    /// What to log as soon as the server listens.
    #[arg(skip)]
    pub(super) notice: Option<&'static str>,
    /// Most connections at the same time; the server closes further ones at once. For this and the
    /// other limits, 0 means no limit.
    #[arg(long, value_name = "N", default_value_t = 1024, help_heading = LIMITS)]
    pub(super) max_connections: usize,
    /// Most connections at the same time from one IPv4 address, one IPv6 network of 64 bits, or one
    /// user of a Unix socket.
    #[arg(long, value_name = "N", default_value_t = 256, help_heading = LIMITS)]
    pub(super) max_per_client: usize,
    /// How long the server waits for a client without a byte in either direction.
    #[arg(long, value_name = "SECONDS", default_value = "300", help_heading = LIMITS)]
    pub(super) idle_timeout: Seconds,
    /// How long a connection may last.
    #[arg(long, value_name = "SECONDS", default_value = "86400", help_heading = LIMITS)]
    pub(super) total_timeout: Seconds,
    /// Bytes per second that a client has to read of an answer, or to send of a message that it has
    /// begun.
    #[arg(long, value_name = "BYTES", default_value_t = 512, help_heading = LIMITS)]
    pub(super) min_rate: u64,
    /// The period over which the server measures this rate. Only time in which it waits for the
    /// client counts.
    #[arg(long, value_name = "SECONDS", default_value = "10", help_heading = LIMITS)]
    pub(super) rate_window: Seconds,
    /// How long running exchanges may take to finish after SIGTERM or Ctrl-C; 0 breaks them off at
    /// once.
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    pub(super) drain_timeout: Seconds,
    /// Where to answer GET /metrics, with counters in Prometheus' text format. The same rule as for
    /// --listen applies. Without this option there are no metrics.
    #[arg(long, value_name = "ADDR")]
    pub(super) metrics: Option<Address>,
}

impl Options {
    /// The same options, with a Unix socket only for this user, and with a line to log at the
    /// start.
    pub(crate) fn private(&self, notice: Option<&'static str>) -> Self {
        Self { private: true, notice, ..self.clone() }
    }

    /// Raises the limit of descriptors. A server of commands leaves the limit unchanged: its
    /// commands would inherit it, and `ulimit -n` shows it.
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
    /// The time; `None` for 0.
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

/// Why the server refused a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Refusal {
    /// The server has its maximum number of connections.
    Full,
    /// This client has its maximum number of connections.
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

/// Why the server cut a session short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cut {
    /// No byte moved for this long.
    Idle(Duration),
    /// It lasted this long.
    Total(Duration),
    /// Only this many bytes moved in this time.
    Slow(u64, Duration),
    /// The server sent everything, and the client still does not close.
    Lingers,
    /// The server ends, and no exchange was in progress.
    Ending,
    /// The server ends, and the exchange in progress took too long.
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
    /// Whether this is normal, and needs no warning.
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
