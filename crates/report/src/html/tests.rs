//! Tests that read the page as a browser's tokeniser does: which elements there are, and what they contain.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::case::{CaseId, InputId, Network, Pairing, Transport};
use model::event::{CaseResult, Chosen, End, Event, Evidence, PeerInfo, Sink, Start};
use model::observation::{Direction, Exit, Observation, PeerEnd, WireEvent, WireItem, WireLog};
use model::{
    Breaks, Catalogue, Check, Clause, Difference, Ending, Expected, ExpectedEnd, Frame, Frames,
    Generator, Input, Key, Notes, Parting, RightError, Scenario, Vector, Verdict, Wire,
    one_generator,
};
use proptest::strategy::{Just, Strategy};
use serde_json::Value;
use tempfile::TempDir;

use super::{Html, Limits};

/// Ends an element, begins others, and is neither printable nor UTF-8.
const MARKUP: &[u8] =
    b"</script><script>alert(1)</script><!--<script>\xe2\x80\xa8\0]]>\xff<img src=x>";

/// A scenario of these tests, whose frames are a header of four bytes and a dict of sixteen.
struct Toy;

impl Scenario for Toy {
    fn name(&self) -> &str {
        "toy"
    }

    fn summary(&self) -> &str {
        "a scenario of these tests"
    }

    fn reference(&self) -> &str {
        "python"
    }

    fn transports(&self) -> &[Transport] {
        Transport::STREAMS
    }

    fn clauses(&self) -> &[Clause] {
        const CLAUSES: &[Clause] =
            &[Clause::must("TY-2", "The header is right.", &[Check::ToClient])];
        CLAUSES
    }

    fn vectors(&self) -> Vec<Vector> {
        Vec::new()
    }

    fn generators(&self) -> Vec<Generator> {
        one_generator(Just(Input::default()).boxed())
    }

    fn right(&self, _: &Input) -> Result<Expected, RightError> {
        Err(RightError("nothing is played here".into()))
    }

    fn frames(&self, direction: Direction, said: model::Said<'_>) -> Option<Frames> {
        let stream = said.bytes;
        if direction == Direction::ToServer {
            return None;
        }
        let is_one = stream.starts_with(b"\x10\0\0\0");
        let key = Key("\"file_size\"".to_owned(), "2".to_owned(), "int");
        let frame = Frame {
            name: None,
            at: 0,
            parts: Vec::new(),
            header: Some((16, 0x1000_0000)),
            dict_len: Some(16),
            guessed: !is_one,
            keys: vec![key],
            body: Some((2, 2)),
        };
        let trouble = (!is_one).then(|| "the header is wrong".to_owned());
        Some(Frames { frames: vec![frame], left_out: 0, trouble })
    }
}

fn case(number: u32, verdict: Verdict) -> CaseResult {
    let pairing = Pairing::new("python", "acme");
    let expected = b"\x10\0\0\0{\"file_size\": 2}hi".to_vec();
    let difference = Difference {
        check: Some(Check::ToClient),
        clause: "TY-2".to_owned(),
        what: format!("parts {}", String::from_utf8_lossy(MARKUP)),
        part: None,
        parting: Some(Parting { offset: 0, expected: expected.into(), found: MARKUP.into() }),
    };
    CaseResult {
        id: CaseId {
            scenario: "toy".to_owned(),
            pairing: pairing.clone(),
            transport: Transport::Tcp4,
            network: Network::AS_IS,
            input: InputId(number),
        },
        scenario: "toy".to_owned(),
        pairing: pairing.to_string(),
        transport: Transport::Tcp4,
        network: Network::AS_IS,
        input: "generated".to_owned(),
        verdict,
        clause: "TY-2".to_owned(),
        seconds: 0.25,
        errata: Vec::new(),
        differences: if verdict == Verdict::Pass { Vec::new() } else { vec![difference] },
        evidence: verdict.is_failure().then(|| Box::new(evidence())),
    }
}

fn evidence() -> Evidence {
    let end = || ExpectedEnd {
        stdout: "right".into(),
        ending: Ending::Complete,
        files: BTreeMap::from([("\"<b>\"".to_owned(), MARKUP.into())]),
        by_itself: None,
    };
    let seen = PeerEnd {
        exit: Some(Exit::Status(1)),
        by_itself: true,
        at_terminal: false,
        stdout: MARKUP.into(),
        stderr: MARKUP.into(),
        files: BTreeMap::new(),
        files_waiting: None,
        memory_bytes: None,
        left_behind: Vec::new(),
    };
    let what = WireItem::Segment(MARKUP.into());
    let at = Duration::from_micros(1500);
    let event = WireEvent { at, connection: 0, direction: Direction::ToClient, what };
    Evidence {
        input: Some(Input::typed([MARKUP])),
        expected: Expected {
            to_server: Wire::stream(Vec::new()),
            to_client: Wire::stream(b"\x10\0\0\0{\"file_size\": 2}hi".to_vec()),
            server: end(),
            client: end(),
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        },
        observed: Observation {
            wire: WireLog { events: vec![event] },
            server: seen.clone(),
            client: seen,
            listening_elsewhere: vec!["<i>".to_owned()],
            stopped: None,
            at_rest: None,
            control: None,
            took: Duration::from_millis(3),
        },
        smallest: None,
        left_out: None,
    }
}

/// The page of a run with these cases.
fn page(cases: impl IntoIterator<Item = CaseResult>, limits: Option<Limits>) -> String {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("index.html");
    let catalogue = Catalogue::new(vec![Arc::new(Toy)]);
    let mut html = Html::new(path.clone(), catalogue);
    html.limits = limits.unwrap_or(html.limits);
    let acme = PeerInfo {
        name: "acme".to_owned(),
        language: "</script><b>".to_owned(),
        manifest: Some("a b/acme.toml".into()),
        ..PeerInfo::default()
    };
    let start = Start {
        framecheck: "0".to_owned(),
        seed: u64::MAX,
        generated: 0,
        selection: Chosen::default(),
        shard: None,
        cases: 3,
        peers: vec![acme],
        protocols: Vec::new(),
        pairings: vec!["python->acme".to_owned()],
        missing: Vec::new(),
        not_judged: Vec::new(),
    };
    html.take(&Event::Started(Box::new(start))).unwrap();
    for case in cases {
        html.take(&Event::Finished(Box::new(case))).unwrap();
    }
    let (counts, took) = (BTreeMap::new(), Duration::from_secs(1));
    let unmatched = vec!["<!-- never".to_owned()];
    html.take(&Event::Ended(End {
        counts,
        took,
        unmatched,
        not_played: Vec::new(),
        interrupted: false,
    }))
    .unwrap();
    let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "what failures are explained with was left behind");
    String::from_utf8(std::fs::read(&path).unwrap()).unwrap()
}

/// The data elements by id. Asserts that the only other scripts and styles are the program and the style.
fn data(page: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut programs = 0;
    let mut rest = page;
    while let Some((_, behind)) = rest.split_once("<script") {
        let (attributes, behind) = behind.split_once('>').unwrap();
        let (inside, behind) = behind.split_once("</script>").unwrap();
        match attributes.strip_prefix(" type=\"application/json\" id=\"") {
            Some(id) => {
                assert!(!inside.contains(['<', '>', '&', '\0', '\u{2028}']));
                let value = serde_json::from_str(inside).unwrap();
                assert!(found.insert(id.trim_end_matches('"').to_owned(), value).is_none());
            }
            None => programs += 1,
        }
        rest = behind;
    }
    assert_eq!(programs, 1, "only one program");
    assert!(!page.contains("<!--") && !page.contains("<img") && !page.contains("{{"));
    found
}

#[test]
fn what_peers_send_and_say_is_data_and_nothing_else() {
    let page = page([case(1, Verdict::Fail)], None);
    let data = data(&page);
    let told = &data["case-0"];
    assert_eq!(told["differences"][0]["clause"], "TY-2");
    let seen = &told["ways"][1]["units"][0]["found"]["pieces"][0];
    assert_eq!(seen[1], model::blob::to_hex(MARKUP));
    assert_eq!(told["client"]["stderr"]["head"]["hex"], model::blob::to_hex(MARKUP));
    assert_eq!(told["ways"][1]["units"][0]["expected"]["frames"]["frames"][0]["body"][0], 2);
    assert!(told["ways"][1]["units"][0]["found"]["frames"]["trouble"].is_string());
    assert_eq!(told["wire"]["events"][0][0], 1500);
    assert_eq!(data["index"]["unmatched"][0], "<!-- never");
}

#[test]
fn the_index_has_every_case_in_the_order_of_ids_whatever_came_first() {
    let verdicts = [(9, Verdict::Pass), (3, Verdict::Fail), (5, Verdict::NotApplicable)];
    let page = page(verdicts.map(|(number, verdict)| case(number, verdict)), None);
    let data = data(&page);
    let index = &data["index"];
    assert_eq!(index["inputs"], serde_json::json!(["00000009", "00000003", "00000005"]));
    assert_eq!(index["groups"].as_array().unwrap().len(), 1);
    assert_eq!(index["groups"][0]["inputs"], serde_json::json!([1, 2, 0]));
    assert_eq!(index["groups"][0]["verdicts"], "140");
    assert_eq!(index["verdicts"][4]["name"], "not-applicable");
    assert_eq!(index["groups"][0]["milliseconds"], serde_json::json!([250, 250, 250]));
    assert_eq!(index["about"]["0"]["block"], 0);
    assert_eq!(index["about"].get("2"), None, "a pass has nothing to say");
    assert!(index["clauses"]["TY-2"]["text"].as_str().unwrap().contains("header"));
    assert_eq!(index["seed"], u64::MAX.to_string());
    assert_eq!(index["pairings"][0]["peers"], "--peer 'a b/acme.toml'");
}

#[test]
fn of_many_failures_the_first_are_told_in_full_and_the_others_say_where_they_are() {
    let failing = || (0..30).map(|number| case(number, Verdict::Fail));
    let blocks = |limits| {
        let data = data(&page(failing(), Some(limits)));
        let about = data["index"]["about"].as_object().unwrap().clone();
        assert!(about.values().all(|it| it["folder"] == true));
        let told = about.values().filter(|it| it.get("block").is_some()).count();
        assert_eq!(data.len(), told + 1);
        told
    };
    assert_eq!(blocks(Limits { per_cell: 7, total_bytes: 1 << 20 }), 7);
    assert_eq!(blocks(Limits { per_cell: 100, total_bytes: 1 << 20 }), 30);
    let some = blocks(Limits { per_cell: 100, total_bytes: 20_000 });
    assert!((1..30).contains(&some), "{some}");
}

#[test]
fn fifty_thousand_passing_cases_take_a_few_bytes_each() {
    let small = page([], None).len();
    let large = page((0..50_000).map(|number| case(number, Verdict::Pass)), None).len();
    let bytes_per_case = (large - small) / 50_000;
    assert!(bytes_per_case <= 24, "{bytes_per_case} bytes a case");
}

#[test]
fn a_stream_of_a_mebibyte_takes_no_more_than_its_windows() {
    let mut long = case(1, Verdict::Fail);
    let mut evidence = evidence();
    evidence.expected.to_client = Wire::stream(vec![b'a'; 1 << 20]);
    let what = WireItem::Segment(vec![b'b'; 1 << 20].into());
    evidence.observed.wire.events[0].what = what;
    evidence.observed.client.stderr = vec![b'c'; 1 << 20].into();
    long.evidence = Some(Box::new(evidence));
    let grown = page([long], None).len() - page([], None).len();
    assert!(grown < 64 << 10, "{grown} bytes");
}

#[test]
fn the_policy_names_the_program_and_the_style_of_the_page() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let page = page([], None);
    let inside = |from: &str, to: &str| {
        let (_, behind) = page.split_once(from).unwrap();
        behind.split_once(to).unwrap().0.to_owned()
    };
    let policy = inside("http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    for text in [inside("<script>", "</script>"), inside("<style>", "</style>")] {
        let hash = sha2::Sha256::digest(text.as_bytes());
        let hash = base64::engine::general_purpose::STANDARD.encode(hash);
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"));
}
