//! An audit for people: each violation in one line, then what was judged and what was not.

use std::io::{self, Write};

use model::visible;
use traffic::Transport;

use super::super::judge_frames::{Mistake, counted, frame_lines, not_judged_lines, verdict};
use super::Audit;

/// At most this many violations are listed.
const LISTED_MAX: usize = 20;

pub(super) fn write(out: &mut impl Write, audit: &Audit<'_>) -> io::Result<()> {
    let findings = audit.findings;
    for mistake in findings.mistakes.iter().take(LISTED_MAX) {
        writeln!(out, "{}: {}", visible::line(audit.capture), visible::line(&line(mistake)))?;
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

/// A violation in one line.
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
    writeln!(out, "{capture}: {whole}, checked against the frames of {protocol}")?;
    frame_lines(out, audit.frames, findings)?;
    not_judged_lines(out, findings, true)?;
    caveats(out, audit)?;
    verdict(out, findings)
}

/// Prints what of the capture could not be read as packets of connections.
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
