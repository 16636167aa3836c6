//! `frame` alone, in this process, compared with a codec of tokio-util and serde_json: a
//! length-delimited dict, then a body. No socket, no file.
//!
//! Encoding starts from an existing dict, decoding ends with one. Both contenders write to and read from
//! one buffer of many frames. serde_json writes no space after `:` and `,`, which is slightly less work.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bytes::{Bytes, BytesMut};
use frame::codec::{FrameCodec, Item, Piece};
use frame::{Limits, encode_head};
use pyjson::Dict;
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

use crate::measure::{Contender, Group, Quantity};
use crate::settings::Settings;
use crate::stats::{Better, float};

/// A dict of 70 bytes, as the tutorials' file transfer sends.
const TEXT: &str = r#"{"file_name": "notes.txt", "file_desc": "some words", "file_size": 16}"#;
const BODY: &[u8; 16] = b"0123456789abcdef";
const SIZE_KEY: &str = "file_size";
/// Frames in a buffer.
const BATCH: u32 = 256;
const TARGET: f64 = 1.0;

pub(super) fn groups() -> Vec<Group> {
    let quantity = |name| vec![Quantity { name, unit: "frames/s", better: Better::Higher }];
    vec![
        Group { quantities: quantity("frame encode, encode_head"), prepare: encode_by_function },
        Group { quantities: quantity("frame encode, FrameCodec"), prepare: encode_by_codec },
        Group { quantities: quantity("frame decode, FrameCodec"), prepare: decode },
    ]
}

fn encode_by_function(settings: &Settings) -> anyhow::Result<Vec<Contender<'_>>> {
    let (dict, limits) = (dict()?, Limits::default());
    let mut buffer = BytesMut::new();
    let mut batch = move || {
        buffer.clear();
        for _ in 0..BATCH {
            let head = encode_head(black_box(&dict), &limits)?;
            buffer.extend_from_slice(head.as_bytes());
            buffer.extend_from_slice(BODY);
        }
        black_box(&buffer);
        Ok(())
    };
    let turn = in_process(settings);
    let own = Contender::new("encode_head", None, move || rate(turn, &mut batch));
    Ok(vec![own, rival_encode(turn)?])
}

fn encode_by_codec(settings: &Settings) -> anyhow::Result<Vec<Contender<'_>>> {
    let (dict, mut codec) = (dict()?, codec());
    let mut buffer = BytesMut::new();
    let mut batch = move || {
        buffer.clear();
        for _ in 0..BATCH {
            codec.encode(black_box(&dict), &mut buffer)?;
            codec.encode(Piece::Body(Bytes::from_static(BODY)), &mut buffer)?;
        }
        black_box(&buffer);
        Ok(())
    };
    let turn = in_process(settings);
    let own = Contender::new("FrameCodec", None, move || rate(turn, &mut batch));
    Ok(vec![own, rival_encode(turn)?])
}

fn rival_encode(turn: Duration) -> anyhow::Result<Contender<'static>> {
    let (value, mut codec) = (value()?, length_delimited());
    let mut buffer = BytesMut::new();
    let mut batch = move || {
        buffer.clear();
        for _ in 0..BATCH {
            let text = serde_json::to_vec(black_box(&value))?;
            codec.encode(Bytes::from(text), &mut buffer)?;
            buffer.extend_from_slice(BODY);
        }
        black_box(&buffer);
        Ok(())
    };
    Ok(Contender::new(RIVAL, Some(TARGET), move || rate(turn, &mut batch)))
}

const RIVAL: &str = "LengthDelimitedCodec and serde_json";

fn decode(settings: &Settings) -> anyhow::Result<Vec<Contender<'_>>> {
    let turn = in_process(settings);
    let (wire, mut codec) = (wire()?, codec());
    let mut batch = move || {
        let mut buffer = BytesMut::from(&*wire);
        for _ in 0..BATCH {
            let Some(Item::Head(head)) = codec.decode(&mut buffer)? else {
                bail!("expected a head")
            };
            let Some(Item::Body(body)) = codec.decode(&mut buffer)? else {
                bail!("expected a body")
            };
            let Some(Item::End) = codec.decode(&mut buffer)? else { bail!("expected an end") };
            ensure!(body.len() as u64 == head.body_len, "expected the whole body at once");
            black_box((head, body));
        }
        Ok(())
    };
    let own = Contender::new("FrameCodec", None, move || rate(turn, &mut batch));

    let (wire, mut codec) = (self::wire()?, length_delimited());
    let mut batch = move || {
        let mut buffer = BytesMut::from(&*wire);
        for _ in 0..BATCH {
            let text = codec.decode(&mut buffer)?.context("expected a dict")?;
            let dict: serde_json::Value = serde_json::from_slice(&text)?;
            let size = dict.get(SIZE_KEY).and_then(serde_json::Value::as_u64).context("no size")?;
            let size = usize::try_from(size)?;
            ensure!(buffer.len() >= size, "expected the whole body at once");
            let body = buffer.split_to(size).freeze();
            black_box((dict, body));
        }
        Ok(())
    };
    let rival = Contender::new(RIVAL, Some(TARGET), move || rate(turn, &mut batch));
    Ok(vec![own, rival])
}

/// The length of a turn. Work inside this process needs shorter turns.
fn in_process(settings: &Settings) -> Duration {
    settings.turn / 2
}

/// Frames per second, counted in whole batches.
fn rate(turn: Duration, batch: &mut impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let start = Instant::now();
    let mut frames = 0;
    while start.elapsed() < turn {
        batch()?;
        frames += u64::from(BATCH);
    }
    Ok(float(frames) / start.elapsed().as_secs_f64())
}

fn codec() -> FrameCodec {
    FrameCodec::new(SIZE_KEY, Limits::default())
}

fn length_delimited() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().little_endian().new_codec()
}

fn dict() -> anyhow::Result<Dict> {
    match pyjson::loads(TEXT)?.into_dict() {
        Ok(dict) => Ok(dict),
        Err(other) => bail!("expected a dict, found {}", other.type_name()),
    }
}

fn value() -> anyhow::Result<serde_json::Value> {
    Ok(serde_json::from_str(TEXT)?)
}

/// A batch of frames, one after another.
fn wire() -> anyhow::Result<Vec<u8>> {
    let header = u32::try_from(TEXT.len())?.to_le_bytes();
    let frame = [header.as_slice(), TEXT.as_bytes(), BODY].concat();
    Ok(frame.repeat(usize::try_from(BATCH)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dict_has_70_bytes_and_names_the_bodys_size() {
        assert_eq!(TEXT.len(), 70);
        assert_eq!(value().unwrap()[SIZE_KEY], BODY.len());
        assert_eq!(
            encode_head(&dict().unwrap(), &Limits::default()).unwrap().dict(),
            TEXT.as_bytes()
        );
    }

    #[test]
    fn every_contender_has_its_turn() {
        let settings = Settings::for_tests();
        for group in groups() {
            for mut contender in (group.prepare)(&settings).unwrap() {
                let figures = contender.turn.as_mut().unwrap()().unwrap();
                assert!(figures[0] > 0.0, "{}", contender.name);
            }
        }
    }
}
