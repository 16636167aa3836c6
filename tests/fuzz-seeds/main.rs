//! `fuzz-seeds DIR`: the seed corpus and the dictionary of crates/frame/fuzz, made from the vectors.
//! Every byte of a frame is CPython's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use anyhow::{Context, bail};
use framecheck::interpreters;
use framecheck_tests::{python, repository};
use model::Wire;
use tutorials::Oracle;

/// Longer streams contain nothing that shorter ones do not, and make a fuzzer slow.
const STREAM_MAX_BYTES: usize = 2048;
/// The fuzzer finds longer words by splicing.
const WORD_MAX_BYTES: usize = 24;

fn main() -> anyhow::Result<()> {
    let Some(directory) = env::args_os().nth(1) else { bail!("fuzz-seeds DIR") };
    let directory = Path::new(&directory);
    let mut words = BTreeSet::new();
    for (name, stream) in streams()? {
        for (target, seed) in seeds(&stream) {
            let corpus = directory.join("corpus").join(target);
            fs::create_dir_all(&corpus)?;
            fs::write(corpus.join(&name), seed)?;
        }
        words.extend(words_of(&stream));
    }
    fs::write(directory.join("frame.dict"), dictionary(&words))?;
    println!("{} words, in {}", words.len(), directory.display());
    Ok(())
}

/// The streams that servers of the framed scenarios send, by the names of their vectors.
fn streams() -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let oracle = Arc::<Oracle>::default();
    interpreters::start(&oracle, &python(), &repository().join("python-ref"))?;
    let catalogue = tutorials::catalogue(&oracle);
    let mut streams = BTreeMap::new();
    for name in ["file-transfer", "remote-command"] {
        let scenario = catalogue.scenario(name).context("no such scenario")?;
        for vector in scenario.vectors() {
            let stream = match &vector.input.served {
                Some(served) => served.iter().flat_map(|part| part.0.clone()).collect(),
                None => match scenario.right(&vector.input)?.to_client {
                    Wire::Stream(bytes) => bytes.0,
                    Wire::Datagrams(_) => continue,
                },
            };
            if stream.len() <= STREAM_MAX_BYTES {
                streams.insert(format!("{name}-{}", vector.name), stream);
            }
        }
    }
    Ok(streams)
}

/// What each target gets of a stream.
fn seeds(stream: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let whole = [&[0], stream].concat();
    let bytewise = [&[1, 1], stream].concat();
    let fed = stream.chunks(100).flat_map(|piece| [&[100][..], piece].concat());
    let fed = fed.chain([240]).collect();
    let mut seeds = vec![
        ("decode_frame", if stream.len().is_multiple_of(2) { whole } else { bytewise }),
        ("roundtrip_frame", stream.to_vec()),
        ("session", fed),
        ("layout_parser", [&[0, 0, 1, 7], stream].concat()),
        ("frame_differential", stream.to_vec()),
    ];
    if let Some(text) = dict_of(stream) {
        seeds.extend([("json_loads", text.to_vec()), ("json_differential", text.to_vec())]);
    }
    seeds
}

/// The text that its header announces, as far as it is there.
fn dict_of(stream: &[u8]) -> Option<&[u8]> {
    let len = i32::from_ne_bytes(*stream.first_chunk()?);
    let text = stream.get(4..)?;
    let len = usize::try_from(len).ok()?.min(text.len());
    text.get(..len)
}

/// Headers, and the text between the quotation marks of a dict.
fn words_of(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> =
        stream.first_chunk::<4>().map(|it| it.to_vec()).into_iter().collect();
    let text = dict_of(stream).unwrap_or_default();
    let is_mark = |byte: &u8| b" ,:{}[]".contains(byte);
    let between = text.split(is_mark).filter(|word| !word.is_empty());
    words.extend(between.map(<[u8]>::to_vec));
    words.retain(|word| word.len() <= WORD_MAX_BYTES);
    words
}

fn dictionary(words: &BTreeSet<Vec<u8>>) -> String {
    let mut text = "# Made from the vectors: make fuzz-seeds\n".to_owned();
    for word in words {
        text.push('"');
        for byte in word {
            match byte {
                b'"' | b'\\' => {
                    text.push('\\');
                    text.push(char::from(*byte));
                }
                0x20..=0x7e => text.push(char::from(*byte)),
                _ => _ = write!(text, "\\x{byte:02X}"),
            }
        }
        text.push_str("\"\n");
    }
    text
}
