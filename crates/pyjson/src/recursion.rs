//! What CPython counts towards its recursion limit: lists and dicts, and the calls that it makes inside
//! of them.
//!
//! CPython may refuse a text that nests to just below the limit, because it calls something in the
//! innermost list: to make a NaN, or to make the exception for a mistake in the text. The tables below
//! say how many levels each call takes, and CPython's message if the levels are missing. They come from
//! asking each version, with a call of `json.loads` or `json.dumps` at module level; `tests/it/depth.rs`
//! asks again. The sources are `Modules/_json.c`, `Lib/json/decoder.py` (`JSONDecodeError.__init__`) and
//! `Lib/json/encoder.py`.

use std::fmt;

use crate::PythonVersion;

/// `RecursionError`: what CPython did when its stack had too many levels. Displays as `str(exception)`
/// does in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecursionError {
    /// It read a `[`.
    Array,
    /// It read a `{`.
    Object,
    /// It wrote a list or a dict.
    Encoding,
    /// It called a function written in Python.
    Function,
    /// It called anything else.
    Call,
    /// It compared two objects.
    Comparison,
    /// It called `isinstance` with several types.
    InstanceCheck,
    /// It called `repr`.
    Repr,
}

impl fmt::Display for RecursionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("maximum recursion depth exceeded")?;
        f.write_str(match self {
            Self::Array => " while decoding a JSON array from a unicode string",
            Self::Object => " while decoding a JSON object from a unicode string",
            Self::Encoding => " while encoding a JSON object",
            Self::Function => "",
            Self::Call => " while calling a Python object",
            Self::Comparison => " in comparison",
            Self::InstanceCheck => " in __instancecheck__",
            Self::Repr => " while getting the repr of an object",
        })
    }
}

impl std::error::Error for RecursionError {}

/// Calls in CPython's order: how many levels are in use at the call, besides those of the surrounding
/// lists and dicts, and CPython's message if there are fewer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Calls(&'static [(usize, RecursionError)]);

impl Calls {
    pub(crate) const NONE: Self = Self(&[]);

    /// Makes the calls with this many levels left.
    #[inline]
    pub(crate) fn make(self, left: usize) -> Result<(), RecursionError> {
        match self.0.iter().find(|(levels, _)| *levels > left) {
            Some((_, error)) => Err(*error),
            None => Ok(()),
        }
    }
}

use RecursionError::{Call, Comparison, Encoding, Function, InstanceCheck, Repr};

/// What `json.loads` calls inside of lists and dicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loading {
    /// `parse_constant`, for `NaN`, `Infinity` and `-Infinity`.
    pub(crate) constant: Calls,
    /// `JSONDecodeError`, which the scanner makes at the mistake.
    pub(crate) decode_error: Calls,
    /// `StopIteration`, which becomes "Expecting value" outside of all lists and dicts.
    pub(crate) stop_iteration: Calls,
    /// `ValueError`, for an `int` with too many digits.
    pub(crate) value_error: Calls,
}

impl Loading {
    /// Counts no calls.
    pub(crate) const UNCOUNTED: Self = Self {
        constant: Calls::NONE,
        decode_error: Calls::NONE,
        stop_iteration: Calls::NONE,
        value_error: Calls::NONE,
    };

    pub(crate) const fn of(python: PythonVersion) -> Self {
        // From 3.14 on CPython checks how much of the C stack is used, and counts no levels.
        if python.minor() >= 14 {
            return Self::UNCOUNTED;
        }
        // From 3.12 on CPython makes an exception at once; before, when Python code sees it.
        let made = if python.minor() >= 12 { Calls(&[(1, Call)]) } else { Calls::NONE };
        Self {
            constant: Calls(&[(1, Call)]),
            // CPython calls the class and runs its `__init__`, which calls methods.
            decode_error: Calls(match python.minor() {
                ..=6 => &[(3, Call), (4, Function), (6, Call)],
                8 => &[(3, Call)],
                7 | 9..=11 => &[(1, Call), (2, Function), (3, Call)],
                12.. => &[(1, Call), (3, Function), (4, Call)],
            }),
            stop_iteration: made,
            value_error: made,
        }
    }
}

/// The calls of `json.dumps`, and the number of levels for everything that it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Dumping {
    pub(crate) levels: usize,
    /// For a list or dict inside another one, before looking into it.
    pub(crate) open: Calls,
    /// Inside of a list or dict that is not empty, before its items.
    pub(crate) begin: Calls,
    /// To sort the keys of a dict with one key.
    pub(crate) sort_one: Calls,
    /// To sort the keys of a dict with several keys.
    pub(crate) sort: Calls,
    /// To write an `int`.
    pub(crate) int: Calls,
    /// To write a finite float.
    pub(crate) float: Calls,
    /// To write a NaN or an infinity.
    pub(crate) not_finite: Calls,
    /// To refuse a NaN or an infinity.
    pub(crate) refused: Calls,
    /// To refuse an `int` with too many digits.
    pub(crate) value_error: Calls,
}

impl Dumping {
    /// Counts only lists and dicts.
    pub(crate) const fn lists_and_dicts(levels: usize) -> Self {
        Self {
            levels,
            open: Calls(&[(1, Encoding)]),
            begin: Calls::NONE,
            sort_one: Calls::NONE,
            sort: Calls::NONE,
            int: Calls::NONE,
            float: Calls::NONE,
            not_finite: Calls::NONE,
            refused: Calls::NONE,
            value_error: Calls::NONE,
        }
    }

    /// What a version counts. Up to 3.12 this differs with an indent, because then the encoder is the
    /// one written in Python.
    pub(crate) const fn of(python: PythonVersion, indent: bool) -> Self {
        match python.minor() {
            ..=12 if indent => Self::in_python(python),
            ..=13 => Self::in_c(python),
            _ => Self::lists_and_dicts(python.max_depth()),
        }
    }

    /// `c_make_encoder` of `Modules/_json.c`.
    const fn in_c(python: PythonVersion) -> Self {
        let minor = python.minor();
        Self {
            sort: Calls(if minor <= 6 { &[(2, Comparison)] } else { &[(1, Comparison)] }),
            refused: if minor >= 12 { Calls(&[(1, Repr)]) } else { Calls::NONE },
            value_error: if minor >= 12 { Calls(&[(1, Call)]) } else { Calls::NONE },
            ..Self::lists_and_dicts(python.max_depth())
        }
    }

    /// `_make_iterencode` of `Lib/json/encoder.py`: nested generators.
    ///
    /// 3.11 has fast paths that use fewer levels in code that has run a few times: in a process that has
    /// written floats before, one more float may be a level deeper. This counts like a new process, with
    /// one exception. If 995 levels are all lists, the code for dicts has not run, and the other way
    /// round. A new process refuses a list or dict in the first one of the other kind, or a dict whose
    /// keys must be sorted; this does not.
    const fn in_python(python: PythonVersion) -> Self {
        let none = Self { open: Calls::NONE, ..Self::lists_and_dicts(996) };
        match python.minor() {
            ..=6 => Self {
                levels: 995,
                open: Calls(&[(1, InstanceCheck)]),
                sort_one: Calls(&[(2, Call), (3, Function)]),
                sort: Calls(&[(2, Call), (3, Function)]),
                int: Calls(&[(2, Call)]),
                float: Calls(&[(1, Function), (2, Comparison), (3, Call)]),
                not_finite: Calls(&[(1, Function), (2, Comparison)]),
                refused: Calls(&[(1, Function), (2, Comparison)]),
                ..none
            },
            minor @ 7..=11 => Self {
                levels: if minor <= 8 { 995 } else { 996 },
                open: if minor <= 10 { Calls(&[(2, InstanceCheck)]) } else { Calls::NONE },
                begin: if minor <= 10 { Calls::NONE } else { Calls(&[(1, Call)]) },
                // 3.7 sorts by a function of the entry, later versions sort the entries themselves.
                sort_one: Calls(match minor {
                    7 => &[(2, Call), (3, Function)],
                    8..=10 => &[(2, Call)],
                    _ => &[(1, Call)],
                }),
                sort: Calls(match minor {
                    7 => &[(2, Call), (3, Function)],
                    8..=10 => &[(2, Call), (3, Comparison)],
                    _ => &[(1, Call), (2, Comparison)],
                }),
                float: Calls(&[(2, Comparison)]),
                not_finite: Calls(&[(2, Comparison)]),
                refused: Calls(&[(2, Comparison), (3, Repr)]),
                ..none
            },
            // Only functions written in Python count here.
            12.. => Self {
                open: Calls(&[(1, Function)]),
                float: Calls(&[(1, Function)]),
                not_finite: Calls(&[(1, Function)]),
                refused: Calls(&[(1, Function)]),
                ..none
            },
        }
    }
}
