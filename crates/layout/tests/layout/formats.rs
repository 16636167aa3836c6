//! Compares `struct` formats with CPython's.

use layout::{Format, FormatError, PackError, Scalar};
use serde_json::{Value, json};

use crate::cpython::Python;

const PREFIXES: [&str; 6] = ["", "@", "=", "<", ">", "!"];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn shown(value: &Scalar) -> Value {
    match value {
        Scalar::Int(int) => json!(["int", int.to_string()]),
        Scalar::Float(float) if float.is_nan() => json!(["float", "nan"]),
        Scalar::Float(float) => json!(["float", hex(&float.to_be_bytes())]),
        Scalar::Bool(truth) => json!(["bool", truth]),
        Scalar::Bytes(bytes) => json!(["bytes", hex(bytes)]),
    }
}

/// Bytes that look random, and are the same each time.
fn noise(seed: usize, length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed as u64 + 1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn every_code_with_every_prefix_unpacks_as_in_cpython() {
    let mut python = Python::start();
    for prefix in PREFIXES {
        for code in "xcbB?hHiIlLqQefdspnNP".chars() {
            let text = format!("{prefix}{code}");
            let size = python.ask(&json!({"op": "calcsize", "format": text}));
            let Ok(format) = Format::parse(&text) else {
                assert!(size.is_err(), "{text}");
                continue;
            };
            assert_eq!(size, Ok(json!(format.size())), "{text}");
            let edges = [0, 1, 0x7f, 0x80, 0xff];
            let mut inputs: Vec<Vec<u8>> = edges.map(|byte| vec![byte; format.size()]).into();
            inputs.extend((0..20).map(|seed| noise(seed, format.size())));
            for edge in [b"\x7f\xf0".as_slice(), b"\xff\xf0", b"\x80", b"\x7f\x80", b"\x7c"] {
                let mut input = edge.to_vec();
                input.resize(format.size(), 0);
                inputs.push(input.clone());
                input.reverse();
                inputs.push(input);
            }
            for input in inputs {
                let values = format.unpack(&input).unwrap();
                let ours: Vec<Value> = values.iter().map(shown).collect();
                let question = json!({"op": "unpack", "format": text, "data": hex(&input)});
                assert_eq!(python.ask(&question), Ok(json!(ours)), "{text} {input:?}");
                if ours.contains(&json!(["float", "nan"])) {
                    // The question can't express the bits of a NaN.
                    continue;
                }
                let question = json!({"op": "pack", "format": text, "values": ours});
                let packed = format.pack(&values).map(|bytes| json!(hex(&bytes))).ok();
                assert_eq!(python.ask(&question).ok(), packed, "{text} {values:?}");
            }
        }
    }
}

#[test]
fn edge_values_pack_or_are_refused_as_in_cpython() {
    let mut python = Python::start();
    let mut values: Vec<Scalar> = Vec::new();
    for bits in [0, 7, 8, 15, 16, 31, 32, 63, 64] {
        for near in [-1, 0, 1] {
            values.extend([(1 << bits) + near, -(1 << bits) + near].map(Scalar::Int));
        }
    }
    let floats = [
        0.0,
        -0.0,
        0.1,
        1.5,
        65504.0,
        65519.99,
        65520.0,
        5.960_464_477_539_063e-8,
        2.980_232_238_769_531_2e-8,
        2.980_232_238_769_532e-8,
        1.000_488_281_25,
        1.001_464_843_75,
        3.402_823_466_385_288_6e38,
        3.402_823_567_797_336_6e38,
        1e39,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        f64::MIN_POSITIVE,
    ];
    values.extend(floats.map(Scalar::Float));
    values.extend([Scalar::Bool(true), Scalar::Bool(false)]);
    let texts = [b"".as_slice(), b"a", b"abc", b"abcdefgh"];
    values.extend(texts.map(|text| Scalar::Bytes(text.to_vec())));
    for prefix in PREFIXES {
        for code in [
            "c", "b", "B", "?", "h", "H", "i", "I", "l", "L", "q", "Q", "e", "f", "d", "3s", "3p",
            "0s", "0p", "1p",
        ] {
            let text = format!("{prefix}{code}");
            let format = Format::parse(&text).unwrap();
            for value in &values {
                let question = json!({"op": "pack", "format": text, "values": [shown(value)]});
                let ours = format.pack(std::slice::from_ref(value));
                let ours = ours.map(|bytes| json!(hex(&bytes)));
                assert_eq!(python.ask(&question).ok(), ours.ok(), "{text} {value:?}");
            }
        }
    }
}

#[test]
fn formats_of_several_codes_are_laid_out_as_in_cpython() {
    let mut python = Python::start();
    let texts = [
        "ci", "128sl", "!II", "bh3x", "", " 2h i", "c0l", "c0q", "bhilq", "lb", "3s2H", "0s",
        "10p", "bxd", "?d?", "cP", "fbd", "ehb", "i i", "\ti\n", "3H", "0i", "2c2s", "hhl", "bN",
        "n?",
    ];
    for (seed, text) in texts.iter().enumerate() {
        for prefix in PREFIXES {
            let text = format!("{prefix}{text}");
            let size = python.ask(&json!({"op": "calcsize", "format": text}));
            let Ok(format) = Format::parse(&text) else {
                assert!(size.is_err(), "{text:?}: {size:?}");
                continue;
            };
            assert_eq!(size, Ok(json!(format.size())), "{text:?}");
            let input = noise(seed, format.size());
            let values = format.unpack(&input).unwrap();
            assert_eq!((values.len(), format.ranges().len()), (format.values(), format.values()));
            let ours: Vec<Value> = values.iter().map(shown).collect();
            let question = json!({"op": "unpack", "format": text, "data": hex(&input)});
            assert_eq!(python.ask(&question), Ok(json!(ours)), "{text:?}");
            let question = json!({"op": "pack", "format": text, "values": ours});
            let packed = format.pack(&values).map(|bytes| json!(hex(&bytes))).ok();
            assert_eq!(python.ask(&question).ok(), packed, "{text:?}");
        }
    }
}

#[test]
fn what_is_no_format_is_refused_where_cpython_refuses_it() {
    let mut python = Python::start();
    for text in ["y", "3", "i3", "3 i", "<n", ">P", "!N", " <i", "i<", "-1i", "é", "<@i"] {
        let error = Format::parse(text).unwrap_err();
        let theirs = python.ask(&json!({"op": "calcsize", "format": text}));
        assert!(theirs.is_err(), "{text:?}: {error}, CPython: {theirs:?}");
    }
    let found = Format::parse("<in").unwrap_err();
    assert_eq!(found, FormatError::BadChar { at: 2, found: 'n' });
    assert_eq!(Format::parse("2"), Err(FormatError::CountAlone));
    for text in ["99999999999999999999s", "16777217s", "9223372036854775807q"] {
        assert_eq!(Format::parse(text), Err(FormatError::TooLong), "{text}");
    }
}

#[test]
fn a_format_in_the_other_byte_order_has_the_same_places() {
    let format = Format::parse("bi2H").unwrap();
    let values = [1, 2, 3, 4].map(Scalar::Int);
    let mut bytes = format.pack(&values).unwrap();
    let swapped = format.swapped().pack(&values).unwrap();
    for range in format.ranges() {
        bytes[range].reverse();
    }
    assert_eq!(swapped, bytes);
    assert_eq!(format.swapped().swapped(), format);
}

#[test]
fn bounds_are_the_last_numbers_that_can_be_packed() {
    let format = Format::parse("<bBhQ2sqd").unwrap();
    assert_eq!(format.bounds().len(), format.values());
    assert_eq!(format.bounds()[0], Some((-128, 127)));
    for (index, bounds) in format.bounds().into_iter().enumerate() {
        let Some((least, greatest)) = bounds else {
            assert!([4, 6].contains(&index));
            continue;
        };
        let pack = |int| {
            let mut values = format.unpack(&vec![0; format.size()]).unwrap();
            values[index] = Scalar::Int(int);
            format.pack(&values).is_ok()
        };
        assert!(pack(least) && pack(greatest));
        assert!(!pack(least - 1) && !pack(greatest + 1));
    }
}

#[test]
fn a_wrong_number_of_values_is_refused() {
    let format = Format::parse("<2H").unwrap();
    let error = format.pack(&[Scalar::Int(1)]).unwrap_err();
    assert_eq!(error, PackError::Count { expected: 2, found: 1 });
    assert_eq!(error.to_string(), "pack expected 2 items for packing (got 1)");
    assert_eq!(format.unpack(&[1, 2, 3]), None);
    let error = format.pack(&[Scalar::Int(1), Scalar::Int(65536)]).unwrap_err();
    assert_eq!(error.to_string(), "'H' format requires 0 <= number <= 65535");
}
