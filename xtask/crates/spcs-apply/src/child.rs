//! Programs in process groups of their own. Ctrl-C at a terminal reaches every process of the
//! group in front: it is meant for this program, which lets what it runs come to its end, and not
//! for an engine in the middle of a build. Who leaves before that end has to end them.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Output;
use std::sync::{Mutex, MutexGuard, PoisonError};

use duct::Expression;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

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
    let leaders = running().clone();
    // Found before their parents end, and ended hard: a container of a build is in a session of
    // its own, podman leaves it behind, and its first process takes no SIGTERM.
    let below = descendants(&leaders);
    let pid = |number: u32| i32::try_from(number).ok().and_then(Pid::from_raw);
    // One that has just ended by itself is no trouble.
    for group in leaders.into_iter().filter_map(pid) {
        let _ = kill_process_group(group, Signal::TERM);
    }
    for process in below.into_iter().filter_map(pid) {
        let _ = kill_process(process, Signal::KILL);
    }
}

/// What these processes have started, outside of their own groups. Nothing where there is no
/// /proc.
fn descendants(leaders: &BTreeSet<u32>) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    // number, parent, group
    let all: Vec<_> = entries
        .filter_map(|entry| {
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // A name may hold anything, spaces and brackets too.
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
