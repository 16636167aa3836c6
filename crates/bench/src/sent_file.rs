//! What every server of a file says about it, `frame-server` and its rivals alike. Nothing here starts a
//! program or opens a connection.

/// `file_name` of every file that is sent.
pub(crate) const NAME: &str = "bench.bin";

/// `file_desc` of every file that is sent.
pub(crate) const DESC: &str = "random bytes";

/// What `frame-server file-transfer` sends before a file's bytes.
pub(crate) fn head(size: u64) -> anyhow::Result<Vec<u8>> {
    let mut dict = pyjson::Dict::default();
    dict.insert("file_name", NAME);
    dict.insert("file_desc", DESC);
    dict.insert("file_size", size);
    Ok(frame::encode_head(&dict, &frame::Limits::default())?.into_bytes())
}
