//! Hex dumps for people: sixteen bytes per row. A diff shows the rows of two sequences that differ below each
//! other.

use std::fmt::Write as _;

const ROW_BYTES: usize = 16;

/// A dump of `bytes`, or of its first `rows_max` rows.
#[must_use]
pub fn dump(bytes: &[u8], rows_max: usize) -> String {
    let mut text = String::new();
    for (index, row) in bytes.chunks(ROW_BYTES).take(rows_max).enumerate() {
        let _ = writeln!(text, "  {}", row_text(index * ROW_BYTES, row));
    }
    left_out(&mut text, bytes.len().div_ceil(ROW_BYTES).saturating_sub(rows_max));
    text
}

/// A diff of two sequences. It starts `rows_before` rows before the first difference and has at most `rows_max`
/// rows. Equal rows appear once. Of different rows, the expected one has a `-` and the found one a `+`; a mark
/// below the first shows where they differ.
#[must_use]
pub fn diff(expected: &[u8], found: &[u8], rows_before: usize, rows_max: usize) -> String {
    let parting = expected.iter().zip(found).take_while(|(one, other)| one == other).count();
    let first_row = (parting / ROW_BYTES).saturating_sub(rows_before);
    let last_row = expected.len().max(found.len()).div_ceil(ROW_BYTES);
    let mut text = String::new();
    if first_row > 0 {
        let _ = writeln!(text, "  ({first_row} equal rows before)");
    }
    for row in first_row..last_row.min(first_row + rows_max) {
        let (one, other) = (row_of(expected, row), row_of(found, row));
        let at = row * ROW_BYTES;
        if one == other {
            let _ = writeln!(text, "  {}", row_text(at, one));
            continue;
        }
        if !one.is_empty() {
            let _ = writeln!(text, "- {}", row_text(at, one));
        }
        if !other.is_empty() {
            let _ = writeln!(text, "+ {}", row_text(at, other));
        }
        if (at..at + ROW_BYTES).contains(&parting) {
            let column = parting - at;
            let indent = 12 + column * 3 + usize::from(column >= ROW_BYTES / 2);
            let _ = writeln!(text, "{:indent$}^^ byte {parting}", "");
        }
    }
    left_out(&mut text, last_row.saturating_sub(first_row + rows_max));
    text
}

fn row_of(bytes: &[u8], row: usize) -> &[u8] {
    bytes.chunks(ROW_BYTES).nth(row).unwrap_or_default()
}

/// `00000010  3a 20 22 61 2e 74 78 74  22 2c 20 22 66 69 6c 65  : "a.txt", "file`
fn row_text(offset: usize, row: &[u8]) -> String {
    let mut text = format!("{offset:08x}  ");
    for column in 0..ROW_BYTES {
        if column == ROW_BYTES / 2 {
            text.push(' ');
        }
        match row.get(column) {
            Some(byte) => {
                let _ = write!(text, "{byte:02x} ");
            }
            None => text.push_str("   "),
        }
    }
    text.push(' ');
    text.extend(row.iter().map(|byte| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '.',
    }));
    text
}

fn left_out(text: &mut String, rows: usize) {
    if rows > 0 {
        let _ = writeln!(text, "  ({rows} more rows)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_under_the_byte_at_which_the_two_part() {
        for parting in [0, 1, 7, 8, 15, 16, 33] {
            let expected: Vec<u8> = (0..40).collect();
            let mut found = expected.clone();
            found[parting] = 0xee;
            let shown = diff(&expected, &found, 1, 10);
            let lines: Vec<&str> = shown.lines().collect();
            let mark = lines.iter().position(|line| line.contains("^^")).unwrap();
            let column = lines[mark].find("^^").unwrap();
            assert_eq!(&lines[mark - 1][column..column + 2], "ee", "{shown}");
            assert!(lines[mark - 1].starts_with('+') && lines[mark - 2].starts_with('-'));
        }
    }

    #[test]
    fn a_missing_tail_is_shown_as_missing() {
        let shown = diff(b"0123456789abcdefXY", b"0123456789abcdef", 1, 10);
        assert!(shown.contains("- 00000010  58 59"), "{shown}");
        assert!(!shown.contains("+ "), "{shown}");
    }

    #[test]
    fn what_is_left_out_is_counted() {
        assert!(dump(&[0; 100], 3).ends_with("(4 more rows)\n"));
        assert!(diff(&[0; 1000], &[1; 1000], 1, 3).ends_with("(60 more rows)\n"));
    }
}
