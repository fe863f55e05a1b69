//! Ends the process when a case hangs, and keeps the input of the case on disk: nothing can be
//! reported after a hang or when the stack has overflowed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{env, io, process};

use fs_err as fs;

/// After this time a case does not end by itself.
const HANG: Duration = Duration::from_secs(30);

/// A file with the input of the case in progress.
pub(crate) struct Watch {
    file: PathBuf,
    /// Dropping it ends the thread.
    begun: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(crate) fn start(target: &str) -> Watch {
        let file = env::temp_dir().join(format!("spcs-fuzz-{target}-{}", process::id()));
        say(&format!("fuzz {target}: the input of the current case is in {}", file.display()));
        let (begun, cases) = mpsc::channel();
        let (name, watched) = (target.to_owned(), file.clone());
        let thread = thread::spawn(move || end_when_hanging(&name, &watched, &cases));
        Watch { file, begun: Some(begun), thread: Some(thread) }
    }

    /// Notes that a case begins.
    pub(crate) fn begin(&self, input: &[u8]) {
        // Both are only for a diagnosis.
        let _ = fs::write(&self.file, input);
        let _ = self.begun.as_ref().map(|begun| begun.send(()));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.begun.take());
        let _ = self.thread.take().map(JoinHandle::join);
        let _ = fs::remove_file(&self.file);
    }
}

fn end_when_hanging(target: &str, file: &Path, cases: &Receiver<()>) {
    loop {
        match cases.recv_timeout(HANG) {
            Ok(()) => {}
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let file = file.display();
                say(&format!("fuzz {target}: a case hangs, its input is in {file}"));
                process::exit(1);
            }
        }
    }
}

/// Prints a line even if the test harness captures the output.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
