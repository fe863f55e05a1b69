//! Child processes in process groups of their own. Ctrl-C at a terminal reaches every process of
//! the foreground group. It is meant for this program, which lets its children finish, and not for
//! an engine in the middle of a build. A program that exits before they have finished has to end
//! them itself: see [`end_all`].

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Output;
use std::sync::{Mutex, MutexGuard, PoisonError};

use duct::Expression;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// The process groups that run now, by their leaders.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Runs a call in a process group of its own.
pub(crate) fn own_process_group(call: &Expression) -> Expression {
    call.before_spawn(|command| {
        command.process_group(0);
        Ok(())
    })
}

/// Runs a call that has a process group of its own, and captures its output.
pub(crate) fn output(call: &Expression) -> io::Result<Output> {
    let handle = call.stdout_capture().stderr_capture().unchecked().start()?;
    let _running = Running::of(handle.pids());
    handle.into_output()
}

/// Ends all child processes that still run, before this program exits.
pub fn end_all() {
    let leaders = running().clone();
    // Descendants are looked up before their parents end, and get SIGKILL: a build's container runs
    // in a session of its own, podman leaves it behind, and its first process ignores SIGTERM.
    let below = descendants(&leaders);
    let pid = |number: u32| i32::try_from(number).ok().and_then(Pid::from_raw);
    // A process that has just ended by itself is not an error.
    for group in leaders.into_iter().filter_map(pid) {
        let _ = kill_process_group(group, Signal::TERM);
    }
    for process in below.into_iter().filter_map(pid) {
        let _ = kill_process(process, Signal::KILL);
    }
}

/// The descendants of these processes that are outside of their groups; none on a system without
/// /proc.
fn descendants(leaders: &BTreeSet<u32>) -> Vec<u32> {
    let entries = fs_err::read_dir("/proc").into_iter().flatten().flatten();
    // number, parent, group
    let all: Vec<_> = entries
        .filter_map(|entry| {
            let stat = fs_err::read_to_string(entry.path().join("stat")).ok()?;
            // The process name may contain anything, even spaces and brackets.
            let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
            let mut number = || fields.next()?.parse().ok();
            Some((entry.file_name().to_str()?.parse().ok()?, number()?, number()?))
        })
        .collect();
    let mut family = leaders.clone();
    let mut before = 0;
    while family.len() > before {
        before = family.len();
        family.extend(
            all.iter()
                .filter(|(_, parent, _)| family.contains(parent))
                .map(|one| one.0)
                .collect::<Vec<u32>>(),
        );
    }
    let outside = |one: &&(u32, u32, u32)| family.contains(&one.0) && !leaders.contains(&one.2);
    all.iter().filter(outside).map(|one| one.0).collect()
}

/// Registers process groups as running until it is dropped.
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
