//! Times pyjson's calls, as `benches/cpython.py` times CPython's, for `cargo bench`.
//!
//! `make bench-json` builds this with `--cfg pyjson_plain`, so that the benchmark can compare the crate
//! with itself without its fast paths. Each line of standard input is a request. The answer to `text`
//! and a document's bytes in hexadecimal is a line. The answer to `loads`, `loads_bytes` or `dumps` is
//! the time of one call in nanoseconds.

#[path = "../benches/timing/mod.rs"]
mod timing;

use std::io::{self, BufRead, Write};

use timing::{contender, turn};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = String::new();
    let mut value = pyjson::Value::Null;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = match line.split_once(' ') {
            Some((_, document)) => {
                text = String::from_utf8(unhex(document)?)?;
                value = pyjson::loads(&text)?;
                "ready".to_owned()
            }
            None => {
                let call = match &*line {
                    "loads" => contender(|| pyjson::loads(&text)),
                    "loads_bytes" => contender(|| pyjson::loads_bytes(text.as_bytes())),
                    _ => contender(|| pyjson::dumps(&value)),
                };
                turn(&call).to_string()
            }
        };
        writeln!(io::stdout(), "{answer}")?;
    }
    Ok(())
}

fn unhex(text: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?);
    pairs.iter().map(byte).collect()
}
