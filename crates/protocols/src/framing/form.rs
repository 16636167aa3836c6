//! The forms that masked values must have.

use layout::{Leaf, LeafValue, Scalar};

/// The form of a masked value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A number: in a struct, in digits, or in JSON.
    Number,
    /// Text, or a JSON string.
    Text,
    /// Hexadecimal digits.
    Hex,
    /// Base64 with its padding.
    Base64,
    /// A UUID, with hyphens.
    Uuid,
    /// Any value.
    Anything,
}

impl Form {
    /// The words in a protocol's file.
    pub(crate) const WORDS: [(&str, Self); 6] = [
        ("number", Self::Number),
        ("text", Self::Text),
        ("hex", Self::Hex),
        ("base64", Self::Base64),
        ("uuid", Self::Uuid),
        ("anything", Self::Anything),
    ];

    /// The expected form, in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "text",
            Self::Hex => "hexadecimal digits",
            Self::Base64 => "base64",
            Self::Uuid => "a UUID",
            Self::Anything => "anything",
        }
    }

    /// Whether a value has this form. `bytes` are those of its range.
    pub(crate) fn fits(self, leaf: &Leaf<'_>, bytes: &[u8]) -> bool {
        if self == Self::Anything {
            return true;
        }
        let is_number = match leaf.value {
            LeafValue::Scalar(scalar) => matches!(scalar, Scalar::Int(_) | Scalar::Float(_)),
            LeafValue::Json(value) => {
                matches!(value, pyjson::Value::Int(_) | pyjson::Value::Float(_))
            }
            LeafValue::Text(text) => is_decimal(text),
            LeafValue::Bytes => std::str::from_utf8(bytes).is_ok_and(is_decimal),
            LeafValue::Fields(_) => false,
        };
        if self == Self::Number {
            return is_number;
        }
        match leaf.value {
            LeafValue::Text(text) => self.fits_text(text),
            LeafValue::Json(pyjson::Value::Str(text)) => {
                text.as_str().map_or(self == Self::Text, |text| self.fits_text(text))
            }
            LeafValue::Scalar(Scalar::Bytes(bytes)) => self.fits_bytes(bytes),
            LeafValue::Bytes => self.fits_bytes(bytes),
            _ => false,
        }
    }

    fn fits_bytes(self, bytes: &[u8]) -> bool {
        std::str::from_utf8(bytes).is_ok_and(|text| self.fits_text(text))
    }

    fn fits_text(self, text: &str) -> bool {
        let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_hexdigit());
        match self {
            Self::Hex => is_hex(text),
            Self::Base64 => is_base64(text),
            Self::Uuid => {
                let groups: Vec<&str> = text.split('-').collect();
                groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
                    && groups.into_iter().all(is_hex)
            }
            Self::Number => is_decimal(text),
            Self::Text | Self::Anything => true,
        }
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']);
    !digits.is_empty()
        && digits.bytes().all(|it| it.is_ascii_digit() || it == b'.')
        && digits.parse::<f64>().is_ok()
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'-' | b'_');
    !digits.is_empty()
        && text.len() - digits.len() <= 2
        && text.len().is_multiple_of(4)
        && digits.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_held_to_their_form() {
        for (form, text, fits) in [
            (Form::Number, "12", true),
            (Form::Number, "-1.5", true),
            (Form::Number, "1e5", false),
            (Form::Number, "", false),
            (Form::Hex, "00ffA0", true),
            (Form::Hex, "0x1", false),
            (Form::Hex, "", false),
            (Form::Base64, "AAEC", true),
            (Form::Base64, "AA==", true),
            (Form::Base64, "AA=", false),
            (Form::Base64, "====", false),
            (Form::Uuid, "123e4567-e89b-12d3-a456-426614174000", true),
            (Form::Uuid, "123e4567e89b12d3a456426614174000", false),
            (Form::Text, "", true),
        ] {
            assert_eq!(form.fits_text(text), fits, "{form:?} {text:?}");
        }
    }
}
