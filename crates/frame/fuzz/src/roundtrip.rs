//! Encodes and decodes again.

use arbitrary::{Arbitrary, Unstructured};
use frame::{Decoder, EncodeError, Event, encode_head};
use pyjson::{Dict, PyString, Value};

use crate::decode::limits;

/// [`crate::json_loads`] covers deeper values.
const DEPTH: usize = 4;

/// Encodes some frames one after another and decodes them in some cuts: each comes out unchanged.
/// The encoder refuses a dict if and only if it is longer than the limits.
pub fn roundtrip_frame(data: &[u8]) {
    let mut entropy = Unstructured::new(data);
    // Bytes beyond the input take the generator's default, so any input has a result.
    let Ok(frames) = frames(&mut entropy) else { return };
    let mut wire = Vec::new();
    let mut sent = Vec::new();
    for (dict, body) in frames {
        match encode_head(&dict, &limits()) {
            Ok(head) => {
                assert!(head.dict().is_ascii(), "a dict's text is ASCII");
                wire.extend(head.as_bytes());
                wire.extend(&body);
                sent.push((dict, body));
            }
            Err(EncodeError::DictTooLong { found, limit }) => assert!(found > limit as usize),
        }
    }
    let cut = usize::from(u8::arbitrary(&mut entropy).unwrap_or_default()).max(1);
    assert_eq!(received(&wire, cut), sent);
}

type Frames = Vec<(Dict, Vec<u8>)>;

fn received(wire: &[u8], cut: usize) -> Frames {
    let mut decoder = Decoder::new("file_size", limits());
    let mut frames = Frames::new();
    for mut piece in wire.chunks(cut) {
        while let Some(event) = decoder.decode(&mut piece).expect("it was encoded") {
            match event {
                Event::Head(head) => frames.push((head.dict, Vec::new())),
                Event::Body(bytes) => frames.last_mut().expect("a head").1.extend(bytes),
                Event::End => {}
            }
        }
    }
    // A last body without bytes ends together with its dict, which needs another call to be
    // reported.
    assert_eq!(decoder.wants(), if decoder.is_between_frames() { 4 } else { 0 });
    frames
}

fn frames(entropy: &mut Unstructured<'_>) -> arbitrary::Result<Frames> {
    let count = entropy.int_in_range(0..=3)?;
    (0..count)
        .map(|_| {
            let mut dict = dict(entropy, DEPTH)?;
            let body = <&[u8]>::arbitrary(entropy)?.to_vec();
            dict.insert("file_size", body.len() as u64);
            Ok((dict, body))
        })
        .collect()
}

fn dict(entropy: &mut Unstructured<'_>, depth: usize) -> arbitrary::Result<Dict> {
    let mut dict = Dict::default();
    for _ in 0..entropy.int_in_range(0..=4)? {
        dict.insert(text(entropy)?, value(entropy, depth)?);
    }
    Ok(dict)
}

fn value(entropy: &mut Unstructured<'_>, depth: usize) -> arbitrary::Result<Value> {
    let kinds = if depth == 0 { 5 } else { 7 };
    Ok(match entropy.int_in_range(0..=kinds - 1)? {
        0 => Value::Null,
        1 => Value::Bool(bool::arbitrary(entropy)?),
        2 => Value::from(i64::arbitrary(entropy)?),
        3 => {
            let float = f64::arbitrary(entropy)?;
            // NaN is not equal to itself.
            Value::Float(if float.is_nan() { f64::INFINITY } else { float })
        }
        4 => Value::Str(text(entropy)?),
        5 => {
            let count = entropy.int_in_range(0..=4)?;
            let items = (0..count).map(|_| value(entropy, depth - 1));
            Value::List(items.collect::<arbitrary::Result<_>>()?)
        }
        _ => Value::Dict(dict(entropy, depth - 1)?),
    })
}

/// Any code points, also lone surrogates, which CPython's text may contain.
fn text(entropy: &mut Unstructured<'_>) -> arbitrary::Result<PyString> {
    let text = if bool::arbitrary(entropy)? {
        PyString::from(<&str>::arbitrary(entropy)?)
    } else {
        let units = <Vec<u16>>::arbitrary(entropy)?;
        PyString::from_code_points(units.into_iter().map(u32::from)).expect("code points")
    };
    // Two surrogates in a row come back as the character that they form.
    let written = pyjson::dumps(&Value::Str(text));
    let read = pyjson::loads(&written).expect("what is written can be read");
    Ok(read.as_py_string().expect("a text").clone())
}
