//! Standard streams as Python's `input()` and `print()` use them.

use std::io::{self, IsTerminal, Stderr, Stdin, Stdout};

use pytext::{Console, Line};

type Streams = Console<Stdin, Stdout, Stderr>;

/// The user: types lines, sees a screen.
pub(crate) struct Terminal {
    console: Option<Streams>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let at_terminal = stdin.is_terminal() && stdout.is_terminal();
        Self { console: Some(Console::with_stderr(stdin, stdout, io::stderr(), at_terminal)) }
    }

    /// `input(prompt)`; `None` at the end of input. Waits on a thread of its own, so that the
    /// connection is alive meanwhile.
    pub(crate) async fn input(&mut self, prompt: &'static str) -> io::Result<Option<Line>> {
        let mut console = self.take()?;
        let asked = tokio::task::spawn_blocking(move || {
            let line = console.input(prompt);
            (console, line)
        });
        let (console, line) = asked.await?;
        self.console = Some(console);
        line
    }

    /// `print(text)`.
    pub(crate) fn print(&mut self, text: &str) -> io::Result<()> {
        let mut console = self.take()?;
        let printed = console.print(text);
        self.console = Some(console);
        printed
    }

    fn take(&mut self) -> io::Result<Streams> {
        self.console.take().ok_or_else(|| io::Error::other("an earlier input() was abandoned"))
    }
}
