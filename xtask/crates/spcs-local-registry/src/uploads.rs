//! Uploads in progress: bytes go to a file and through SHA-256 as they arrive, in constant memory.
//!
//! A session lives as long as the process. What a broken request brought is kept and counted, so
//! that a client may ask how far it got and go on; one that starts again is fine as well.

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
use crate::name::ImageName;

/// A session that nobody has written to for this long is given up.
const ABANDONED: Duration = Duration::from_secs(60 * 60);
/// Frames that may wait between the socket and the disk.
const FRAMES: usize = 8;

/// The sessions of a registry.
pub(crate) struct Uploads {
    directory: PathBuf,
    sessions: Mutex<HashMap<String, Session>>,
}

struct Session {
    name: ImageName,
    part: Arc<tokio::sync::Mutex<Part>>,
    touched: Instant,
}

/// The blob so far.
pub(crate) struct Part {
    file: fs::File,
    hasher: Sha256,
    length: u64,
}

/// Exclusive hold of a session's blob: requests of one session take turns.
pub(crate) type Held = OwnedMutexGuard<Part>;

/// Why a body was not taken whole.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// The client went away; what came before is kept.
    Client(String),
    /// The disk refused; the session is of no further use.
    Disk(io::Error),
}

impl Uploads {
    pub(crate) fn new(directory: PathBuf) -> Uploads {
        Uploads { directory, sessions: Mutex::default() }
    }

    /// Starts a session and names it.
    pub(crate) fn start(&self, name: &ImageName) -> io::Result<String> {
        let id = Uuid::new_v4().to_string();
        let file = fs::File::create_new(self.path(&id))?;
        let part = Part { file, hasher: Sha256::new(), length: 0 };
        let mut sessions = self.lock();
        sessions.retain(|id, session| {
            let keep = session.touched.elapsed() < ABANDONED;
            if !keep {
                let _ = fs::remove_file(self.path(id)); // emptied at the next start at the latest
            }
            keep
        });
        let part = Arc::new(tokio::sync::Mutex::new(part));
        let session = Session { name: name.clone(), part, touched: Instant::now() };
        sessions.insert(id.clone(), session);
        Ok(id)
    }

    /// Takes hold of a session of this image.
    pub(crate) async fn hold(&self, name: &ImageName, id: &str) -> Option<Held> {
        let part = {
            let mut sessions = self.lock();
            let session = sessions.get_mut(id).filter(|session| session.name == *name)?;
            session.touched = Instant::now();
            Arc::clone(&session.part)
        };
        let held = part.lock_owned().await;
        // It may have been finished or given up while this request waited for its turn.
        self.lock().contains_key(id).then_some(held)
    }

    /// Ends a session and removes its file if that is still there.
    pub(crate) fn end(&self, id: &str) {
        if self.lock().remove(id).is_some() {
            let _ = fs::remove_file(self.path(id)); // a finished upload has moved its file away
        }
    }

    /// The file of a session.
    pub(crate) fn path(&self, id: &str) -> PathBuf {
        self.directory.join(Path::new(id))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Makes the bytes durable and tells their digest.
    pub(crate) fn seal(&mut self) -> io::Result<Digest> {
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

/// Appends a request's body. The writer holds the session, so that a request that is dropped in
/// the middle still leaves file, hash and length in agreement.
pub(crate) async fn append(mut held: Held, body: Body) -> Result<Held, Interrupted> {
    let (frames, mut waiting) = mpsc::channel::<Bytes>(FRAMES);
    let writer = spawn_blocking(move || {
        while let Some(frame) = waiting.blocking_recv() {
            held.write(&frame)?;
        }
        Ok::<Held, io::Error>(held)
    });
    let mut body = body.into_data_stream();
    let mut broken = None;
    while let Some(frame) = body.next().await {
        match frame {
            Ok(frame) => {
                if frames.send(frame).await.is_err() {
                    break; // the writer has ended; it says why
                }
            }
            Err(error) => {
                broken = Some(Interrupted::Client(error.to_string()));
                break;
            }
        }
    }
    drop(frames);
    let held = writer
        .await
        .map_err(|error| Interrupted::Disk(io::Error::other(error)))?
        .map_err(Interrupted::Disk)?;
    broken.map_or(Ok(held), Err)
}
