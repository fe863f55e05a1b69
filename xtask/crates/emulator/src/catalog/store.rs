//! The catalog's file: written whole, beside the old one, and moved into its place.

use std::io::{self, Write};
use std::path::Path;

use super::state::State;

/// Reads it, if it is there.
pub(super) fn read(file: &Path) -> io::Result<Option<State>> {
    match fs_err::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", file.display()))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes it; afterwards either the old or the new one is there, never half of one.
pub(super) fn write(file: &Path, state: &State) -> io::Result<()> {
    let bytes = serde_json::to_vec_pretty(state).map_err(io::Error::other)?;
    replace(file, &bytes)
}

/// Replaces a file by one that only its owner can read.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = file.with_extension("next");
    {
        use std::os::unix::fs::OpenOptionsExt;
        let mut open = std::fs::OpenOptions::new();
        open.write(true).create(true).truncate(true).mode(0o600);
        let mut handle = open.open(&next)?;
        handle.write_all(bytes)?;
        handle.sync_all()?;
    }
    fs_err::rename(&next, file)?;
    if let Some(directory) = file.parent() {
        fs_err::File::open(directory)?.sync_all()?;
    }
    Ok(())
}
