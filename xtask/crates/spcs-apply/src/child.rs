//! Child processes in separate process groups. Ctrl-C at a terminal signals every process of the
//! foreground group. Only this program should receive it, and not an engine in the middle of a
//! build: this program lets its children finish. To exit before that, it has to terminate them with
//! [`end_all`].

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Output;
use std::sync::{Mutex, MutexGuard, PoisonError};

use duct::Expression;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// The running process groups, by the process id of the leader.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Makes a command run in a separate process group.
pub(crate) fn own_process_group(call: &Expression) -> Expression {
    call.before_spawn(|command| {
        command.process_group(0);
        Ok(())
    })
}

/// Runs a command that has a separate process group, and captures its output.
pub(crate) fn output(call: &Expression) -> io::Result<Output> {
    let handle = call.stdout_capture().stderr_capture().unchecked().start()?;
    let _running = Running::of(handle.pids());
    handle.into_output()
}

/// Terminates all running child processes, before this program exits.
pub fn end_all() {
    let leaders = running().clone();
    // Find the descendants before their parents exit, and send them SIGKILL: a build's container
    // runs in a separate session, podman leaves it behind, and its init process ignores SIGTERM.
    let below = descendants(&leaders);
    let pid = |number: u32| i32::try_from(number).ok().and_then(Pid::from_raw);
    // Ignore errors: a process may already have exited.
    for group in leaders.into_iter().filter_map(pid) {
        let _ = kill_process_group(group, Signal::TERM);
    }
    for process in below.into_iter().filter_map(pid) {
        let _ = kill_process(process, Signal::KILL);
    }
}

/// Kills processes and everything that they have started.
pub(crate) fn kill_with_descendants(processes: &BTreeSet<u32>) {
    let below = descendants(processes);
    for number in processes.iter().copied().chain(below) {
        if let Some(process) = i32::try_from(number).ok().and_then(Pid::from_raw) {
            // Ignore errors: a process may already have exited.
            let _ = kill_process(process, Signal::KILL);
        }
    }
}

/// The descendants of these processes that are outside their process groups; empty on a system
/// without /proc.
fn descendants(leaders: &BTreeSet<u32>) -> Vec<u32> {
    let entries = fs_err::read_dir("/proc").into_iter().flatten().flatten();
    // (process id, parent id, group id)
    let all: Vec<_> = entries
        .filter_map(|entry| {
            let stat = fs_err::read_to_string(entry.path().join("stat")).ok()?;
            // The process name may contain spaces and parentheses.
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

/// Registers process groups as running until dropped.
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
