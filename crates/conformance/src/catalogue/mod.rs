//! The catalogue: every scenario with its clauses, inputs and what is right for each of them, and
//! the known errata of the reference programs. It starts nothing and judges nothing.

mod buffers;
mod chat;
mod chat_guarded;
mod chat_relisten;
mod check;
mod common;
mod disturbed;
mod errata;
mod expected;
mod file_transfer;
mod first_message;
mod greeting;
mod harm;
mod hostile;
mod input;
mod known;
mod length_ack;
mod length_prefix;
mod line_upper;
mod line_upper_udp;
mod one_turn;
mod parts;
mod regressions;
mod remote_command;
mod scenario;
mod socket_api;
mod sticky;
mod sticky_sizes;
mod struct_demo;
mod talk;
mod tcp_connect;
mod tcp_hello;
mod tcp_upper;
mod text;
mod udp_hello;
mod udp_upper;

pub use check::{Check, Clause, Level};
pub use common::{COMMON, common_clause};
pub use errata::{Demo, Erratum, Sign, contains, count, errata};
pub use expected::{Ending, Expected, ExpectedEnd, Wire};
pub use harm::{Harmed, files_beside, given_to_client};
pub use input::{Beside, Input, Leaving, Literal, Step};
pub use known::{Known, read_clause, read_errata};
pub use regressions::{Regression, regressions, vectors};
pub use scenario::{
    Addresses, CLIENT_ADDRESS, SERVER_ADDRESS, Scenario, Vector, generated_input, generated_tree,
};

/// Every scenario, in the order of the documents.
#[must_use]
pub fn scenarios() -> &'static [&'static dyn Scenario] {
    static ALL: &[&dyn Scenario] = &[
        &tcp_connect::TcpConnect,
        &tcp_upper::TcpUpper,
        &udp_upper::UdpUpper,
        &tcp_hello::TCP_HELLO,
        &udp_hello::UdpHello,
        &length_ack::LengthAck,
        &length_prefix::LengthPrefix,
        &remote_command::RemoteCommand,
        &line_upper::CONCURRENT,
        &line_upper::SERIAL,
        &line_upper_udp::LineUpperUdp,
        &buffers::Buffers,
        &greeting::GREETING,
        &first_message::FIRST_MESSAGE,
        &chat::Chat,
        &chat_guarded::ChatGuarded,
        &chat_relisten::ChatRelisten,
        &sticky::Sticky,
        &sticky_sizes::StickySizes,
        &struct_demo::StructDemo,
        &file_transfer::FileTransfer,
        &socket_api::SocketApi,
    ];
    ALL
}

/// The scenario of this name.
#[must_use]
pub fn scenario(name: &str) -> Option<&'static dyn Scenario> {
    scenarios().iter().copied().find(|scenario| scenario.name() == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::case::Transport;

    #[test]
    fn every_clause_has_a_check_and_every_number_is_used_once() {
        let mut ids = BTreeSet::new();
        let common = COMMON.iter().map(|(_, _, clauses)| *clauses);
        for clauses in scenarios().iter().map(|scenario| scenario.clauses()).chain(common) {
            for clause in clauses {
                assert!(!clause.checks.is_empty(), "nothing checks {}", clause.id);
                assert!(ids.insert(clause.id), "two clauses are {}", clause.id);
            }
        }
    }

    /// Some checks are only made where a clause asks for them; all others are always made.
    #[test]
    fn every_check_stands_for_a_clause_in_every_scenario() {
        let on_demand =
            [Check::ServerCloses, Check::ServerStays, Check::ServerEnds, Check::ClientConnects];
        let of_clients = [Check::ClientStdout, Check::ClientExit, Check::ClientFiles];
        for scenario in scenarios() {
            let is_alone = scenario.transports() == Transport::ALONE;
            for check in Check::ALL {
                let is_clients = of_clients.contains(&check);
                let made = !(on_demand.contains(&check) || is_alone && is_clients);
                let common = COMMON.iter().flat_map(|(_, _, clauses)| *clauses);
                let stands = scenario.clause(check).is_some()
                    || common.clone().any(|clause| clause.checks.contains(&check));
                assert!(!made || stands, "{}: {}", scenario.name(), check.name());
            }
        }
        for check in on_demand {
            assert!(scenarios().iter().any(|scenario| scenario.clause(check).is_some()));
        }
    }

    #[test]
    fn every_vector_has_an_id_of_its_own() {
        for scenario in scenarios() {
            let vectors = vectors(*scenario);
            let ids: BTreeSet<_> = vectors.iter().map(Vector::id).collect();
            assert_eq!(ids.len(), vectors.len(), "{}", scenario.name());
        }
    }
}
