//! Decides which commands the server runs: only those that its user has named.

use std::collections::BTreeSet;

/// Which commands clients may run.
#[derive(Debug, Clone)]
pub(super) enum Permit {
    /// Any command, run by `/bin/sh -c`.
    Anything,
    /// A command of plain words whose first word is one of these programs.
    Programs(BTreeSet<String>),
}

/// How to start a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start<'a> {
    /// Through a shell.
    Shell(&'a str),
    /// Directly: a program, then its arguments.
    Words(Vec<String>),
}

/// Why the server does not run a command. It shows the command as a shell's own message would.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// A shell would do more with it than start a program.
    #[error("{0:?} needs a shell, and this server starts programs without one")]
    NeedsShell(char),
    /// A quote is not closed.
    #[error("a quote has no end")]
    Quote,
    /// The command has no words.
    #[error("the command is empty")]
    Empty,
    /// The server's user has not named the program.
    #[error("{0}: not among the programs that this server may run")]
    NotNamed(String),
}

impl Permit {
    /// How to start a command, if the server may run it.
    pub(super) fn start<'a>(&self, command: &'a str) -> Result<Start<'a>, Refused> {
        let Self::Programs(named) = self else { return Ok(Start::Shell(command)) };
        if let Some(special) = shell_character(command) {
            return Err(Refused::NeedsShell(special));
        }
        let words = shlex::split(command).ok_or(Refused::Quote)?;
        match words.first() {
            None => Err(Refused::Empty),
            Some(program) if named.contains(program) => Ok(Start::Words(words)),
            Some(program) => Err(Refused::NotNamed(program.clone())),
        }
    }
}

/// The first character that has a meaning for a shell. The list has more characters than the
/// dangerous ones, on purpose: the server runs a command exactly as its sender means it, or not at
/// all.
fn shell_character(command: &str) -> Option<char> {
    let (mut quote, mut starts_word) = (None, true);
    let mut characters = command.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (_, '\\') => drop(characters.next()),
            (_, '$' | '`') => return Some(character),
            (Some(_), _) => {}
            (None, '~' | '#') if starts_word => return Some(character),
            (None, '|' | '&' | ';' | '<' | '>' | '(' | ')' | '{' | '}' | '*' | '?' | '[' | '!')
            | (None, '=' | '\n') => return Some(character),
            (None, _) => {}
        }
        starts_word = quote.is_none() && matches!(character, ' ' | '\t');
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(command: &str) -> Result<Start<'_>, Refused> {
        Permit::Programs(["ls".to_owned(), "/bin/echo".to_owned()].into()).start(command)
    }

    #[test]
    fn a_named_program_is_started_with_its_words_as_a_shell_reads_them() {
        for (command, words) in [
            ("ls", &["ls"][..]),
            ("  ls\t-l  ", &["ls", "-l"]),
            (r#"ls "a b" 'c;d' e\ f"#, &["ls", "a b", "c;d", "e f"]),
            (r#"'ls' 'it is $5' "a'b" \$x"#, &["ls", "it is $5", "a'b", "$x"]),
            ("/bin/echo a~b a#b 你好", &["/bin/echo", "a~b", "a#b", "你好"]),
        ] {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(start(command), Ok(Start::Words(words)), "{command}");
        }
    }

    #[test]
    fn what_takes_a_shell_is_refused_wherever_it_stands() {
        for (command, special) in [
            ("ls; id", ';'),
            ("ls;id", ';'),
            ("ls && id", '&'),
            ("ls | id", '|'),
            ("ls > x", '>'),
            ("ls < x", '<'),
            ("ls $(id)", '$'),
            ("ls \"$(id)\"", '$'),
            ("ls `id`", '`'),
            ("ls \"`id`\"", '`'),
            ("ls *", '*'),
            ("ls ?", '?'),
            ("ls [a]", '['),
            ("ls ~", '~'),
            ("(ls)", '('),
            ("{ ls", '{'),
            ("! ls", '!'),
            ("A=1 ls", '='),
            ("ls # id", '#'),
            ("ls\nid", '\n'),
            ("ls 'a'\nid", '\n'),
            ("ls \\\\; id", ';'),
            ("ls 'a\\'; id", ';'),
        ] {
            assert_eq!(start(command), Err(Refused::NeedsShell(special)), "{command}");
        }
    }

    #[test]
    fn what_is_not_named_letter_for_letter_is_refused() {
        for program in ["id", "/bin/ls", "./ls", "LS", "ls2", "l"] {
            assert_eq!(start(program), Err(Refused::NotNamed(program.to_owned())));
        }
        assert_eq!(start("ls 'x"), Err(Refused::Quote));
        assert_eq!(start(" "), Err(Refused::Empty));
        assert_eq!(
            Permit::Programs(BTreeSet::new()).start("ls"),
            Err(Refused::NotNamed("ls".into()))
        );
    }

    #[test]
    fn with_leave_for_anything_the_shell_gets_it_all() {
        let command = "ls; id $(x) 'y";
        assert_eq!(Permit::Anything.start(command), Ok(Start::Shell(command)));
    }
}
