//! What long work tells while it goes on. The command line draws it; tests and scripts are silent.

/// How an item ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The work was done.
    Done,
    /// There was nothing to do.
    Skipped,
    /// The work failed; an error follows by another way.
    Failed,
}

/// Receives progress. An item is named by a short label that stays the same from begin to end,
/// such as `milvus layer 3a5c01d2e4f6`. Calls come from any thread.
pub trait Progress: Send + Sync {
    /// Work on an item begins; `total` is in bytes.
    fn begin(&self, _item: &str, _total: u64) {}
    /// So many of its bytes are done in all. May go back when an upload starts again.
    fn position(&self, _item: &str, _bytes: u64) {}
    /// The item is over.
    fn end(&self, _item: &str, _ended: Ended) {}
    /// One line of a child process's output, for the item.
    fn line(&self, _item: &str, _line: &str) {}
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {}
