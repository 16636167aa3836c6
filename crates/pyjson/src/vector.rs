//! `\uXXXX` from and to UTF-8, eight at a time with the machine's vector instructions. It is for
//! code points of three bytes, which follow one another in Chinese, Japanese and Korean.

use fearless_simd::prelude::*;
use fearless_simd::{u8x16, u32x4};

/// Eight code points in UTF-8.
pub(crate) const POINTS: usize = 24;
/// The escapes of eight code points.
pub(crate) const ESCAPES: usize = 48;

/// An index for no byte.
const NONE: u8 = 0xff;

/// Which of 32 digits belongs at each place of the escapes: of the first 16, and of the others.
const DIGITS_TO_ESCAPES: [[[u8; 16]; 3]; 2] = {
    let mut indices = [[[NONE; 16]; 3]; 2];
    let mut digit = 0_u8;
    while digit < 32 {
        let place = place_of(digit);
        #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
        {
            indices[digit as usize / 16][place / 16][place % 16] = digit % 16;
        }
        digit += 1;
    }
    indices
};

/// The place of each of 32 digits in the escapes: for the first 16 of them, and for the others.
const ESCAPES_TO_DIGITS: [[[u8; 16]; 3]; 2] = {
    let mut indices = [[[NONE; 16]; 3]; 2];
    let mut digit = 0_u8;
    while digit < 32 {
        let place = place_of(digit);
        #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
        #[expect(clippy::cast_possible_truncation, reason = "it is less than 16")]
        {
            indices[digit as usize / 16][place / 16][digit as usize % 16] = (place % 16) as u8;
        }
        digit += 1;
    }
    indices
};

/// The place of a digit in the escapes.
const fn place_of(digit: u8) -> usize {
    digit as usize / 4 * 6 + 2 + digit as usize % 4
}

/// The escapes without their digits, and the bits that do not belong to digits.
const FRAME: [[u8; 16]; 3] = frame(*b"\\u");
const FRAME_BITS: [[u8; 16]; 3] = frame([0xff; 2]);

const fn frame(start: [u8; 2]) -> [[u8; 16]; 3] {
    let mut frame = [[0; 16]; 3];
    let mut place = 0;
    while place < ESCAPES {
        #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
        if place % 6 < 2 {
            frame[place / 16][place % 16] = start[place % 6];
        }
        place += 1;
    }
    frame
}

/// The three bytes of each of four code points, the last byte first, in words.
const POINTS_TO_WORDS: [u8; 16] = [2, 1, 0, 0, 5, 4, 3, 3, 8, 7, 6, 6, 11, 10, 9, 9];
/// The same where the code points begin four bytes later.
const LATER_POINTS_TO_WORDS: [u8; 16] = [6, 5, 4, 4, 9, 8, 7, 7, 12, 11, 10, 10, 15, 14, 13, 13];
/// The three lower bytes of four words.
const WORDS_TO_POINTS: [u8; 16] = [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0];

// Here and below, no code uses `map`, because its closures would not be compiled for the machine's
// vectors.

/// The escapes of eight code points, or `None` if not all of them have three bytes.
#[inline(always)]
pub(crate) fn escape<S: Simd>(simd: S, points: &[u8; POINTS]) -> Option<[[u8; 16]; 3]> {
    let first = u8x16::load_array(simd, *points.first_chunk()?).swizzle_dyn(POINTS_TO_WORDS);
    let second = u8x16::load_array(simd, *points.last_chunk()?).swizzle_dyn(LATER_POINTS_TO_WORDS);
    let (first, second): (u32x4<S>, u32x4<S>) = (first.bitcast(), second.bitcast());
    if !are_of_three_bytes(first, second) {
        return None;
    }
    let (first, second) = (hex_digits(simd, first), hex_digits(simd, second));
    let [of_first, of_second] = DIGITS_TO_ESCAPES;
    let mut escapes = FRAME;
    for ((escape, of_first), of_second) in escapes.iter_mut().zip(of_first).zip(of_second) {
        let digits = first.swizzle_dyn_precise(of_first) | second.swizzle_dyn_precise(of_second);
        *escape = (u8x16::load_array(simd, *escape) | digits).into();
    }
    Some(escapes)
}

/// Whether all of these code points take three bytes.
#[inline(always)]
fn are_of_three_bytes<S: Simd>(first: u32x4<S>, second: u32x4<S>) -> bool {
    let others = ((first ^ 0x00e0_0000) | (second ^ 0x00e0_0000)) & 0x00f0_0000;
    others.simd_eq(0).all_true()
}

/// The four hexadecimal digits of each of four code points of three bytes.
#[inline(always)]
fn hex_digits<S: Simd>(simd: S, points: u32x4<S>) -> u8x16<S> {
    let unit = (points & 0x000f_0000) >> 4 | (points & 0x3f00) >> 2 | points & 0x3f;
    // One digit a byte, the first one in the lowest.
    let digits = unit >> 12 | unit & 0x0f00 | (unit & 0xf0) << 12 | (unit & 0x0f) << 24;
    u8x16::load_array(simd, *b"0123456789abcdef").swizzle_dyn(digits.bitcast::<u8x16<S>>())
}

/// The code points of eight escapes, four in the first twelve bytes of each half. `None` if not all
/// of them have three bytes; surrogates do not count as such.
#[inline(always)]
pub(crate) fn unescape<S: Simd>(simd: S, escapes: &[u8; ESCAPES]) -> Option<[[u8; 16]; 2]> {
    let (chunks, _) = escapes.as_chunks::<16>();
    let mut digits = [u8x16::splat(simd, 0); 2];
    let mut framed = u8x16::splat(simd, 0);
    let indices = ESCAPES_TO_DIGITS;
    for (place, chunk) in chunks.iter().enumerate() {
        let chunk = u8x16::load_array(simd, *chunk);
        let frame = u8x16::load_array(simd, *FRAME.get(place)?);
        framed |= chunk & u8x16::load_array(simd, *FRAME_BITS.get(place)?) ^ frame;
        for (digits, indices) in digits.iter_mut().zip(indices) {
            *digits |= chunk.swizzle_dyn_precise(*indices.get(place)?);
        }
    }
    let mut valid = framed.simd_eq(0);
    let mut points = [[0; 16]; 2];
    for (points, digits) in points.iter_mut().zip(digits) {
        let decimal = digits - b'0';
        let letter = (digits & 0xdf) - b'A';
        let is_decimal = decimal.simd_lt(10);
        valid &= is_decimal | letter.simd_lt(6);
        let values: u32x4<S> = is_decimal.select(decimal, letter + 10).bitcast();
        // The first digit is in the lowest byte. Its value and the next one's highest bit show
        // whether a code point is too small for three bytes, or a surrogate.
        let kind = values & 0x080f;
        let other = kind.simd_eq(0) | kind.simd_eq(0x080d);
        if other.any_true() {
            return None;
        }
        let utf8 = (values & 0x0f)
            | ((values & 0x0f00) << 2 | (values >> 10) & 0x0300)
            | ((values & 0x0003_0000) << 4 | (values >> 8) & 0x000f_0000)
            | 0x0080_80e0;
        let utf8: u8x16<S> = utf8.bitcast();
        *points = utf8.swizzle_dyn(WORDS_TO_POINTS).into();
    }
    valid.all_true().then_some(points)
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};

    use super::*;

    /// The machine's own features, and fewer.
    fn levels() -> Vec<Level> {
        let best = Level::new();
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        let less = [
            best.as_sse2().map(Simd::level),
            best.as_sse4_2().map(Simd::level),
            best.as_avx2().map(Simd::level),
        ];
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
        let less = [];
        less.into_iter().flatten().chain([best]).collect()
    }

    /// A block of eight code points, all equal except for the one at `place`.
    fn block(fill: char, other: char, place: usize) -> Vec<char> {
        let mut points = vec![fill; 8];
        points[place] = other;
        points
    }

    #[test]
    fn every_code_point_is_escaped_and_read_back_or_refused() {
        let levels = levels();
        for code in 0..=0xffff {
            let level = levels[code as usize % 7 % levels.len()];
            let Some(other) = char::from_u32(code) else { continue };
            let points = block('天', other, code as usize % 8);
            let text: String = points.iter().collect();
            let escapes: String = points.iter().map(|c| format!("\\u{:04x}", *c as u32)).collect();
            let escapes =
                if code % 3 == 0 { escapes.to_uppercase().replace('U', "u") } else { escapes };
            let read =
                dispatch!(level, simd => unescape(simd, escapes.as_bytes().try_into().unwrap()));
            let expected = (code >= 0x800).then(|| {
                let (halves, _) = text.as_bytes().as_chunks::<12>();
                [halves[0], halves[1]]
            });
            assert_eq!(read.map(|halves| halves.map(|h| *h.first_chunk().unwrap())), expected);
            if let Ok(points) = text.as_bytes().try_into() {
                let written = dispatch!(level, simd => escape(simd, points)).unwrap();
                assert_eq!(written.as_flattened(), escapes.to_lowercase().as_bytes());
            }
        }
    }

    #[test]
    fn what_is_no_escape_is_refused_at_every_place() {
        let levels = levels();
        let level = levels[0];
        let escapes: [u8; ESCAPES] = *b"\\u5929\\u5730\\u7384\\u9ec3\\u5b87\\u5b99\\uD7FF\\ue000";
        assert!(dispatch!(level, simd => unescape(simd, &escapes)).is_some());
        for place in 0..ESCAPES {
            for byte in 0..=u8::MAX {
                let mut wrong = escapes;
                wrong[place] = byte;
                let text = String::from_utf8_lossy(&wrong);
                let units = text.split("\\u").skip(1).map(|digits| u16::from_str_radix(digits, 16));
                let fine = text.split("\\u").all(|digits| matches!(digits.len(), 0 | 4))
                    && !text.contains('+')
                    && units.clone().count() == 8
                    && units.into_iter().all(|unit| {
                        unit.is_ok_and(|unit| unit >= 0x800 && !(0xd800..0xe000).contains(&unit))
                    });
                for level in &levels {
                    let read = dispatch!(*level, simd => unescape(simd, &wrong));
                    assert_eq!(read.is_some(), fine, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_all_of_three_bytes_is_refused() {
        let level = Level::new();
        for text in [
            "天地玄黃宇宙洪a荒",
            "é天地玄黃宇宙洪荒",
            "天地玄😀黃宇宙洪荒",
            // Wrong in the same places of both halves.
            "😀😀😀😀😀😀",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "éééééééééééé",
            "a天地玄a天地玄a天地玄",
        ] {
            let points = text.as_bytes().first_chunk().unwrap();
            assert!(dispatch!(level, simd => escape(simd, points)).is_none(), "{text}");
        }
    }
}
