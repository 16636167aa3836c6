//! Bytes that are readable in JSON: as text if they are text, otherwise in hexadecimal.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Bytes. In JSON `"text"`, or `{"hex": "00ff"}` if they are not UTF-8.
#[derive(Clone, PartialEq, Eq, Default, Hash)]
pub struct Blob(pub Vec<u8>);

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 200;
        write!(f, "b\"{}\"", self.0.get(..SHOWN).unwrap_or(&self.0).escape_ascii())?;
        if self.0.len() > SHOWN { write!(f, "... {} bytes", self.0.len()) } else { Ok(()) }
    }
}

impl<T: AsRef<[u8]> + ?Sized> From<&T> for Blob {
    fn from(bytes: &T) -> Self {
        Self(bytes.as_ref().to_vec())
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

#[derive(Serialize, Deserialize)]
struct Hex {
    hex: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Either {
    Text(String),
    Hex(Hex),
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Hex { hex: to_hex(&self.0) }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Either::deserialize(deserializer)? {
            Either::Text(text) => Ok(Self(text.into_bytes())),
            Either::Hex(Hex { hex }) => from_hex(&hex)
                .map(Self)
                .ok_or_else(|| D::Error::custom("expected pairs of hexadecimal digits")),
        }
    }
}

/// Two lower-case digits per byte.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The SHA-256 of bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

/// The bytes of pairs of hexadecimal digits.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    digits?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_survive_json() {
        for bytes in [&b"text"[..], b"", b"\xff\x00", "中文".as_bytes()] {
            let json = serde_json::to_string(&Blob::from(bytes)).unwrap();
            assert_eq!(serde_json::from_str::<Blob>(&json).unwrap().0, bytes, "{json}");
        }
    }

    #[test]
    fn odd_or_foreign_digits_are_refused() {
        for json in [r#"{"hex": "0"}"#, r#"{"hex": "0g"}"#, r#"{"hex": "+1"}"#] {
            assert!(serde_json::from_str::<Blob>(json).is_err(), "{json}");
        }
    }
}
