//! `file-transfer`: receives one file into the working directory, under the name that the server
//! gives.
//!
//! Source: `python-ref/file-transfer/client.py`. Unlike it, this client accepts only a name inside the
//! directory, and shows the file under its name only when every byte has come. It then replaces a file
//! or a link of that name, and never follows a link. It never replaces a directory, a device or a
//! pipe.
//!
//! [`name`] decides which names are accepted, [`landing`] is the directory.

mod landing;
mod name;

use std::ffi::OsString;

use anyhow::{Context, bail};
use endpoint::{Breach, Stream, Terminal};
use frame::Limits;
use frame::codec::{FrameCodec, Item};
use pyjson::Value;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::FileTransfer;
use crate::frames::{Body, Frames};
use landing::{Directory, NAME_CLAUSE};

/// The clause about when a file appears.
const WHOLE_CLAUSE: &str = "FR-8";

pub(crate) async fn fetch(options: FileTransfer) -> anyhow::Result<()> {
    let address = &options.connect;
    let stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    let limits = Limits { dict_max_bytes: options.max_dict, body_max_bytes: options.max_body };
    let codec = FrameCodec::new("file_size", limits);
    let mut frames = Frames::new(stream, codec, options.timeout);

    let Item::Head(head) = frames.next().await? else { bail!("expected a head before a body") };
    Terminal::new().print(&pytext::repr_value(&Value::Dict(head.dict.clone())))?;
    let name = name::file_name(&head).map_err(|why| Breach::of(NAME_CLAUSE, why))?;
    let directory = Directory::working()?;
    directory.check_free(&name)?;

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    // On a system where an unfinished file needs a name, the signal's default action would leave that
    // file behind.
    let name = tokio::select! {
        saved = save(frames.into_body(&head), &directory, name) => return saved,
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        _ = hang_up.recv() => "SIGHUP",
    };
    bail!(Breach::of(WHOLE_CLAUSE, format!("ended by {name} before the file was complete")))
}

/// Writes the body to a file that gets its `name` at the end.
async fn save(body: Body, directory: &Directory, name: OsString) -> anyhow::Result<()> {
    let unfinished = directory.start_file()?;
    body.save(unfinished.file()).await?;
    unfinished.finish(&name)
}
