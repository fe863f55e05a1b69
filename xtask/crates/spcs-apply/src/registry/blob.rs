//! Uploads blobs from disk, several at once, with one request per blob.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use oci_distribution::Reference;
use oci_distribution::errors::OciDistributionError;
use tokio::time::Instant;
use tokio_util::io::ReaderStream;

use super::retry::{Failure, within};
use super::{PushError, Registry};
use crate::layout::{Descriptor, Layout};
use crate::progress::{Ended, Progress};

/// The number of parallel uploads. More are not faster, and each connection costs a handshake.
const AT_ONCE: usize = 6;

/// The size of reads from disk.
const BUFFER: usize = 256 * 1024;

impl Registry {
    /// Uploads the blobs that the registry does not have.
    pub(super) async fn push_blobs(
        &self,
        layout: &Layout,
        image: &Reference,
        blobs: Vec<Descriptor>,
        progress: Arc<dyn Progress>,
    ) -> Result<(), PushError> {
        let uploads: Vec<_> = blobs
            .iter()
            .map(|blob| self.push_blob(layout, image, blob, &progress).boxed())
            .collect();
        stream::iter(uploads).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Uploads one blob, unless the registry has it.
    async fn push_blob(
        &self,
        layout: &Layout,
        image: &Reference,
        blob: &Descriptor,
        progress: &Arc<dyn Progress>,
    ) -> Result<(), PushError> {
        let short = blob.digest.get("sha256:".len()..).and_then(|hex| hex.get(..12));
        let name = image.repository().rsplit('/').next().unwrap_or_default();
        let item = format!("{name} {}", short.unwrap_or(&blob.digest));
        progress.begin(&item, blob.size);
        let sent = AtomicBool::new(false);
        let once = || async {
            self.prepare(image).await?;
            let known = self.blobs.blob_exists(image, &blob.digest);
            if within(self.policy.stall, known).await? {
                return Ok(());
            }
            sent.store(true, Ordering::Relaxed);
            // Reset the progress of an earlier attempt.
            progress.position(&item, 0);
            self.send(layout, image, blob, &item, progress).await
        };
        let doing = format!("push layer {} of {image}", blob.digest);
        let result = self.attempt(&doing, || once().boxed()).await;
        let sent = sent.load(Ordering::Relaxed);
        progress.end(
            &item,
            match (&result, sent) {
                (Err(_), _) => Ended::Failed,
                (Ok(()), true) => Ended::Done,
                (Ok(()), false) => Ended::Skipped,
            },
        );
        result
    }

    async fn send(
        &self,
        layout: &Layout,
        image: &Reference,
        blob: &Descriptor,
        item: &str,
        progress: &Arc<dyn Progress>,
    ) -> Result<(), Failure> {
        let path = layout.blob_path(blob);
        let unreadable = |error: std::io::Error| {
            Failure::Push(PushError::Layout(crate::layout::LayoutError::Io(error)))
        };
        let file = tokio::fs::File::open(&path).await.map_err(unreadable)?;
        // The client would silently truncate a longer file to this size.
        if file.metadata().await.map_err(unreadable)?.len() != blob.size {
            let problem = format!("{} has changed its length", path.display());
            return Err(unreadable(std::io::Error::other(problem)));
        }
        let bytes = Arc::new(AtomicU64::new(0));
        let stream = {
            let (bytes, progress, item) =
                (Arc::clone(&bytes), Arc::clone(progress), item.to_owned());
            ReaderStream::with_capacity(file, BUFFER)
                .inspect_ok(move |chunk| {
                    let before = bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                    progress.position(&item, before + chunk.len() as u64);
                })
                .map_err(OciDistributionError::IoError)
        };
        let upload = self.blobs.push_blob_stream(image, stream, &blob.digest, Some(blob.size));
        tokio::select! {
            done = upload => done.map(drop).map_err(Failure::from),
            () = self.stalled(&bytes, blob.size) => {
                Err(Failure::Transport("the upload is stalled".to_owned()))
            }
        }
    }

    /// Returns when the upload has sent no bytes for too long.
    async fn stalled(&self, bytes: &AtomicU64, size: u64) {
        let mut last = (bytes.load(Ordering::Relaxed), Instant::now());
        loop {
            let limit = match last.0 == size {
                true => self.policy.for_commit(size),
                false => self.policy.stall,
            };
            tokio::time::sleep(Duration::from_millis(250).min(limit)).await;
            let now = bytes.load(Ordering::Relaxed);
            if now != last.0 {
                last = (now, Instant::now());
            } else if last.1.elapsed() >= limit {
                return;
            }
        }
    }
}
