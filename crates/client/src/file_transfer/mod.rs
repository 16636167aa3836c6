//! `file-transfer`: one file into the working directory, under the name the server gives.
//!
//! Source: `python-ref/file-transfer/client.py`. Unlike it, this client takes only a name that
//! stays in the directory, and shows the file under it only when every byte has come. A file or a link
//! of that name is replaced then, and never followed; a directory, a device or a pipe never is.

use std::ffi::OsString;
use std::fs::Permissions;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use endpoint::{Breach, Stream, Terminal};
use frame::codec::{FrameCodec, Item};
use frame::{Head, Limits};
use pyjson::Value;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::FileTransfer;
use crate::frames::Frames;

/// What a file may be called.
const NAME_CLAUSE: &str = "FR-7";
/// When a file is there.
const WHOLE_CLAUSE: &str = "FR-8";
/// `NAME_MAX` of Linux.
const NAME_MAX_BYTES: usize = 255;

pub(crate) async fn fetch(options: FileTransfer) -> anyhow::Result<()> {
    let address = &options.connect;
    let stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    let limits = Limits { dict_max_bytes: options.max_dict, body_max_bytes: options.max_body };
    let codec = FrameCodec::new("file_size", limits);
    let mut frames = Frames::new(stream, codec, options.timeout);

    let Item::Head(head) = frames.next().await? else { bail!("expected a head before a body") };
    Terminal::new().print(&pytext::repr_value(&Value::Dict(head.dict.clone())))?;
    let name = file_name(&head).map_err(|why| Breach::of(NAME_CLAUSE, why))?;
    may_be_written(&name)?;

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    // A signal's own way to end the client would leave the unfinished file behind.
    let name = tokio::select! {
        saved = save(frames, name) => return saved,
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        _ = hang_up.recv() => "SIGHUP",
    };
    bail!(Breach::of(WHOLE_CLAUSE, format!("ended by {name} before the file was whole")))
}

/// Write the body to a file that gets its `name` at the end.
async fn save(mut frames: Frames, name: PathBuf) -> anyhow::Result<()> {
    // As open(name, 'wb') makes it: readable by whomever the umask allows.
    let mut unfinished = tempfile::Builder::new()
        .prefix(".frame-client-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(".")
        .context("cannot write to the working directory")?;
    let mut file = File::from_std(unfinished.as_file_mut().try_clone()?);
    loop {
        match frames.next().await? {
            Item::Body(part) => file.write_all(&part).await.context("cannot write")?,
            Item::End => break,
            Item::Head(_) => bail!("expected a body behind a head"),
        }
    }
    file.flush().await.context("cannot write")?;
    // A rename replaces a pipe or a device that came meanwhile without a word.
    may_be_written(&name)?;
    unfinished.persist(&name).with_context(|| format!("cannot write {}", shown(&name)))?;
    Ok(())
}

/// The name in the dict, if it is one that a plain file in the working directory can have.
fn file_name(head: &Head) -> Result<PathBuf, String> {
    let name = match head.dict.get("file_name") {
        Some(Value::Str(name)) => name,
        Some(other) => {
            return Err(format!("expected a str as \"file_name\", found {}", other.type_name()));
        }
        None => return Err("the dict has no key \"file_name\"".to_owned()),
    };
    let bytes = name.to_surrogateescape();
    let bytes = bytes.map_err(|error| format!("\"file_name\" is no file name: {error}"))?;
    match why_no_name(&bytes) {
        None => Ok(OsString::from_vec(bytes).into()),
        Some(why) => {
            let shown = pytext::repr_bytes(bytes.get(..NAME_MAX_BYTES).unwrap_or(&bytes));
            Err(format!("refusing to write {shown}: {why}"))
        }
    }
}

fn why_no_name(name: &[u8]) -> Option<String> {
    let why = match name {
        b"" => "the name is empty",
        b"." | b".." => "that is a directory",
        _ if name.contains(&b'/') => "the name has a directory in it",
        _ if name.contains(&0) => "the name has a NUL in it",
        _ if name.len() > NAME_MAX_BYTES => {
            return Some(format!("the name has {} bytes, over {NAME_MAX_BYTES}", name.len()));
        }
        _ => return None,
    };
    Some(why.to_owned())
}

/// Whether nothing is there under this name, or what a file may take the place of.
fn may_be_written(name: &Path) -> anyhow::Result<()> {
    match name.symlink_metadata() {
        Ok(there) if there.is_file() || there.is_symlink() => Ok(()),
        Ok(_) => {
            let why = format!("refusing to replace {}: that is no file", shown(name));
            bail!(Breach::of(NAME_CLAUSE, why))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot look at {}", shown(name))),
    }
}

/// A name that a stranger chose, on one line.
fn shown(name: &Path) -> String {
    pytext::repr_bytes(name.as_os_str().as_bytes())
}
