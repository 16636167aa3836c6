//! Finds the addresses in the source of Python programs that take none on their command line. The programs run
//! once, and record where they bind and connect.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use learn::{Address, Facts, Role};
use model::case::Transport;

use super::super::Usage;
use super::super::interrupt::Interrupted;
use super::LearnArgs;
use super::commands::Fixed;
use super::file::File;
use super::plays::play;

/// By then, a program has bound or connected. For half of this time, framecheck waits for a server that listens
/// elsewhere.
const DEADLINE_SECONDS: u64 = 6;

/// Fills in the addresses from the programs' source. For this, the programs run on this machine's own
/// addresses.
pub(super) fn found(out: &Path, mut file: File, args: &LearnArgs) -> anyhow::Result<File> {
    if !file.commands.has_unknown() {
        return Ok(file);
    }
    let mut facts = Facts::default();
    let mut first = file.clone();
    first.inputs.truncate(1);
    // The play is expected to fail: nothing listens where framecheck looks.
    if let Err(error) = play(out, &first, args, DEADLINE_SECONDS, &mut facts)
        && error.is::<Interrupted>()
    {
        return Err(error);
    }
    let roles = [(Role::Server, "--server", "bind"), (Role::Client, "--client", "connect")];
    for ((role, option, call), own) in roles.into_iter().zip(&mut file.commands.fixed) {
        if *own != Some(Fixed::Unknown) {
            continue;
        }
        let is_its = |it: &&Address| it.role == role && it.call.starts_with(call);
        let Some(address) = facts.addresses().filter(is_its).find_map(socket_address) else {
            let what = format!(
                "{option}: the command has no {{port}}, and the program was not seen to {call}; write {{host}} and \
                 {{port}} where its address stands, or say which address its source has: --fixed-address \
                 127.0.0.1:9001"
            );
            anyhow::bail!(Usage(what));
        };
        *own = Some(Fixed::At(address.to_string()));
    }
    if facts.serves_datagrams() && file.transport == Transport::Tcp4 {
        file.transport = Transport::Udp4;
    }
    Ok(file)
}

/// The address, as it is written into the file. `None` for a port that the system chose, or for another
/// machine.
fn socket_address(address: &Address) -> Option<SocketAddr> {
    let host = match address.host.as_str() {
        "" | "localhost" => "127.0.0.1",
        host => host,
    };
    let port = address.port.parse().ok().filter(|port| *port != 0)?;
    let host: IpAddr = host.parse().ok()?;
    let is_here = host.is_unspecified() || host.to_canonical().is_loopback();
    is_here.then(|| SocketAddr::new(host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_this_machine_with_a_port() {
        let seen = |host: &str, port: &str| {
            let (role, call) = (Role::Server, "bind".to_owned());
            let address = Address { role, call, host: host.to_owned(), port: port.to_owned() };
            socket_address(&address).map(|address| address.to_string())
        };
        assert_eq!(seen("", "9001").as_deref(), Some("127.0.0.1:9001"));
        assert_eq!(seen("::1", "9001").as_deref(), Some("[::1]:9001"));
        assert_eq!(seen("0.0.0.0", "0"), None);
        assert_eq!(seen("example.org", "80"), None);
        assert_eq!(seen("10.0.0.5", "53"), None);
    }
}
