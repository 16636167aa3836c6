//! Proposes a mask for a binary number before a text: a length that differs because the counted text differs.

use regex::bytes::Regex;

use crate::propose;

/// The lengths of headers in bytes, the usual one first.
const HEADERS: [usize; 4] = [4, 2, 8, 1];
/// How much text after a header holds the pattern in place. More text might belong to another mask.
const TEXT_BYTES: std::ops::RangeInclusive<usize> = 4..=8;

/// A pattern that covers the bytes at the first difference of these plays, and the text after them, which is
/// the same in all plays. `None` without such text.
pub(crate) fn propose(plays: &[&[u8]], masks: &[Regex]) -> Option<String> {
    let [first, others @ ..] = plays else { return None };
    let parts = |other: &&&[u8]| propose::first_difference(first, other, masks);
    let before = others.iter().find_map(|other| parts(&other))?;
    let masked = propose::ranges(first, masks);
    let candidates = HEADERS.into_iter().flat_map(|len| {
        let starts = before.offset.saturating_sub(len - 1)..=before.offset;
        starts.map(move |start| (start, len))
    });
    candidates.into_iter().find_map(|(start, len)| {
        let next_mask = masked.iter().map(|range| range.start).find(|at| *at >= start + len);
        let free = first.get(..next_mask.unwrap_or(first.len()))?;
        let text = text_at(free, start + len)?;
        let pattern = format!("(?s-u:.{{{len}}}){}", regex::escape(text));
        let mask = Regex::new(&pattern).ok()?;
        let with: Vec<Regex> = masks.iter().cloned().chain([mask]).collect();
        let is_later = others.iter().all(|other| {
            let after = propose::first_difference(first, other, &with);
            after.is_none_or(|after| after.offset > before.offset + len)
        });
        (is_later && !pattern.contains('\'')).then_some(pattern)
    })
}

/// The printable ASCII that begins here.
fn text_at(bytes: &[u8], start: usize) -> Option<&str> {
    let rest = bytes.get(start..)?;
    let is_text = |byte: &&u8| (b' '..=b'~').contains(*byte) && !byte.is_ascii_digit();
    let len = rest.iter().take_while(is_text).count().min(*TEXT_BYTES.end());
    let text = rest.get(..len).filter(|_| TEXT_BYTES.contains(&len))?;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_before_json_is_covered_with_the_text_behind_it() {
        let one = b"\x00\x00\x00\xc4{\"ok\": true, \"now\": 12.25}";
        let other = b"\x00\x00\x00\xc2{\"ok\": true, \"now\": 12.5}";
        let now = Regex::new(r#""now": \d+\.\d+"#).unwrap();
        let pattern = propose(&[one, other], std::slice::from_ref(&now)).unwrap();
        assert!(pattern.starts_with("(?s-u:.{4})"), "{pattern}");
        let mask = Regex::new(&pattern).unwrap();
        assert!(propose::agree(one, other, &[now, mask]));
    }

    #[test]
    fn nothing_is_proposed_where_no_text_follows() {
        assert_eq!(propose(&[b"\x00\x01\x02\x03", b"\x00\x01\x02\x04"], &[]), None);
        assert_eq!(propose(&[b"\x01{}", b"\x02{}"], &[]), None);
        assert_eq!(propose(&[b"same", b"same"], &[]), None);
    }
}
