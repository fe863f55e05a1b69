//! The progress of long work. The command line draws it; tests ignore it.

/// How an item ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The work was done.
    Done,
    /// There was nothing to do.
    Skipped,
    /// The work failed; its error is returned by the work itself.
    Failed,
}

/// Receives progress. An item has a short label that stays the same from begin to end, such as
/// `milvus 3a5c01d2e4f6`. Any thread may call it.
pub trait Progress: Send + Sync {
    /// Work on an item begins; `total` is in bytes.
    fn begin(&self, _item: &str, _total: u64) {}
    /// How many of its bytes are done. The number falls when an upload starts again.
    fn position(&self, _item: &str, _bytes: u64) {}
    /// The item has ended.
    fn end(&self, _item: &str, _ended: Ended) {}
    /// One line of a child process's output, for the item.
    fn line(&self, _item: &str, _line: &str) {}
}

/// Ignores all progress.
pub struct Silent;

impl Progress for Silent {}
