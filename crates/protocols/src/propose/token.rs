//! Finds the whole token at a difference, and the surrounding text that holds a pattern in
//! place.

use super::compare::{Play, common_prefix, slice, slice_from};
use super::kind::{Breadth, Edge, KINDS, Kind};
use super::literal;

/// How many bytes before the difference a token may begin.
const LEAD_BYTES: usize = 200;

/// A token has fewer bytes than this.
const TOKEN_BYTES: usize = 4096;

/// A shorter token beside a binary byte may be a length, so it does not count as a token.
const BINARY_NEIGHBOUR_BYTES: usize = 3;

/// How many characters an anchor has if its line has that many.
const ANCHOR_CHARS: usize = 12;

/// How many characters an anchor may have, to begin with a whole word.
const ANCHOR_MOST_CHARS: usize = 24;

/// How many bytes an anchor has that is not text.
const BINARY_ANCHOR_BYTES: usize = 4;

/// How many bytes of the text after a token a pattern may contain.
const SUFFIX_BYTES: usize = 16;

/// A difference, seen in every play.
#[derive(Debug)]
pub(super) struct Place {
    /// Per play, the start of the text before the difference that is the same in all plays.
    pub(super) floors: Vec<usize>,
    /// Per play, the offset of the difference.
    pub(super) at: Vec<usize>,
}

/// A varying token, seen in every play.
#[derive(Debug)]
pub(super) struct Token {
    /// Covers only the token.
    pub(super) pattern: String,
    /// How much the pattern covers.
    pub(super) breadth: Breadth,
    /// How many bytes before the difference it begins.
    lead: usize,
    /// Per play, where it ends.
    ends: Vec<usize>,
}

/// The text that holds a token's pattern in place, as patterns.
#[derive(Debug)]
pub(super) struct Anchor {
    /// Literal text, or the start of the line, or nothing.
    pub(super) long: String,
    /// Shorter ends of it: only a JSON key, and text without a number.
    pub(super) short: Vec<String>,
    /// It has no letter.
    pub(super) weak: bool,
}

impl Token {
    /// A list that begins `lead` bytes before the difference.
    pub(super) const fn list(lead: usize, ends: Vec<usize>, pattern: String) -> Self {
        Self { pattern, breadth: Breadth::Distinct, lead, ends }
    }
}

/// Finds the tokens at a place, the narrowest kind first.
pub(super) fn tokens<'a>(plays: &'a [Play<'_>], place: &'a Place) -> impl Iterator<Item = Token> {
    let stable = stable_line(plays, place);
    KINDS.iter().filter_map(move |kind| {
        let mut leads = 0..=stable.len().min(LEAD_BYTES);
        if kind.edge == Edge::Nearest {
            leads.find_map(|lead| token(kind, plays, place, lead))
        } else {
            leads.rev().find_map(|lead| token(kind, plays, place, lead))
        }
    })
}

/// The text before a difference that is the same in all plays, within the difference's line.
fn stable_line<'a>(plays: &[Play<'a>], place: &Place) -> &'a [u8] {
    let (Some(play), Some(floor), Some(at)) =
        (plays.first(), place.floors.first(), place.at.first())
    else {
        return &[];
    };
    let stable = slice(play.bytes, *floor, *at);
    stable.rsplit(|byte| *byte == b'\n').next().unwrap_or_default()
}

/// The token of this kind that begins `lead` bytes before the difference in every play.
fn token(kind: &Kind, plays: &[Play<'_>], place: &Place, lead: usize) -> Option<Token> {
    let mut texts = Vec::with_capacity(plays.len());
    let mut ends = Vec::with_capacity(plays.len());
    for (play, at) in plays.iter().zip(&place.at) {
        let start = at.checked_sub(lead)?;
        let rest = slice(play.bytes, start, start + TOKEN_BYTES);
        let length = kind.find.find(rest)?.len();
        let text = slice(rest, 0, length);
        let allowed = edge_allows(kind.edge, slice(play.bytes, 0, start), text)
            && !is_version(kind.edge, text, slice_from(rest, length));
        if length < lead || length == TOKEN_BYTES || !allowed {
            return None;
        }
        texts.push(text);
        ends.push(start + length);
    }
    let reaches = ends.iter().zip(&place.at).any(|(end, at)| end > at);
    if !reaches || is_length(plays, &texts, &ends) {
        return None;
    }
    let mut pattern = (kind.pattern)(&texts)?;
    if let Some(padded) = pad(plays, &texts, &mut ends) {
        pattern.push_str(padded);
    }
    meets_again(plays, &ends).then_some(Token { pattern, breadth: kind.breadth, lead, ends })
}

/// Says whether a token may stand after these bytes.
fn edge_allows(edge: Edge, before: &[u8], token: &[u8]) -> bool {
    let after_word = before.last().is_some_and(|byte| in_word(*byte)) && !ends_escape(before);
    match edge {
        Edge::Any => true,
        Edge::Word | Edge::Nearest => !after_word,
        Edge::Number => {
            let signed = token.first().is_some_and(|byte| matches!(byte, b'+' | b'-'));
            let goes_on = before.last().is_some_and(u8::is_ascii_digit);
            let fraction = token.contains(&b'.') && before.ends_with(b".");
            let no_sign = signed && after_word;
            !(goes_on || fraction || no_sign)
        }
        Edge::Quote => match before {
            [.., earlier, b'b'] => !in_word(*earlier),
            [b'b'] => true,
            _ => !after_word && !before.ends_with(b"\\"),
        },
    }
}

/// Says whether bytes end with a terminal's escape sequence, such as `ESC [ 3 2 m`.
fn ends_escape(before: &[u8]) -> bool {
    let Some((last, rest)) = before.split_last() else { return false };
    let parameters = rest.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count();
    let start = slice(rest, 0, rest.len().saturating_sub(parameters));
    last.is_ascii_alphabetic() && start.ends_with(b"\x1b[")
}

/// Says whether a byte belongs to a word.
pub(super) const fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Says whether a byte does not belong in text. A tab, a line's end and an escape do belong.
const fn is_binary(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b)
}

/// Says whether a token may be the printable part of a binary length.
fn is_length(plays: &[Play<'_>], texts: &[&[u8]], ends: &[usize]) -> bool {
    plays.iter().zip(texts).zip(ends).any(|((play, text), end)| {
        let before = end.checked_sub(text.len() + 1).and_then(|index| play.bytes.get(index));
        let neighbours = [before, play.bytes.get(*end)];
        text.len() < BINARY_NEIGHBOUR_BYTES
            && neighbours.into_iter().flatten().any(|byte| is_binary(*byte))
    })
}

/// Adds the spaces after tokens that fill a column, and returns the pattern for them.
fn pad(plays: &[Play<'_>], texts: &[&[u8]], ends: &mut [usize]) -> Option<&'static str> {
    let spaces: Vec<usize> = plays
        .iter()
        .zip(ends.iter())
        .map(|(play, end)| slice_from(play.bytes, *end).iter().take_while(|b| **b == b' ').count())
        .collect();
    let mut widths = texts.iter().zip(&spaces).map(|(text, spaces)| text.len() + spaces);
    let width = widths.next()?;
    let fewest = spaces.iter().min()?;
    if widths.any(|other| other != width) || fewest == spaces.iter().max()? {
        return None;
    }
    ends.iter_mut().zip(&spaces).for_each(|(end, spaces)| *end += spaces);
    Some(if *fewest == 0 { " *" } else { " +" })
}

/// Says whether the plays continue alike after a token: the rest of the word, and one more
/// byte.
fn meets_again(plays: &[Play<'_>], ends: &[usize]) -> bool {
    let mut tails = plays.iter().zip(ends).map(|(play, end)| {
        let rest = slice_from(play.bytes, *end);
        let word = rest.iter().take(TOKEN_BYTES).take_while(|byte| in_word(**byte)).count();
        slice(rest, 0, word + 1)
    });
    tails.next().is_some_and(|first| tails.all(|tail| tail == first))
}

/// Says whether a number with a point is the start of a version, as `1.2` is in `1.2.3`.
fn is_version(edge: Edge, text: &[u8], after: &[u8]) -> bool {
    let point = matches!(after, [b'.', digit, ..] if digit.is_ascii_digit());
    edge == Edge::Number && point && text.contains(&b'.')
}

/// The text before a token that holds its pattern in place.
pub(super) fn anchor(plays: &[Play<'_>], place: &Place, token: &Token) -> Anchor {
    let (bytes, floor, start) = match (plays.first(), place.floors.first(), place.at.first()) {
        (Some(play), Some(floor), Some(at)) => (play.bytes, *floor, at.saturating_sub(token.lead)),
        _ => (&[][..], 0, 0),
    };
    let stable = slice(bytes, floor, start);
    let line = stable.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let at_line_start = line.is_empty() && (start == 0 || slice(bytes, 0, start).ends_with(b"\n"));
    if at_line_start {
        return Anchor { long: "(?m:^)".to_owned(), short: Vec::new(), weak: true };
    }
    let text = anchor_text(line);
    if text.is_empty() {
        let from = line.len().saturating_sub(BINARY_ANCHOR_BYTES);
        let long = literal::escape(slice_from(line, from));
        return Anchor { long, short: Vec::new(), weak: true };
    }
    let after_number = text.rfind(|character: char| character.is_ascii_digit());
    let after_number = after_number.and_then(|index| text.get(index + 1..));
    let short = json_key(text).into_iter().chain(after_number);
    let short = short
        .filter(|short| !short.is_empty() && *short != text)
        .map(|short| literal::escape(short.as_bytes()))
        .collect();
    let weak = !text.contains(char::is_alphabetic);
    Anchor { long: literal::escape(text.as_bytes()), short, weak }
}

/// The key of a JSON object at the end of this text, up to its value: `"time": "`.
fn json_key(text: &str) -> Option<&str> {
    let key = text.strip_suffix('"').unwrap_or(text);
    let key =
        key.trim_end_matches(' ').strip_suffix(':')?.trim_end_matches(' ').strip_suffix('"')?;
    let begin = key.rfind('"')?;
    let name = key.get(begin + 1..)?;
    if name.is_empty() { None } else { text.get(begin..) }
}

/// The end of a line that serves as an anchor: about 12 characters, without binary bytes.
fn anchor_text(line: &[u8]) -> &str {
    let text = line.utf8_chunks().last().filter(|chunk| chunk.invalid().is_empty());
    let text = text.map(|chunk| chunk.valid()).unwrap_or_default();
    let text = text
        .rsplit(|character: char| {
            u8::try_from(character).is_ok_and(is_binary) || character == '\x1b'
        })
        .next()
        .unwrap_or_default();
    let mut start = text.len();
    for (taken, (index, character)) in text.char_indices().rev().enumerate() {
        let inside = character.is_alphanumeric() || character == '_';
        if taken >= ANCHOR_MOST_CHARS || (taken >= ANCHOR_CHARS && !inside) {
            break;
        }
        start = index;
    }
    let text = text.get(start..).unwrap_or_default();
    // A bracket that opens before a name may belong to a list that varies as a whole.
    let name = text.trim_start_matches(['(', '[', '{']);
    let named = |character: char| character.is_alphabetic() || matches!(character, '"' | '\'');
    let is_name = name.starts_with(named) && name.contains(char::is_alphabetic);
    if is_name { name } else { text }
}

/// The text after a token that is the same in all plays, as a pattern: a separator and a word.
pub(super) fn suffix(plays: &[Play<'_>], token: &Token) -> Option<String> {
    let mut rests = plays.iter().zip(&token.ends).map(|(play, end)| unmasked(play, *end));
    let first = rests.next()?;
    let same = rests.map(|rest| common_prefix(first, rest)).min()?;
    let same = slice(first, 0, same);
    let plain =
        same.iter().take_while(|byte| (0x20..0x7f).contains(*byte) && !byte.is_ascii_digit());
    let same = slice(same, 0, plain.count());
    let gap = same.iter().take_while(|byte| !in_word(**byte)).count();
    let word = slice_from(same, gap).iter().take_while(|byte| in_word(**byte)).count();
    // A word that continues in the play may be another varying token.
    let whole = first.get(gap + word).is_none_or(|byte| !in_word(*byte));
    let end = if whole && gap + word <= SUFFIX_BYTES { gap + word } else { gap.min(SUFFIX_BYTES) };
    let suffix = slice(same, 0, end);
    (!suffix.is_empty()).then(|| literal::escape(suffix))
}

/// The bytes from an offset up to the next mask's match.
fn unmasked<'a>(play: &Play<'a>, from: usize) -> &'a [u8] {
    let next = play.ranges.iter().find(|range| range.start >= from);
    slice(play.bytes, from, next.map_or(play.bytes.len(), |range| range.start))
}
