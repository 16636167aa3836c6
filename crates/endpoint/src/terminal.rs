//! Standard streams as Python's `input()` and `print()` use them.

use std::io::{self, IsTerminal, Stderr, Stdin, Stdout, Write};

use pytext::{Console, Line};
use tokio::task::JoinHandle;

type Streams = Console<Stdin, Stdout, Stderr>;

/// The user, who types lines and reads the output.
#[derive(Debug)]
pub struct Terminal {
    user: User,
    at_terminal: bool,
}

#[derive(Debug)]
enum User {
    Watching(Streams),
    /// A question that is not answered yet.
    Asked(JoinHandle<(Streams, io::Result<Option<Line>>)>),
    /// Lost with a thread that died.
    Lost,
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

impl Terminal {
    /// This process's own standard streams. Make only one, because there is only one user.
    #[must_use]
    pub fn new() -> Self {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let at_terminal = stdin.is_terminal() && stdout.is_terminal();
        let console = Console::with_stderr(stdin, stdout, io::stderr(), at_terminal);
        Self { user: User::Watching(console), at_terminal }
    }

    /// `input(prompt)`; `None` at the end of input. It waits on a separate thread, so the connection
    /// goes on meanwhile.
    ///
    /// When a caller cancels this, the user goes on typing. The next call then shows its own prompt
    /// and returns that line.
    ///
    /// # Errors
    /// Those of [`Console::input`].
    pub async fn input(&mut self, prompt: &'static str) -> io::Result<Option<Line>> {
        if matches!(self.user, User::Asked(_)) {
            self.show(prompt)?;
        } else if let User::Watching(mut console) = std::mem::replace(&mut self.user, User::Lost) {
            self.user = User::Asked(tokio::task::spawn_blocking(move || {
                let line = console.input(prompt);
                (console, line)
            }));
        }
        let User::Asked(asked) = &mut self.user else {
            return Err(io::Error::other("the user's input can't be read any more"));
        };
        let answered = asked.await;
        // A handle that has returned its value must not be polled again.
        self.user = User::Lost;
        let (console, line) = answered?;
        self.user = User::Watching(console);
        line
    }

    /// `print(text)`.
    ///
    /// # Errors
    /// Those of [`Console::print`], and an earlier [`input`](Self::input) that was cancelled.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        match &mut self.user {
            User::Watching(console) => console.print(text),
            User::Asked(_) | User::Lost => Err(io::Error::other("an input() was given up")),
        }
    }

    /// Prints a prompt where `input()` shows it.
    fn show(&self, prompt: &str) -> io::Result<()> {
        fn write(mut stream: impl Write, text: &str) -> io::Result<()> {
            stream.write_all(text.as_bytes())?;
            stream.flush()
        }
        if self.at_terminal { write(io::stderr(), prompt) } else { write(io::stdout(), prompt) }
    }
}
