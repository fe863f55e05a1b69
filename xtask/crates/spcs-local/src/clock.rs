//! Timestamps as the catalog stores them: milliseconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub(crate) type Millis = u64;

pub(crate) fn now() -> Millis {
    of(SystemTime::now())
}

pub(crate) fn of(time: SystemTime) -> Millis {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What is left of a wait that began at `since`. If the clock has been set back since then, nobody
/// knows, and the wait is over.
pub(crate) fn left(since: Millis, wait: Duration, now: Millis) -> Duration {
    let passed = now.checked_sub(since);
    passed.map_or(Duration::ZERO, |passed| wait.saturating_sub(Duration::from_millis(passed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_ends_a_wait_and_does_not_prolong_it() {
        let wait = Duration::from_secs(60);
        assert_eq!(left(1_000, wait, 1_000), wait);
        assert_eq!(left(1_000, wait, 21_000), Duration::from_secs(40));
        assert_eq!(left(1_000, wait, 61_000), Duration::ZERO);
        assert_eq!(left(3_600_000, wait, 0), Duration::ZERO);
    }
}
