//! Measures how much memory the platform takes while clients send what is too large, too deep, too
//! slow or too much, and whether it gives the memory back.
//!
//! `cargo bench -p spcs-local --bench memory` measures an optimised build; with `--profile dev`, it
//! measures the build that everyone runs. It fails if an attack takes more than the limit above idle,
//! or if the platform is not idle again in time.

#![allow(clippy::unwrap_used, reason = "a benchmark fails on an unexpected error")]

#[path = "memory/attacks.rs"]
mod attacks;
#[allow(dead_code, reason = "only the tests use all of it")]
#[path = "../tests/wire/client.rs"]
mod client;

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use attacks::Attack;
use client::{platform, quick};
use spcs_local::Status;

/// The memory that an attack may take, above that of the idle platform.
const LIMIT: u64 = 200;
/// What the platform may keep, above idle: the results of queries (32 MiB), and free memory.
const KEPT: u64 = 48;
/// How long the platform may take to give the memory back.
const RECOVERY: Duration = Duration::from_secs(60);

/// The state directory, in the environment of the process that runs the platform.
const STATE_DIR: &str = "SPCS_BENCH_STATE_DIR";

fn main() -> ExitCode {
    if let Some(directory) = std::env::var_os(STATE_DIR) {
        serve(Path::new(&directory));
    }
    // `cargo test --benches` also runs this, without `--bench`; it does not measure then.
    let measures = std::env::args().any(|argument| argument == "--bench");
    let time = if measures { Duration::from_secs(10) } else { Duration::from_millis(300) };
    let clients = tokio::runtime::Runtime::new().unwrap();
    let mut failed = false;
    println!("{:<44} {:>6} {:>6} {:>6}  back after", "MiB of the platform", "idle", "peak", "end");
    for attack in Attack::ALL {
        let directory = tempfile::tempdir().unwrap();
        let mut process = Process::start(directory.path());
        let client = Arc::new(clients.block_on(attacks::prepare(&process.status)));
        let idle = process.memory();
        let peak = process.watch();
        clients.block_on(attack.run(&process.status, client, time));
        let peak = peak.stop();
        let begun = Instant::now();
        while process.memory() > idle + KEPT && begun.elapsed() < RECOVERY {
            std::thread::sleep(Duration::from_millis(100));
        }
        let (end, back) = (process.memory(), begun.elapsed());
        println!("{:<44} {idle:>6} {peak:>6} {end:>6}  {back:.1?}", attack.name());
        failed |= peak > idle + LIMIT || end > idle + KEPT;
        assert!(process.child.try_wait().unwrap().is_none(), "the platform ended");
    }
    if measures && failed {
        println!("more than {LIMIT} MiB above idle, or more than {KEPT} MiB after {RECOVERY:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Runs the platform until the benchmark ends and closes the pipe.
fn serve(directory: &Path) -> ! {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _platform = runtime.block_on(platform(directory, quick()));
    println!("started");
    std::io::stdin().read_to_end(&mut Vec::new()).ok();
    std::process::exit(0)
}

/// A platform in a process of its own. Killed on drop.
struct Process {
    child: Child,
    status: Status,
}

impl Process {
    fn start(directory: &Path) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(STATE_DIR, directory).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The platform has started when it prints something.
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let written = fs_err::read(directory.join("platform.json")).unwrap();
        Process { child, status: serde_json::from_slice(&written).unwrap() }
    }

    /// The resident memory in MiB.
    fn memory(&self) -> u64 {
        memory(self.child.id())
    }

    /// Watches the memory from now on.
    fn watch(&self) -> Watch {
        let (id, watch) = (self.child.id(), Watch::default());
        let (peak, stopped) = (Arc::clone(&watch.peak), Arc::clone(&watch.stopped));
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                peak.fetch_max(memory(id), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        watch
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[derive(Default)]
struct Watch {
    peak: Arc<AtomicU64>,
    stopped: Arc<AtomicBool>,
}

impl Watch {
    /// The most memory since the start, in MiB.
    fn stop(self) -> u64 {
        self.stopped.store(true, Ordering::Relaxed);
        self.peak.load(Ordering::Relaxed)
    }
}

fn memory(process: u32) -> u64 {
    let status = fs_err::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) >> 10
}
