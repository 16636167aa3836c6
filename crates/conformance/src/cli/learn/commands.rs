//! The two commands of the reference, as they are written into the file.

use std::path::Path;

use learn::string;

use super::super::Usage;
use super::relative;

/// The placeholders for an address in a command.
const PLACES: [&str; 3] = ["{port}", "{path}", "{address}"];

/// The names of this machine.
const HOSTS: [&str; 5] = ["127.0.0.1", "localhost", "0.0.0.0", "::1", "::"];

/// The reference's commands.
#[derive(Debug, Clone)]
pub(super) struct Commands {
    pub(super) server: Vec<String>,
    pub(super) client: Vec<String>,
    /// The addresses in the source of the server and of the client.
    pub(super) fixed: [Option<Fixed>; 2],
    /// How the commands were changed, in words.
    pub(super) changed: Option<String>,
}

/// An address in a program's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fixed {
    /// Not known yet; a run of the program will show it.
    Unknown,
    /// This address.
    At(String),
}

impl Fixed {
    /// An address that no program uses, while the real one is unknown.
    const NOWHERE: &str = "127.0.0.1:1";

    fn text(&self) -> &str {
        match self {
            Self::Unknown => Self::NOWHERE,
            Self::At(address) => address,
        }
    }
}

impl Commands {
    /// Parses both commands as a shell does. Makes paths relative to the file's directory. A program that takes
    /// no address has `fixed` in its source; if `fixed` is not given, a run of a Python program shows the
    /// address.
    pub(super) fn read(
        server: &str,
        client: &str,
        fixed: Option<&str>,
        directory: &Path,
    ) -> anyhow::Result<Self> {
        let server = words("--server", server, directory)?;
        let client = words("--client", client, directory)?;
        let mut commands = Self { server, client, fixed: [None, None], changed: None };
        if let Some(address) = fixed
            && has_place(&commands.server)
            && has_place(&commands.client)
        {
            let what = format!(
                "--fixed-address {address}: both commands have a place for their address, {{port}} for example; remove \
                 the places of the program whose source has this address, or the option"
            );
            anyhow::bail!(Usage(what));
        }
        if fixed.is_none() && (!has_place(&commands.server) || !has_place(&commands.client)) {
            commands.put_places();
        }
        let options = [("--server", &commands.server), ("--client", &commands.client)];
        for ((option, words), own) in options.into_iter().zip(&mut commands.fixed) {
            if has_place(words) {
                continue;
            }
            let is_python = words.first().is_some_and(|program| program == "python3");
            *own = match fixed {
                Some(address) => Some(Fixed::At(address.to_owned())),
                None if is_python => Some(Fixed::Unknown),
                None => {
                    let what = format!(
                        "{option}: the command has no {{port}}; write {{host}} and {{port}} where its address stands, \
                         or say which address its source has: --fixed-address 127.0.0.1:9001"
                    );
                    anyhow::bail!(Usage(what));
                }
            };
        }
        Ok(commands)
    }

    /// Whether an address is not known yet.
    pub(super) fn has_unknown(&self) -> bool {
        self.fixed.contains(&Some(Fixed::Unknown))
    }

    /// The server's and the client's lines of `[reference]`.
    pub(super) fn lines(&self) -> String {
        let [of_server, of_client] = &self.fixed;
        let roles = [("server", &self.server, of_server), ("client", &self.client, of_client)];
        let same = of_server.as_ref().filter(|_| of_server == of_client);
        let line = |(role, words, own): (&str, &Vec<String>, &Option<Fixed>)| match own {
            Some(own) if same.is_none() => {
                let address = string(own.text());
                format!("{role} = {{ command = {}, fixed-address = {address} }}\n", list(words))
            }
            _ => format!("{role} = {}\n", list(words)),
        };
        let mut lines: String = roles.into_iter().map(line).collect();
        if let Some(both) = same {
            lines.push_str(&format!("fixed-address = {}\n", string(both.text())));
        }
        lines
    }

    /// If both commands contain the same port as a word, replaces it by placeholders.
    fn put_places(&mut self) {
        let is_port = |word: &&String| word.parse::<u16>().is_ok_and(|port| port > 0);
        let port = self.server.iter().filter(is_port).find(|it| self.client.contains(it)).cloned();
        let Some(port) = port else { return };
        for word in self.server.iter_mut().chain(&mut self.client) {
            if *word == port {
                "{port}".clone_into(word);
            } else if HOSTS.contains(&word.as_str()) {
                "{host}".clone_into(word);
            }
        }
        self.changed = Some(format!("{{host}} and {{port}} replace {port} and its host"));
    }

    /// The first Python script that does not exist, with the option that names it.
    pub(super) fn missing(&self, directory: &Path) -> Option<String> {
        let options = [("--server", &self.server), ("--client", &self.client)];
        options.into_iter().find_map(|(option, words)| {
            let (program, arguments) = words.split_first()?;
            let script = arguments.iter().find(|word| !word.starts_with('-'))?;
            let is_script = program == "python3" && script.ends_with(".py");
            (is_script && !directory.join(script).exists())
                .then(|| format!("{option}: there is no file {script:?}"))
        })
    }

    /// The reference's name and language, if they can be seen.
    pub(super) fn language(&self) -> Option<(&'static str, &'static str)> {
        let is = |program: &str| {
            [&self.server, &self.client].iter().all(|it| it.first().is_some_and(|it| it == program))
        };
        let known = [
            ("python3", ("python", "Python")),
            ("node", ("node", "JavaScript")),
            ("perl", ("perl", "Perl")),
            ("ruby", ("ruby", "Ruby")),
            ("java", ("java", "Java")),
        ];
        known.into_iter().find(|(program, _)| is(program)).map(|(_, language)| language)
    }
}

/// A command as a TOML list.
fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| string(word)).collect();
    format!("[{}]", words.join(", "))
}

fn has_place(words: &[String]) -> bool {
    PLACES.iter().any(|place| words.iter().any(|word| word.contains(place)))
}

fn words(option: &str, command: &str, directory: &Path) -> anyhow::Result<Vec<String>> {
    let words = shlex::split(command).filter(|words| !words.is_empty());
    let Some(mut words) = words else {
        anyhow::bail!(Usage(format!("{option}: {command:?} is not a command")));
    };
    for (nth, word) in words.iter_mut().enumerate() {
        let path = Path::new(&*word);
        // The PATH is searched for a program without a slash.
        let is_program = nth == 0 && !word.contains('/');
        if let Ok(whole) = path.canonicalize()
            && whole.is_file()
            && !is_program
            && path.is_relative()
        {
            let seen = std::env::current_dir()?.canonicalize()?.join(path);
            let relative = relative(&seen, directory).to_string_lossy().into_owned();
            *word = if nth == 0 && !relative.contains('/') {
                format!("./{relative}")
            } else {
                relative
            };
        }
    }
    // The interpreter of framecheck runs what the file starts with python3.
    if words.first().is_some_and(|word| word == "python") {
        "python3".clone_into(words.first_mut().unwrap_or(&mut String::new()));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(server: &str, client: &str) -> anyhow::Result<Commands> {
        Commands::read(server, client, None, Path::new("/"))
    }

    #[test]
    fn an_address_in_the_source_is_given_or_is_seen() {
        let at = |fixed: Option<&str>| {
            Commands::read("python3 s.py", "./c {port}", fixed, Path::new("/"))
        };
        assert!(at(None).unwrap().has_unknown());
        let given = at(Some("[::1]:9001")).unwrap();
        assert!(!given.has_unknown());
        let lines = "server = { command = [\"python3\", \"s.py\"], fixed-address = \"[::1]:9001\" }\n\
                     client = [\"./c\", \"{port}\"]\n";
        assert_eq!(given.lines(), lines);
        let both = Commands::read("./s", "./c", Some("127.0.0.1:9"), Path::new("/")).unwrap();
        assert!(both.lines().ends_with("client = [\"./c\"]\nfixed-address = \"127.0.0.1:9\"\n"));
    }

    #[test]
    fn an_address_that_both_are_given_becomes_places() {
        let commands = read("./s 127.0.0.1 9000 -v", "'./my c' localhost 9000").unwrap();
        assert_eq!(commands.server, ["./s", "{host}", "{port}", "-v"]);
        assert_eq!(commands.client, ["./my c", "{host}", "{port}"]);
        assert!(commands.changed.is_some());
    }

    #[test]
    fn a_command_that_is_told_no_address_is_refused() {
        let error = read("./s 9000", "./c {host} {port}").unwrap_err().to_string();
        assert!(error.starts_with("--server: the command has no {port}"), "{error}");
        let error = read("'", "./c {port}").unwrap_err().to_string();
        assert!(error.contains("is not a command"), "{error}");
    }
}
