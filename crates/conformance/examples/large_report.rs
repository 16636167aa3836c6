//! Writes an `index.html` with many made-up cases, to test how a browser handles it:
//! `cargo run --example large_report -- 50000 FILE`. One case in a hundred fails, with all its evidence.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use model::case::{CaseId, InputId, Kind, Network, Pairing, Transport};
use model::event::{CaseResult, Chosen, End, Event, Evidence, PeerInfo, Sink, Start};
use model::observation::{Direction, Exit, Observation, PeerEnd, WireEvent, WireItem, WireLog};
use model::{
    Breaks, Difference, Ending, Expected, ExpectedEnd, Input, Notes, Parting, Verdict, Wire,
};
use report::Html;
use tutorials::tutorials;

const PEERS: [&str; 3] = ["python", "rust", "acme"];

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = || io::Error::other("usage: large_report CASES FILE");
    let cases: usize = arguments.next().and_then(|it| it.parse().ok()).ok_or_else(usage)?;
    let catalogue = tutorials::catalogue(&Arc::default());
    let mut html = Html::new(arguments.next().ok_or_else(usage)?.into(), catalogue);
    let peer = |name: &&str| PeerInfo {
        name: (*name).to_owned(),
        language: (*name).to_owned(),
        manifest: (*name == "acme").then(|| "acme.toml".into()),
        ..PeerInfo::default()
    };
    html.take(&Event::Started(Box::new(Start {
        framecheck: env!("CARGO_PKG_VERSION").to_owned(),
        generated: 0,
        selection: Chosen::default(),
        shard: None,
        seed: 0,
        cases,
        peers: PEERS.iter().map(peer).collect(),
        protocols: Vec::new(),
        pairings: pairings().map(|pairing| pairing.to_string()).collect(),
        missing: Vec::new(),
        not_judged: Vec::new(),
    })))?;
    let mut counts = BTreeMap::new();
    for number in 0..cases {
        let case = case(number);
        *counts.entry(case.verdict.name()).or_default() += 1;
        html.take(&Event::Finished(Box::new(case)))?;
    }
    let (took, unmatched) = (Duration::from_secs(300), Vec::new());
    html.take(&Event::Ended(End {
        counts,
        took,
        unmatched,
        not_played: Vec::new(),
        interrupted: false,
    }))
}

fn pairings() -> impl Iterator<Item = Pairing> {
    PEERS.into_iter().flat_map(|server| PEERS.map(|client| Pairing::new(server, client)))
}

fn case(number: usize) -> CaseResult {
    let nth = |of: usize, step: usize| number / step % of;
    let scenario = tutorials().iter().cycle().nth(nth(tutorials().len(), 1));
    let name = scenario.map_or("", |scenario| scenario.name());
    let pairing = pairings().nth(nth(9, 22)).unwrap_or_else(|| Pairing::new("a", "b"));
    let transport = scenario.and_then(|it| it.transports().get(nth(it.transports().len(), 198)));
    let transport = transport.copied().unwrap_or(Transport::Tcp4);
    let network = match nth(12, 594) {
        0..=3 => Network::AS_IS,
        4..=8 => Network::both(Kind::Split(vec![number % 97])),
        at => Network::both(Kind::Cut(at)),
    };
    let verdict = match number % 100 {
        17 => Verdict::Fail,
        18..=22 => Verdict::Erratum,
        _ => Verdict::Pass,
    };
    let input = InputId::of_generated(name, 0, u32::try_from(number / 22).unwrap_or_default());
    let differences = match verdict {
        Verdict::Pass => Vec::new(),
        _ => vec![difference(number)],
    };
    CaseResult {
        id: CaseId {
            scenario: name.to_owned(),
            pairing: pairing.clone(),
            transport,
            network,
            input,
        },
        scenario: name.to_owned(),
        pairing: pairing.to_string(),
        transport,
        network: Network::AS_IS,
        input: "generated".to_owned(),
        verdict,
        clause: "FR-1".to_owned(),
        seconds: Duration::from_millis((number * 7919 % 1500) as u64).as_secs_f64(),
        errata: Vec::new(),
        differences,
        evidence: (verdict == Verdict::Fail).then(|| Box::new(evidence(number))),
    }
}

fn stream(number: usize, byte: u8) -> Vec<u8> {
    let body = vec![byte; number % 3000];
    let dict = format!("{{\"file_name\": \"n{number}\", \"file_size\": {}}}", body.len());
    let len = u32::try_from(dict.len()).unwrap_or_default();
    [&len.to_le_bytes(), dict.as_bytes(), &body].concat()
}

fn difference(number: usize) -> Difference {
    let (expected, found) = (stream(number, b'a').into(), stream(number, b'b').into());
    Difference {
        check: None,
        clause: "FR-5".to_owned(),
        what: format!("to-client parts at byte {}", number % 40),
        part: None,
        parting: Some(Parting { offset: 40, expected, found }),
    }
}

fn evidence(number: usize) -> Evidence {
    let end = ExpectedEnd {
        stdout: b"as it should be"[..].to_vec().into(),
        ending: Ending::Complete,
        files: BTreeMap::new(),
        by_itself: None,
    };
    let seen = PeerEnd {
        exit: Some(Exit::Status(1)),
        by_itself: true,
        stderr: b"why it went\n"[..].to_vec().into(),
        ..PeerEnd::default()
    };
    let event = |nth: u64| WireEvent {
        at: Duration::from_micros(nth * 100),
        connection: 0,
        direction: Direction::ToClient,
        what: WireItem::Segment(stream(number, b'b').into()),
    };
    Evidence {
        input: Some(Input::typed(["one line", "and another"])),
        expected: Expected {
            to_server: Wire::stream(Vec::new()),
            to_client: Wire::stream(stream(number, b'a')),
            server: end.clone(),
            client: end,
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        },
        observed: Observation {
            wire: WireLog { events: (0..4).map(event).collect() },
            server: seen.clone(),
            client: seen,
            listening_elsewhere: Vec::new(),
            stopped: None,
            at_rest: None,
            control: None,
            took: Duration::from_millis(40),
        },
        smallest: None,
        left_out: None,
    }
}
