//! Checksums: computed piece by piece, and the forms in which a frame holds them.

use std::fmt::Write as _;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use crate::{DigestKind, Scalar};

/// A checksum in progress.
#[derive(Debug, Clone)]
pub(crate) enum Hasher {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
    Crc32(crc32fast::Hasher),
}

impl Hasher {
    pub(crate) fn new(kind: DigestKind) -> Self {
        match kind {
            DigestKind::Md5 => Self::Md5(Md5::new()),
            DigestKind::Sha1 => Self::Sha1(Sha1::new()),
            DigestKind::Sha256 => Self::Sha256(Sha256::new()),
            DigestKind::Sha512 => Self::Sha512(Sha512::new()),
            DigestKind::Crc32 => Self::Crc32(crc32fast::Hasher::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
            Self::Crc32(hasher) => hasher.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Md5(hasher) => hasher.finalize().to_vec(),
            Self::Sha1(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
            Self::Sha512(hasher) => hasher.finalize().to_vec(),
            Self::Crc32(hasher) => hasher.finalize().to_be_bytes().to_vec(),
        }
    }
}

/// The checksum of bytes.
#[must_use]
pub fn digest(kind: DigestKind, bytes: &[u8]) -> Vec<u8> {
    let mut hasher = Hasher::new(kind);
    hasher.update(bytes);
    hasher.finish()
}

/// Bytes as hexadecimal digits, in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The checksum that a value holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown {
    Text(String),
    Bytes(Vec<u8>),
    Int(i128),
    Other(&'static str),
}

impl Shown {
    pub(crate) fn of_scalar(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Int(int) => Self::Int(*int),
            Scalar::Bytes(bytes) => Self::Bytes(bytes.clone()),
            other => Self::Other(other.type_name()),
        }
    }

    pub(crate) fn of_json(value: &pyjson::Value) -> Self {
        match value {
            pyjson::Value::Str(text) => Self::Text(text.to_string_lossy().into_owned()),
            pyjson::Value::Int(int) => match int.to_string().parse() {
                Ok(int) => Self::Int(int),
                Err(_) => Self::Other("int"),
            },
            other => Self::Other(other.type_name()),
        }
    }

    /// Whether the value is this checksum. Hexadecimal digits may be in either case. A number may
    /// be the signed number with the same 32 bits.
    pub(crate) fn is(&self, digest: &[u8]) -> bool {
        match self {
            Self::Text(text) => text.eq_ignore_ascii_case(&hex(digest)),
            Self::Bytes(bytes) => {
                bytes == digest || bytes.eq_ignore_ascii_case(hex(digest).as_bytes())
            }
            Self::Int(int) => match digest {
                [a, b, c, d] => {
                    let bits = [*a, *b, *c, *d];
                    *int == i128::from(u32::from_be_bytes(bits))
                        || *int == i128::from(i32::from_be_bytes(bits))
                }
                _ => false,
            },
            Self::Other(_) => false,
        }
    }

    /// The form for a message.
    pub(crate) fn show(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bytes(bytes) => hex(bytes),
            Self::Int(int) => int.to_string(),
            Self::Other(name) => (*name).to_owned(),
        }
    }
}
