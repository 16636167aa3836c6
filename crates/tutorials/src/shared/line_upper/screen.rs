//! The screen of a server whose threads print at the same time.
//!
//! Each client is shown by four writes: `HOST wrote:`, a newline, the repr of its line, a newline.
//! Those of one client come in this order; those of several may be mixed.

use model::CLIENT_ADDRESS;

/// One write of a server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    Host,
    Newline,
    Repr(&'a [u8]),
}

/// Whether two screens show the same clients, each of them in order.
pub(crate) fn same_clients(right: &[u8], seen: &[u8]) -> bool {
    let (Some(mut right), Some(mut seen)) = (pieces(right), pieces(seen)) else { return false };
    if !is_in_order(&seen) {
        return false;
    }
    right.sort();
    seen.sort();
    right == seen
}

/// Whether each client's writes can have come in their order: at no time more lines had been shown
/// than hosts with their newlines, nor more newlines than what they end.
fn is_in_order(pieces: &[Piece<'_>]) -> bool {
    let (mut hosts, mut newlines, mut reprs) = (0_usize, 0_usize, 0_usize);
    pieces.iter().all(|piece| {
        match piece {
            Piece::Host => hosts += 1,
            Piece::Newline => newlines += 1,
            Piece::Repr(_) => reprs += 1,
        }
        reprs <= hosts && reprs <= newlines && newlines <= hosts + reprs
    })
}

/// The writes that a screen is made of; `None` if it is made of anything else.
fn pieces(mut screen: &[u8]) -> Option<Vec<Piece<'_>>> {
    let host = format!("{CLIENT_ADDRESS} wrote:");
    let mut pieces = Vec::new();
    while !screen.is_empty() {
        let (piece, rest) = if let Some(rest) = screen.strip_prefix(host.as_bytes()) {
            (Piece::Host, rest)
        } else if let Some(rest) = screen.strip_prefix(b"\n") {
            (Piece::Newline, rest)
        } else {
            let (repr, rest) = screen.split_at_checked(repr_len(screen)?)?;
            (Piece::Repr(repr), rest)
        };
        pieces.push(piece);
        screen = rest;
    }
    Some(pieces)
}

/// The length of the bytes repr that this begins with.
fn repr_len(text: &[u8]) -> Option<usize> {
    let [b'b', quote @ (b'\'' | b'"'), inside @ ..] = text else { return None };
    let mut bytes = inside.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if byte == b"\\".first()? {
            bytes.next();
        } else if byte == quote {
            return Some(at + 3);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(right: &str, seen: &str) -> bool {
        let shown = |text: &str| text.replace('H', &format!("{CLIENT_ADDRESS} wrote:"));
        same_clients(shown(right).as_bytes(), shown(seen).as_bytes())
    }

    #[test]
    fn the_writes_of_two_clients_may_be_mixed_in_any_way() {
        let right = "H\nb'a'\nH\nb\"it's \\\\\"\n";
        for seen in [
            right,
            "H\nb\"it's \\\\\"\nH\nb'a'\n",
            "HH\n\nb'a'b\"it's \\\\\"\n\n",
            "H\nb'a'H\n\nb\"it's \\\\\"\n",
            "H\nH\nb\"it's \\\\\"b'a'\n\n",
        ] {
            assert!(agree(right, seen), "{seen}");
            assert!(agree(seen, right), "{seen}");
        }
    }

    #[test]
    fn what_no_order_of_writes_explains_is_wrong() {
        let right = "H\nb'a'\nH\nb'b'\n";
        for seen in [
            "",
            "H\nb'a'\n",
            "H\nb'a'\nH\nb'a'\n",
            "H\nb'a'\nH\nb'b'",
            "H\nb'a'\nH\nb'b'\n\n",
            "b'a'\nH\nH\nb'b'\n",
            "Hb'a'\n\nH\nb'b'\n",
            "H\n\nb'a'H\nb'b'\n",
            "H\nb'a'\nH\nb'b\n",
            "H\nB'a'\nH\nb'b'\n",
        ] {
            assert!(!agree(right, seen), "{seen}");
        }
        assert!(!agree("H\nb'a'\n", "b'a'\nH\n"));
    }
}
