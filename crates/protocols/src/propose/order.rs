//! Finds what is the same in every play but in another order: items, or whole lines.

use std::collections::BTreeMap;

use regex::bytes::Regex;

use super::compare::{Play, slice, slice_from};
use super::literal;
use super::token::in_word;

/// How many bytes before the difference a list may open.
const REACH_BYTES: usize = 4096;

/// The most places where a list may begin.
const MOST_STARTS: usize = 12;

/// The longest list, in bytes.
const LIST_BYTES: usize = 65536;

/// The most lines in another order.
const MOST_LINES: usize = 64;

/// The longest pattern for lines, times the number of lines, in bytes.
const LINES_BYTES: usize = 65536;

/// Replaces a mask's match. No UTF-8 text has this byte.
const MASKED: u8 = 0xff;

/// A list of items in another order: its start in the first play, and its pattern.
#[derive(Debug)]
pub(super) struct List {
    /// How many bytes of the first play are between the list's start and the difference.
    pub(super) start: usize,
    /// Per play, where it ends.
    pub(super) ends: Vec<usize>,
    /// Covers the whole list.
    pub(super) pattern: String,
}

/// Finds the bracketed lists around a difference whose items have another order, innermost first.
///
/// `align` gives the offset in every play for an offset in the first.
pub(super) fn brackets(
    plays: &[Play<'_>],
    at: usize,
    align: impl Fn(usize) -> Option<Vec<usize>>,
) -> Vec<List> {
    let Some(bytes) = plays.first().map(|play| play.bytes) else { return Vec::new() };
    let openers = openers(bytes, at);
    let list = |start: usize| {
        let starts = align(start)?;
        let lists: Option<Vec<_>> =
            plays.iter().zip(&starts).map(|(play, start)| bracketed(play, *start)).collect();
        let lists = lists?;
        let items: Vec<_> = lists.iter().map(|list| list.items.clone()).collect();
        let depth = lists.iter().map(|list| list.depth).max()?;
        let pattern = bracket_pattern(*bytes.get(start)?, depth)?;
        let ends = lists.iter().map(|list| list.end).collect();
        is_permuted(&items).then_some(List { start, ends, pattern })
    };
    openers.into_iter().take(MOST_STARTS).filter_map(list).collect()
}

/// The brackets that are open at an offset, innermost first.
fn openers(bytes: &[u8], at: usize) -> Vec<usize> {
    let mut closed = 0_usize;
    let mut found = Vec::new();
    for index in (at.saturating_sub(REACH_BYTES)..at).rev() {
        match bytes.get(index) {
            Some(b')' | b']' | b'}') => closed += 1,
            Some(b'(' | b'[' | b'{') if closed > 0 => closed -= 1,
            Some(b'(' | b'[' | b'{') => found.push(index),
            _ => {}
        }
    }
    found
}

/// The content of a pair of brackets.
#[derive(Debug)]
struct Bracketed {
    items: Vec<Vec<u8>>,
    /// How deep brackets of the same kind nest inside.
    depth: usize,
    /// The offset after the closing bracket.
    end: usize,
}

/// The closing bracket for another.
const fn closer(open: u8) -> Option<u8> {
    match open {
        b'(' => Some(b')'),
        b'[' => Some(b']'),
        b'{' => Some(b'}'),
        _ => None,
    }
}

/// Splits the content of the brackets that open here at its commas.
fn bracketed(play: &Play<'_>, start: usize) -> Option<Bracketed> {
    let open = *play.bytes.get(start)?;
    closer(open)?;
    let mut stack = Vec::new();
    let (mut same, mut depth) = (0_usize, 0);
    let (mut items, mut from) = (Vec::new(), start + 1);
    let mut quote = None;
    let mut escaped = false;
    for (index, byte) in slice(play.bytes, 0, start + LIST_BYTES).iter().enumerate().skip(start) {
        if let Some(mark) = quote {
            let ends = !escaped && *byte == mark;
            escaped = !escaped && *byte == b'\\';
            quote = (!ends).then_some(mark);
            continue;
        }
        match *byte {
            b'"' | b'\'' => quote = Some(*byte),
            b'(' | b'[' | b'{' => {
                stack.push(closer(*byte)?);
                same += usize::from(*byte == open);
                depth = depth.max(same);
            }
            b')' | b']' | b'}' => {
                (stack.pop() == Some(*byte)).then_some(())?;
                same = same.saturating_sub(usize::from(closer(open) == Some(*byte)));
                if stack.is_empty() {
                    items.push(blank(play, from, index).trim_ascii().to_vec());
                    return Some(Bracketed { items, depth, end: index + 1 });
                }
            }
            b',' if stack.len() == 1 => {
                items.push(blank(play, from, index).trim_ascii().to_vec());
                from = index + 1;
            }
            _ => {}
        }
    }
    None
}

/// A pattern for a pair of brackets that contains this many levels of its kind.
fn bracket_pattern(open: u8, depth: usize) -> Option<String> {
    const DEEPEST: usize = 4;
    let (open, close) = match open {
        b'(' => (r"\(", r"\)"),
        b'[' => (r"\[", r"\]"),
        b'{' => (r"\{", r"\}"),
        _ => return None,
    };
    if depth > DEEPEST {
        return None;
    }
    let flat = close.trim_start_matches('\\');
    let flat = if flat == "]" { close } else { flat };
    let mut pattern = format!("{open}[^{flat}]*{close}");
    for level in 1..depth {
        if level == 1 {
            pattern = format!("{open}[^{open}{close}]*{close}");
        }
        pattern = format!("{open}(?:[^{open}{close}]|{pattern})*{close}");
    }
    Some(pattern)
}

/// Says whether all have the same two or more items, but not all in the same order.
fn is_permuted(lists: &[Vec<Vec<u8>>]) -> bool {
    let Some(first) = lists.first().filter(|first| first.len() > 1) else { return false };
    let sorted = |list: &Vec<Vec<u8>>| {
        let mut list = list.clone();
        list.sort_unstable();
        list
    };
    lists.iter().any(|list| list != first)
        && lists.iter().all(|list| list.len() == first.len() && sorted(list) == sorted(first))
}

/// These bytes, with one byte for each match of a mask.
fn blank(play: &Play<'_>, from: usize, to: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut at = from;
    for range in play.ranges.iter().filter(|range| range.end > from && range.start < to) {
        text.extend_from_slice(slice(play.bytes, at, range.start));
        text.push(MASKED);
        at = range.end;
    }
    text.extend_from_slice(slice(play.bytes, at, to));
    text
}

/// Finds items with commas between them, in one line, in another order.
pub(super) fn comma_list(
    plays: &[Play<'_>],
    at: usize,
    align: impl Fn(usize) -> Option<Vec<usize>>,
) -> Option<List> {
    let bytes = plays.first()?.bytes;
    let line = slice(bytes, 0, at).iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line = line.max(at.saturating_sub(REACH_BYTES));
    let is_start = |start: &usize| {
        let before = start.checked_sub(1).and_then(|index| bytes.get(index));
        !before.is_some_and(|byte| in_word(*byte))
            && bytes.get(*start).is_some_and(|byte| !byte.is_ascii_whitespace() && *byte != b',')
    };
    (line..=at).rev().filter(is_start).take(MOST_STARTS).find_map(|start| {
        let starts = align(start)?;
        let rests: Vec<&[u8]> = plays
            .iter()
            .zip(&starts)
            .map(|(play, start)| slice(play.bytes, *start, start + LIST_BYTES))
            .map(|rest| rest.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default())
            .collect();
        let whole = || Some((comma_pattern(&rests)?, rests.clone()));
        let cut = || {
            let cut = without_tail(&rests);
            Some((comma_pattern(&cut)?, cut))
        };
        let (pattern, lists) = whole().or_else(cut)?;
        let ends = starts.iter().zip(lists).map(|(start, list)| start + list.len()).collect();
        Some(List { start, ends, pattern })
    })
}

/// A pattern for items with commas between them, where all lists are permutations of one.
fn comma_pattern(lists: &[&[u8]]) -> Option<String> {
    let split = |list: &&[u8]| {
        list.split(|byte| *byte == b',').map(|item| item.trim_ascii().to_vec()).collect::<Vec<_>>()
    };
    let items: Vec<_> = lists.iter().map(split).collect();
    let first = items.first()?;
    if !is_permuted(&items) || first.iter().any(Vec::is_empty) {
        return None;
    }
    let spaced = lists
        .iter()
        .all(|list| !list.windows(2).any(|pair| pair.starts_with(b",") && !pair.ends_with(b" ")));
    let comma = if spaced { ", " } else { ", *" };
    let longest = r"[^,\r\n]+";
    let words = first.iter().flatten().all(|byte| in_word(*byte) || matches!(byte, b'-' | b'.'));
    let item = if words { r"[\w.-]+" } else { longest };
    Some(format!("{item}(?:{comma}{item}){{{}}}", first.len().checked_sub(1)?))
}

/// These texts without their common end, back to a place where no word is cut.
fn without_tail<'a>(texts: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let first = texts.first().copied().unwrap_or_default();
    let shared = |text: &&[u8]| {
        first.iter().rev().zip(text.iter().rev()).take_while(|(one, other)| one == other).count()
    };
    let shared = texts.iter().map(shared).min().unwrap_or_default();
    let tail = slice_from(first, first.len().saturating_sub(shared));
    let word = tail.iter().take_while(|byte| in_word(**byte)).count();
    let tail = tail.len().saturating_sub(word);
    texts.iter().map(|text| slice(text, 0, text.len().saturating_sub(tail))).collect()
}

/// Covers the lines after a difference that are the same in every play, in another order. The first of
/// them begins a line, or follows something else in its line.
pub(super) fn lines(
    plays: &[Play<'_>],
    masks: &[Regex],
    at: usize,
    align: impl Fn(usize) -> Option<Vec<usize>>,
) -> Vec<String> {
    let Some(bytes) = plays.first().map(|play| play.bytes) else { return Vec::new() };
    let line = slice(bytes, 0, at).iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let is_start = |start: &usize| {
        let before = start.checked_sub(1).and_then(|index| bytes.get(index));
        !before.is_some_and(|byte| in_word(*byte))
    };
    let inner = (line + 1..=at).rev().filter(is_start).take(MOST_STARTS);
    let from = |start: usize| {
        let starts = align(start)?;
        let all: Option<Vec<Vec<Line>>> = plays
            .iter()
            .zip(&starts)
            .map(|(play, start)| split_lines(play, masks, *start))
            .collect();
        let all = all?;
        let count = block(&all)?;
        let mut seen = BTreeMap::new();
        for line in all.iter().flat_map(|lines| lines.iter().take(count)) {
            seen.entry(&line.blank).or_insert(&line.pattern);
        }
        let ended = all.iter().flat_map(|lines| lines.iter().take(count)).all(|line| line.ended);
        let pattern =
            lines_pattern(seen.into_values().map(String::as_str).collect(), count, ended)?;
        Some(if start == line { format!("(?m:^){pattern}") } else { pattern })
    };
    [line].into_iter().chain(inner).filter_map(from).collect()
}

/// A line of a play.
#[derive(Debug)]
struct Line {
    /// Its text, without the masks' matches.
    blank: Vec<u8>,
    /// Matches it, with the masks in their places.
    pattern: String,
    /// A newline ends it.
    ended: bool,
}

/// The lines of a play from an offset on, as many as can be needed.
fn split_lines(play: &Play<'_>, masks: &[Regex], start: usize) -> Option<Vec<Line>> {
    let mut lines = Vec::new();
    let mut from = start;
    for text in
        slice_from(play.bytes, start).split_inclusive(|byte| *byte == b'\n').take(MOST_LINES)
    {
        let ended = text.ends_with(b"\n");
        let end = from + text.len() - usize::from(ended);
        let crosses =
            |at: usize| play.ranges.iter().any(|range| range.start < at && range.end > at);
        if crosses(from) || crosses(end) || crosses(end + 1) {
            // A mask covers a line's end here, so no lines follow.
            break;
        }
        let pattern = line_pattern(play, masks, from, end)?;
        lines.push(Line { blank: blank(play, from, end), pattern, ended });
        from += text.len();
    }
    Some(lines)
}

/// Matches a line literally, except for the masks' matches.
fn line_pattern(play: &Play<'_>, masks: &[Regex], from: usize, to: usize) -> Option<String> {
    let mut pattern = String::new();
    let mut at = from;
    for range in play.ranges.iter().filter(|range| range.start >= from && range.end <= to) {
        let matches = |mask: &&Regex| {
            mask.find_at(play.bytes, range.start).is_some_and(|found| found.range() == *range)
        };
        let mask = masks.iter().find(matches)?;
        pattern.push_str(&literal::escape(slice(play.bytes, at, range.start)));
        pattern.push_str(&format!("(?:{})", mask.as_str()));
        at = range.end;
    }
    pattern.push_str(&literal::escape(slice(play.bytes, at, to)));
    Some(pattern)
}

/// The fewest lines that are the same in every play except for their order; at least two.
fn block(plays: &[Vec<Line>]) -> Option<usize> {
    let fewest = plays.iter().map(Vec::len).min()?;
    (2..=fewest).find(|count| {
        let lists: Vec<Vec<Vec<u8>>> = plays
            .iter()
            .map(|lines| lines.iter().take(*count).map(|line| line.blank.clone()).collect())
            .collect();
        is_permuted(&lists)
    })
}

/// Covers this many lines, each one of those.
fn lines_pattern(mut lines: Vec<&str>, count: usize, ended: bool) -> Option<String> {
    // Without a line's end, the longest must be tried first.
    lines.sort_by_key(|line| std::cmp::Reverse(line.len()));
    let any = format!("(?:{})", lines.join("|"));
    let pattern = if ended {
        format!(r"(?:{any}\n){{{count}}}")
    } else {
        format!(r"{any}(?:\n{any}){{{}}}", count.checked_sub(1)?)
    };
    (any.len().saturating_mul(count) <= LINES_BYTES).then_some(pattern)
}
