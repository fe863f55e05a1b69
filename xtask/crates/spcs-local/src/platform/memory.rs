//! Gives memory that is free back to the system.
//!
//! The allocator of glibc keeps what was freed, in heaps of which a thread may have its own. After a
//! burst of large requests, the platform would hold 100 MiB and more that it does not use.

use std::time::Duration;

use allocator::{limit_heaps, trim};

/// The time between two checks.
const INTERVAL: Duration = Duration::from_secs(10);
/// The growth since the start, in pages, from which memory is given back: 8 MiB.
const GROWTH: u64 = (8 << 20) / 4096;

/// Gives memory back from time to time. Does not end.
pub(super) async fn give_back() {
    limit_heaps();
    let at_start = resident();
    let mut after_last = at_start;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let pages = resident();
        // If nothing has changed since the last time, nothing has become free.
        if pages > at_start + GROWTH && pages != after_last {
            // Walks the whole heap, which takes some milliseconds.
            let trimmed = tokio::task::spawn_blocking(trim).await;
            after_last = resident();
            tracing::debug!(?trimmed, pages, after_last, "gave memory back");
        }
    }
}

/// The pages of this process that are in memory.
fn resident() -> u64 {
    let counts = fs_err::read_to_string("/proc/self/statm").unwrap_or_default();
    counts.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0)
}

#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "settings of the allocator have no other interface")]
mod allocator {
    /// Makes all threads share two heaps; glibc's default is eight for each core.
    pub(super) fn limit_heaps() {
        // SAFETY: mallopt may be called at any time, from any thread.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, 2) };
    }

    /// Gives free pages back. Returns whether there were any.
    pub(super) fn trim() -> bool {
        // SAFETY: malloc_trim may be called at any time, from any thread.
        unsafe { libc::malloc_trim(0) == 1 }
    }
}

/// Other allocators give memory back on their own.
#[cfg(not(target_env = "gnu"))]
mod allocator {
    pub(super) fn limit_heaps() {}

    pub(super) fn trim() -> bool {
        false
    }
}
