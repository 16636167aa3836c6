//! `framecheck completions SHELL` and `framecheck man`: files that a packager installs beside a program.

use std::io::Write;

use clap::CommandFactory;

use super::out::raw_stdout;
use super::{Args, CompletionsArgs};

/// The same as the table in `cli/mod.rs`.
const EXIT_STATUS: &str = r#".SH "EXIT STATUS"
.TP
0
everything conforms
.TP
1
a conformance failure; \fBdiff\fR: a regression; \fBjson\fR: CPython refuses the text
.TP
2
wrong usage, such as a pattern that matches nothing; \fBdiff\fR: a file that is not a report
.TP
3
the harness could not do its work
.TP
130
interrupted
"#;

/// Prints a completion script for a shell to standard output.
pub(super) fn completions(args: &CompletionsArgs) -> anyhow::Result<bool> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "framecheck", &mut script);
    raw_stdout().write_all(&script)?;
    Ok(true)
}

/// The man(1) page in roff: the program, and one section per command.
pub(super) fn man() -> anyhow::Result<bool> {
    let mut command = Args::command();
    command.build();
    let mut page = Vec::new();
    let whole = clap_mangen::Man::new(command.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    page.write_all(EXIT_STATUS.as_bytes())?;
    for of in command.get_subcommands() {
        writeln!(page, ".SH \"FRAMECHECK {}\"", of.get_name().to_uppercase())?;
        let part =
            clap_mangen::Man::new(of.clone().bin_name(format!("framecheck {}", of.get_name())));
        for render in [
            clap_mangen::Man::render_synopsis_section,
            clap_mangen::Man::render_description_section,
            clap_mangen::Man::render_options_section,
        ] {
            let mut section = Vec::new();
            render(&part, &mut section)?;
            // A section of a command's own page becomes a subsection of this page.
            let section = String::from_utf8_lossy(&section).replace("\n.SH ", "\n.SS ");
            let section =
                section.strip_prefix(".SH ").map_or(section.clone(), |rest| format!(".SS {rest}"));
            page.write_all(section.as_bytes())?;
        }
    }
    whole.render_version_section(&mut page)?;
    raw_stdout().write_all(&page)?;
    Ok(true)
}
