//! Rejects one of the reference's programs, with its line of the file.

use located::Mistake;
use model::observation::Role;
use toml::de::{DeTable, DeValue};

use crate::load::ProtocolError;
use crate::protocol::Protocol;

impl Protocol {
    /// The mistake in the command of the reference's role, for commands that need more than a run needs.
    #[must_use]
    pub fn refused_program(&self, role: Role, what: &str, help: &str) -> ProtocolError {
        let place = place_of(&self.text, role).unwrap_or(0..0);
        let mistake = Mistake::new(what, place).with_help(help);
        let shown = shown_path(self);
        ProtocolError::Mistakes(located::show(&self.text, &shown, &[mistake]))
    }
}

/// The path of the file, relative to the working directory if the file is below it.
fn shown_path(protocol: &Protocol) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = &protocol.path;
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

/// The place of the command of a role.
fn place_of(text: &str, role: Role) -> Option<std::ops::Range<usize>> {
    let (document, _) = DeTable::parse_recoverable(text);
    let DeValue::Table(reference) = document.get_ref().get("reference")?.get_ref() else {
        return None;
    };
    let entry = reference.get(role.name())?;
    let command = match entry.get_ref() {
        DeValue::Table(entry) => entry.get("command"),
        _ => None,
    };
    Some(command.unwrap_or(entry).span())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_found_in_each_form() {
        let text =
            "[reference]\nserver = { command = [\"./s\"], ready = \"up\" }\nclient = [\"./c\"]\n";
        let found = |role| text.get(place_of(text, role)?);
        assert_eq!(found(Role::Server), Some("[\"./s\"]"));
        assert_eq!(found(Role::Client), Some("[\"./c\"]"));
        assert_eq!(place_of("name = \"x\"", Role::Server), None);
    }
}
