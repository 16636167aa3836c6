//! Encodes a dict into the bytes before a body.

use pyjson::Dict;

use crate::{EncodeError, Limits, header};

/// Room for header and dict, so that one allocation is usually enough.
const FIRST_CAPACITY: usize = 128;

/// Header and dict, ready to send. The reference sends each by a separate call; a peer must not
/// rely on that, because the bytes on the wire are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedHead {
    header: [u8; header::LEN],
    /// The header again, and the dict.
    wire: Vec<u8>,
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
        self.wire.get(header::LEN..).unwrap_or_default()
    }

    /// Header and dict in one piece.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.wire
    }

    /// Header and dict in one piece that a caller can append to.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.wire
    }
}

/// Encodes the head of a frame: `struct.pack('i', len(text)) + text` with `text =
/// json.dumps(dict)`.
///
/// The caller sets the size key in `dict`; this function does not look into the dict.
///
/// # Errors
/// [`EncodeError::DictTooLong`] if the text is longer than `limits` or than a header can express.
///
/// Source: the server of the tutorial on file transfer (`python-ref/file-transfer/server.py`).
pub fn encode_head(dict: &Dict, limits: &Limits) -> Result<EncodedHead, EncodeError> {
    let mut wire = Vec::with_capacity(FIRST_CAPACITY);
    let header = append_head(&mut wire, dict, limits)?;
    Ok(EncodedHead { header, wire })
}

/// Appends what [`encode_head`] makes to a buffer, or nothing if there is an error.
pub(crate) fn append_head(
    out: &mut Vec<u8>,
    dict: &Dict,
    limits: &Limits,
) -> Result<[u8; header::LEN], EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; header::LEN]);
    pyjson::dumps_dict_into(out, dict);
    let text_len = out.len() - start - header::LEN;
    let limit = limits.dict_max_bytes.min(i32::MAX.unsigned_abs());
    match i32::try_from(text_len) {
        Ok(len) if len.unsigned_abs() <= limit => {
            let header = header::pack(len);
            for (slot, byte) in out.iter_mut().skip(start).zip(header) {
                *slot = byte;
            }
            Ok(header)
        }
        _ => {
            out.truncate(start);
            Err(EncodeError::DictTooLong { found: text_len, limit })
        }
    }
}
