//! `framecheck learn --server CMD --client CMD --out FILE`
//!
//! | file | what |
//! |---|---|
//! | `given.rs` | the typed input and the files, from the command line |
//! | `commands.rs` | the two commands, as they are written into the file |
//! | `plays.rs` | plays the reference, and collects what its programs record |
//! | `addresses.rs` | the addresses in the programs' source |
//! | `findings.rs` | finds the frames, masks and turns in the traffic |
//! | `file.rs` | the text of the file |

mod addresses;
mod commands;
mod file;
mod findings;
mod given;
mod plays;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use model::case::Transport;
use protocols::Protocol;

pub(super) use given::Inputs;

use super::args::{DEADLINE_SECONDS, Means, seconds};
use super::out::stdout;
use super::{Usage, check_protocol};
use commands::Commands;
use file::File;
use findings::Findings;

/// The default number of plays of each input, to find masks.
const PLAYS: u8 = 3;

#[derive(Debug, ClapArgs)]
pub(super) struct LearnArgs {
    /// The shell command that starts the server, e.g. 'python3 server.py {host} {port}'.
    #[arg(long, value_name = "CMD")]
    pub(super) server: String,
    /// The shell command that starts the client, e.g. 'python3 client.py {host} {port}'.
    #[arg(long, value_name = "CMD")]
    pub(super) client: String,
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// The protocol file to write.
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Overwrite an existing file.
    #[arg(long)]
    pub(super) force: bool,
    /// The name of the protocol. The default is the file's name.
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// The address in the source of a program that takes none, e.g. 127.0.0.1:9001. framecheck finds it in a
    /// Python program by itself.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) fixed_address: Option<String>,
    /// How the programs talk: tcp4, tcp6, udp4, udp6, unix or unixgram. framecheck detects UDP in a Python
    /// program.
    #[arg(long, value_name = "T", default_value = "tcp4")]
    pub(super) transport: Transport,
    /// Run both programs at a terminal, as a program that asks for a password needs it.
    #[arg(long)]
    pub(super) terminal: bool,
    /// How many times to play each input to find what differs; at least three.
    #[arg(long, value_name = "N", default_value_t = PLAYS, value_parser = clap::value_parser!(u8).range(3..=50))]
    pub(super) plays: u8,
    /// The time limit of each play.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE_SECONDS, value_parser = seconds())]
    pub(super) deadline: u64,
    #[command(flatten)]
    pub(super) means: Means,
}

pub(super) fn main(args: &LearnArgs) -> anyhow::Result<bool> {
    if args.out.exists() && !args.force {
        let out = args.out.display();
        anyhow::bail!(Usage(format!("{out} exists already; --force overwrites it")));
    }
    let directory = directory_of(&args.out)?;
    let name = name(args)?;
    let commands =
        Commands::read(&args.server, &args.client, args.fixed_address.as_deref(), &directory)?;
    if let Some(why) = commands.missing(&directory) {
        anyhow::bail!(Usage(why));
    }
    let inputs = args.inputs.read(&directory, args.terminal)?;
    let file = File { name, transport: args.transport, commands, inputs };
    let file = addresses::found(&args.out, file, args)?;
    let (file, seen) = plays::see(&args.out, file, args)?;
    if let Some(why) = plays::nothing_sent(&seen) {
        anyhow::bail!(Usage(why));
    }
    let findings = Findings::of(&args.out, &file, &seen)?;
    let mut out = stdout();
    findings.tell(&mut out)?;
    write_usable(args, &file, &findings, &mut out)
}

/// Writes the file, and runs check-protocol on it. If only the generated input fails, it becomes a comment.
fn write_usable(
    args: &LearnArgs,
    file: &File,
    findings: &Findings,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let with = findings.varied.is_some();
    for is_varied in if with { &[true, false][..] } else { &[false][..] } {
        let text = file.text(Some(findings), *is_varied);
        std::fs::write(&args.out, text)
            .map_err(|error| anyhow::anyhow!("cannot write {}: {error}", args.out.display()))?;
        let mut said = Vec::new();
        let is_fine = check_protocol::check_file(&args.out, &args.means, args.deadline, &mut said)?;
        if is_fine || !is_varied {
            writeln!(out, "wrote {}\n", args.out.display())?;
            out.write_all(&said)?;
            return Ok(is_fine);
        }
    }
    Ok(false)
}

/// The directory that the file's paths are relative to.
fn directory_of(out: &Path) -> anyhow::Result<PathBuf> {
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = parent.unwrap_or(Path::new("."));
    directory.canonicalize().map_err(|error| {
        Usage(format!("--out: no such directory: {}: {error}", directory.display())).into()
    })
}

fn name(args: &LearnArgs) -> anyhow::Result<String> {
    let stem = args.out.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = args.name.clone().or(stem).unwrap_or_default();
    let kebab = kebab(&name);
    if args.name.is_some() && kebab != name {
        let what = format!(
            "{name:?} can't be a protocol's name: lower-case letters and digits, in words joined by '-'"
        );
        anyhow::bail!(Usage(what));
    }
    Ok(if kebab.is_empty() { "protocol".to_owned() } else { kebab })
}

/// A text as words of lower-case letters and digits, joined by '-'.
fn kebab(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// A path relative to a directory. Both must be absolute.
fn relative(path: &Path, directory: &Path) -> PathBuf {
    let common = path.components().zip(directory.components()).take_while(|(a, b)| a == b).count();
    let up = directory.components().skip(common).map(|_| std::path::Component::ParentDir);
    up.chain(path.components().skip(common)).collect()
}

/// The protocol of a text, as if the text were in the file `out`.
fn protocol_of(text: &str, out: &Path) -> anyhow::Result<Protocol> {
    Ok(Protocol::of_text(text, out, &[])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words_in_lower_case() {
        assert_eq!(kebab("My_Upload 2.toml"), "my-upload-2-toml");
        assert_eq!(kebab("上传"), "");
    }

    #[test]
    fn paths_are_seen_from_the_file() {
        let seen = |path: &str| relative(Path::new(path), Path::new("/a/b"));
        assert_eq!(seen("/a/b/server.py"), Path::new("server.py"));
        assert_eq!(seen("/a/src/server.py"), Path::new("../src/server.py"));
    }
}
