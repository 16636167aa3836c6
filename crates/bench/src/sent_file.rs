//! What every file server announces about its file, `frame-server` and its rivals alike. This module
//! starts no program and opens no connection.

/// The `file_name` of every sent file.
pub(crate) const NAME: &str = "bench.bin";

/// The `file_desc` of every sent file.
pub(crate) const DESC: &str = "random bytes";

/// The bytes that `frame-server file-transfer` sends before a file's bytes.
pub(crate) fn head(size: u64) -> anyhow::Result<Vec<u8>> {
    let mut dict = pyjson::Dict::default();
    dict.insert("file_name", NAME);
    dict.insert("file_desc", DESC);
    dict.insert("file_size", size);
    Ok(frame::encode_head(&dict, &frame::Limits::default())?.into_bytes())
}
