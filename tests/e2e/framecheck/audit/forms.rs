//! The forms of an audit: JSON by its schema, JUnit, and how many mistakes it lists.

use framecheck_tests::repository;
use serde_json::Value;

use super::super::manifests::says;
use super::super::report_forms::is_valid_junit;
use super::wire::Wire;
use super::{REPLY, json, request, right, sandbox};

/// This many connections with one mistake each, a right one, and one that is broken off.
fn many(mistakes: u16) -> Vec<u8> {
    let mut wire = Wire::default();
    for port in 50_000..50_000 + mistakes {
        let mut talk = wire.open(port);
        wire.up(&mut talk, &request("[]", b""));
        wire.close(&mut talk);
    }
    let mut talk = wire.open(60_000);
    wire.up(&mut talk, &right());
    wire.down(&mut talk, REPLY);
    wire.close(&mut talk);
    let mut talk = wire.open(60_001);
    wire.up(&mut talk, &right()[..3]);
    wire.pcap()
}

fn schema() -> jsonschema::Validator {
    let text = std::fs::read_to_string(repository().join("docs/audit.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn faults(told: &Value) -> Vec<String> {
    schema().iter_errors(told).map(|it| format!("{}: {it}", it.instance_path())).collect()
}

#[test]
fn json_is_as_its_schema_says_and_the_schema_says_it_all() {
    let told = json(&many(2), 1);
    assert_eq!(faults(&told), [""; 0]);
    let mut cut = many(0);
    cut.truncate(cut.len() - 2);
    assert_eq!(faults(&json(&cut, 0)), [""; 0]);
    for parent in ["", "/connections", "/directions", "/mistakes/0", "/not_judged/0", "/left_out"] {
        let keys: Vec<String> =
            told.pointer(parent).unwrap().as_object().unwrap().keys().cloned().collect();
        for key in keys {
            let mut changed = told.clone();
            let object = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            object.remove(&key);
            assert_ne!(faults(&changed), [""; 0], "{parent} without {key}");
            let object = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            object.insert(key.clone(), Value::Array(vec![Value::Null]));
            assert_ne!(faults(&changed), [""; 0], "{parent} with another {key}");
        }
    }
}

#[test]
fn people_see_twenty_mistakes_and_programs_all() {
    let told = json(&many(25), 1);
    assert_eq!(told["mistake_count"], 25);
    assert_eq!(told["mistakes"].as_array().unwrap().len(), 25);
    let arguments = ["audit", "wire.pcap", "--protocol", "parcels.toml"];
    let (said, _) = says(&sandbox(&many(25)), &arguments, 1);
    assert_eq!(said.lines().filter(|line| line.starts_with("wire.pcap: packet ")).count(), 20);
    assert!(said.contains("and 5 more mistakes; --format json has them"), "{said}");
}

#[test]
fn junit_has_a_case_for_each_direction_of_each_connection() {
    let sandbox = sandbox(&many(1));
    let arguments = ["audit", "wire.pcap", "--protocol", "parcels.toml"];
    let with_file = [&arguments[..], &["--junit", "junit.xml"]].concat();
    says(&sandbox, &with_file, 1);
    let file = std::fs::read_to_string(sandbox.path().join("junit.xml")).unwrap();
    is_valid_junit(&sandbox.path().join("junit.xml")).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&file).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (6, 1, 0));
    let names: Vec<&str> =
        report.test_suites[0].test_cases.iter().map(|case| case.name.as_str()).collect();
    let first = "connection 0, client 10.0.0.1:50000 to server 10.0.0.2:9000";
    assert!(names.contains(&first), "{names:?}");
    assert!(file.contains("expected an object for dict, found list"), "{file}");
    assert!(file.contains("the capture ends inside a frame"), "{file}");
    let (said, _) = says(&sandbox, &[&arguments[..], &["--format", "junit"]].concat(), 1);
    assert_eq!(said, file);
    // Damaged after its last packet.
    sandbox.write("wire.pcap", [many(1), vec![0xff; 40]].concat());
    says(&sandbox, &with_file, 2);
    is_valid_junit(&sandbox.path().join("junit.xml")).unwrap();
    let file = std::fs::read_to_string(sandbox.path().join("junit.xml")).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&file).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (7, 1, 1));
}
