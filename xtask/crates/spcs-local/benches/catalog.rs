//! Measures how long statements take in small and large accounts.
//!
//! `cargo bench -p spcs-local --bench catalog` measures an optimised build; with `--profile dev`,
//! it measures the build that everyone runs. It fails if a change in the largest account takes
//! more than twice as long as in the smallest.

#![allow(clippy::unwrap_used, reason = "a benchmark fails on an unexpected error")]

#[allow(dead_code, reason = "only the tests use all of it")]
#[path = "../tests/wire/client.rs"]
mod client;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use client::{Client, platform, quick};
use serde_json::json;
use spcs_local::Platform;

/// The numbers of objects in the accounts.
const SIZES: [usize; 3] = [10, 1_000, 10_000];
const ROUNDS: usize = 60;
/// The maximum ratio of the times in the largest and the smallest account.
const LIMIT: f64 = 2.0;
/// The number of sessions that create objects concurrently.
const SESSIONS: usize = 4;

/// The statement for a round.
type Statement = fn(usize) -> String;

struct Account {
    platform: Platform,
    client: Client,
    _directory: tempfile::TempDir,
}

#[tokio::main]
async fn main() -> ExitCode {
    // `cargo test --benches` also runs this, without `--bench`; it does not measure then.
    let measures = std::env::args().any(|argument| argument == "--bench");
    let (sizes, rounds) = if measures { (&SIZES[..], ROUNDS) } else { (&SIZES[..1], 1) };
    let mut accounts = Vec::new();
    for size in sizes {
        let started = Instant::now();
        accounts.push(account(*size).await);
        eprintln!("created an account with {size} objects in {:.1?}", started.elapsed());
    }
    let mut grows = false;
    let changes: [(&str, Statement); 5] = [
        ("CREATE STAGE", |round| format!("CREATE STAGE IF NOT EXISTS d.s0.new_{round}")),
        ("ALTER STAGE", |round| format!("ALTER STAGE d.s0.new_{round} SET COMMENT = 'changed'")),
        ("GRANT", |round| format!("GRANT READ ON STAGE d.s0.new_{round} TO ROLE r0")),
        ("CREATE ROLE", |round| format!("CREATE OR REPLACE ROLE new_{}", round % 2)),
        ("DROP STAGE", |round| format!("DROP STAGE d.s0.new_{round}")),
    ];
    for (name, statement) in changes {
        let times = measure(&accounts, rounds, statement).await;
        let ratio = report(name, sizes, &times);
        grows |= measures && ratio > LIMIT;
    }
    let reads: [(&str, &str); 4] = [
        ("SHOW STAGES IN SCHEMA", "SHOW STAGES IN SCHEMA d.s0"),
        ("SHOW STAGES IN ACCOUNT", "SHOW STAGES IN ACCOUNT"),
        ("SHOW ROLES", "SHOW ROLES"),
        ("SHOW GRANTS TO ROLE", "SHOW GRANTS TO ROLE SYSADMIN"),
    ];
    for (name, statement) in reads {
        let times = measure(&accounts, rounds.div_ceil(6), |_| statement.to_owned()).await;
        report(name, sizes, &times);
    }
    report("login", sizes, &logins(&accounts, rounds.div_ceil(6)).await);
    for account in accounts {
        account.platform.stop().await;
    }
    if grows {
        println!("a change takes more than {LIMIT} times as long in the largest account");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The times of a statement, by account. The accounts take turns, so that other load on the machine
/// affects all of them.
async fn measure(
    accounts: &[Account],
    rounds: usize,
    statement: impl Fn(usize) -> String,
) -> Vec<Vec<Duration>> {
    let mut times = vec![Vec::new(); accounts.len()];
    for round in 0..rounds {
        let statement = statement(round);
        for (account, times) in accounts.iter().zip(&mut times) {
            let started = Instant::now();
            account.client.run(&statement).await;
            times.push(started.elapsed());
        }
    }
    times
}

async fn logins(accounts: &[Account], rounds: usize) -> Vec<Vec<Duration>> {
    let mut times = vec![Vec::new(); accounts.len()];
    for _ in 0..rounds {
        for (account, times) in accounts.iter().zip(&mut times) {
            let started = Instant::now();
            Client::admin(&account.platform).await;
            times.push(started.elapsed());
        }
    }
    times
}

/// Prints the times of a statement. Returns the ratio of the largest and the smallest account.
fn report(name: &str, sizes: &[usize], times: &[Vec<Duration>]) -> f64 {
    let mut medians = Vec::new();
    for (size, times) in sizes.iter().zip(times) {
        let mut times = times.clone();
        times.sort();
        let median = times[times.len() / 2];
        let (least, most) = (times[0], times[times.len() - 1]);
        println!(
            "{name:24} {size:6} objects  min {least:>9.2?}  median {median:>9.2?}  \
             max {most:>9.2?}"
        );
        medians.push(median);
    }
    let ratio = medians[medians.len() - 1].as_secs_f64() / medians[0].as_secs_f64();
    println!("{name:24} ratio of the medians {ratio:.2}");
    ratio
}

/// Creates an account with a number of objects: first in memory, where a sync is cheap, then copied
/// to disk.
async fn account(size: usize) -> Account {
    let memory = Path::new("/dev/shm");
    let draft = match memory.is_dir() {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    };
    let filling = platform(draft.path(), quick()).await;
    fill(&filling, size).await;
    filling.stop().await;
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    copy(draft.path(), directory.path());
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    // The first statement is slower than the others.
    client.run("CREATE OR REPLACE STAGE d.s0.warm; DROP STAGE d.s0.warm").await;
    Account { platform, client, _directory: directory }
}

/// Of ten objects, seven are stages, one is a schema and two are roles. Each role may read a
/// stage, and half of the roles are granted to SYSADMIN.
async fn fill(platform: &Platform, size: usize) {
    let admin = Client::admin(platform).await;
    admin.run("CREATE DATABASE d").await;
    for schema in 0..size / 10 {
        admin.run(&format!("CREATE SCHEMA d.s{schema}")).await;
    }
    let fill = async |session: usize| {
        let client = Client::admin(platform).await;
        for number in (session..size / 10).step_by(SESSIONS) {
            let mut statements: Vec<String> = (0..7)
                .map(|stage| format!("CREATE STAGE d.s{number}.st{stage} COMMENT = 'of {number}'"))
                .collect();
            for role in [2 * number, 2 * number + 1] {
                statements.push(format!("CREATE ROLE r{role}"));
                statements.push(format!("GRANT READ ON STAGE d.s{number}.st0 TO ROLE r{role}"));
            }
            statements.push(format!("GRANT ROLE r{} TO ROLE SYSADMIN", 2 * number));
            let body = json!({
                "sqlText": statements.join(";"),
                "parameters": {"MULTI_STATEMENT_COUNT": statements.len()},
            });
            let path = format!("/queries/v1/query-request?requestId={session}-{number}");
            let answer = client.post(&path, &body).await;
            assert_eq!(answer["success"], true, "{}", answer["message"]);
        }
    };
    let sessions = (0..SESSIONS).map(fill);
    futures_util::future::join_all(sessions).await;
}

fn copy(from: &Path, to: &Path) {
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs_err::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs_err::copy(entry.path(), target).unwrap();
        }
    }
}
