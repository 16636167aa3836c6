//! Standard input and output as Python's `input()` and `print()` use them.

use std::io::{self, Stdin, Stdout};

use pytext::{Console, Line};

/// The user: types lines, sees a screen.
pub(crate) struct Terminal {
    console: Option<Console<Stdin, Stdout>>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self { console: Some(Console::new(io::stdin(), io::stdout())) }
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

    fn take(&mut self) -> io::Result<Console<Stdin, Stdout>> {
        self.console.take().ok_or_else(|| io::Error::other("an earlier input() was abandoned"))
    }
}
