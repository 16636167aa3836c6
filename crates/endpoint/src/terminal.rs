//! Standard streams as Python's `input()` and `print()` use them.

use std::io::{self, IsTerminal, Stderr, Stdin, Stdout, Write};

use pytext::{Console, Line};
use tokio::task::JoinHandle;

type Streams = Console<Stdin, Stdout, Stderr>;

/// The user: types lines, sees a screen.
#[derive(Debug)]
pub struct Terminal {
    user: User,
    at_terminal: bool,
}

#[derive(Debug)]
enum User {
    Watching(Streams),
    /// Asked, and yet to answer.
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
    /// This process's own standard streams. There is to be one of these, for there is one user.
    #[must_use]
    pub fn new() -> Self {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let at_terminal = stdin.is_terminal() && stdout.is_terminal();
        let console = Console::with_stderr(stdin, stdout, io::stderr(), at_terminal);
        Self { user: User::Watching(console), at_terminal }
    }

    /// `input(prompt)`; `None` at the end of input. Waits on a thread of its own, so that the
    /// connection is alive meanwhile.
    ///
    /// When this is given up, the user goes on typing: the line is what the next call returns, which
    /// shows its own prompt all the same.
    ///
    /// # Errors
    /// As [`Console::input`].
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
            return Err(io::Error::other("nobody can be asked any more"));
        };
        let answered = asked.await;
        // A handle that has given what it had must not be asked again.
        self.user = User::Lost;
        let (console, line) = answered?;
        self.user = User::Watching(console);
        line
    }

    /// `print(text)`.
    ///
    /// # Errors
    /// As [`Console::print`], and when [`input`](Self::input) was given up before.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        match &mut self.user {
            User::Watching(console) => console.print(text),
            User::Asked(_) | User::Lost => Err(io::Error::other("an input() was given up")),
        }
    }

    /// A prompt, where `input()` shows it.
    fn show(&self, prompt: &str) -> io::Result<()> {
        fn write(mut stream: impl Write, text: &str) -> io::Result<()> {
            stream.write_all(text.as_bytes())?;
            stream.flush()
        }
        if self.at_terminal { write(io::stderr(), prompt) } else { write(io::stdout(), prompt) }
    }
}
