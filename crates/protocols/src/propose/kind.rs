//! The kinds of varying tokens: how to find each, and the pattern that covers similar
//! ones.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// What may stand directly before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Anything.
    Any,
    /// No part of a word.
    Word,
    /// No digit. Before a sign, no part of a word either.
    Number,
    /// No part of a word, unless it is the `b` of a Python bytes literal.
    Quote,
    /// No part of a word; the token begins as near to the difference as that allows.
    Nearest,
}

/// How much a kind's pattern covers, and so what must hold it in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breadth {
    /// A form that hardly anything else has, such as a date. It needs no surrounding text.
    Distinct,
    /// A common form, such as a number. It has surrounding text where there is any.
    Narrow,
    /// Almost any word: only with stable surrounding text, or where it hides nothing
    /// stable.
    Broad,
    /// A whole line: only after a stable word.
    Open,
}

/// A kind of token.
#[derive(Debug)]
pub(super) struct Kind {
    /// Matches a token of this kind at the very start of a string.
    pub(super) find: Regex,
    /// What may stand before it.
    pub(super) edge: Edge,
    /// The pattern for all tokens like these, or `None` if they are not of this kind.
    pub(super) pattern: Pattern,
    /// How much the pattern covers.
    pub(super) breadth: Breadth,
}

/// Every kind, the narrowest first.
pub(super) static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let tables = [
        (DISTINCT, Breadth::Distinct),
        (NARROW, Breadth::Narrow),
        (BROAD, Breadth::Broad),
        (OPEN, Breadth::Open),
    ];
    let rows = tables
        .into_iter()
        .flat_map(|(table, breadth)| table.iter().filter_map(move |row| kind(row, breadth)));
    rows.collect()
});

/// Writes the pattern for tokens of a kind.
type Pattern = fn(&[&[u8]]) -> Option<String>;

/// How to find a kind, what may stand before it, and its pattern.
type Row = (&'static str, Edge, Pattern);

/// The kinds with a distinctive form.
const DISTINCT: &[Row] = &[
    (r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}", Edge::Word, ctime),
    (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d", Edge::Word, http_date),
    (r"\d\d/[A-Z][a-z]{2}/\d{4}[: ]\d\d:\d\d:\d\d", Edge::Word, log_date),
    (r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d", Edge::Word, syslog_date),
    (
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?",
        Edge::Word,
        date_and_time,
    ),
    (r"\d{4}-\d\d-\d\d", Edge::Word, date),
    (r"\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?", Edge::Word, time),
    (r"\d\d:\d\d", Edge::Word, minutes),
    (r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", Edge::Word, uuid),
    (r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}", Edge::Word, mac),
    (r"\d{1,3}(?:\.\d{1,3}){3}", Edge::Word, ipv4),
    (r"0x[0-9A-Fa-f]+", Edge::Word, address),
    (r"[0-9A-Fa-f]+", Edge::Word, hex),
    (r"[A-Za-z0-9+/]+={0,2}", Edge::Word, base64),
    (r"[A-Za-z0-9_-]+", Edge::Word, url_safe),
];

/// The kinds of numbers.
const NARROW: &[Row] = &[
    (r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", Edge::Number, number),
    (r"\d+", Edge::Number, integer),
    (r" *[+-]?\d+(?:\.\d+)?", Edge::Any, padded_number),
];

/// The kinds for a word or a text without a distinctive form.
const BROAD: &[Row] = &[
    (r#""(?:[^"\\\n]|\\.)*""#, Edge::Quote, double_quoted),
    (r"'(?:[^'\\\n]|\\.)*'", Edge::Quote, single_quoted),
    (r"\w+", Edge::Word, word),
    (r"[\w.-]+", Edge::Word, dotted),
    (r#"[^\s\x00-\x1f,;()\[\]{}<>"']+"#, Edge::Any, run),
];

/// The kind for anything else that varies in a line.
const OPEN: &[Row] = &[(r"[^\x00-\x08\n\r]+", Edge::Nearest, rest_of_line)];

/// Compiles one row.
fn kind((find, edge, pattern): &Row, breadth: Breadth) -> Option<Kind> {
    let find = Regex::new(&format!(r"\A(?:{find})")).ok()?;
    Some(Kind { find, edge: *edge, pattern: *pattern, breadth })
}

/// Says whether any token has any of these bytes.
fn any(tokens: &[&[u8]], wanted: impl Fn(u8) -> bool) -> bool {
    tokens.iter().any(|token| token.iter().any(|byte| wanted(*byte)))
}

/// Says whether every token has any of these bytes.
fn every(tokens: &[&[u8]], wanted: impl Fn(u8) -> bool) -> bool {
    tokens.iter().all(|token| token.iter().any(|byte| wanted(*byte)))
}

/// The length that all tokens have.
fn length(tokens: &[&[u8]]) -> Option<usize> {
    let length = tokens.first()?.len();
    tokens.iter().all(|token| token.len() == length).then_some(length)
}

/// As Python's `time.ctime()` writes it.
fn ctime(_: &[&[u8]]) -> Option<String> {
    Some(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}".to_owned())
}

/// As an HTTP header writes it.
fn http_date(_: &[&[u8]]) -> Option<String> {
    Some(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d".to_owned())
}

/// As a web server's log writes it.
fn log_date(_: &[&[u8]]) -> Option<String> {
    Some(r"\d\d/[A-Z][a-z]{2}/\d{4}[: ]\d\d:\d\d:\d\d".to_owned())
}

/// As syslog writes it.
fn syslog_date(_: &[&[u8]]) -> Option<String> {
    Some(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d".to_owned())
}

/// An ISO date with a time of day.
fn date_and_time(tokens: &[&[u8]]) -> Option<String> {
    let separator = |wanted: u8| tokens.iter().all(|token| token.get(10) == Some(&wanted));
    let separator = match (separator(b'T'), separator(b' ')) {
        (true, _) => "T",
        (_, true) => " ",
        _ => "[T ]",
    };
    let clocks: Vec<&[u8]> = tokens.iter().filter_map(|token| token.get(11..)).collect();
    Some(format!(r"\d{{4}}-\d\d-\d\d{separator}{}", time(&clocks)?))
}

/// An ISO date.
fn date(_: &[&[u8]]) -> Option<String> {
    Some(r"\d{4}-\d\d-\d\d".to_owned())
}

/// A time of day, with the same kind of fraction and zone as in the plays.
fn time(tokens: &[&[u8]]) -> Option<String> {
    let fraction = match (any(tokens, |byte| byte == b'.'), any(tokens, |byte| byte == b',')) {
        (true, false) => r"(?:\.\d+)?",
        (false, true) => r"(?:,\d+)?",
        (true, true) => r"(?:[.,]\d+)?",
        (false, false) => "",
    };
    let in_zone = |byte| matches!(byte, b'Z' | b'+' | b'-');
    let zone = match (every(tokens, in_zone), any(tokens, in_zone)) {
        (true, _) => r"(?:Z|[+-]\d\d:?\d\d)",
        (_, true) => r"(?:Z|[+-]\d\d:?\d\d)?",
        _ => "",
    };
    Some(format!(r"\d\d:\d\d:\d\d{fraction}{zone}"))
}

/// Hours and minutes.
fn minutes(_: &[&[u8]]) -> Option<String> {
    Some(r"\d\d:\d\d".to_owned())
}

/// The class of hexadecimal digits in the case of the plays.
fn hex_class(tokens: &[&[u8]]) -> &'static str {
    let (lower, upper) = (
        any(tokens, |byte| byte.is_ascii_lowercase()),
        any(tokens, |byte| byte.is_ascii_uppercase()),
    );
    match (lower, upper) {
        (true, true) => "[0-9A-Fa-f]",
        (false, true) => "[0-9A-F]",
        _ => "[0-9a-f]",
    }
}

fn uuid(tokens: &[&[u8]]) -> Option<String> {
    let class = hex_class(tokens);
    Some(format!("{class}{{8}}-{class}{{4}}-{class}{{4}}-{class}{{4}}-{class}{{12}}"))
}

/// A hardware address.
fn mac(tokens: &[&[u8]]) -> Option<String> {
    let class = hex_class(tokens);
    Some(format!("{class}{{2}}(?::{class}{{2}}){{5}}"))
}

fn ipv4(_: &[&[u8]]) -> Option<String> {
    Some(r"\d{1,3}(?:\.\d{1,3}){3}".to_owned())
}

/// An object's address, as Python's `repr` writes it.
fn address(tokens: &[&[u8]]) -> Option<String> {
    let digits: Vec<&[u8]> = tokens.iter().filter_map(|token| token.get(2..)).collect();
    Some(format!("0x{}+", hex_class(&digits)))
}

/// Hexadecimal digits of one length, at least 8, in one case, not all decimal.
fn hex(tokens: &[&[u8]]) -> Option<String> {
    let length = length(tokens).filter(|length| *length >= 8)?;
    let class = hex_class(tokens);
    let one_case = class != "[0-9A-Fa-f]";
    (one_case && any(tokens, |byte| byte.is_ascii_alphabetic()))
        .then(|| format!("{class}{{{length}}}"))
}

/// A number, with the same kind of sign, point and exponent as in the plays.
fn number(tokens: &[&[u8]]) -> Option<String> {
    let exponent = any(tokens, |byte| matches!(byte, b'e' | b'E'));
    let point = |byte| byte == b'.';
    let fraction = match (every(tokens, point), any(tokens, point)) {
        (true, _) if !exponent => r"\.\d+",
        (_, true) => r"(?:\.\d+)?",
        _ => "",
    };
    let exponent = if exponent { r"(?:[eE][+-]?\d+)?" } else { "" };
    Some(format!(r"{}\d+{fraction}{exponent}", sign(tokens)))
}

/// The sign before a number in the plays.
fn sign(tokens: &[&[u8]]) -> &'static str {
    let first =
        |wanted: u8| tokens.iter().any(|token| token.trim_ascii_start().first() == Some(&wanted));
    match (first(b'+'), first(b'-')) {
        (true, _) => "[+-]?",
        (false, true) => "-?",
        (false, false) => "",
    }
}

fn integer(_: &[&[u8]]) -> Option<String> {
    Some(r"\d+".to_owned())
}

/// A number aligned to the right of its column.
fn padded_number(tokens: &[&[u8]]) -> Option<String> {
    length(tokens)?;
    let spaces = |token: &&[u8]| token.iter().take_while(|byte| **byte == b' ').count();
    let fewest = tokens.iter().map(spaces).min()?;
    let most = tokens.iter().map(spaces).max()?;
    let spaces = if fewest == 0 { " *" } else { " +" };
    let digits = number(tokens)?;
    (fewest < most).then(|| format!("{spaces}{digits}"))
}

/// Says whether tokens have lower case, upper case and digits, like random text.
fn looks_random(tokens: &[&[u8]]) -> bool {
    any(tokens, |byte| byte.is_ascii_lowercase())
        && any(tokens, |byte| byte.is_ascii_uppercase())
        && any(tokens, |byte| byte.is_ascii_digit())
}

/// Base64 of one length.
fn base64(tokens: &[&[u8]]) -> Option<String> {
    let total = length(tokens).filter(|total| total % 4 == 0 && *total >= 8)?;
    let padding = tokens.first()?.iter().filter(|byte| **byte == b'=').count();
    let path = tokens.iter().all(|token| token.starts_with(b"/"));
    let sure = padding > 0 || total >= 16;
    (sure && !path && looks_random(tokens))
        .then(|| format!("[A-Za-z0-9+/]{{{}}}={{0,2}}", total - padding))
}

/// A token of one length, as Python's `secrets.token_urlsafe` writes it.
fn url_safe(tokens: &[&[u8]]) -> Option<String> {
    let length = length(tokens).filter(|length| *length >= 16)?;
    looks_random(tokens).then(|| format!("[A-Za-z0-9_-]{{{length}}}"))
}

fn double_quoted(tokens: &[&[u8]]) -> Option<String> {
    let escapes = any(tokens, |byte| byte == b'\\');
    Some(if escapes { r#""(?:[^"\\]|\\.)*""# } else { r#""[^"]*""# }.to_owned())
}

fn single_quoted(tokens: &[&[u8]]) -> Option<String> {
    let escapes = any(tokens, |byte| byte == b'\\');
    Some(if escapes { r"\x27(?:[^\x27\\]|\\.)*\x27" } else { r"\x27[^\x27]*\x27" }.to_owned())
}

fn word(_: &[&[u8]]) -> Option<String> {
    Some(r"\w+".to_owned())
}

fn dotted(_: &[&[u8]]) -> Option<String> {
    Some(r"[\w.-]+".to_owned())
}

/// Anything up to a space, a bracket, a quote, a comma or a semicolon.
fn run(_: &[&[u8]]) -> Option<String> {
    Some(r#"[^\s,;()\[\]{}<>"\x27]+"#.to_owned())
}

fn rest_of_line(_: &[&[u8]]) -> Option<String> {
    Some(r"[^\r\n]+".to_owned())
}
