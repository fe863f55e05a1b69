//! Counts panics in all threads, because a server's tasks catch those of their requests.

use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

static COUNT: AtomicUsize = AtomicUsize::new(0);
static QUIET: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The number of panics since the first call.
pub(crate) fn count() -> usize {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            COUNT.fetch_add(1, Ordering::SeqCst);
            if !QUIET.load(Ordering::SeqCst) {
                before(info);
            }
        }));
    });
    COUNT.load(Ordering::SeqCst)
}

/// Whether panics are only counted.
pub(crate) fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::SeqCst);
}
