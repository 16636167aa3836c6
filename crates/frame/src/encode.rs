//! From a dict to the bytes that go before a body.

use pyjson::{Dict, Value};

use crate::{EncodeError, Limits, header};

/// Header and dict, ready to be sent. The reference sends each by a call of its own; on the wire
/// that makes no difference that a peer may rely on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedHead {
    header: [u8; header::LEN],
    dict: Vec<u8>,
}

impl EncodedHead {
    /// The packed length of [`dict`](Self::dict).
    #[must_use]
    pub const fn header(&self) -> [u8; header::LEN] {
        self.header
    }

    /// The dict's JSON text, as `json.dumps` prints it.
    #[must_use]
    pub fn dict(&self) -> &[u8] {
        &self.dict
    }

    /// Header and dict in one piece.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(header::LEN + self.dict.len());
        bytes.extend_from_slice(&self.header);
        bytes.extend_from_slice(&self.dict);
        bytes
    }
}

/// Encode the head of a frame: `struct.pack('i', len(text)) + text` with `text = json.dumps(dict)`.
///
/// The size key in `dict` is the caller's to set; nothing here looks into the dict.
///
/// # Errors
/// [`EncodeError::DictTooLong`] if the text is longer than `limits` or than a header can say.
///
/// Source: the server of the tutorial on file transfer (`python-ref/file-transfer/server.py`).
pub fn encode_head(dict: &Dict, limits: &Limits) -> Result<EncodedHead, EncodeError> {
    let text = pyjson::dumps(&Value::Dict(dict.clone())).into_bytes();
    let limit = limits.dict_max_bytes.min(i32::MAX.unsigned_abs());
    match i32::try_from(text.len()) {
        Ok(len) if len.unsigned_abs() <= limit => {
            Ok(EncodedHead { header: header::pack(len), dict: text })
        }
        _ => Err(EncodeError::DictTooLong { found: text.len(), limit }),
    }
}
