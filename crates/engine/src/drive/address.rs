//! Decides the addresses of the two sides of a case: chosen by the harness, or fixed in a program's source.

use std::net::SocketAddr;

use model::Endpoint;
use model::case::Transport;
use model::observation::Role;

use super::{DriveError, Driver, Play, Side};
use crate::peer::OwnAddress;
use crate::platform::Place;

/// The place of one side.
#[derive(Debug)]
pub(super) struct Site {
    /// The transport between the recorder and this side.
    pub(super) speaks: Transport,
    /// The network namespace of this side.
    pub(super) place: Place,
    /// Its server's address there, if it is fixed.
    pub(super) at: Option<SocketAddr>,
    /// The address in its source, if the interpreter redirects it.
    redirected: Option<SocketAddr>,
}

impl Site {
    /// A site with no fixed address.
    fn anywhere(speaks: Transport) -> Self {
        Self { speaks, place: Place::default(), at: None, redirected: None }
    }

    /// How a program with its server at `endpoint` gets its address.
    pub(super) fn command(&self, endpoint: &Endpoint) -> OwnAddress {
        match (self.redirected, endpoint) {
            (Some(own), Endpoint::Inet(real)) => OwnAddress::Redirected(own, *real),
            _ => OwnAddress::In(self.place.clone()),
        }
    }

    /// The address of the server at `endpoint`, as a program here sees it.
    pub(super) fn shown(&self, endpoint: Endpoint) -> Endpoint {
        self.redirected.map_or(endpoint, Endpoint::Inet)
    }
}

impl Driver {
    /// The sites of the server and of the clients. All clients of a case share one site: a program may follow
    /// the harness as a client.
    pub(super) fn sites(&self, play: &Play<'_>) -> Result<(Site, Site), DriveError> {
        let server = self.site(play, Role::Server, &play.server)?;
        let follower = play.control.as_ref().map(|(_, side)| side);
        let client = match (&play.client, follower) {
            (Side::Script(_), Some(side @ Side::Peer(..))) => side,
            (side, _) => side,
        };
        Ok((server, self.site(play, Role::Client, client)?))
    }

    fn site(&self, play: &Play<'_>, role: Role, side: &Side<'_>) -> Result<Site, DriveError> {
        let (peer, template) = match side {
            Side::Peer(peer, template) => (peer, template),
            Side::Hand(hand) => return Ok(Site { at: hand.at, ..Site::anywhere(play.transport) }),
            Side::Running(..) | Side::Script(_) | Side::Nobody => {
                return Ok(Site::anywhere(play.transport));
            }
        };
        let scenario = play.scenario.name();
        let speaks = peer.speaks(role, scenario, play.transport).unwrap_or(play.transport);
        let anywhere = Site::anywhere(speaks);
        Ok(match peer.fixed_address(role, scenario) {
            None => anywhere,
            Some(own) if peer.is_redirected(template) => Site { redirected: Some(own), ..anywhere },
            Some(own) => {
                let place = self.namespaces.open(own.ip())?;
                Site { place, at: Some(own), ..anywhere }
            }
        })
    }
}
