//! Programs in process groups of their own. Ctrl-C at a terminal reaches every process of the
//! group in front: it is meant for this program, which lets what it runs come to its end, and not
//! for an engine in the middle of a build. Who leaves before that end has to end them.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Output;
use std::sync::{Mutex, MutexGuard, PoisonError};

use duct::Expression;
use rustix::process::{Pid, Signal, kill_process_group};

/// The groups that run now, by the process that leads each.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// The call in a process group of its own.
pub(crate) fn apart(call: &Expression) -> Expression {
    call.before_spawn(|command| {
        command.process_group(0);
        Ok(())
    })
}

/// Runs a call that was set apart and reads what it says.
pub(crate) fn output(call: &Expression) -> io::Result<Output> {
    let handle = call.stdout_capture().stderr_capture().unchecked().start()?;
    let _running = Running::of(handle.pids());
    handle.into_output()
}

/// Ends everything that still runs, for a program that is about to leave.
pub fn end_all() {
    for &leader in running().iter() {
        if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
            // One that has just ended by itself is no trouble.
            let _ = kill_process_group(group, Signal::TERM);
        }
    }
}

/// Processes that run as long as this lives.
pub(crate) struct Running(Vec<u32>);

impl Running {
    pub(crate) fn of(leaders: Vec<u32>) -> Running {
        running().extend(&leaders);
        Running(leaders)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        running().retain(|leader| !self.0.contains(leader));
    }
}

fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
