//! Reports the progress of long operations. The command line displays it; tests ignore it.

/// The result of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The work is done.
    Done,
    /// There was nothing to do.
    Skipped,
    /// The work failed; its error is returned by the work itself.
    Failed,
}

/// Receives progress. An item is identified by a short label, such as `milvus 3a5c01d2e4f6`. Any
/// thread may call these functions.
pub trait Progress: Send + Sync {
    /// Work on an item starts; `total` is in bytes.
    fn begin(&self, _item: &str, _total: u64) {}
    /// The number of bytes done. It decreases when an upload is retried.
    fn position(&self, _item: &str, _bytes: u64) {}
    /// Work on an item has ended.
    fn end(&self, _item: &str, _ended: Ended) {}
    /// A line of output from a child process that works on the item.
    fn line(&self, _item: &str, _line: &str) {}
}

/// Ignores all progress.
pub struct Silent;

impl Progress for Silent {}
