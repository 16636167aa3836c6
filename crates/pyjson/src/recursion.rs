//! What CPython counts against its recursion limit: lists and dicts, and the calls that it makes
//! while it is inside of them.
//!
//! A text that nests to one level below the limit is refused where CPython calls something in its
//! innermost list: to make a NaN, or to make the exception that says what is wrong with the text.
//! The tables below say how many levels each of these takes, and what CPython says if they aren't
//! there. They were found by asking each version, with a call of `json.loads` or `json.dumps` at
//! module level, and `tests/it/depth.rs` asks again. The sources are `Modules/_json.c`,
//! `Lib/json/decoder.py` (`JSONDecodeError.__init__`) and `Lib/json/encoder.py`.

use std::fmt;

use crate::PythonVersion;

/// `RecursionError`: what CPython did when its stack had too many levels. Displays as
/// `str(exception)` does in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecursionError {
    /// It read a `[`.
    Array,
    /// It read a `{`.
    Object,
    /// It wrote a list or a dict.
    Encoding,
    /// It called a function that is written in Python.
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

/// Calls in the order in which CPython makes them: how many levels are in use at the call, besides
/// those of the lists and dicts around it, and what CPython says if there are fewer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Calls(&'static [(usize, RecursionError)]);

impl Calls {
    pub(crate) const NONE: Self = Self(&[]);

    /// Makes the calls with so many levels left.
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
    /// `JSONDecodeError`, which the scanner makes where it finds the mistake.
    pub(crate) decode_error: Calls,
    /// `StopIteration`, which becomes "Expecting value" outside of all lists and dicts.
    pub(crate) stop_iteration: Calls,
    /// `ValueError`, for an `int` of too many digits.
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
        // From 3.14 on CPython looks at how much of the C stack is used, and counts nothing.
        if python.minor() >= 14 {
            return Self::UNCOUNTED;
        }
        // From 3.12 on an exception is made at once; before, when Python code sees it.
        let made = if python.minor() >= 12 { Calls(&[(1, Call)]) } else { Calls::NONE };
        Self {
            constant: Calls(&[(1, Call)]),
            // The class is called, its `__init__` is run, and that calls methods.
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

/// What `json.dumps` calls, and how many levels it has for all that it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Dumping {
    pub(crate) levels: usize,
    /// For a list or dict in another one, before it is looked into.
    pub(crate) open: Calls,
    /// Inside of a list or dict that is not empty, before its items.
    pub(crate) begin: Calls,
    /// To sort the keys of a dict that has one.
    pub(crate) sort_one: Calls,
    /// To sort the keys of a dict that has several.
    pub(crate) sort: Calls,
    /// To write an `int`.
    pub(crate) int: Calls,
    /// To write a finite float.
    pub(crate) float: Calls,
    /// To write a NaN or an infinity.
    pub(crate) not_finite: Calls,
    /// To refuse a NaN or an infinity.
    pub(crate) refused: Calls,
    /// To refuse an `int` of too many digits.
    pub(crate) value_error: Calls,
}

impl Dumping {
    /// Counts lists and dicts alone.
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

    /// What a version counts, which up to 3.12 is something else where there is an indent: then its
    /// encoder is the one that is written in Python.
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

    /// `_make_iterencode` of `Lib/json/encoder.py`: generators in one another.
    ///
    /// 3.11 takes short cuts that use fewer levels in code that has run a few times: where a process has
    /// written floats before, one more may lie a level deeper. This counts as a new process does, but
    /// for one thing. The code for lists, or that for dicts, has not run where 995 levels are all of the
    /// other kind; a list or dict in the first one of that kind is refused, or a dict whose
    /// keys are to be sorted; neither is here.
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
                // 3.7 sorts by a function of the entry, later ones the entries themselves.
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
            // Functions written in Python alone are counted here.
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
