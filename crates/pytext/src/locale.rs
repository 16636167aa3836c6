//! What CPython makes of the C locale before it runs a program.

use std::ffi::{OsStr, OsString};

/// The value that CPython gives `LC_CTYPE` in its own environment, and so in that of whatever it
/// starts; `None` where it leaves the environment alone.
///
/// From 3.7 on, in the locale `C`, which is also what nothing set means, it takes on `C.UTF-8` as a
/// program would that was started with it (PEP 538, `_Py_CoerceLegacyLocale` in
/// `Python/pylifecycle.c`). `LC_ALL` keeps it from that, and so does `PYTHONCOERCECLOCALE=0`.
///
/// `variable` gives the environment, such as [`std::env::var_os`]. A locale that is set but not
/// installed is the C locale too; that is not known here, and gives `None`. Where `C.UTF-8` is not
/// installed itself CPython takes another one or none.
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
