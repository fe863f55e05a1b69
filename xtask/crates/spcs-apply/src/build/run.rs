//! Runs a long command: every line of its output goes to the progress display and a log file, and
//! the last lines are kept for the error message.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use duct::Expression;

use super::error::is_disk_full;
use super::working;
use crate::child;
use crate::progress::Progress;

/// The number of last lines that an error shows.
const TAIL: usize = 20;

/// The result of a command.
pub(super) struct Completed {
    pub(super) ok: bool,
    pub(super) tail: String,
}

impl Completed {
    /// The line that tells what went wrong: one about a full disk, else the last line that contains
    /// `mark`, else the last line.
    pub(super) fn reason(&self, mark: &str) -> String {
        let line =
            |wanted: &dyn Fn(&str) -> bool| self.tail.lines().rev().find(|line| wanted(line));
        let line = line(&is_disk_full).or_else(|| line(&|line| line.contains(mark)));
        line.or(self.tail.lines().last()).unwrap_or("it said nothing").to_owned()
    }
}

/// Runs a command until it exits and writes its output to `log`.
pub(super) fn logged(
    call: &Expression,
    item: &str,
    log: &Path,
    progress: &dyn Progress,
) -> io::Result<Completed> {
    if let Some(folder) = log.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let mut log = io::BufWriter::new(fs_err::File::create(log)?);
    let call = call.stderr_to_stdout().unchecked();
    let (reader, _running) = child::start(|| call.reader(), |reader| reader.pids())?;
    let mut tail = VecDeque::with_capacity(TAIL);
    let mut lines = BufReader::new(&reader);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let Some(text) = working::without_own_argument(&text) else {
            line.clear();
            continue;
        };
        log.write_all(text.as_bytes())?;
        // A progress bar redraws its line: keep only the last state.
        let text = text.trim_end().rsplit('\r').next().unwrap_or_default();
        if !text.is_empty() {
            tracing::debug!(item, "{text}");
            progress.line(item, text);
            if tail.len() == TAIL {
                tail.pop_front();
            }
            tail.push_back(text.to_owned());
        }
        line.clear();
    }
    log.flush()?;
    let ok = reader.try_wait()?.is_some_and(|output| output.status.success());
    Ok(Completed { ok, tail: Vec::from(tail).join("\n") })
}

#[cfg(test)]
mod tests {
    use super::Completed;

    #[test]
    fn a_full_disk_is_reported_even_if_other_output_follows() {
        let ran = |tail: &str| Completed { ok: false, tail: tail.to_owned() };
        let full = "E: dpkg failed: No space left on device\nE: rootfs failed\nbye";
        assert_eq!(ran(full).reason("E:"), "E: dpkg failed: No space left on device");
        assert_eq!(ran("E: no keys\nbye").reason("E:"), "E: no keys");
        assert_eq!(ran("one\ntwo").reason("E:"), "two");
        assert_eq!(ran("").reason("E:"), "it said nothing");
    }
}
