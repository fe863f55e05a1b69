//! The catalog's file: written whole, beside the old one, and moved into its place.

use std::io;
use std::path::Path;

use spcs_local_files::durable;

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
    durable::replace(file, &bytes)
}
