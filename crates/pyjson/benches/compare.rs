//! How fast, beside `serde_json`, `jiter` and CPython's own `json`, in one run on one machine.
//!
//! `cargo bench -p pyjson`, or with a part of a document's name behind `--`. Times are the best of
//! several rounds, in nanoseconds for one call; the ratios are how many times slower the others
//! are. "jiter's text" is a jiter value that borrows its strings from the text; the others own
//! theirs. Building the value and freeing it both count, as they do in CPython. `serde_json` writes
//! non-ASCII text as it is, which is less work than escaping it.

use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A document of `lines` records with something of everything.
fn mixed(lines: usize) -> String {
    let mut text = String::from("[");
    for i in 0..lines {
        let comma = if i == 0 { "" } else { ", " };
        text += &format!(
            "{comma}{{\"id\": {i}, \"name\": \"record number {i}\", \"price\": {}.{:02}, \"tags\": \
             [\"red\", \"gr\\u00fcn\", \"line\\nbreak\"], \"ok\": {}, \"parent\": null, \"box\": \
             {{\"x\": {}, \"y\": -{}.5e-3}}}}",
            i * 7 % 1000,
            i % 100,
            i % 2 == 0,
            i * 31,
            i * 17
        );
    }
    text + "]"
}

fn floats(count: u64) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // The exponents of everyday numbers, and all digits.
        f64::from_bits(state >> 12 | (1017 + state % 12) << 52)
    };
    let numbers: Vec<String> = (0..count).map(|_| format!("{:?}", next())).collect();
    format!("[{}]", numbers.join(", "))
}

fn documents() -> Vec<(&'static str, String)> {
    let header = r#"{"byteorder": "little", "content-type": "text/json", "content-length": 41}"#;
    let words = "The quick brown fox jumps over the lazy dog. ".repeat(23_000);
    let german = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ".repeat(15_000);
    let chinese = "天地玄黃宇宙洪荒日月盈昃辰宿列張寒來暑往秋收冬藏".repeat(14_500);
    let escaped = pyjson::dumps(&chinese.as_str().into());
    let integers: Vec<String> =
        (0..130_000_u64).map(|i| (i * 7919 % 1_000_003).to_string()).collect();
    vec![
        ("header", header.to_owned()),
        ("mixed", mixed(5200)),
        ("ascii", format!("\"{words}\"")),
        ("german", format!("\"{german}\"")),
        ("chinese", format!("\"{chinese}\"")),
        ("escaped", escaped),
        ("floats", floats(52_000)),
        ("integers", format!("[{}]", integers.join(", "))),
    ]
}

/// Nanoseconds of one call, at best.
fn time<T>(mut call: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    black_box(call());
    let once = start.elapsed().max(Duration::from_nanos(20));
    let count = (Duration::from_millis(40).as_nanos() / once.as_nanos()).clamp(1, 500_000);
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let round = |_| {
        let start = Instant::now();
        for _ in 0..count {
            black_box(call());
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
    };
    (0..7).map(round).fold(f64::INFINITY, f64::min)
}

/// CPython's two times for each document, in nanoseconds, and its version.
fn cpython(documents: &[(&str, String)]) -> Option<(Vec<[f64; 2]>, String)> {
    let python = std::env::var_os("FRAMECHECK_PYTHON").unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/cpython.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut requests = child.stdin.take()?;
    for (_, text) in documents {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        writeln!(requests, "{hex}").ok()?;
    }
    drop(requests);
    let output = child.wait_with_output().ok()?;
    let mut version = String::new();
    let mut times = Vec::new();
    for line in String::from_utf8(output.stdout).ok()?.lines() {
        let answer: (f64, f64, [u32; 3]) = serde_json::from_str(line).ok()?;
        times.push([answer.0 * 1e9, answer.1 * 1e9]);
        version = answer.2.map(|part| part.to_string()).join(".");
    }
    Some((times, version))
}

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let mut documents = documents();
    documents.retain(|(name, _)| wanted.as_ref().is_none_or(|part| name.contains(part)));
    let (times, version) = cpython(&documents).unwrap_or_default();
    println!("CPython {version}");
    println!(
        "{:16} {:>9} {:>11} {:>11} {:7} {:>11} {:7} {:>11} {:7} {:>11}",
        "", "bytes", "pyjson", "serde_json", "", "jiter", "", "jiter's text", "", "CPython"
    );
    let column = |own: f64, other: Option<f64>| match other {
        Some(time) => format!("{time:11.0} {:6.2}x", time / own),
        None => format!("{:>11} {:>7}", "-", ""),
    };
    for (index, (name, text)) in documents.iter().enumerate() {
        let python = times.get(index).copied();
        let own = time(|| pyjson::loads(text));
        let serde = time(|| serde_json::from_str::<serde_json::Value>(text));
        let jiter =
            time(|| jiter::JsonValue::parse_owned(text.as_bytes(), true, jiter::PartialMode::Off));
        let borrowed = time(|| jiter::JsonValue::parse(text.as_bytes(), true));
        println!(
            "{name:9} loads  {:9} {own:11.0} {} {} {} {}",
            text.len(),
            column(own, Some(serde)),
            column(own, Some(jiter)),
            column(own, Some(borrowed)),
            column(own, python.map(|[loads, _]| loads))
        );
        let (Ok(value), Ok(json)) = (pyjson::loads(text), serde_json::from_str(text)) else {
            continue;
        };
        let json: serde_json::Value = json;
        let own = time(|| pyjson::dumps(&value));
        let serde = time(|| serde_json::to_string(&json));
        println!(
            "{name:9} dumps  {:9} {own:11.0} {} {} {} {}",
            text.len(),
            column(own, Some(serde)),
            column(own, None),
            column(own, None),
            column(own, python.map(|[_, dumps]| dumps))
        );
    }
}
