//! Records the command lines of all processes on the machine while the tests run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Polls the process list until it is dropped.
pub(crate) struct ProcessWatcher {
    seen: Arc<Mutex<BTreeSet<String>>>,
    done: Arc<AtomicBool>,
}

impl ProcessWatcher {
    pub(crate) fn start() -> Self {
        let watcher = Self { seen: Arc::default(), done: Arc::default() };
        let (seen, done) = (watcher.seen.clone(), watcher.done.clone());
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                seen.lock().expect("the lock is not poisoned").extend(running_command_lines());
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        watcher
    }

    /// Every command line recorded so far.
    pub(crate) fn command_lines(&self) -> BTreeSet<String> {
        self.seen.lock().expect("the lock is not poisoned").clone()
    }
}

impl Drop for ProcessWatcher {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
    }
}

fn running_command_lines() -> Vec<String> {
    let processes = fs_err::read_dir("/proc").expect("/proc").flatten();
    let lines = processes.filter_map(|process| fs_err::read(process.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).into_owned()).collect()
}
