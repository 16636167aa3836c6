//! Limits how much evidence a run keeps. The first failure of a bug stands for a thousand others.
//!
//! The first failure of each [`Symptom`] keeps all of its evidence, and so does every failure with short
//! evidence. The others keep the beginning of each text and stream, with the full length and SHA-256, and what
//! a replay needs. [`LeftOut`] says what is missing, and which failure has it.

use std::collections::BTreeMap;
use std::io;

use model::blob::{Blob, sha256};
use model::case::CaseId;
use model::event::{CaseResult, Cut, Evidence, LeftOut, Symptom};
use model::observation::{Direction, PeerEnd, WireItem, WireLog};
use model::{Difference, Expected, Wire};

/// Evidence up to this many bytes, as JSON, is always kept in full.
const SHORT_MAX_BYTES: usize = 8 << 10;
/// The first failure of a kind keeps its evidence in full up to this many bytes,
const WHOLE_MAX_BYTES: usize = 2 << 20;
/// and all first failures together up to this many.
const WHOLE_TOTAL_BYTES: usize = 16 << 20;

/// What is kept of evidence that is not kept in full.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Bytes of the beginning of each stream, and of the files of each directory together.
    bytes: usize,
    /// Bytes of the end of standard error. For standard output, `bytes` applies.
    stderr_bytes: usize,
    /// Events on the wire.
    events: usize,
    /// Entries of a list.
    entries: usize,
}

/// The limits for the first failure of a symptom.
const AMPLE: Limits = Limits { bytes: 16 << 10, stderr_bytes: 16 << 10, events: 2048, entries: 64 };
/// The limits for a failure that is similar to an earlier one.
const BRIEF: Limits = Limits { bytes: 512, stderr_bytes: 1 << 10, events: 32, entries: 16 };

/// What a run has kept so far.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    firsts: BTreeMap<Symptom, CaseId>,
    whole_bytes: usize,
}

impl Budget {
    /// Shortens a result to what the run can keep.
    pub(crate) fn keep(&mut self, result: &mut CaseResult) {
        let symptom = result.symptom();
        let Some(evidence) = &mut result.evidence else {
            return cut_differences(&mut result.differences, BRIEF, &mut Vec::new());
        };
        let first = self.firsts.get(&symptom).cloned();
        if first.is_none() {
            self.firsts.insert(symptom, result.id.clone());
        }
        let partings = result.differences.iter().filter_map(|it| it.parting.as_ref());
        let parted: usize =
            partings.map(|it| json_bytes(&it.expected) + json_bytes(&it.found)).sum();
        let bytes = json_bytes(evidence) + parted;
        if bytes <= SHORT_MAX_BYTES {
            return;
        }
        let is_affordable =
            bytes <= WHOLE_MAX_BYTES && self.whole_bytes + bytes <= WHOLE_TOTAL_BYTES;
        if first.is_none() && is_affordable {
            self.whole_bytes += bytes;
            return;
        }
        let can_be_ample = first.is_none() && self.whole_bytes < WHOLE_TOTAL_BYTES;
        let limits = if can_be_ample { AMPLE } else { BRIEF };
        let mut left_out = LeftOut { like: first, ..LeftOut::default() };
        cut_differences(&mut result.differences, limits, &mut left_out.cut);
        cut_evidence(evidence, limits, &mut left_out);
        if can_be_ample {
            self.whole_bytes += json_bytes(evidence);
        }
        evidence.left_out = Some(Box::new(left_out));
    }
}

/// The length of a value as JSON.
fn json_bytes(value: &impl serde::Serialize) -> usize {
    let mut count = Count(0);
    // A value that can't be written at all is not short.
    serde_json::to_writer(&mut count, value).map_or(WHOLE_TOTAL_BYTES, |()| count.0)
}

/// Counts what is written, and stores nothing: evidence may be hundreds of mebibytes.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cut_evidence(evidence: &mut Evidence, limits: Limits, left_out: &mut LeftOut) {
    let Evidence { input, expected, observed, smallest, left_out: _ } = evidence;
    if input.as_ref().is_some_and(|input| json_bytes(input) > limits.bytes.max(2 << 10)) {
        left_out.input = true;
        *input = None;
    }
    if let Some(smallest) = smallest {
        cut_differences(&mut smallest.differences, limits, &mut left_out.cut);
    }
    let cut = &mut left_out.cut;
    cut_expected(expected, limits, cut);
    for direction in [Direction::ToServer, Direction::ToClient] {
        let stream = observed.wire.stream(direction);
        if stream.len() > limits.bytes {
            cut.push(told(&format!("observed.{}", direction.name()), &stream));
        }
    }
    left_out.wire_events += cut_wire(&mut observed.wire, limits);
    cut_end(&mut observed.server, "observed.server", limits, cut);
    cut_end(&mut observed.client, "observed.client", limits, cut);
    observed.listening_elsewhere.truncate(limits.entries);
    if let Some(control) = &mut observed.control {
        left_out.wire_events += cut_wire(&mut control.wire, limits);
        cut_end(&mut control.client, "observed.control.client", limits, cut);
        cut_files(&mut control.server_files, "observed.control.server", limits, cut);
    }
}

fn cut_expected(expected: &mut Expected, limits: Limits, cut: &mut Vec<Cut>) {
    for (name, wire) in
        [("to-server", &mut expected.to_server), ("to-client", &mut expected.to_client)]
    {
        let place = format!("expected.{name}");
        match wire {
            Wire::Stream(bytes) => cut_to(bytes, &place, limits.bytes, cut),
            Wire::Datagrams(all) => {
                let bytes: Vec<u8> = all.iter().flat_map(|it| it.0.iter().copied()).collect();
                if bytes.len() > limits.bytes || all.len() > limits.entries {
                    cut.push(told(&place, &bytes));
                }
                all.truncate(limits.entries);
                let mut left = limits.bytes;
                for datagram in all {
                    datagram.0.truncate(left);
                    left -= datagram.0.len();
                }
            }
        }
    }
    for (name, end) in [("server", &mut expected.server), ("client", &mut expected.client)] {
        cut_to(&mut end.stdout, &format!("expected.{name}.stdout"), limits.bytes, cut);
        cut_files(&mut end.files, &format!("expected.{name}"), limits, cut);
    }
}

/// Keeps the end of a program's output, as it says why the program failed.
fn cut_end(end: &mut PeerEnd, place: &str, limits: Limits, cut: &mut Vec<Cut>) {
    for (name, screen, max) in [
        ("stdout", &mut end.stdout, limits.bytes),
        ("stderr", &mut end.stderr, limits.stderr_bytes),
    ] {
        let more = screen.0.len().saturating_sub(max);
        if more > 0 {
            cut.push(told(&format!("{place}.{name}"), &screen.0));
            screen.0.drain(..more);
        }
    }
    cut_files(&mut end.files, place, limits, cut);
    if let Some(files) = &mut end.files_waiting {
        cut_files(files, &format!("{place}.waiting"), limits, cut);
    }
    end.left_behind.truncate(limits.entries);
}

fn cut_files(files: &mut BTreeMap<String, Blob>, place: &str, limits: Limits, cut: &mut Vec<Cut>) {
    if let Some(first) = files.keys().nth(limits.entries).cloned() {
        files.split_off(&first);
    }
    let mut left = limits.bytes;
    for (name, content) in files {
        cut_to(content, &format!("{place}.files.{name}"), left, cut);
        left -= content.0.len();
    }
}

fn cut_to(bytes: &mut Blob, place: &str, max: usize, cut: &mut Vec<Cut>) {
    if bytes.0.len() > max {
        cut.push(told(place, &bytes.0));
        bytes.0.truncate(max);
    }
}

fn told(place: &str, bytes: &[u8]) -> Cut {
    Cut { place: place.to_owned(), bytes: bytes.len(), sha256: sha256(bytes) }
}

/// Keeps the first events, up to a number of bytes. Returns how many are left out.
fn cut_wire(wire: &mut WireLog, limits: Limits) -> usize {
    let (count, mut left) = (wire.events.len(), limits.bytes);
    wire.events.truncate(limits.events);
    let mut kept = 0;
    for event in &mut wire.events {
        if left == 0 {
            break;
        }
        kept += 1;
        if let WireItem::Segment(bytes) | WireItem::Delivered(bytes) = &mut event.what {
            bytes.0.truncate(left);
            left -= bytes.0.len();
        }
    }
    wire.events.truncate(kept);
    count - wire.events.len()
}

/// Keeps enough of two differing sequences to show the difference; nothing, if it is too far from the start.
fn cut_differences(differences: &mut Vec<Difference>, limits: Limits, cut: &mut Vec<Cut>) {
    let more = differences.len().saturating_sub(limits.entries);
    if more > 0 {
        differences.truncate(limits.entries);
        differences.push(Difference::told("", format!("and {more} more differences")));
    }
    for (number, difference) in differences.iter_mut().enumerate() {
        let Some(parting) = &mut difference.parting else { continue };
        let place = format!("differences.{number}");
        let is_far = parting.offset + ROW_BYTES > limits.bytes;
        for (name, bytes) in [("expected", &mut parting.expected), ("found", &mut parting.found)] {
            cut_to(bytes, &format!("{place}.{name}"), limits.bytes, cut);
        }
        if is_far {
            difference.parting = None;
        }
    }
}

/// How many bytes after the first difference are kept.
const ROW_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::event::Smallest;
    use model::observation::{Observation, WireEvent};
    use model::{Check, Ending, ExpectedEnd, Input, Parting, Verdict};

    use super::*;

    /// A failure with this many bytes of traffic, one at a time; its other evidence is as long.
    fn failing(id: &str, bytes: usize) -> CaseResult {
        let id: CaseId = id.parse().unwrap();
        let blob = || Blob(vec![1; bytes]);
        let files = || BTreeMap::from([("\"a\"".to_owned(), blob()), ("\"b\"".to_owned(), blob())]);
        let right = || ExpectedEnd {
            stdout: blob(),
            ending: Ending::Complete,
            files: files(),
            by_itself: None,
        };
        let seen =
            || PeerEnd { stdout: blob(), stderr: blob(), files: files(), ..PeerEnd::default() };
        let event = |nth: usize| WireEvent {
            at: Duration::from_micros(nth as u64),
            connection: 0,
            direction: Direction::ToClient,
            what: WireItem::Segment(Blob(vec![1])),
        };
        let parting = Parting { offset: bytes / 2, expected: blob(), found: blob() };
        let check = Some(Check::ToClient);
        let (clause, what) = ("XX-1".to_owned(), "to-client parts".to_owned());
        let difference = Difference { check, clause, what, part: None, parting: Some(parting) };
        let input = Input { file: Some(blob()), ..Input::default() };
        let evidence = Evidence {
            input: Some(input.clone()),
            expected: Expected {
                to_server: Wire::stream(Vec::new()),
                to_client: Wire::Stream(blob()),
                server: right(),
                client: right(),
                notes: BTreeMap::new(),
                breaks: Default::default(),
            },
            observed: Observation {
                wire: WireLog { events: (0..bytes).map(event).collect() },
                server: seen(),
                client: seen(),
                listening_elsewhere: Vec::new(),
                stopped: None,
                at_rest: None,
                control: None,
                took: Duration::ZERO,
            },
            smallest: Some(Box::new(Smallest {
                input: Input::typed(["a"]),
                network: id.network.clone(),
                differences: vec![difference.clone()],
                tried: 7,
            })),
            left_out: None,
        };
        CaseResult {
            scenario: id.scenario.clone(),
            pairing: id.pairing.to_string(),
            transport: id.transport,
            network: id.network.clone(),
            input: "generated".to_owned(),
            verdict: Verdict::Fail,
            clause: "XX-1".to_owned(),
            seconds: 0.0,
            errata: Vec::new(),
            differences: vec![difference],
            evidence: Some(Box::new(evidence)),
            id,
        }
    }

    fn bytes_of(case: &CaseResult) -> usize {
        json_bytes(case) + json_bytes(&case.evidence)
    }

    #[test]
    fn the_first_failure_of_a_kind_is_whole_and_of_those_alike_there_is_what_replays_them() {
        let mut budget = Budget::default();
        let mut first = failing("upload/a->b/tcp4/bytewise/00000001", 5000);
        let whole = bytes_of(&first);
        budget.keep(&mut first);
        assert!(whole > 500_000 && bytes_of(&first) == whole);
        let mut alike = failing("upload/a->b/tcp4/bytewise/00000002", 5000);
        budget.keep(&mut alike);
        assert!(bytes_of(&alike) < 48 << 10, "{}", bytes_of(&alike));
        let evidence = alike.evidence.unwrap();
        let left_out = evidence.left_out.unwrap();
        assert_eq!(left_out.like, Some(first.id));
        assert!(left_out.input && evidence.input.is_none() && evidence.smallest.is_some());
        assert_eq!(left_out.wire_events, 5000 - BRIEF.events);
        let digest = sha256(&[1; 5000]);
        let is_told = |place: &str| {
            left_out
                .cut
                .iter()
                .any(|cut| (&*cut.place, cut.bytes, &cut.sha256) == (place, 5000, &digest))
        };
        for place in ["expected.to-client", "observed.to-client", "observed.client.stderr"] {
            assert!(is_told(place), "no {place} in {left_out:?}");
        }
        assert_eq!(alike.differences[0].what, "to-client parts");
        assert_eq!(alike.differences[0].parting, None);
        // Another pairing is another symptom, and short evidence is always kept.
        let mut other = failing("upload/b->a/tcp4/bytewise/00000001", 5000);
        budget.keep(&mut other);
        assert_eq!(bytes_of(&other), whole);
        let mut short = failing("upload/a->b/tcp4/asis/00000003", 4);
        budget.keep(&mut short);
        assert!(short.evidence.unwrap().left_out.is_none());
    }

    #[test]
    fn no_case_and_no_number_of_kinds_is_beyond_the_budget() {
        let mut budget = Budget::default();
        let mut huge = failing("upload/a->b/tcp4/bytewise/00000001", 60_000);
        budget.keep(&mut huge);
        assert!(bytes_of(&huge) < WHOLE_MAX_BYTES, "{}", bytes_of(&huge));
        assert_eq!(huge.evidence.unwrap().left_out.unwrap().like, None);
        let mut all = 0;
        for number in 0..20 {
            let mut kind = failing("upload/a->b/tcp4/asis/00000001", 12_000);
            kind.clause = format!("XX-{number}");
            budget.keep(&mut kind);
            all += bytes_of(&kind);
        }
        assert!(all < WHOLE_TOTAL_BYTES + WHOLE_MAX_BYTES + 20 * (48 << 10), "{all}");
    }
}
