//! Finds values that are checksums of other parts.

use layout::{Digest, DigestKind, Inner, LeafValue, digest};

use crate::facts::hex;
use crate::guess::{Guess, Piece, Transport};

const KINDS: [DigestKind; 5] =
    [DigestKind::Md5, DigestKind::Sha1, DigestKind::Sha256, DigestKind::Sha512, DigestKind::Crc32];

/// The guess with the checksums. A value counts as a checksum if it is one in all of its frames.
pub(crate) fn with_digests(guess: Guess, pieces: &[&Piece], transport: Transport) -> Guess {
    let mut guess = guess;
    for (frame, at, found) in candidates(&guess, pieces, transport) {
        let mut with = guess.clone();
        let part = with.frames.get_mut(frame).and_then(|it| it.parts.get_mut(at));
        let Some(part) = part else { continue };
        if part.digests.iter().any(|digest| digest.at == found.at) {
            continue;
        }
        part.digests.push(found);
        // The parser checks each frame's checksum.
        let is_right = with
            .readings(pieces, transport)
            .iter()
            .all(|reading| reading.trouble.is_none() && reading.mistakes.is_empty());
        if is_right {
            guess = with;
        }
    }
    guess
}

/// The values that are a checksum in some frame: the frame, the part, and the checksum.
fn candidates(
    guess: &Guess,
    pieces: &[&Piece],
    transport: Transport,
) -> Vec<(usize, usize, Digest)> {
    let layout = guess.layout(transport);
    let mut found: Vec<(usize, usize, Digest)> = Vec::new();
    for (reading, piece) in guess.readings(pieces, transport).iter().zip(pieces) {
        for frame in &reading.frames {
            let Some(table) = layout.frames.get(frame.frame) else { continue };
            for leaf in frame.leaves(&layout, &piece.bytes) {
                let Some(shown) = shown(&leaf.value, piece.bytes.get(leaf.range.clone())) else {
                    continue;
                };
                for read in frame.parts.iter().filter(|read| read.part != leaf.place.part) {
                    let Some(of) = table.parts.get(read.part) else { continue };
                    let bytes = piece.bytes.get(read.range.clone()).unwrap_or_default();
                    let kinds = KINDS
                        .into_iter()
                        .filter(|kind| shown.may_be(*kind) && shown.is(&digest(*kind, bytes)));
                    for kind in kinds {
                        let mut at: Vec<String> =
                            table.path_of(&leaf.place).split('.').map(str::to_owned).collect();
                        if let Inner::Keys(keys) = &leaf.place.inner {
                            at.truncate(1);
                            at.extend(keys.iter().cloned());
                        }
                        let entry = (
                            frame.frame,
                            leaf.place.part,
                            Digest { at, of: of.name.clone(), kind },
                        );
                        // All empty parts have the same checksum, so the part must not be empty.
                        if !bytes.is_empty() && !found.contains(&entry) {
                            found.push(entry);
                        }
                    }
                }
            }
        }
    }
    found
}

/// A value that may be a checksum.
enum Shown<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Int(i128),
}

fn shown<'a>(value: &LeafValue<'a>, bytes: Option<&'a [u8]>) -> Option<Shown<'a>> {
    match value {
        LeafValue::Text(text) => Some(Shown::Text(text)),
        LeafValue::Bytes => bytes.map(Shown::Bytes),
        LeafValue::Scalar(layout::Scalar::Int(int)) => Some(Shown::Int(*int)),
        LeafValue::Scalar(layout::Scalar::Bytes(bytes)) => Some(Shown::Bytes(bytes)),
        LeafValue::Json(pyjson::Value::Str(text)) => text.as_str().map(Shown::Text),
        LeafValue::Json(pyjson::Value::Int(int)) => int.to_string().parse().ok().map(Shown::Int),
        _ => None,
    }
}

impl Shown<'_> {
    /// Whether it has the length of this kind of checksum. This avoids computing most checksums.
    fn may_be(&self, kind: DigestKind) -> bool {
        let size = match kind {
            DigestKind::Md5 => 16,
            DigestKind::Sha1 => 20,
            DigestKind::Sha256 => 32,
            DigestKind::Sha512 => 64,
            DigestKind::Crc32 => 4,
        };
        match self {
            Self::Text(text) => text.len() == size * 2,
            Self::Bytes(bytes) => bytes.len() == size || bytes.len() == size * 2,
            Self::Int(int) => kind == DigestKind::Crc32 && int.unsigned_abs() > 0xffff,
        }
    }

    fn is(&self, sum: &[u8]) -> bool {
        match self {
            Self::Text(text) => text.eq_ignore_ascii_case(&hex(sum)),
            Self::Bytes(bytes) => *bytes == sum || bytes.eq_ignore_ascii_case(hex(sum).as_bytes()),
            Self::Int(int) => match sum {
                [a, b, c, d] => {
                    let bits = [*a, *b, *c, *d];
                    *int == i128::from(u32::from_be_bytes(bits))
                        || *int == i128::from(i32::from_be_bytes(bits))
                }
                _ => false,
            },
        }
    }
}
