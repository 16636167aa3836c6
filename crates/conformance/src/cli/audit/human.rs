//! An audit for people: each mistake in a line, then what was judged and what was not.

use std::io::{self, Write};

use console::style;
use layout::Direction;
use traffic::Transport;

use super::Audit;
use super::findings::{Mistake, NotJudged, Why, name};

/// So many mistakes are listed.
const LISTED_MAX: usize = 20;

pub(super) fn write(out: &mut impl Write, audit: &Audit<'_>) -> io::Result<()> {
    let findings = audit.findings;
    for mistake in findings.mistakes.iter().take(LISTED_MAX) {
        writeln!(out, "{}: {}", audit.capture, line(mistake))?;
    }
    let more = findings.mistakes_in_all.saturating_sub(LISTED_MAX as u64);
    if more > 0 {
        writeln!(out, "and {}; --format json has them", counted(more, "more mistake"))?;
    }
    if findings.mistakes_in_all > 0 {
        writeln!(out)?;
    }
    summary(out, audit)
}

/// A mistake in one line.
pub(super) fn line(mistake: &Mistake) -> String {
    let Mistake { about, direction, wrong } = mistake;
    let place = wrong.place;
    let later = if place.is_exact { "" } else { " or later" };
    let way = about.way(*direction);
    let path = if wrong.path.is_empty() { "no frame" } else { &wrong.path };
    let (offset, unit) = match about.transport {
        Transport::Tcp => (format!(" at stream offset {}", wrong.offset), "frame"),
        Transport::Udp => (String::new(), "datagram"),
    };
    format!(
        "packet {}, byte {} of its payload{later}: {path}{offset} ({way}, {unit} {}): expected {}, found {}",
        place.packet, place.byte, wrong.frame, wrong.expected, wrong.found
    )
}

fn summary(out: &mut impl Write, audit: &Audit<'_>) -> io::Result<()> {
    let Audit { capture, protocol, findings, traffic, .. } = audit;
    let [streams, flows] = findings.connections;
    let mut whole = counted(traffic.packets, "packet");
    if streams > 0 || flows == 0 {
        whole += &format!(", {}", counted(streams, "connection"));
    }
    if flows > 0 {
        whole += &format!(", datagrams between {}", counted(flows, "pair of ports"));
    }
    writeln!(out, "{capture}: {whole}, held against the frames of {protocol}")?;
    for (direction, counts) in
        [Direction::ToServer, Direction::ToClient].into_iter().zip(&findings.frames)
    {
        let frames = (0..).zip(counts).filter(|(_, count)| **count > 0);
        let frames: Vec<String> = frames
            .map(|(frame, count)| format!("{} {}", number(*count), audit.frames.name(frame)))
            .collect();
        let frames = if frames.is_empty() { "no frame".to_owned() } else { frames.join(", ") };
        writeln!(out, "  {}: {frames}", name(direction))?;
    }
    for (why, left) in &findings.not_judged {
        writeln!(out, "  not judged: {}", not_judged(*why, left))?;
    }
    caveats(out, audit)?;
    verdict(out, audit)
}

fn not_judged(why: Why, left: &NotJudged) -> String {
    let NotJudged { directions, bytes, packet, about, direction } = left;
    let directions = counted(*directions, "direction");
    let bytes = counted(*bytes, "byte");
    let way = about.way(*direction);
    format!("{directions}, {bytes}: {} (first: packet {packet}, {way})", why.words())
}

/// What of the capture was not read as packets of connections.
fn caveats(out: &mut impl Write, audit: &Audit<'_>) -> io::Result<()> {
    let traffic = audit.traffic;
    let counts = [
        (traffic.malformed, "packet", "with damaged or cut headers"),
        (traffic.fragments, "IP fragment", "without the others of its packet"),
        (traffic.out_of_window, "segment", "that fits no window"),
        (traffic.filtered, "packet", "of another server"),
    ];
    for (count, unit, what) in counts.into_iter().filter(|(count, ..)| *count > 0) {
        writeln!(out, "  left out: {} {what}", counted(count, unit))?;
    }
    if let Some(cut) = traffic.cut_short {
        writeln!(out, "  the capture stops in the middle of packet {}", cut.packet)?;
    }
    if let Some(stopped) = &audit.stopped {
        writeln!(out, "  the capture is not read to its end: {stopped}")?;
    }
    Ok(())
}

fn verdict(out: &mut impl Write, audit: &Audit<'_>) -> io::Result<()> {
    let findings = audit.findings;
    let of = |count: u64| counted(count, "direction");
    if findings.mistakes_in_all > 0 {
        let mistakes = counted(findings.mistakes_in_all, "mistake");
        let broken = of(findings.broken);
        return writeln!(out, "{}  {mistakes} in {broken}", style("FAIL").red().bold());
    }
    let unknown = match findings.unknown {
        0 => String::new(),
        count => format!("; {} not judged to the end", of(count)),
    };
    if findings.judged_bytes == 0 && findings.kept == 0 {
        return writeln!(out, "{}  nothing was judged{unknown}", style("note").yellow().bold());
    }
    let bytes = counted(findings.judged_bytes, "byte");
    writeln!(out, "{}    {bytes} judged, no mistake{unknown}", style("ok").green())
}

/// A number and its unit.
fn counted(count: u64, unit: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    match unit.split_once(' ') {
        // The first word is what is counted, unless it says which.
        Some(("pair", rest)) => format!("{} pair{plural} {rest}", number(count)),
        _ => format!("{} {unit}{plural}", number(count)),
    }
}

/// A number with commas between thousands.
fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_in_thousands_with_their_units() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(counted(1, "more mistake"), "1 more mistake");
        assert_eq!(counted(2_000, "pair of ports"), "2,000 pairs of ports");
    }
}
