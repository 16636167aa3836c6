//! The key `quick`: the cases that `--quick` plays in addition to those of its rule.

use located::{Mistake, meant};
use model::QuickCase;
use model::case::InputId;

use crate::hostile::NAME_BEGINS;
use crate::reader::Section;

/// The cases that a file names. A case of a fixed input has the input's name; a generated input has the last part
/// of its cases' ids.
pub(crate) fn read(root: &Section<'_>, names: &[&str]) -> Vec<QuickCase> {
    let mut cases = Vec::new();
    for text in root.texts("quick").map(toml::Spanned::into_inner).unwrap_or_default() {
        let case = match text.get_ref().parse::<QuickCase>() {
            Ok(case) => case,
            Err(what) => {
                root.note(Mistake::new(what, text.span()));
                continue;
            }
        };
        let input = case.input.as_str();
        if !names.contains(&input)
            && !input.starts_with(NAME_BEGINS)
            && input.parse::<InputId>().is_err()
        {
            let what = format!("no input is called {input:?}");
            root.note(Mistake::new(what, text.span()).with_help(meant(input, names)));
            continue;
        }
        cases.push(case);
    }
    cases
}
