//! Compares the speed with `serde_json`, `jiter` and CPython's own `json`, in one run on one machine.
//!
//! Run `cargo bench -p pyjson --bench compare`, or with a part of a document's name after `--`. It
//! prints the table of the README. All contenders of a row take turns, so that the machine's other
//! load affects them alike; each one's time is that of its best turn. Building the value and freeing
//! it both count. `jiter` takes only bytes. `dumps` of `serde_json` writes no spaces and no escapes
//! of non-ASCII characters, which is less work. The last column is this crate without the code that
//! looks at several bytes at once; `make bench-json` fills it.

mod timing;

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use jiter::{JsonValue, PartialMode};
use timing::{Contender, contender, turn};

/// How many turns each contender has.
const TURNS: usize = 12;

/// A document of `lines` records with every kind of value.
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

/// A program that times the requested calls: CPython, or this crate built without its fast paths.
struct Timer {
    child: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Timer {
    fn python() -> Option<Self> {
        let python = std::env::var_os("FRAMECHECK_PYTHON").unwrap_or_else(|| "python3".into());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/cpython.py");
        Self::start(Command::new(python).arg(script))
    }

    /// `examples/turns.rs` as `make bench-json` builds it, if the environment names it.
    fn plain() -> Option<Self> {
        Self::start(&mut Command::new(std::env::var_os("PYJSON_PLAIN")?))
    }

    fn start(command: &mut Command) -> Option<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let requests = child.stdin.take()?;
        let answers = BufReader::new(child.stdout.take()?).lines();
        Some(Self { child, requests, answers })
    }

    fn ask(&mut self, request: &str) -> Option<String> {
        writeln!(self.requests, "{request}").ok()?;
        self.answers.next()?.ok()
    }

    /// Sends the document and returns the version.
    fn document(&mut self, text: &str) -> Option<String> {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.ask(&format!("text {hex}"))
    }

    fn turn(&mut self, call: &str) -> Option<f64> {
        self.ask(call)?.parse().ok()
    }

    fn stop(self) {
        let Self { mut child, requests, .. } = self;
        drop(requests);
        let _ = child.wait();
    }
}

/// The best turns: pyjson's, `serde_json`'s, both of `jiter` if it takes part, and each timer's.
fn row(contenders: &[Contender<'_>], timers: &mut [Option<Timer>; 2], call: &str) -> [f64; 6] {
    let mut best = [f64::INFINITY; 6];
    let [here @ .., cpython, plain] = &mut best;
    for _ in 0..TURNS {
        for (contender, best) in contenders.iter().zip(here.iter_mut()) {
            *best = best.min(turn(contender));
        }
        for (timer, best) in timers.iter_mut().zip([&mut *cpython, &mut *plain]) {
            let turn = timer.as_mut().and_then(|timer| timer.turn(call));
            *best = best.min(turn.unwrap_or(f64::INFINITY));
        }
    }
    best
}

fn print(name: &str, call: &str, bytes: usize, [own, others @ ..]: [f64; 6]) {
    let ratios = others.map(|other| match other / own {
        ratio if ratio.is_finite() => format!("{ratio:.2}"),
        _ => String::new(),
    });
    let own = if own < 10_000.0 { format!("{own:.0} ns") } else { format!("{:.0} µs", own / 1e3) };
    println!("| {name} | `{call}` | {bytes} | {own} | {} |", ratios.join(" | "));
}

/// The version of a package in this build.
fn version(package: &str) -> String {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap_or_default();
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
    let version = lines.nth(1).and_then(|line| line.strip_prefix("version = "));
    format!("{package} {}", version.unwrap_or("?").trim_matches('"'))
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {cores} cores", model.unwrap_or("unknown processor"))
}

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let mut documents = documents();
    documents.retain(|(name, _)| wanted.as_ref().is_none_or(|part| name.contains(part)));
    let mut timers = [Timer::python(), Timer::plain()];
    let mut cpython = String::from("none");
    println!(
        "| text | call | bytes | pyjson | serde_json | jiter | jiter, borrowing | CPython | plain |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|");
    for (name, text) in &documents {
        let [python, plain] = &mut timers;
        if let Some(version) = python.as_mut().and_then(|python| python.document(text)) {
            cpython = version;
        }
        plain.as_mut().and_then(|plain| plain.document(text));
        let bytes = text.as_bytes();
        let jiter_owned = || contender(|| JsonValue::parse_owned(bytes, true, PartialMode::Off));
        let jiter_borrowed = || contender(|| JsonValue::parse(bytes, true));
        let contenders = [
            contender(|| pyjson::loads(text)),
            contender(|| serde_json::from_str::<serde_json::Value>(text)),
            jiter_owned(),
            jiter_borrowed(),
        ];
        print(name, "loads", text.len(), row(&contenders, &mut timers, "loads"));
        let contenders = [
            contender(|| pyjson::loads_bytes(bytes)),
            contender(|| serde_json::from_slice::<serde_json::Value>(bytes)),
            jiter_owned(),
            jiter_borrowed(),
        ];
        print(name, "loads_bytes", text.len(), row(&contenders, &mut timers, "loads_bytes"));
        let (Ok(value), Ok(json)) = (pyjson::loads(text), serde_json::from_str(text)) else {
            continue;
        };
        let json: serde_json::Value = json;
        let contenders =
            [contender(|| pyjson::dumps(&value)), contender(|| serde_json::to_string(&json))];
        print(name, "dumps", text.len(), row(&contenders, &mut timers, "dumps"));
    }
    println!(
        "\n{}. {}, {}, CPython {cpython}.",
        machine(),
        version("serde_json"),
        version("jiter")
    );
    for timer in timers.into_iter().flatten() {
        timer.stop();
    }
}
