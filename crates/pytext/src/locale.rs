//! How CPython changes the C locale before it runs a program.

use std::ffi::{OsStr, OsString};

/// The value that CPython gives `LC_CTYPE` in its own environment, and so in that of the programs
/// it starts; `None` if it does not change the environment.
///
/// From 3.7 on, in the locale `C` (also if no variable is set), CPython takes on `C.UTF-8` as if it
/// had been started with it (PEP 538, `_Py_CoerceLegacyLocale` in `Python/pylifecycle.c`). `LC_ALL`
/// prevents that, and so does `PYTHONCOERCECLOCALE=0`.
///
/// `variable` reads the environment, like [`std::env::var_os`]. A locale that is set but not
/// installed also counts as the C locale for CPython; this function can't know that and returns
/// `None`. If `C.UTF-8` itself is not installed, CPython takes another locale or none.
///
/// ```
/// let nothing = |_: &str| None;
/// assert_eq!(pytext::coerced_ctype(nothing), Some("C.UTF-8"));
/// let german = |name: &str| (name == "LANG").then(|| "de_DE.UTF-8".into());
/// assert_eq!(pytext::coerced_ctype(german), None);
/// ```
pub fn coerced_ctype(variable: impl Fn(&str) -> Option<OsString>) -> Option<&'static str> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if set("LC_ALL").is_some() || set("PYTHONCOERCECLOCALE").is_some_and(|value| value == "0") {
        return None;
    }
    let locale = set("LC_CTYPE").or_else(|| set("LANG"));
    let legacy = |locale: &OsStr| locale == "C" || locale == "POSIX";
    locale.as_deref().is_none_or(legacy).then_some("C.UTF-8")
}
