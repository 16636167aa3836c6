//! Parses the text of a format into its items.

use std::ffi::{c_int, c_long, c_longlong, c_short};

use super::{Code, Format, Item, Order};

/// Why a text is not a format of `struct`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// A character that is not a code, or not with this prefix.
    #[error("bad char {found:?} at {at} in struct format")]
    BadChar {
        /// Offset in bytes in the format.
        at: usize,
        /// The character.
        found: char,
    },
    /// A count at the end.
    #[error("repeat count given without format specifier")]
    CountAlone,
    /// More than 16 MiB, or as many values. Python has no such limit.
    #[error("expected a struct format of at most {SIZE_MAX} bytes")]
    TooLong,
}

/// The longest format in bytes.
pub(crate) const SIZE_MAX: usize = 16 << 20;

/// The kind, the size and the alignment of a code.
struct Entry {
    code: Option<Code>,
    size: usize,
    align: usize,
}

pub(super) fn parse(text: &str) -> Result<Format, FormatError> {
    let (order, native, codes) = match text.chars().next() {
        Some('@') => (Order::NATIVE, true, text.get(1..)),
        Some('=') => (Order::NATIVE, false, text.get(1..)),
        Some('<') => (Order::Little, false, text.get(1..)),
        Some('>' | '!') => (Order::Big, false, text.get(1..)),
        _ => (Order::NATIVE, true, Some(text)),
    };
    let codes = codes.unwrap_or_default();
    let start = text.len() - codes.len();
    let (mut items, mut size) = (Vec::new(), 0_usize);
    let mut values = 0_usize;
    let mut count: Option<usize> = None;
    for (at, letter) in codes.char_indices() {
        if let Some(digit) = letter.to_digit(10) {
            let digit = usize::try_from(digit).unwrap_or(0);
            let so_far =
                count.unwrap_or(0).checked_mul(10).and_then(|tens| tens.checked_add(digit));
            count = Some(so_far.ok_or(FormatError::TooLong)?);
            continue;
        }
        if count.is_none() && matches!(letter, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c') {
            continue;
        }
        let bad = FormatError::BadChar { at: start + at, found: letter };
        let entry = entry(letter, native).ok_or(bad)?;
        let times = count.take().unwrap_or(1);
        let at = size.next_multiple_of(entry.align);
        let length = entry.size.checked_mul(times).ok_or(FormatError::TooLong)?;
        size =
            at.checked_add(length).filter(|size| *size <= SIZE_MAX).ok_or(FormatError::TooLong)?;
        match entry.code {
            None => {}
            Some(code @ (Code::String | Code::Pascal)) => {
                items.push(Item { at, count: 1, size: times, code });
                values += 1;
            }
            Some(code) if times > 0 => {
                items.push(Item { at, count: times, size: entry.size, code });
                values = values.saturating_add(times);
            }
            Some(_) => {}
        }
        if values > SIZE_MAX {
            return Err(FormatError::TooLong);
        }
    }
    match count {
        Some(_) => Err(FormatError::CountAlone),
        None => Ok(Format { text: text.to_owned(), order, items, size }),
    }
}

fn entry(letter: char, native: bool) -> Option<Entry> {
    let int = |signed, size| (Some(Code::Int { signed, letter }), size);
    let float = |size| (Some(Code::Float { letter, is_native: native }), size);
    let long = if native { size_of::<c_long>() } else { 4 };
    let (code, size) = match letter {
        'x' => (None, 1),
        'c' => (Some(Code::Char), 1),
        's' => (Some(Code::String), 1),
        'p' => (Some(Code::Pascal), 1),
        '?' => (Some(Code::Bool), 1),
        'b' => int(true, 1),
        'B' => int(false, 1),
        'h' => int(true, 2),
        'H' => int(false, 2),
        'i' => int(true, 4),
        'I' => int(false, 4),
        'l' => int(true, long),
        'L' => int(false, long),
        'q' => int(true, 8),
        'Q' => int(false, 8),
        'n' if native => int(true, size_of::<usize>()),
        'N' | 'P' if native => int(false, size_of::<usize>()),
        'e' => float(2),
        'f' => float(4),
        'd' => float(8),
        _ => return None,
    };
    let align = match letter {
        _ if !native => 1,
        'h' | 'H' | 'e' => align_of::<c_short>(),
        'i' | 'I' => align_of::<c_int>(),
        'l' | 'L' => align_of::<c_long>(),
        'q' | 'Q' => align_of::<c_longlong>(),
        'n' | 'N' | 'P' => align_of::<usize>(),
        'f' => align_of::<f32>(),
        'd' => align_of::<f64>(),
        _ => 1,
    };
    Some(Entry { code, size, align })
}
