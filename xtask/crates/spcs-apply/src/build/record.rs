//! The record of a build, stored next to its layout.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::BuildRequest;
use super::base::Base;
use super::inputs::Inputs;
use crate::layout::write_whole;

#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    /// The digest of the manifest.
    pub(super) digest: String,
    /// The image's id in the engine's store.
    pub(super) image_id: String,
    pub(super) base: Option<Base>,
    pub(super) inputs: Inputs,
}

impl Record {
    /// The record of the last build; `None` if it cannot be read.
    pub(super) fn read(request: &BuildRequest) -> Option<Record> {
        serde_json::from_slice(&fs_err::read(path(request)).ok()?).ok()
    }

    pub(super) fn write(&self, request: &BuildRequest) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        write_whole(&path(request), &text)
    }
}

fn path(request: &BuildRequest) -> PathBuf {
    request.folder().join(format!("{}.json", request.name))
}
