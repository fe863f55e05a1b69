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

pub(crate) fn time(millis: Millis) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis)
}
