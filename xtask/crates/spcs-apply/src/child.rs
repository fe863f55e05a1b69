//! Child processes in separate process groups. Ctrl-C at a terminal signals every process of the
//! foreground group. Only this program should receive it, and not an engine in the middle of a
//! build: this program lets its children finish. To exit before that, it has to terminate them with
//! [`end_all`].

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Output;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use duct::Expression;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// The running process groups.
static RUNNING: Mutex<Groups> = Mutex::new(Groups { leaders: BTreeSet::new(), ending: None });

struct Groups {
    /// The process ids of the leaders.
    leaders: BTreeSet<u32>,
    /// The thread that ends this program, once one does.
    ending: Option<ThreadId>,
}

/// Makes a command run in a separate process group.
pub(crate) fn own_process_group(call: &Expression) -> Expression {
    call.before_spawn(|command| {
        command.process_group(0);
        Ok(())
    })
}

/// Runs a command that has a separate process group, and captures its output.
pub(crate) fn output(call: &Expression) -> io::Result<Output> {
    let call = call.stdout_capture().stderr_capture().unchecked();
    let (handle, _running) = start(|| call.start(), |handle| handle.pids())?;
    handle.into_output()
}

/// Starts a child process and registers it. [`end_all`] sees either nothing of it or all of it.
pub(crate) fn start<H>(
    start: impl FnOnce() -> io::Result<H>,
    leaders: impl FnOnce(&H) -> Vec<u32>,
) -> io::Result<(H, Running)> {
    let mut groups = wait_if_ending();
    let handle = start()?;
    let leaders = leaders(&handle);
    groups.leaders.extend(&leaders);
    Ok((handle, Running(leaders)))
}

/// Terminates all running child processes, before this program exits. From then on only the calling
/// thread can start any: the others must not report the end of a child as an error, or go on.
pub fn end_all() {
    let leaders = {
        let mut groups = wait_if_ending();
        groups.ending = Some(std::thread::current().id());
        groups.leaders.clone()
    };
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

/// Process groups that are registered as running until dropped.
pub(crate) struct Running(Vec<u32>);

impl Drop for Running {
    fn drop(&mut self) {
        wait_if_ending().leaders.retain(|leader| !self.0.contains(leader));
    }
}

/// Locks the groups. If another thread ends this program, waits for that.
fn wait_if_ending() -> MutexGuard<'static, Groups> {
    let groups = running();
    if groups.ending.is_some_and(|thread| thread != std::thread::current().id()) {
        drop(groups);
        loop {
            std::thread::park();
        }
    }
    groups
}

fn running() -> MutexGuard<'static, Groups> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
