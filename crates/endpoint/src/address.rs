//! `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `unix:PATH`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a server listens and a client connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `HOST:PORT`, an IPv6 address in brackets. A name is resolved when it is used.
    Inet(String),
    /// `unix:PATH`.
    Unix(PathBuf),
}

/// A text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected HOST:PORT, [HOST]:PORT or unix:PATH, found {found:?}: {why}")]
pub struct AddressError {
    /// The text.
    pub found: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl FromStr for Address {
    type Err = AddressError;

    /// # Errors
    /// [`AddressError`] says what is missing.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = |why| Err(AddressError { found: text.to_owned(), why });
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { refuse("no path") } else { Ok(Self::Unix(path.into())) };
        }
        let Some((host, port)) = text.rsplit_once(':') else { return refuse("no port") };
        if host.is_empty() {
            return refuse("no host");
        }
        if port.parse::<u16>().is_err() {
            return refuse("the port is no number from 0 to 65535");
        }
        let bracketed = host.starts_with('[') && host.ends_with(']');
        if host.contains(':') && !bracketed {
            return refuse("an IPv6 address needs brackets");
        }
        Ok(Self::Inet(text.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(text) => f.write_str(text),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_address_is_read_and_shown_again() {
        for text in ["127.0.0.1:8080", "[::1]:0", "localhost:65535", "unix:/tmp/a b", "unix:rel"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        for (text, why) in [
            ("", "no port"),
            ("8080", "no port"),
            (":8080", "no host"),
            ("a:b", "the port is no number from 0 to 65535"),
            ("127.0.0.1:65536", "the port is no number from 0 to 65535"),
            ("::1:8080", "an IPv6 address needs brackets"),
            ("unix:", "no path"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap_err().why, why, "{text}");
        }
    }
}
