//! Uploads in progress. Bytes are written to a file and hashed as they arrive, in constant memory.
//!
//! Sessions do not survive the process. The bytes of an interrupted request are kept, so that the
//! client can query the progress and resume. It may also start a new upload.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use fs_err as fs;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedMutexGuard, mpsc};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::digest::Digest;
use crate::name::Image;

/// A session without requests for this long is removed.
const SESSION_TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// Body frames buffered between the socket and the disk.
const BUFFERED_FRAMES: usize = 8;

/// All upload sessions.
pub(crate) struct Uploads {
    directory: PathBuf,
    sessions: Mutex<HashMap<String, Session>>,
}

struct Session {
    image: Image,
    part: Arc<tokio::sync::Mutex<PartialBlob>>,
    last_used: Instant,
}

/// The part of a blob received so far.
pub(crate) struct PartialBlob {
    file: fs::File,
    hasher: Sha256,
    length: u64,
}

/// A locked session: requests of one session run one after the other.
pub(crate) type LockedUpload = OwnedMutexGuard<PartialBlob>;

/// Why a request body could not be appended completely.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// The client disconnected. The bytes before that are kept.
    Client(String),
    /// Writing to disk failed. The session cannot be used any further.
    Disk(io::Error),
}

impl Uploads {
    pub(crate) fn new(directory: PathBuf) -> Uploads {
        Uploads { directory, sessions: Mutex::default() }
    }

    /// Starts a session and returns its id.
    pub(crate) fn start(&self, image: &Image) -> io::Result<String> {
        let id = Uuid::new_v4().to_string();
        let file = fs::File::create_new(self.path(&id))?;
        let part = PartialBlob { file, hasher: Sha256::new(), length: 0 };
        let mut sessions = self.sessions();
        sessions.retain(|id, session| {
            let keep = session.last_used.elapsed() < SESSION_TIMEOUT;
            if !keep {
                let _ = fs::remove_file(self.path(id)); // otherwise deleted at the next start
            }
            keep
        });
        let part = Arc::new(tokio::sync::Mutex::new(part));
        let session = Session { image: image.clone(), part, last_used: Instant::now() };
        sessions.insert(id.clone(), session);
        Ok(id)
    }

    /// Locks a session of this image.
    pub(crate) async fn lock(&self, image: &Image, id: &str) -> Option<LockedUpload> {
        let part = {
            let mut sessions = self.sessions();
            let session = sessions.get_mut(id).filter(|session| session.image == *image)?;
            session.last_used = Instant::now();
            Arc::clone(&session.part)
        };
        let upload = part.lock_owned().await;
        // Another request may have finished or cancelled it in the meantime.
        self.sessions().contains_key(id).then_some(upload)
    }

    /// Ends a session and deletes its file, if any.
    pub(crate) fn end(&self, id: &str) {
        if self.sessions().remove(id).is_some() {
            let _ = fs::remove_file(self.path(id)); // a finished upload's file has been moved
        }
    }

    pub(crate) fn path(&self, id: &str) -> PathBuf {
        self.directory.join(Path::new(id))
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<String, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialBlob {
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Syncs the file and returns its digest.
    pub(crate) fn sync_and_digest(&mut self) -> io::Result<Digest> {
        self.file.sync_all()?;
        Ok(Digest::finish(self.hasher.clone()))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Appends a request's body. A blocking task owns the session while it writes, so that file, hash
/// and length stay consistent even if the request is dropped.
pub(crate) async fn append(
    mut upload: LockedUpload,
    body: Body,
) -> Result<LockedUpload, AppendError> {
    let (frames, mut received) = mpsc::channel::<Bytes>(BUFFERED_FRAMES);
    let writer = spawn_blocking(move || {
        while let Some(frame) = received.blocking_recv() {
            upload.write(&frame)?;
        }
        Ok::<LockedUpload, io::Error>(upload)
    });
    let mut body = body.into_data_stream();
    let mut interrupted = None;
    while let Some(frame) = body.next().await {
        match frame {
            Ok(frame) => {
                if frames.send(frame).await.is_err() {
                    break; // the writer has failed and returns the error
                }
            }
            Err(error) => {
                interrupted = Some(AppendError::Client(error.to_string()));
                break;
            }
        }
    }
    drop(frames);
    let upload = writer
        .await
        .map_err(|error| AppendError::Disk(io::Error::other(error)))?
        .map_err(AppendError::Disk)?;
    interrupted.map_or(Ok(upload), Err)
}
