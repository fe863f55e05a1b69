//! The directory that holds all stages.
//!
//! Services write to their stages through volumes and can make links there to any path of this
//! machine, and exchange a directory for a link at any moment. The platform may open paths that a
//! service may not. So everything below a stage is opened from the stage's own directory.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::durable::create_directory;
use crate::id::Id;
use crate::stage::Stage;
use crate::upload::Upload;

/// Holds unfinished uploads. It is emptied at each start. No id has this name.
const INCOMING: &str = ".incoming";

/// The directory of all stages.
#[derive(Debug, Clone)]
pub struct Stages {
    root: PathBuf,
}

impl Stages {
    pub fn at(root: PathBuf) -> Stages {
        Stages { root }
    }

    /// Creates the directory, and deletes the uploads of a killed platform.
    pub fn prepare(&self) -> io::Result<()> {
        none_if_missing(fs_err::remove_dir_all(self.incoming()))?;
        create_directory(&self.incoming())
    }

    /// The stage with an id; `None` if nothing was ever stored in it.
    pub fn stage(&self, id: &Id) -> io::Result<Option<Stage>> {
        none_if_missing(self.open(id))
    }

    /// The stage with an id. Creates its directory.
    pub fn create(&self, id: &Id) -> io::Result<Stage> {
        match self.stage(id)? {
            Some(stage) => Ok(stage),
            None => {
                create_directory(&self.directory(id))?;
                let stage = self.open(id)?;
                // Nobody else reaches it: the directory of all stages is private.
                stage.allow_entry()?;
                Ok(stage)
            }
        }
    }

    /// Deletes a stage with its files.
    pub fn remove(&self, id: &Id) -> io::Result<()> {
        none_if_missing(fs_err::remove_dir_all(self.directory(id))).map(drop)
    }

    /// The ids of stages that have a directory, except these.
    pub fn others(&self, keep: &HashSet<Id>) -> io::Result<Vec<Id>> {
        let mut found = Vec::new();
        for entry in fs_err::read_dir(&self.root)? {
            let id = entry?.file_name().to_str().and_then(Id::parse);
            found.extend(id.filter(|id| !keep.contains(id)));
        }
        Ok(found)
    }

    /// Starts an upload. It becomes a file of a stage with [`Stage::place`].
    pub fn upload(&self) -> io::Result<Upload> {
        Upload::start(open_directory(&self.incoming())?)
    }

    /// The directory of a stage on this machine. Containers mount it; they cannot replace it.
    pub fn directory(&self, id: &Id) -> PathBuf {
        self.root.join(id.as_str())
    }

    fn open(&self, id: &Id) -> io::Result<Stage> {
        open_directory(&self.directory(id)).map(Stage::at)
    }

    fn incoming(&self) -> PathBuf {
        self.root.join(INCOMING)
    }
}

fn open_directory(path: &Path) -> io::Result<std::os::fd::OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty()).map_err(|error| {
        let error = io::Error::from(error);
        io::Error::new(error.kind(), format!("cannot open `{}`: {error}", path.display()))
    })
}

/// Turns a "not found" error into `None`.
fn none_if_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}
