//! `file-transfer`: one file into the working directory, under the name the server gives.
//!
//! Source: `python-ref/file-transfer/client.py`. Unlike it, this client takes only a name that
//! stays in the directory, and shows the file under it only when every byte has come.

use std::ffi::OsString;
use std::fs::Permissions;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use endpoint::{Stream, Terminal};
use frame::codec::{FrameCodec, Item};
use frame::{Head, Limits};
use pyjson::Value;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::codec::Decoder;

use crate::args::FileTransfer;
use crate::frames::{Frames, next_item};

pub(crate) async fn fetch(options: FileTransfer) -> anyhow::Result<()> {
    let address = &options.connect;
    let stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    let limits = Limits { dict_max_bytes: options.max_dict, body_max_bytes: options.max_body };
    let mut frames = FrameCodec::new("file_size", limits).framed(stream);

    let Some(Item::Head(head)) = next_item(&mut frames).await? else {
        bail!("the server closed before it sent anything");
    };
    Terminal::new().print(&pytext::repr_value(&Value::Dict(head.dict.clone())))?;
    let name = file_name(&head)?;

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A signal's own way to end the client would leave the unfinished file behind.
    tokio::select! {
        saved = save(frames, name) => saved,
        _ = terminate.recv() => bail!("ended by SIGTERM before the file was whole"),
        _ = interrupt.recv() => bail!("ended by SIGINT before the file was whole"),
    }
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
        match next_item(&mut frames).await? {
            Some(Item::Body(part)) => file.write_all(&part).await.context("cannot write")?,
            Some(Item::End) => break,
            Some(Item::Head(_)) | None => bail!("the server closed before the file was whole"),
        }
    }
    file.flush().await.context("cannot write")?;
    unfinished.persist(&name).with_context(|| format!("cannot write {}", name.display()))?;
    Ok(())
}

/// The name in the dict, if it is that of a plain file in the working directory.
fn file_name(head: &Head) -> anyhow::Result<PathBuf> {
    let name = match head.dict.get("file_name") {
        Some(Value::Str(name)) => name,
        Some(other) => bail!("expected a str as \"file_name\", found {}", other.type_name()),
        None => bail!("the dict has no key \"file_name\""),
    };
    let bytes = name.to_surrogateescape().context("\"file_name\" is no file name")?;
    let refuse = |why| format!("refusing to write {}: {why}", pytext::repr_bytes(&bytes));
    ensure!(!bytes.is_empty(), refuse("the name is empty"));
    ensure!(bytes != b"." && bytes != b"..", refuse("that is a directory"));
    ensure!(!bytes.contains(&b'/'), refuse("the name has a directory in it"));
    ensure!(!bytes.contains(&0), refuse("the name has a NUL in it"));
    Ok(OsString::from_vec(bytes).into())
}
