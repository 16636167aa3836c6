//! Parts of a report for people.

use std::io::{self, Write};

use console::style;
use layout::Direction;

use super::findings::{Findings, NotJudged, Why, name};
use super::frames::Frames;

/// The whole frames of each direction, one line each.
pub(in crate::cli) fn frame_lines(
    out: &mut impl Write,
    frames: &Frames,
    findings: &Findings,
) -> io::Result<()> {
    for (direction, counts) in
        [Direction::ToServer, Direction::ToClient].into_iter().zip(&findings.frames)
    {
        let met = (0..).zip(counts).filter(|(_, count)| **count > 0);
        let met: Vec<String> = met
            .map(|(frame, count)| format!("{} {}", number(*count), frames.name(frame)))
            .collect();
        let met = if met.is_empty() { "no frame".to_owned() } else { met.join(", ") };
        writeln!(out, "  {}: {met}", name(direction))?;
    }
    Ok(())
}

/// What was not judged, one line per reason. Names packets if there is a capture to find them in.
pub(in crate::cli) fn not_judged_lines(
    out: &mut impl Write,
    findings: &Findings,
    has_packets: bool,
) -> io::Result<()> {
    for (why, left) in &findings.not_judged {
        writeln!(out, "  not judged: {}", not_judged(*why, left, has_packets))?;
    }
    Ok(())
}

fn not_judged(why: Why, left: &NotJudged, has_packets: bool) -> String {
    let NotJudged { directions, bytes, packet, about, direction } = left;
    let directions = counted(*directions, "direction");
    let bytes = counted(*bytes, "byte");
    let way = about.way(*direction);
    let first = if has_packets {
        format!("packet {packet}")
    } else {
        format!("connection {}", about.number)
    };
    format!("{directions}, {bytes}: {} (first: {first}, {way})", why.words())
}

/// The overall result.
pub(in crate::cli) fn verdict(out: &mut impl Write, findings: &Findings) -> io::Result<()> {
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
pub(in crate::cli) fn counted(count: u64, unit: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    match unit.split_once(' ') {
        // For "pair of …", the plural goes on the first word.
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
