//! The address in a program's source, as a protocol file or a manifest gives it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Why a text is not a fixed address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FixedAddressError {
    /// What is wrong.
    pub what: String,
    /// What would be correct.
    pub help: String,
}

/// Reads a fixed address, such as `127.0.0.1:9001` or `[::1]:9001`. An address for all addresses of a machine,
/// such as `0.0.0.0`, becomes the loopback address.
///
/// # Errors
///
/// It is not the address of one program: see [`FixedAddressError`].
///
/// ```
/// assert_eq!(model::fixed_address("0.0.0.0:9001").unwrap().to_string(), "127.0.0.1:9001");
/// assert!(model::fixed_address("localhost:9001").is_err());
/// ```
pub fn fixed_address(text: &str) -> Result<SocketAddr, FixedAddressError> {
    let address: SocketAddr = text.parse().map_err(|_| unreadable(text))?;
    if address.port() == 0 {
        return Err(FixedAddressError {
            what: "port 0 lets the system choose a port".to_owned(),
            help: "write the port in the program's source, 1 to 65535".to_owned(),
        });
    }
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    if ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return Err(FixedAddressError {
            what: format!("{ip} is not the address of one program"),
            help: "framecheck plays a server and a client with one address each".to_owned(),
        });
    }
    Ok(SocketAddr::new(ip, address.port()))
}

/// The mistake of an argument with an address placeholder, if the program's source has a fixed address.
#[must_use]
pub fn place_beside_fixed_address(argument: &str) -> Option<FixedAddressError> {
    /// The placeholders for an address to listen on or to connect to.
    const PLACES: [&str; 4] = ["host", "port", "path", "address"];
    let place = crate::places_in(argument).find(|place| PLACES.contains(place))?;
    Some(FixedAddressError {
        what: format!("{{{place}}} and fixed-address: where is this program's address?"),
        help: "remove the place; or, if it takes an address, give only the other role a fixed-address: \
               { command = [...], fixed-address = \"...\" }"
            .to_owned(),
    })
}

fn unreadable(text: &str) -> FixedAddressError {
    let help = |port: &str| format!("write 127.0.0.1:{port} or [::1]:{port}");
    let is_port = |port: &&str| port.parse::<u16>().is_ok();
    let (what, help) = match text.rsplit_once(':') {
        _ if text.parse::<IpAddr>().is_ok() => {
            let bracketed = if text.contains(':') { format!("[{text}]") } else { text.to_owned() };
            (format!("{text:?} has no port"), format!("e.g. {bracketed}:9001"))
        }
        Some((host, port)) if is_port(&port) && host.contains(':') => {
            (format!("{text:?} is not an address"), format!("IPv6 takes brackets: [{host}]:{port}"))
        }
        Some((host, port)) if is_port(&port) && host.parse::<IpAddr>().is_err() => {
            let what = if host.is_empty() { "there is no host".to_owned() } else { named(host) };
            (what, help(port))
        }
        Some((_, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !port.is_empty() => {
            (format!("a port is at most 65535, found {port}"), help("9001"))
        }
        _ => (format!("{text:?} is not an address and port"), help("9001")),
    };
    FixedAddressError { what, help }
}

/// The mistake of a host that is not an IP address.
fn named(host: &str) -> String {
    let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if host.bytes().all(is_number) {
        format!("{host:?} is not an IP address")
    } else {
        format!("{host:?} is a name, expected an IP address")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_either_family_are_read_and_wildcards_become_loopback() {
        for (text, address) in [
            ("127.0.0.1:9001", "127.0.0.1:9001"),
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("[::1]:65535", "[::1]:65535"),
            ("192.168.1.5:1", "192.168.1.5:1"),
        ] {
            assert_eq!(fixed_address(text).unwrap().to_string(), address);
        }
    }

    #[test]
    fn each_mistake_is_named_with_what_would_be_right() {
        for (text, what, help) in [
            ("127.0.0.1:0", "port 0 lets the system choose", "1 to 65535"),
            ("localhost:9001", "\"localhost\" is a name, expected an IP address", "127.0.0.1:9001"),
            ("127.0.0.1", "\"127.0.0.1\" has no port", "e.g. 127.0.0.1:9001"),
            ("::1", "\"::1\" has no port", "e.g. [::1]:9001"),
            ("fe80::1:x:9001", "\"fe80::1:x:9001\" is not an address", "[fe80::1:x]:9001"),
            ("127.0.0.1:70000", "a port is at most 65535, found 70000", "127.0.0.1:9001"),
            ("127.0.0.256:9001", "\"127.0.0.256\" is not an IP address", "127.0.0.1:9001"),
            (":9001", "there is no host", "127.0.0.1:9001 or [::1]:9001"),
            ("9001", "\"9001\" is not an address and port", "127.0.0.1:9001"),
            ("", "\"\" is not an address and port", "127.0.0.1:9001"),
            ("224.0.0.1:9001", "224.0.0.1 is not the address of one program", "one address each"),
        ] {
            let error = fixed_address(text).unwrap_err();
            assert!(error.what.contains(what), "{text}: {}", error.what);
            assert!(error.help.contains(help), "{text}: {}", error.help);
        }
    }
}
