//! `line-upper-serial`: a line back in upper case, by a server that serves one client after another.

mod clauses;
mod errata;

use crate::shared::line_upper::LineUpper;

pub(crate) static LINE_UPPER_SERIAL: LineUpper = LineUpper {
    name: "line-upper-serial",
    summary: "a line back in upper case, one client after another",
    clauses: clauses::CLAUSES,
    errata: errata::ERRATA,
    about: include_str!("scenario.toml"),
    is_concurrent: false,
};
