//! `index.html` of a run against a deliberately wrong peer: it contains what explains the failure,
//! and none of that acts as markup.

use framecheck_tests::{Sandbox, repository};
use serde_json::Value;

use super::report;

/// The elements of data in a page, by id, each read as JSON.
fn data(page: &str, id: &str) -> Value {
    let element = format!("<script type=\"application/json\" id=\"{id}\">");
    let (_, behind) = page.split_once(&element).unwrap_or_else(|| panic!("no {id}"));
    serde_json::from_str(behind.split_once("</script>").unwrap().0).unwrap()
}

/// What report.json and the page say of a run of the wrong peer.
fn run(sandbox: &Sandbox, scenario: &str) -> (Value, String) {
    let manifest = repository().join("tests/browser/acme/acme.toml");
    let choice = ["--pairing", "acme->python", "--transport", "tcp4", "--network", "asis"];
    sandbox
        .framecheck()
        .args(["run", "--cases", "0", "--out", "out", "--scenario", scenario, "--peer"])
        .arg(manifest)
        .args(choice)
        .assert()
        .code(1);
    let out = sandbox.path().join("out");
    (report(&out), std::fs::read_to_string(out.join("index.html")).unwrap())
}

#[test]
fn a_wrong_header_and_a_wrong_dict_are_explained_by_the_page_alone() {
    let sandbox = Sandbox::new();
    let (report, page) = run(&sandbox, "file-transfer");
    let index = data(&page, "index");
    let cases = report["cases"].as_array().unwrap();
    let groups = index["groups"].as_array().unwrap();
    let count = |group: &Value| group["inputs"].as_array().unwrap().len();
    assert_eq!(groups.iter().map(count).sum::<usize>(), cases.len());
    let place = cases.iter().position(|case| case["input"] == "one-byte").unwrap();
    assert_eq!(cases[place]["verdict"], "fail");

    let about = &index["about"][place.to_string()];
    let told = data(&page, &format!("case-{}", about["block"]));
    assert_eq!(about["clause"], "FT-2");
    assert!(index["clauses"]["FT-2"]["text"].as_str().unwrap().contains("byte order"));
    let unit = &told["ways"][1]["units"][0];
    assert_eq!(unit["parting"], 0);
    let [right, seen] = ["expected", "found"].map(|side| &unit[side]["frames"]["frames"][0]);
    assert_eq!(right["header"][0], right["dict_len"]);
    assert_eq!(seen["header"][1], seen["dict_len"], "the other byte order is right");
    assert_eq!(right["keys"][2], serde_json::json!(["\"file_size\"", "1", "int"]));
    assert_eq!(seen["keys"][2], serde_json::json!(["\"file_size\"", "\"1\"", "str"]));
    assert_eq!(told["client"]["exit"]["status"], 1);
    assert!(told["client"]["stderr"]["head"].as_str().unwrap().contains("JSONDecodeError"));
    let events = told["wire"]["events"].as_array().unwrap();
    for what in ["connect", "open", "segment", "fin"] {
        assert!(events.iter().any(|event| event[3] == what), "no {what} in {events:?}");
    }
    let pairings = index["pairings"].as_array().unwrap();
    let ours = pairings.iter().find(|pairing| pairing["name"] == "acme->python").unwrap();
    assert!(ours["peers"].as_str().unwrap().starts_with("--peer /"));
}

#[test]
fn markup_that_a_peer_sends_and_prints_is_data() {
    let sandbox = Sandbox::new();
    let (report, page) = run(&sandbox, "tcp-upper");
    assert!(report.to_string().contains("</script><script>alert(1)"), "the peer sent no markup");
    for markup in ["<script>alert", "<!--", "<img", "\u{2028}", "javascript:alert(3)'>"] {
        assert!(!page.contains(markup), "{markup:?} is in the page as it is");
    }
    let blocks = page.matches("<script type=\"application/json\"").count();
    assert!(blocks > 1);
    assert_eq!(page.matches("<script").count(), blocks + 1);
    assert_eq!(page.matches("</script").count(), blocks + 1);
}
