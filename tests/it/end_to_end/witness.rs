//! A witness of every command line that this machine runs while the tests do.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Looks at the process list, again and again, until it is dropped.
pub(crate) struct Witness {
    seen: Arc<Mutex<BTreeSet<String>>>,
    done: Arc<AtomicBool>,
}

impl Witness {
    /// Begins to look.
    pub(crate) fn new() -> Self {
        let witness = Self { seen: Arc::default(), done: Arc::default() };
        let (seen, done) = (witness.seen.clone(), witness.done.clone());
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                seen.lock().expect("nobody panics with it").extend(command_lines());
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        witness
    }

    /// Every command line so far.
    pub(crate) fn seen(&self) -> BTreeSet<String> {
        self.seen.lock().expect("nobody panics with it").clone()
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
    }
}

fn command_lines() -> Vec<String> {
    let processes = fs_err::read_dir("/proc").expect("/proc").flatten();
    let lines = processes.filter_map(|process| fs_err::read(process.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).into_owned()).collect()
}
