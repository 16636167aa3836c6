//! `os.fsdecode` and `os.fsencode`, asked of CPython's utf-8 codec.

use proptest::prelude::*;
use pyjson::PyString;
use serde_json::json;

use crate::oracle::{Oracle, hex, text_or_raised, unhex};
use crate::strategies;

/// `bytes.decode("utf-8", "surrogateescape")` and back.
fn check_bytes(oracle: &mut Oracle, bytes: &[u8]) -> Result<(), TestCaseError> {
    let request = json!({"op": "decode", "data": hex(bytes), "errors": "surrogateescape"});
    let text = PyString::from_surrogateescape(bytes);
    prop_assert_eq!(Ok(text.clone()), text_or_raised(&oracle.ask(&request)));
    prop_assert_eq!(text.to_surrogateescape(), Ok(bytes.to_vec()));
    Ok(())
}

/// `str.encode("utf-8", "surrogateescape")`.
fn check_text(oracle: &mut Oracle, text: &PyString) -> Result<(), TestCaseError> {
    let spelt = hex(text.as_generalized_utf8());
    let answer = oracle.ask(&json!({
        "op": "encode", "text_hex": spelt, "errors": "surrogateescape",
    }));
    match text.to_surrogateescape() {
        Ok(bytes) => prop_assert_eq!(Some(bytes), answer["ok"].as_str().map(unhex)),
        Err(error) => prop_assert_eq!(json!(error.to_string()), answer["message"].clone()),
    }
    Ok(())
}

#[test]
fn every_pair_of_bytes_is_escaped_as_cpython_does() {
    let mut oracle = Oracle::new();
    let all: Vec<u8> =
        (0..=u8::MAX).flat_map(|a| (0..=u8::MAX).flat_map(move |b| [a, b])).collect();
    check_bytes(&mut oracle, &all).unwrap();
    for tail in
        [&b"\xed\xa0\x80"[..], b"\xe2\x82", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98", b"\xc0\x80"]
    {
        check_bytes(&mut oracle, tail).unwrap();
        check_bytes(&mut oracle, &[tail, b"a"].concat()).unwrap();
    }
}

#[test]
fn surrogates_are_encoded_or_refused_as_cpython_does() {
    let mut oracle = Oracle::new();
    let cases: [&[u32]; 8] = [
        &[0x61, 0xd800],
        &[0xdc80, 0xdcff],
        &[0xdc7f],
        &[0xdd00, 0xdc80],
        &[0xdc80, 0xd800, 0xdfff, 0x62, 0xd800],
        &[0xdcc3, 0xdca9],
        &[0xd83d, 0xde00],
        &[0x1_f600, 0xdc80, 0xdc00],
    ];
    for case in cases {
        let text = PyString::from_code_points(case.iter().copied()).unwrap();
        check_text(&mut oracle, &text).unwrap();
    }
}

proptest! {
    #[test]
    fn bytes_and_texts_pass_through_the_file_system_codec(
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        text in strategies::string(),
    ) {
        thread_local! {
            static ORACLE: std::cell::RefCell<Oracle> = std::cell::RefCell::new(Oracle::new());
        }
        ORACLE.with_borrow_mut(|oracle| {
            check_bytes(oracle, &bytes)?;
            check_text(oracle, &text)
        })?;
    }
}

#[test]
fn an_encode_error_has_cpythons_parts() {
    let text = PyString::from_code_points([0x61, 0xdc80, 0xd800, 0xdc80, 0x62, 0xd800]).unwrap();
    let error = text.to_surrogateescape().unwrap_err();
    assert_eq!((error.start(), error.end()), (2, 4));
}

#[cfg(unix)]
#[test]
fn names_of_files_keep_their_bytes() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let name = OsString::from_vec(b"caf\xe9.txt".to_vec());
    let text = PyString::from(name.as_os_str());
    assert_eq!(text.as_str(), None);
    assert_eq!(PyString::from(name.clone()), text);
    assert_eq!(OsString::try_from(&text), Ok(name.clone()));
    assert_eq!(OsString::try_from(text), Ok(name));
    assert!(OsString::try_from(PyString::from_code_points([0xd800]).unwrap()).is_err());
}
