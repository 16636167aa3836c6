//! Starts small Python programs for the tests of warm peers.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use engine::peer::{Command, OwnAddress, Peer, Process, Spawner, User};
use model::observation::Exit;
use tempfile::TempDir;

/// How a program ended, and what it wrote to standard output and standard error.
pub(crate) type Ended = (Option<Exit>, String, String);

/// Programs in a directory of their own, which is removed when this is dropped.
pub(crate) struct Programs(TempDir);

impl Programs {
    /// These files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let directory = TempDir::with_prefix("framecheck-warm-").unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        // Only the programs may be beside them.
        fs::create_dir(directory.path().join("cwd")).unwrap();
        Self(directory)
    }

    pub(crate) fn directory(&self) -> &Path {
        self.0.path()
    }

    /// A stranger's `python3 main.py a b`.
    pub(crate) fn start(&self, spawner: &Spawner, warm: bool) -> Process {
        let base = self.directory().to_owned();
        let directory = base.join("cwd");
        let main = base.join("main.py").to_string_lossy().into_owned();
        let argv = ["python3", &main, "a", "b"].map(str::to_owned).to_vec();
        let peer = Peer { warm, is_stranger: true, base, ..Peer::default() };
        let user = User { lines: vec!["one".into(), "two".into()], terminal: None };
        spawner
            .start(
                &peer,
                &Command {
                    argv,
                    env: Vec::new(),
                    directory,
                    is_stranger: peer.is_stranger,
                    is_fresh: false,
                    address: OwnAddress::Told,
                },
                &user,
            )
            .unwrap()
    }

    /// The result of running it as a warm peer's program.
    pub(crate) async fn run(&self, spawner: &Spawner) -> Ended {
        finished(self.start(spawner, true)).await
    }
}

/// Waits for a program's end.
pub(crate) async fn finished(process: Process) -> Ended {
    let exit = process.wait().await;
    let (stdout, stderr) = process.finish().await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (exit, text(stdout), text(stderr))
}

/// A spawner with this interpreter.
pub(crate) fn spawner(python: &OsStr, fresh: bool) -> Spawner {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python-ref");
    Spawner::new(python, &reference.canonicalize().unwrap(), fresh).unwrap()
}

/// The real interpreter behind `python3`, as a version manager's wrapper is slow.
pub(crate) fn python() -> OsString {
    let asked = ["-c", "import sys; print(sys.executable, end='')"];
    let output = std::process::Command::new("python3").args(asked).output().unwrap();
    String::from_utf8(output.stdout).unwrap().into()
}

/// That interpreter, and each version of pyenv from 3.8 on.
pub(crate) fn pythons() -> Vec<OsString> {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(std::env::home_dir()?.join(".pyenv")));
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let minor = |path: &Path| -> Option<u32> {
        let version = path.file_name()?.to_str()?.strip_prefix("3.")?;
        version.split('.').next()?.parse().ok()
    };
    let entries = versions.into_iter().flatten().flatten().map(|entry| entry.path());
    let managed = entries.filter(|path| minor(path).is_some_and(|minor| minor >= 8));
    let managed = managed.map(|path| path.join("bin/python3")).filter(|path| path.is_file());
    let mut all: Vec<OsString> = managed.map(PathBuf::into_os_string).collect();
    all.sort();
    if all.is_empty() { vec![python()] } else { all }
}
