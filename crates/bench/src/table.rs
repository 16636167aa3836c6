//! The table on the terminal: every figure beside its rivals' figures, the spread of both, and whether
//! each target is met.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;

use crate::machine::NOT_INSTALLED;
use crate::measure::{Entry, Row, State};
use crate::stats::Spread;

/// All rows as one table.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["", "unit", "who", "median", "min .. max", "ours is × as good", "target"]);
    for row in rows {
        for (index, entry) in row.contenders.iter().enumerate() {
            let (name, unit) = if index == 0 { (row.name, row.unit) } else { ("", "") };
            let [median, ends, ratio, target] = cells(entry);
            table.add_row([name, unit, &entry.name, &median, &ends, &ratio, &target]);
        }
    }
    table.to_string()
}

fn cells(entry: &Entry) -> [String; 4] {
    let (median, ends) = match (entry.state, entry.spread) {
        (State::NotInstalled, _) => (NOT_INSTALLED.to_owned(), String::new()),
        (State::Measured, None) => (String::new(), String::new()),
        (State::Measured, Some(Spread { min, median, max })) => {
            (number(median), format!("{} .. {}", number(min), number(max)))
        }
    };
    let ratio = entry.ratio.map(|Spread { min, median, max }| {
        format!("{} ({} .. {})", number(median), number(min), number(max))
    });
    let target = match (entry.target, entry.met) {
        (None, _) => String::new(),
        (Some(target), Some(true)) => format!("≥ {target}: met"),
        (Some(target), Some(false)) => format!("≥ {target}: not met"),
        (Some(target), None) => format!("≥ {target}: not judged"),
    };
    [median, ends, ratio.unwrap_or_default(), target]
}

/// Three significant digits, or all digits before the point, with commas.
pub(crate) fn number(figure: f64) -> String {
    let decimals = match figure.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{figure:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut with_commas = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            with_commas.push(',');
        }
        with_commas.push(digit);
    }
    with_commas + rest
}

/// How many targets are met, not met, and not judged.
pub(crate) fn tally(rows: &[Row]) -> [usize; 3] {
    let mut tally = [0; 3];
    let [met, not_met, not_judged] = &mut tally;
    for entry in rows.iter().flat_map(|row| &row.contenders) {
        match (entry.target, entry.met) {
            (None, _) => {}
            (Some(_), Some(true)) => *met += 1,
            (Some(_), Some(false)) => *not_met += 1,
            (Some(_), None) => *not_judged += 1,
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::example;

    #[test]
    fn numbers_have_three_digits_or_all_before_the_point() {
        let shown = [0.0625, 1.2345, 12.345, 123.45, 1_234_567.8].map(number);
        assert_eq!(shown, ["0.062", "1.23", "12.3", "123", "1,234,568"]);
    }

    #[test]
    fn every_contender_has_a_line_with_its_target_and_whether_it_is_met() {
        let table = table(&[example()]);
        let line = |who: &str| table.lines().find(|line| line.contains(who)).unwrap().to_owned();
        assert!(line("frame-x").contains("an example") && line("frame-x").contains("2.00 .. 4.00"));
        assert!(
            line("slow").contains("2.00 (2.00 .. 2.00)") && line("slow").contains("≥ 0.9: met")
        );
        assert!(line("fast").contains("≥ 0.9: not met"));
        assert!(line("absent").contains("not installed"));
        assert!(line("absent").contains("≥ 0.9: not judged"));
    }

    #[test]
    fn targets_are_counted_by_what_became_of_them() {
        assert_eq!(tally(&[example()]), [1, 1, 1]);
    }
}
