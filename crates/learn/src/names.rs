//! Gives names to the parts of a guess.

use std::collections::BTreeMap;

use layout::{Digest, Frame, Inner, Kind, Part, Size};

use crate::guess::Guess;
use crate::weigh;

/// The guess with a name for each part. The name of a size contains the name of its part.
pub(crate) fn named(mut guess: Guess) -> Guess {
    for frame in &mut guess.frames {
        name_parts(frame);
    }
    guess
}

fn name_parts(frame: &mut Frame) {
    let mut names: Vec<String> = Vec::new();
    for number in 0..frame.parts.len() {
        let wanted = frame.parts.get(number).map(|part| plain_name(part, frame, number));
        let wanted = wanted.unwrap_or_default();
        let count = names.iter().filter(|name| base(name) == wanted).count();
        names.push(if count == 0 { wanted } else { format!("{wanted}-{}", count + 1) });
    }
    let mut fields: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (number, part) in frame.parts.iter().enumerate() {
        if let Kind::Struct { fields: old, .. } = &part.kind {
            let name = |nth: usize| field_name(frame, number, nth, &names);
            fields.insert(number, (0..old.len()).map(name).collect());
        }
    }
    let old = frame.clone();
    for (number, part) in frame.parts.iter_mut().enumerate() {
        part.name = names.get(number).cloned().unwrap_or_default();
        match &mut part.kind {
            Kind::Struct { fields: own, .. } => *own = fields.remove(&number).unwrap_or_default(),
            Kind::Json(Size::Of(path))
            | Kind::Text { size: Size::Of(path), .. }
            | Kind::Bytes(Size::Of(path)) => rename(path, &old, &names),
            _ => {}
        }
        for Digest { at, of, .. } in &mut part.digests {
            rename(at, &old, &names);
            let mut path = vec![of.clone()];
            rename(&mut path, &old, &names);
            *of = path.concat();
        }
    }
}

/// A name without the number that makes it unique.
fn base(name: &str) -> &str {
    let (start, end) = name.rsplit_once('-').unwrap_or((name, ""));
    if !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit()) { start } else { name }
}

fn plain_name(part: &Part, frame: &Frame, number: usize) -> String {
    let is_size = weigh::sized_by(frame, number) > 0;
    let name = match &part.kind {
        Kind::Struct { fields, .. } if fields.len() > 1 => {
            if is_size {
                "sizes"
            } else {
                "numbers"
            }
        }
        kind if weigh::is_number(kind) => {
            if is_size {
                "length"
            } else {
                "number"
            }
        }
        Kind::Json(_) => "dict",
        Kind::JsonUntil(_) | Kind::TextUntil { .. } => "line",
        _ if !part.digests.is_empty() => "digest",
        Kind::Text { .. } => "text",
        Kind::Bytes(Size::Turn) => "rest",
        Kind::Bytes(_) => "body",
        Kind::Const(_) => "end",
        _ => "pad",
    };
    name.to_owned()
}

fn field_name(frame: &Frame, number: usize, nth: usize, names: &[String]) -> String {
    let is_its = |part: &usize| {
        frame
            .size_place(*part)
            .is_some_and(|place| place.part == number && place.inner == Inner::Field(nth))
    };
    let sized = (0..frame.parts.len()).find(is_its).and_then(|part| names.get(part));
    sized.map_or_else(|| format!("value-{nth}"), |name| format!("{name}-size"))
}

/// Replaces the old names in a path by the new ones.
fn rename(path: &mut Vec<String>, old: &Frame, names: &[String]) {
    let Some(number) = path.first().and_then(|first| old.part(first)) else { return };
    let Some(name) = names.get(number) else { return };
    let is_struct = matches!(old.parts.get(number).map(|it| &it.kind), Some(Kind::Struct { .. }));
    let nth = match path.as_slice() {
        [_, field] if is_struct => field.strip_prefix('f').and_then(|it| it.parse().ok()),
        _ => None,
    };
    if let Some(nth) = nth {
        let field = field_name(old, number, nth, names);
        // A field is called by its own name only, unless a part has that name.
        *path = if names.contains(&field) { vec![name.clone(), field] } else { vec![field] };
    } else if let Some(first) = path.first_mut() {
        first.clone_from(name);
    }
}
