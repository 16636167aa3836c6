//! `line-upper`: a line back in upper case, by a server that serves each client in a thread of its own.

mod clauses;
mod errata;

use crate::shared::line_upper::LineUpper;

pub(crate) static LINE_UPPER: LineUpper = LineUpper {
    name: "line-upper",
    summary: "a line back in upper case, each client in a thread of its own",
    clauses: clauses::CLAUSES,
    errata: errata::ERRATA,
    about: include_str!("scenario.toml"),
    is_concurrent: true,
};
