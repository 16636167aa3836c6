//! Text and decimal numbers in bytes, and counting characters as their bytes come.

use crate::Encoding;

/// A decimal number as Python's `int(text)` accepts it, in ASCII and without underscores. White
/// space around it and a sign are valid.
pub(crate) fn decimal(bytes: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_decimal { text.parse().ok() } else { None }
}

impl Encoding {
    /// Python's name of the encoding.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gbk => "gbk",
            Self::Ascii => "ascii",
            Self::Latin1 => "latin-1",
        }
    }

    /// `bytes.decode(name)`, strict.
    ///
    /// # Errors
    /// CPython's error for bytes that are not text.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<String, String> {
        match self {
            Self::Utf8 => {
                pytext::decode_utf8(bytes).map(str::to_owned).map_err(|error| error.to_string())
            }
            Self::Gbk => pytext::decode_gbk(bytes).map_err(|error| error.to_string()),
            Self::Ascii => match bytes.iter().enumerate().find(|(_, byte)| !byte.is_ascii()) {
                None => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
                Some((at, byte)) => Err(format!(
                    "'ascii' codec can't decode byte {byte:#04x} in position {at}: \
                     ordinal not in range(128)"
                )),
            },
            Self::Latin1 => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        }
    }

    /// Whether `bytes.decode(name)`, strict, succeeds.
    #[must_use]
    pub fn is_text(self, bytes: &[u8]) -> bool {
        self.decode(bytes).is_ok()
    }

    /// `text.encode(name)`, strict; `None` if the encoding lacks a character.
    pub(crate) fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Gbk => {
                let (bytes, _, is_lossy) = encoding_rs::GBK.encode(text);
                // What CPython's gbk can't encode, it can't decode either.
                let is_same = pytext::decode_gbk(&bytes).is_ok_and(|decoded| decoded == text);
                (!is_lossy && is_same).then(|| bytes.into_owned())
            }
            Self::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
            Self::Latin1 => text.chars().map(|letter| u8::try_from(letter).ok()).collect(),
        }
    }

    /// A count of zero characters.
    pub(crate) const fn characters(self) -> Characters {
        Characters { encoding: self, begun: 0, lacks: 0 }
    }

    /// How many bytes a character has that begins with this byte. A byte that can't begin a
    /// character counts as one.
    const fn length(self, first: u8) -> u8 {
        match (self, first) {
            (Self::Utf8, 0xc2..=0xdf) | (Self::Gbk, 0x81..=0xfe) => 2,
            (Self::Utf8, 0xe0..=0xef) => 3,
            (Self::Utf8, 0xf0..=0xf4) => 4,
            _ => 1,
        }
    }
}

/// Counts characters as their bytes come.
#[derive(Debug, Clone)]
pub(crate) struct Characters {
    encoding: Encoding,
    /// Characters that have come completely or partly.
    begun: u64,
    /// How many bytes the last one lacks.
    lacks: u8,
}

impl Characters {
    pub(crate) const fn push(&mut self, byte: u8) {
        if self.lacks > 0 {
            self.lacks -= 1;
        } else {
            self.begun += 1;
            self.lacks = self.encoding.length(byte) - 1;
        }
    }

    /// How many have come completely.
    pub(crate) const fn whole(&self) -> u64 {
        if self.lacks > 0 { self.begun - 1 } else { self.begun }
    }

    /// How many characters are in bytes.
    pub(crate) fn count(encoding: Encoding, bytes: &[u8]) -> u64 {
        let mut characters = encoding.characters();
        bytes.iter().for_each(|byte| characters.push(*byte));
        characters.begun
    }
}
