//! A protocol file in its own directory.

use std::path::PathBuf;

use protocols::Protocol;
use tempfile::TempDir;

/// A file that uses everything that a file may contain.
pub(super) const WHOLE: &str = r#"# The upload protocol.
name = "upload"
summary = "puts files"
transports = ["tcp4"]

[reference]
server = ["python3", "server.py", "{host}", "{port}", "{motd}"]
client = ["python3", "client.py", "{host}", "{port}"]
name = "python" # in pairings
language = "Python"

# Two files, one after another.
[[input]]
name = "two-files"
typed = ["put a.txt", "put b.bin", "{{quit}}"]
typed-at-server = ["yes"]
client-files = { "a.txt" = "hello\n", "b.bin" = { hex = "00ff0a" }, "big" = { size = 70000 }, "c" = { path = "fixtures/c" } }
server-files = { "conf/users.json" = { path = "fixtures/users.json" } }
terminal = true
prompt = { client = ">>: " }
with = { motd = "hi", count = 3 }
networks = "every-place"

[vary]
name = { kind = "file-name" }
body = { kind = "bytes", max = 500 }
note = { kind = "text", max = 80 }
plain = { kind = "ascii" }
count = { kind = "integer", min = -2, max = 10 }
verb = { kind = "one-of", values = ["ls", "pwd"] }
motd = { kind = "ascii", max = 5 }

[[input]] # generated
name = "any-file"
typed = ["{verb} {name} {count} {note}{plain}", "quit"]
client-files = { "{name}" = "{body}", "sub/{name}" = "{note}" }

[compare]
json = "bytes"
stdout = false
turns = false

# What differs.
[[mask]]
screen = "server"
pattern = '\d\d:\d\d'
[[mask]]
stream = "to-client"
pattern = 'READY \d+'
[[mask]]
file = "server:log/*.txt"
as = "present"

[[clause]]
id = "UP-1"
text = "The client announces each file."
checks = ["to-server"]

# Known.
[[expected]]
id = "upload/python->python/tcp4/split@*/*"
reason = "recv(4) is not looped" # some day
symptom = "client-exit"
# The end.
"#;

/// A directory with fixtures, and a protocol file in it.
pub(super) struct Home {
    /// Dropping this removes the directory.
    pub(super) directory: TempDir,
}

impl Home {
    /// A directory with the fixtures that [`WHOLE`] names.
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("fixtures")).unwrap();
        std::fs::write(directory.path().join("fixtures/c"), "fixture").unwrap();
        std::fs::write(directory.path().join("fixtures/users.json"), "[]").unwrap();
        for program in ["server.py", "client.py", "s.py", "c.py"] {
            std::fs::write(directory.path().join(program), "").unwrap();
        }
        Self { directory }
    }

    /// The path of its file.
    pub(super) fn file(&self) -> PathBuf {
        self.directory.path().join("it.toml")
    }

    /// The current text of the file.
    pub(super) fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    /// The protocol of a text, or the message about its mistakes.
    pub(super) fn read(&self, text: impl AsRef<[u8]>) -> Result<Protocol, String> {
        std::fs::write(self.file(), text).unwrap();
        Protocol::read(&self.file(), &["tcp-upper"]).map_err(|error| error.to_string())
    }
}
