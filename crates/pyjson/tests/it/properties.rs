//! Generated values and texts: pyjson and CPython agree on every one.

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::sample::select;
use pyjson::{DumpsOptions, Indent, PyString, Value, loads};
use serde_json::{Value as Json, json};

use crate::oracle::{Oracle, raised, redump};
use crate::strategies;

thread_local! {
    static ORACLE: RefCell<Oracle> = RefCell::new(Oracle::new());
}

/// As many cases as take some seconds, or the number in `PROPTEST_CASES`.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 1500;
    }
    config
}

/// The keyword arguments of `json.dumps`, for pyjson and for CPython.
fn options() -> impl Strategy<Value = (DumpsOptions, Json)> {
    let indents = [json!(0), json!(-3), json!(2), json!("\t"), json!("--é"), json!("")];
    let separators = [json!([",", ":"]), json!(["", ""]), json!([" ;", "é=\n"])];
    let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.9));
    let indent = prop::option::weighted(0.3, select(indents.to_vec()));
    let separators = prop::option::weighted(0.3, select(separators.to_vec()));
    (flags, indent, separators).prop_map(|((ascii, sort, nan), indent, separators)| {
        let mut options = DumpsOptions::new().ensure_ascii(ascii).sort_keys(sort).allow_nan(nan);
        let mut spelt = json!({"ensure_ascii": ascii, "sort_keys": sort, "allow_nan": nan});
        if let Some(indent) = indent {
            options = options.indent(match &indent {
                Json::String(text) => Indent::Text(text.as_str().into()),
                number => Indent::Spaces(i32::try_from(number.as_i64().unwrap()).unwrap()),
            });
            spelt["indent"] = indent;
        }
        if let Some(pair) = separators {
            options = options.separators(pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            spelt["separators"] = pair;
        }
        (options, spelt)
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_value_is_written_as_cpython_writes_it(value in strategies::value()) {
        let text = pyjson::dumps(&value);
        let expected = ORACLE.with_borrow_mut(|oracle| oracle.dumps(&value, &json!({})));
        prop_assert_eq!(Ok(PyString::from(text.as_str())), expected);
        // Reading it again gives the same value. NaN does not equal itself, so it is
        // compared by its text.
        prop_assert_eq!(loads(&text).map(|value| pyjson::dumps(&value)), Ok(text));
    }

    #[test]
    fn a_value_is_written_as_cpython_writes_it_with_options(
        value in strategies::value(),
        (options, spelt) in options(),
    ) {
        ORACLE.with_borrow_mut(|oracle| {
            let options = options.clone().python(oracle.python);
            let text = options.dumps(&value).map_err(|error| raised(&error));
            prop_assert_eq!(text, oracle.dumps(&value, &spelt));
            Ok(())
        })?;
    }

    #[test]
    fn a_text_is_read_as_cpython_reads_it(text in strategies::mutated_text()) {
        let text = PyString::from_code_points(text).unwrap();
        ORACLE.with_borrow_mut(|oracle| {
            let options = oracle.loads_options();
            prop_assert_eq!(redump(options.loads_py(&text)), oracle.loads(&text));
            if let Some(text) = text.as_str() {
                prop_assert_eq!(redump(options.loads(text)), redump(options.loads_py(&text.into())));
            }
            Ok(())
        })?;
    }

    #[test]
    fn bytes_are_read_as_cpython_reads_them(bytes in strategies::encoded_text()) {
        ORACLE.with_borrow_mut(|oracle| {
            let loaded = oracle.loads_options().loads_bytes(&bytes);
            prop_assert_eq!(redump(loaded), oracle.loads_bytes(&bytes));
            Ok(())
        })?;
    }

    #[test]
    fn a_clone_is_equal_and_written_the_same(value in strategies::value()) {
        let clone: Value = value.clone();
        prop_assert_eq!(pyjson::dumps(&clone), pyjson::dumps(&value));
        prop_assert!(clone == value || pyjson::dumps(&value).contains("NaN"));
    }
}
